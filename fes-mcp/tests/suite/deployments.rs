//! Named deployments: what is said for one is not said for another.

use pretty_assertions::assert_eq;
use tempfile::TempDir;

use crate::support::{Ended, Running, fes};

/// Ask one of two named deployments, with these variables.
fn ask(sandbox: &Running, variables: &[(&str, &str)]) -> Ended {
    let state = TempDir::new().unwrap();
    let mut command = fes(state.path());
    command.args(["ask", "show all groups"]);
    for (place, name) in ["prod", "my-dev"].into_iter().enumerate() {
        let url = sandbox.text(&format!("/deployments/{place}/url"));
        command.args(["--deployment", &format!("{name}={url}")]);
    }
    command.args(["--source", "my-dev"]);
    command.env("FES_TOKEN_PROD", sandbox.text("/deployments/0/token"));
    command.env("FES_TOKEN_MY_DEV", sandbox.text("/deployments/1/token"));
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn certificates_are_checked_unless_that_is_said_for_this_deployment() {
    let sandbox = Running::start(&["sandbox", "--second"]);
    let checked = ask(&sandbox, &[]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(!checked.stderr.contains("certificate"), "{}", checked.stderr);
    let open = ask(&sandbox, &[("FES_INSECURE_MY_DEV", "1")]);
    assert_eq!(open.code, Some(0), "{}", open.stderr);
    let warning = "warning: any certificate of my-dev is accepted (FES_INSECURE_MY_DEV)";
    assert!(open.stderr.contains(warning), "{}", open.stderr);
    assert!(!open.stderr.contains("of prod"), "{}", open.stderr);
    let unclear = ask(&sandbox, &[("FES_INSECURE_MY_DEV", "perhaps")]);
    assert_eq!(unclear.code, Some(2), "{}", unclear.stderr);
    assert!(unclear.stderr.contains("FES_INSECURE_MY_DEV is neither 1 nor 0"));
}

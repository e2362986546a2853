//! Runs and migrations from the command line: what goes wrong first.

use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::json;
use tempfile::TempDir;

use crate::support::mcp::http;
use crate::support::{Ended, Running, fes, run, run_in};

const SHARE: &str = "share the dashboard Pipeline with the group Analysts for viewing";

#[test]
fn nothing_was_run_at_first_and_an_unknown_run_is_told() {
    let list = run(&["runs", "list"]);
    assert_eq!((list.code, list.stdout.trim()), (Some(0), "Nothing was run."));
    assert_eq!(run(&["runs", "list", "--json"]).json(), json!([]));
    for verb in ["show", "resume", "undo", "watch"] {
        let ended = run(&["runs", verb, "0123"]);
        assert_eq!(ended.code, Some(1), "{verb}");
        assert!(ended.stderr.contains("there is no such run"), "{verb}: {}", ended.stderr);
    }
}

#[test]
fn a_migration_without_a_target_says_what_to_name() {
    let sandbox = Running::start(&["sandbox"]);
    let (url, token) = (sandbox.text("/url"), sandbox.text("/token"));
    let on = ["--url", &url, "--token", &token, "--name", "prod"];
    let ended = run(&[&["migrate", "groups"][..], &on].concat());
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("configured: prod"), "{}", ended.stderr);
    let same = run(&[&["migrate", "--target", "prod"][..], &on].concat());
    assert!(same.stderr.contains("the same deployment"), "{}", same.stderr);
    let unknown = run(&[&["migrate", "--target", "dev"][..], &on].concat());
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("candidates: prod"), "{}", unknown.stderr);
    for bad in [&["migrate", "dashbords"][..], &["migrate", "--ownership"]] {
        assert_eq!(run(bad).code, Some(2), "{bad:?}");
    }
}

#[test]
fn further_deployments_are_named_with_a_token_of_their_own() {
    let sandbox = Running::start(&["sandbox", "--second"]);
    let urls = [sandbox.text("/deployments/0/url"), sandbox.text("/deployments/1/url")];
    let state = TempDir::new().unwrap();
    let named = [format!("prod={}", urls[0]), format!("dev={}", urls[1])];
    let ask = |tokens: &[(&str, &str)]| {
        let mut command = fes(state.path());
        command.args(["ask", "show all groups", "--json", "--source", "dev"]);
        command.args(["--deployment", &named[0], "--deployment", &named[1]]);
        command.envs(tokens.iter().copied());
        command.output().unwrap()
    };
    let tokens = [sandbox.text("/deployments/0/token"), sandbox.text("/deployments/1/token")];
    let half = ask(&[("FES_TOKEN_PROD", &tokens[0])]);
    assert_eq!(half.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&half.stdout).contains("set FES_TOKEN_DEV"));
    let both = ask(&[("FES_TOKEN_PROD", &tokens[0]), ("FES_TOKEN_DEV", &tokens[1])]);
    let report: serde_json::Value = serde_json::from_slice(&both.stdout).unwrap();
    assert_eq!((&report["ok"], &report["deployment"]), (&json!(true), &json!("dev")));
}

fn on(state: &Path, sandbox: &Running, args: &[&str]) -> Ended {
    let (url, token) = (sandbox.text("/url"), sandbox.text("/token"));
    run_in(state, &[args, &["--url", &url, "--token", &token, "--json"]].concat())
}

#[test]
fn a_run_is_kept_with_its_end_and_can_be_seen() {
    let (sandbox, state) = (Running::start(&["sandbox"]), TempDir::new().unwrap());
    let done = on(state.path(), &sandbox, &["ask", SHARE, "--approve"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let list = run_in(state.path(), &["runs", "list", "--json"]).json();
    let run = &list[0];
    assert_eq!((&run["state"], &run["writes"]["done"]), (&json!("done"), &json!(1)), "{list:#}");
    let id = run["id"].as_str().unwrap();
    let shown = run_in(state.path(), &["runs", "show", id, "--json"]).json();
    assert_eq!(shown["entries"][0]["outcome"], "done");
    assert_eq!(shown["run"]["report"]["ok"], true);
    let text = run_in(state.path(), &["runs", "show", id]);
    assert!(text.stdout.contains("1 of 1 changes done"), "{}", text.stdout);
    let watched = run_in(state.path(), &["runs", "watch", id]);
    assert_eq!(watched.code, Some(0), "{}", watched.stderr);
    let again = on(state.path(), &sandbox, &["runs", "resume", id]);
    assert_eq!(again.json()["error"]["message"], "this run is done");
}

/// The groups of a deployment, as the sandbox itself tells them.
fn groups(url: &str) -> serde_json::Value {
    let info = http().get(format!("{url}/__sandbox/info")).send().unwrap().text().unwrap();
    serde_json::from_str::<serde_json::Value>(&info).unwrap()["counts"]["groups"].clone()
}

#[test]
fn a_migration_is_kept_as_a_run_and_taken_back_by_another_process() {
    let sandbox = Running::start(&["sandbox", "--second", "--second-empty"]);
    let state = TempDir::new().unwrap();
    let url = |n: usize| sandbox.text(&format!("/deployments/{n}/url"));
    let named = [format!("prod={}", url(0)), format!("dev={}", url(1))];
    let fes = |args: &[&str]| -> Ended {
        let mut command = fes(state.path());
        command.args(args).arg("--json");
        command.args(["--deployment", &named[0], "--deployment", &named[1]]);
        command.env("FES_TOKEN_PROD", sandbox.text("/deployments/0/token"));
        command.env("FES_TOKEN_DEV", sandbox.text("/deployments/1/token"));
        let output = command.output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    };
    let before = groups(&url(1));
    let migrated = fes(&["migrate", "groups", "--target", "dev", "--yes"]);
    let created = migrated.json()["steps"][0]["result"]["created"].as_u64().unwrap();
    assert!(created > 0 && groups(&url(1)) != before, "{}", migrated.stdout);
    let list = run_in(state.path(), &["runs", "list", "--json"]).json();
    let id = list[0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&list[0]["deployment"], &list[0]["target"]), (&json!("prod"), &json!("dev")));
    assert_eq!(list[0]["writes"]["done"], created);

    // Nobody is there to say yes: the way back is shown, and nothing is sent.
    let shown = fes(&["runs", "undo", &id]);
    assert_eq!(shown.code, Some(3), "{} {}", shown.stdout, shown.stderr);
    let totals = shown.json()["steps"][0]["totals"].as_str().unwrap().to_owned();
    assert_eq!(totals, format!("asked {created} = would take back {created}"));
    assert_ne!(groups(&url(1)), before);

    let undone = fes(&["runs", "undo", &id, "--yes"]);
    assert_eq!(undone.code, Some(0), "{} {}", undone.stdout, undone.stderr);
    assert_eq!(groups(&url(1)), before);
    let list = run_in(state.path(), &["runs", "list", "--json"]).json();
    let of = |wanted: &str| {
        let all = list.as_array().unwrap();
        all.iter().find(|run| run["id"] == wanted).unwrap()["state"].clone()
    };
    assert_eq!(of(&id), "undone");
    assert_eq!(list.as_array().unwrap().len(), 2);
    let again = fes(&["runs", "undo", &id, "--yes"]);
    assert_eq!(again.json()["error"]["kind"], "conflict", "{}", again.stdout);
}

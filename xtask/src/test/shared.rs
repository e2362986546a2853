//! The steps in which several languages or programs meet.

use std::process::Command;

use super::{node, python};
use crate::{Result, repo};

/// The same calls through Rust, Python and Node give the same answers.
pub fn parity() -> Result<()> {
    let python = python::environment(false)?;
    if !node::folder().join("dist").is_dir() {
        return Err("the addon is not built; run `cargo xtask test --only node`".into());
    }
    let program = repo::build("parity")?;
    let mut command = Command::new(program);
    command.arg(python).current_dir(repo::root().join("bindings/parity"));
    repo::run(&mut command, "")?;
    Ok(())
}

/// An independent client asks the sandbox the same questions as ours.
pub fn peers() -> Result<()> {
    let mut command = with_peer("tests/peers/run.py")?;
    repo::run(
        &mut command,
        "read the differences above; list a wanted one in tests/peers/cases.py",
    )?;
    Ok(())
}

/// A script that gets the binary and has the independent client at hand.
pub(super) fn with_peer(script: &str) -> Result<Command> {
    let folder = repo::root().join("tests/peers");
    let needs = std::fs::read_to_string(folder.join("requirements.txt"))?;
    let needs: Vec<&str> = needs.lines().filter(|line| !line.trim().is_empty()).collect();
    let python = python::environment_with("peers-venv", &needs, true)?;
    let program = repo::build("fes-mcp")?;
    let mut command = Command::new(python);
    let script = repo::root().join(script);
    command.arg(script).arg("--binary").arg(program).current_dir(repo::target()?);
    Ok(command)
}

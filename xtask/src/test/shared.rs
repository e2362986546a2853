//! The steps in which several languages or programs meet.

use std::process::Command;

use super::{Outcome, node, python};
use crate::{Result, repo};

/// The same calls through Rust, Python and Node give the same answers.
pub fn parity() -> Result<Outcome> {
    let python = python::environment(false)?;
    if !node::folder().join("dist").is_dir() {
        return Err("the addon is not built; run `cargo xtask test --only node`".into());
    }
    let program = repo::build("parity")?;
    let mut command = Command::new(program);
    command.arg(python).current_dir(repo::root().join("bindings/parity"));
    repo::run(&mut command, "")?;
    Ok(Outcome::Done)
}

/// Programs of others that speak to ours.
pub fn peers() -> Result<Outcome> {
    let script = repo::root().join("tests/peers/run.py");
    if !script.is_file() {
        return Ok(Outcome::Skipped("there is no tests/peers/run.py".into()));
    }
    repo::run(Command::new(python::environment(true)?).arg(script).current_dir(repo::root()), "")?;
    Ok(Outcome::Done)
}

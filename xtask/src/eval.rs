//! `cargo xtask eval`: how often the right operation is found for a request in words.

use std::process::ExitCode;

use crate::{Result, repo};

/// Build the program that measures, for speed, and run it. It says itself what is under the goals.
pub fn run() -> Result<ExitCode> {
    let status = repo::cargo().args(["run", "--release", "--package", "evals"]).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

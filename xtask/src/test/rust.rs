//! The steps in Rust.

use super::Outcome;
use crate::{Result, registry, repo};

const BINDINGS: [&str; 4] = ["--exclude", "fes-python", "--exclude", "fes-node"];

pub fn fmt() -> Result<Outcome> {
    cargo(&["fmt", "--all", "--check"], "run `rustup component add rustfmt`")
}

pub fn clippy() -> Result<Outcome> {
    let args = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    cargo(&args, "run `rustup component add clippy`")
}

pub fn registry() -> Result<Outcome> {
    registry::run(true)?;
    Ok(Outcome::Done)
}

/// With nextest where it is installed. The bindings' libraries need an interpreter to be loaded.
pub fn tests() -> Result<Outcome> {
    let nextest = repo::cargo().args(["nextest", "--version"]).output();
    let runner: &[&str] = match nextest {
        Ok(output) if output.status.success() => &["nextest", "run", "--no-fail-fast"],
        _ => &["test", "--all-targets", "--no-fail-fast"],
    };
    cargo(&[runner, &["--workspace"], &BINDINGS].concat(), "")
}

pub fn doctests() -> Result<Outcome> {
    cargo(&[&["test", "--doc", "--workspace"], &BINDINGS[..]].concat(), "")
}

fn cargo(args: &[&str], help: &str) -> Result<Outcome> {
    repo::run(repo::cargo().args(args), help)?;
    Ok(Outcome::Done)
}

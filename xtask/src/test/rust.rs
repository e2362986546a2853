//! The steps in Rust.

use crate::{Result, registry, repo};

const BINDINGS: [&str; 4] = ["--exclude", "fes-python", "--exclude", "fes-node"];

pub fn fmt() -> Result<()> {
    cargo(&["fmt", "--all", "--check"], "run `rustup component add rustfmt`")
}

pub fn clippy() -> Result<()> {
    let args = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    cargo(&args, "run `rustup component add clippy`")
}

pub fn registry() -> Result<()> {
    registry::run(true)?;
    Ok(())
}

/// With nextest where it is installed. The bindings' libraries need an interpreter to be loaded.
pub fn tests() -> Result<()> {
    let nextest = repo::cargo().args(["nextest", "--version"]).output();
    let runner: &[&str] = match nextest {
        Ok(output) if output.status.success() => &["nextest", "run", "--no-fail-fast"],
        _ => &["test", "--all-targets", "--no-fail-fast"],
    };
    cargo(&[runner, &["--workspace"], &BINDINGS].concat(), "")
}

pub fn doctests() -> Result<()> {
    cargo(&[&["test", "--doc", "--workspace"], &BINDINGS[..]].concat(), "")
}

fn cargo(args: &[&str], help: &str) -> Result<()> {
    repo::run(repo::cargo().args(args), help)?;
    Ok(())
}

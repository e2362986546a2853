//! `cargo xtask demo`: the product over a deployment in memory.

use std::process::{Command, ExitCode};

use crate::{Result, repo};

/// Build the binary and become `fes-mcp demo` with the same flags.
pub fn run(flags: &[String]) -> Result<ExitCode> {
    let program = repo::build("fes-mcp")?;
    let mut command = Command::new(program);
    command.arg("demo").args(flags);
    become_it(command)
}

/// On Unix the process is replaced, so that signals reach the demo itself.
#[cfg(unix)]
fn become_it(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    let error = command.exec();
    Err(format!("{} does not start: {error}", repo::told(&command)).into())
}

#[cfg(not(unix))]
fn become_it(mut command: Command) -> Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

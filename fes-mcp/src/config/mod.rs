//! Settings: options first, then the environment. A URL and its token come from the same place.

mod deployment;
mod remote;
mod sandbox;
mod state;

use std::path::Path;

use sisense_core::Secret;

pub use deployment::DeploymentArgs;
pub use remote::RemoteArgs;
pub use sandbox::SandboxArgs;
pub use state::StateArgs;

use crate::cli::Failure;

/// A port that somebody else has.
pub fn taken(what: &str, port: u16) -> Failure {
    Failure::failed(format!("{what} cannot listen on port {port}: the port is taken"))
        .with_next_step(format!(
            "stop the program that has it, or choose another port, such as {}; 0 takes any free one",
            port.checked_add(1).unwrap_or(8100)
        ))
}

/// Read a secret from a file, without the line end that editors add.
pub fn read_secret(path: &Path, what: &str) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::bad_usage(format!("cannot read the {what} file {}: {error}", path.display()))
    })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::bad_usage(format!("the {what} file is empty: {}", path.display())));
    }
    Ok(Secret::new(text))
}

/// A secret from a file that an option names, else from a variable of the environment.
fn secret(file: Option<&Path>, what: &str, name: &str) -> Result<Option<Secret>, Failure> {
    match file {
        Some(path) => read_secret(path, what).map(Some),
        None => Ok(variable(name).map(Secret::new)),
    }
}

/// A variable of the environment, unless it is empty.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// The operator's approval code from `FES_APPROVAL_CODE`.
pub fn approval_code() -> Option<Secret> {
    variable("FES_APPROVAL_CODE").map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_is_read_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "abc\n").unwrap();
        assert_eq!(read_secret(&path, "token").unwrap().expose(), "abc");
        std::fs::write(&path, " \n").unwrap();
        assert!(read_secret(&path, "token").is_err());
    }
}

//! Where things are in this repository, and how to start a program in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Result;

/// The root of the repository: the folder that holds `xtask`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs this task.
pub fn cargo() -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root());
    command
}

/// The folder that cargo builds in, whatever the environment or a configuration says.
pub fn target() -> Result<PathBuf> {
    let output = cargo().args(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
        format!("cargo metadata fails: {}", String::from_utf8_lossy(&output.stderr))
    })?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(folder.ok_or("cargo metadata names no target directory")?.into())
}

/// Build a package and tell where its program or library is.
pub fn build(package: &str) -> Result<PathBuf> {
    let output = cargo()
        .args(["build", "-p", package, "--message-format=json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!(
            "{package} does not build; cargo says why above. A first build needs the network for \
             its crates and a C compiler for SQLite; later ones work offline"
        )
        .into());
    }
    let text = String::from_utf8(output.stdout)?;
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| artifact(&message, package))
        .next_back()
        .ok_or_else(|| format!("{package} builds neither a program nor a library").into())
}

/// The program or the dynamic library that one of cargo's messages tells of.
fn artifact(message: &Value, package: &str) -> Option<PathBuf> {
    let manifest = Path::new(message.get("manifest_path")?.as_str()?);
    let text = std::fs::read_to_string(manifest).ok()?;
    if !text.contains(&format!("name = \"{package}\"")) {
        return None;
    }
    if let Some(program) = message.get("executable").and_then(Value::as_str) {
        return Some(program.into());
    }
    let kinds = message.get("target")?.get("kind")?.as_array()?;
    if !kinds.iter().any(|kind| kind == "cdylib") {
        return None;
    }
    let files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str);
    let library = |file: &&str| [".so", ".dylib", ".dll"].iter().any(|end| file.ends_with(end));
    files.filter(library).map(PathBuf::from).next()
}

/// Run a program to its end; its output goes to the terminal.
pub fn run(command: &mut Command, help: &str) -> Result<()> {
    let status = command.status().map_err(|e| missing(command, &e, help))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} failed: {status}", told(command)).into())
    }
}

/// Why a program does not start, and what helps.
fn missing(command: &Command, error: &std::io::Error, help: &str) -> String {
    let program = command.get_program().to_string_lossy();
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("`{program}` is not installed; {help}"),
        _ => format!("`{program}` does not start: {error}"),
    }
}

/// A command as a person would type it.
pub fn told(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A path as it is written in this repository: relative to the root, with slashes.
pub fn shown(path: &Path) -> String {
    let root = root();
    let path = path.strip_prefix(&root).unwrap_or(path);
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The text of a file, or why it cannot be read.
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", shown(path)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_told_with_what_helps() {
        let error = run(&mut Command::new("no-such-program-here"), "install it").unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program-here` is not installed; install it");
    }
}

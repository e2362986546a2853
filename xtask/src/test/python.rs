//! The steps in Python: a wheel, built and tested in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::{Result, repo};

/// What the tests need from PyPI.
const NEEDS: [&str; 4] =
    ["maturin>=1.9,<2", "mypy>=1.15,<3", "pytest>=8,<10", "pytest-asyncio>=0.24,<2"];
const HELP: &str = "install Python 3.10 or newer with its `venv` module";

pub fn wheel() -> Result<()> {
    let python = environment(true)?;
    let wheels = repo::target()?.join("wheels");
    if wheels.is_dir() {
        std::fs::remove_dir_all(&wheels)?;
    }
    let maturin = sibling(&python, "maturin");
    repo::run(
        Command::new(maturin)
            .args(["build", "--auditwheel", "skip", "--manifest-path"])
            .arg(repo::root().join("bindings/python/Cargo.toml"))
            .arg("--out")
            .arg(&wheels)
            .current_dir(repo::root()),
        "remove the folder `xtask-venv` in the target folder and try again",
    )?;
    let wheel = std::fs::read_dir(&wheels)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
        .ok_or("maturin made no wheel")?;
    repo::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall"])
            .arg(wheel),
        HELP,
    )?;
    Ok(())
}

pub fn pytest() -> Result<()> {
    let python = environment(false)?;
    let tests = repo::root().join("bindings/python/tests");
    // Not from the folder of the sources, so that the installed wheel is what is imported.
    repo::run(
        Command::new(python)
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir"])
            .arg(&tests)
            .arg(&tests)
            .current_dir(repo::target()?),
        HELP,
    )?;
    Ok(())
}

/// The interpreter of the environment for tests. It is made when asked, and when it is stale.
pub fn environment(make: bool) -> Result<PathBuf> {
    environment_with("xtask-venv", &NEEDS, make)
}

/// The interpreter of an environment with these packages.
pub fn environment_with(name: &str, needs: &[&str], make: bool) -> Result<PathBuf> {
    let folder = repo::target()?.join(name);
    let python =
        if cfg!(windows) { folder.join("Scripts/python.exe") } else { folder.join("bin/python") };
    let stamp = folder.join("needs");
    let wanted = hex::encode(Sha256::digest(needs.join("\n")));
    let fresh = python.exists() && std::fs::read_to_string(&stamp).is_ok_and(|s| s == wanted);
    if fresh {
        return Ok(python);
    }
    if !make {
        return Err("the wheel is not built; run `cargo xtask test --only python`".into());
    }
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder)?;
    }
    repo::run(Command::new(interpreter()).args(["-m", "venv"]).arg(&folder), HELP)?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(needs);
    repo::run(&mut install, HELP)?;
    std::fs::write(stamp, wanted)?;
    Ok(python)
}

fn interpreter() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// A program beside the interpreter.
fn sibling(python: &Path, name: &str) -> PathBuf {
    python.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

//! The steps in Node: the addon is built by cargo, the TypeScript by the compiler from npm.

use std::path::PathBuf;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::{Result, repo};

const HELP: &str = "install Node 20 or newer with npm";

pub fn addon() -> Result<()> {
    let folder = folder();
    let library = repo::build("fes-node")?;
    std::fs::copy(&library, folder.join("native.node"))
        .map_err(|e| format!("cannot copy {}: {e}", library.display()))?;
    let lock = std::fs::read(folder.join("package-lock.json"))?;
    let wanted = hex::encode(Sha256::digest(lock));
    let stamp = folder.join("node_modules/.lock-digest");
    if !std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
        std::fs::write(stamp, wanted)?;
    }
    // What is no longer written must not be loaded.
    let dist = folder.join("dist");
    if dist.is_dir() {
        std::fs::remove_dir_all(&dist)?;
    }
    npm(&["run", "--silent", "build"])?;
    Ok(())
}

pub fn tests() -> Result<()> {
    if !folder().join("dist").is_dir() {
        return Err("the addon is not built; run `cargo xtask test --only node`".into());
    }
    npm(&["run", "--silent", "test"])?;
    Ok(())
}

/// The folder of the Node package.
pub fn folder() -> PathBuf {
    repo::root().join("bindings/node")
}

fn npm(args: &[&str]) -> Result<()> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    repo::run(Command::new(npm).args(args).current_dir(folder()), HELP)
}

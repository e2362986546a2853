//! Writes generated files, or tells how they differ from what is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use similar::{ChangeTag, TextDiff};

use crate::{Result, repo};

/// Generated files: path from the root, with slashes → text.
pub type Files = BTreeMap<String, String>;

/// Folders in which every file is generated: what is there and not made is removed.
pub const OWNED: [&str; 4] = [
    "sisense-core/src/generated",
    "registry/operations",
    "bindings/python/python/sisense/domains",
    "bindings/node/ts/domains",
];

const MEND: &str = "run `cargo xtask registry` and commit what it writes";
const LINES: usize = 100;

/// Write what differs and remove what is no longer made. Tells how many files changed.
pub fn write(files: &Files) -> Result<usize> {
    write_in(&repo::root(), files)
}

fn write_in(root: &Path, files: &Files) -> Result<usize> {
    let mut changed = 0;
    for (path, text) in files {
        let full = root.join(path);
        if std::fs::read_to_string(&full).is_ok_and(|found| &found == text) {
            continue;
        }
        if let Some(folder) = full.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&full, text).map_err(|e| format!("cannot write {path}: {e}"))?;
        changed += 1;
    }
    for (path, full) in leftovers(root, files)? {
        std::fs::remove_file(full).map_err(|e| format!("cannot remove {path}: {e}"))?;
        changed += 1;
    }
    Ok(changed)
}

/// Fail with a short diff when anything is stale.
pub fn check(files: &Files) -> Result<()> {
    check_in(&repo::root(), files)
}

fn check_in(root: &Path, files: &Files) -> Result<()> {
    let mut report = Vec::new();
    let mut stale = 0;
    for (path, text) in files {
        match std::fs::read_to_string(root.join(path)) {
            Ok(found) if &found == text => continue,
            Ok(found) => report.extend(differences(path, &found, text)),
            Err(_) => report.push(format!("{path}: missing")),
        }
        stale += 1;
    }
    for (path, _) in leftovers(root, files)? {
        report.push(format!("{path}: no longer made"));
        stale += 1;
    }
    if stale == 0 {
        return Ok(());
    }
    let hidden = report.len().saturating_sub(LINES);
    report.truncate(LINES);
    if hidden > 0 {
        report.push(format!("… and {hidden} more lines"));
    }
    Err(format!("{}\n{stale} generated files are stale; {MEND}", report.join("\n")).into())
}

/// The lines that differ, without those around them.
fn differences(path: &str, found: &str, wanted: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(found, wanted);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let (sign, line) = match change.tag() {
            ChangeTag::Equal => return None,
            ChangeTag::Delete => ('-', change.old_index()),
            ChangeTag::Insert => ('+', change.new_index()),
        };
        let line = line.map_or(0, |index| index + 1);
        Some(format!("  {sign} {line}: {}", change.value().trim_end()))
    });
    std::iter::once(format!("{path}: stale")).chain(changed).collect()
}

fn leftovers(root: &Path, files: &Files) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for folder in OWNED {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_file() && !files.contains_key(&path) {
                found.push((path, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Files {
        Files::from([("registry/index.json".into(), "a\nb\nc\n".into())])
    }

    #[test]
    fn what_was_written_is_fresh_and_written_once() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(write_in(root.path(), &made()).unwrap(), 1);
        assert_eq!(write_in(root.path(), &made()).unwrap(), 0);
        check_in(root.path(), &made()).unwrap();
    }

    #[test]
    fn what_is_stale_is_shown_with_the_command_that_mends_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("registry");
        std::fs::create_dir_all(folder.join("operations")).unwrap();
        std::fs::write(folder.join("index.json"), "a\nx\nc\n").unwrap();
        std::fs::write(folder.join("operations/gone.json"), "[]").unwrap();
        let error = check_in(root.path(), &made()).unwrap_err().to_string();
        insta::assert_snapshot!(error, @r"
        registry/index.json: stale
          - 2: x
          + 2: b
        registry/operations/gone.json: no longer made
        2 generated files are stale; run `cargo xtask registry` and commit what it writes
        ");
        write_in(root.path(), &made()).unwrap();
        assert!(!folder.join("operations/gone.json").exists());
    }

    #[test]
    fn a_long_difference_is_cut() {
        let long: String = (0..500).map(|n| format!("{n}\n")).collect();
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("registry")).unwrap();
        std::fs::write(root.path().join("registry/index.json"), "").unwrap();
        let files = Files::from([("registry/index.json".into(), long)]);
        let error = check_in(root.path(), &files).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 102);
        assert!(error.contains("… and 401 more lines"));
    }
}

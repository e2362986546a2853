//! `cargo xtask registry`: from the source of the operations to everything that is generated.
//!
//! Nothing here links `sisense-core`: a broken generated file must never stop the generator.

mod emit;
mod files;
mod model;
mod parse;
mod schemas;

use std::path::Path;

use model::{Problem, Registry};

use crate::{Result, repo};

/// Write what is generated, or with `check` fail when it is stale.
pub fn run(check: bool) -> Result<()> {
    let registry = build()?;
    let files = emit::all(&registry)?;
    if check {
        return files::check(&files);
    }
    let changed = files::write(&files)?;
    let operations = registry.operations().count();
    println!("{operations} operations, {} files, {changed} changed", files.len());
    Ok(())
}

/// Read the source and the schemas.
fn build() -> Result<Registry> {
    let sources = sources(&repo::root().join("sisense-core/src/domains"))?;
    let mut domains = parse::read(&sources).map_err(told)?;
    let problems = schemas::join(&mut domains, schemas::emit()?);
    if problems.is_empty() { Ok(Registry { domains }) } else { Err(told(problems)) }
}

fn told(problems: Vec<Problem>) -> Box<dyn std::error::Error> {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n").into()
}

/// The files of every domain, sorted. Tests are none.
fn sources(folder: &Path) -> Result<Vec<parse::Source>> {
    let mut sources = Vec::new();
    for entry in sorted(folder)? {
        if entry.is_dir() {
            let domain = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            collect(&entry, &domain, &mut sources)?;
        }
    }
    Ok(sources)
}

fn collect(folder: &Path, domain: &str, sources: &mut Vec<parse::Source>) -> Result<()> {
    for entry in sorted(folder)? {
        if entry.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if entry.is_dir() {
            collect(&entry, domain, sources)?;
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            sources.push(parse::Source {
                domain: domain.to_owned(),
                file: repo::shown(&entry),
                text: repo::read(&entry)?,
            });
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .map_err(|e| format!("cannot read {}: {e}", repo::shown(folder)))?;
    let mut paths: Vec<_> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

//! A table of cases that lies beside the repository, in Markdown. It is not part of it.

use std::path::{Path, PathBuf};

use sisense_core::Operation;

use crate::prompts::Prompt;

/// The sections whose cases say in words what is asked for.
const SECTIONS: [&str; 5] = ["A", "B", "C", "D", "G"];

/// The section that is about migrations only, so that its cases need not say so.
const MIGRATIONS: &str = "C";

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cases {
    /// The cases as prompts, in order.
    pub prompts: Vec<Prompt>,
    /// The numbers of the cases that name no operation of ours, so that nothing can be found.
    pub skipped: Vec<String>,
}

/// The file, where it is there.
#[must_use]
pub fn path() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    let beside = root.ancestors().skip(1).take(2);
    beside.map(|folder| folder.join("shared/fes/evals.md")).find(|path| path.is_file())
}

/// Read the cases of a text.
#[must_use]
pub fn read(text: &str, operations: &[Operation]) -> Cases {
    let mut cases = Cases::default();
    let mut section = "";
    let mut expected = 2;
    let mut before = String::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.split('.').next().unwrap_or_default();
            continue;
        }
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        if !SECTIONS.contains(&section) || !line.starts_with('|') || cells.len() < 3 {
            continue;
        }
        let [number, said, ..] = cells.as_slice() else { continue };
        if *number == "#" {
            let column = |cell: &&str| cell.starts_with("Expected") || *cell == "Tool";
            expected = cells.iter().position(column).unwrap_or(2);
            continue;
        }
        if !number.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        // "same" stands for the words of the row above.
        let said = if said.starts_with("same") { before.clone() } else { asked(said, section) };
        before.clone_from(&said);
        let tools = tools(cells.get(expected).copied().unwrap_or_default(), operations);
        if tools.is_empty() {
            cases.skipped.push((*number).to_owned());
        } else {
            cases.prompts.push(Prompt { say: said, tools, all: true, held_out: false });
        }
    }
    cases
}

/// The words of a case, without the marks of the table.
fn asked(said: &str, section: &str) -> String {
    let migration = section == MIGRATIONS || said.contains("(W, migration)");
    let said = said.replace("(W, migration)", "").replace("(W)", "");
    let said = said.trim();
    if migration && !said.to_lowercase().contains("migrate") {
        format!("Migrate {said}")
    } else {
        said.to_owned()
    }
}

/// The operations of ours that a cell names, under the names of now or of later; what it forbids is
/// left out.
fn tools(cell: &str, operations: &[Operation]) -> Vec<String> {
    let cell = cell.split("forbid").next().unwrap_or_default();
    let words = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
    let mut tools: Vec<String> = Vec::new();
    for word in words.map(|word| word.trim_matches('.')).filter(|word| word.contains('_')) {
        let named = |operation: &&Operation| {
            let name = operation.id.split_once('.').map(|(_, name)| name);
            operation.is_called(word) || name == Some(word)
        };
        if let Some(operation) = operations.iter().find(named)
            && !tools.contains(&operation.id)
        {
            tools.push(operation.id.clone());
        }
    }
    tools
}

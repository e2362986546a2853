//! Prompts with the operations that they mean.

use std::path::Path;

use serde::Deserialize;

use crate::Result;

/// A request in words and what it means.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// What a person says.
    pub say: String,
    /// The operations that are right.
    pub tools: Vec<String>,
    /// Whether all of them are wanted, as in a request of several steps. Otherwise any is right.
    #[serde(default)]
    pub all: bool,
    /// Whether it is kept out of tuning.
    #[serde(default)]
    pub held_out: bool,
}

/// The prompts of this repository: those for tuning, and those that are held out.
///
/// # Errors
/// When the file cannot be read or a line is no prompt; the message names the line.
pub fn own() -> Result<(Vec<Prompt>, Vec<Prompt>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts/own.jsonl");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut all = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let prompt: Prompt = serde_json::from_str(line)
            .map_err(|error| format!("line {} of own.jsonl is no prompt: {error}", n + 1))?;
        all.push(prompt);
    }
    Ok(all.into_iter().partition(|prompt| !prompt.held_out))
}

//! The same calls through Rust, Python and Node give the same answers.
//!
//! Started by `cargo xtask test --only parity` with the interpreter that has the Python package.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks")]

mod calls;
mod hosts;

use std::process::ExitCode;

use calls::Call;
use serde_json::Value;
use similar::TextDiff;
use sisense_core::{Client, Secret};
use sisense_sandbox::{Sandbox, SandboxConfig};

/// What can go wrong here: told to a person and not branched on.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Most lines of a difference that are shown.
const LINES: usize = 60;

#[tokio::main]
async fn main() -> ExitCode {
    match compare().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn compare() -> Result<()> {
    let python = std::env::args_os().nth(1).ok_or("give the Python interpreter")?;
    let sandbox = Sandbox::start(SandboxConfig::default()).await?;
    let client = Client::builder(sandbox.url()).token(Secret::new(sandbox.token())).build()?;
    let calls = calls::all(&client).await?;
    let rust = hosts::rust(&client, &calls).await?;
    for (name, command) in [("Python", hosts::python(&python)), ("Node", hosts::node())] {
        sandbox.reset()?;
        let answers = hosts::other(command, &sandbox, &calls).await?;
        same(name, &calls, &rust, &answers)?;
    }
    let errors = rust.iter().filter(|answer| answer.get("error").is_some()).count();
    println!(
        "{} calls gave the same in Rust, Python and Node, {errors} of them errors",
        calls.len()
    );
    Ok(())
}

/// Fail at the first call whose answers differ.
fn same(name: &str, calls: &[Call], rust: &[Value], other: &[Value]) -> Result<()> {
    if rust.len() != other.len() {
        return Err(format!("{name} gave {} answers to {} calls", other.len(), rust.len()).into());
    }
    for ((call, wanted), found) in calls.iter().zip(rust).zip(other) {
        let (wanted, found) = (one_number(wanted), one_number(found));
        if wanted != found {
            let (wanted, found) =
                (serde_json::to_string_pretty(&wanted)?, serde_json::to_string_pretty(&found)?);
            let diff = TextDiff::from_lines(&wanted, &found);
            let diff = diff.unified_diff().header("Rust", name).to_string();
            let lines: Vec<&str> = diff.lines().take(LINES).collect();
            let call = serde_json::to_string(call)?;
            return Err(
                format!("{name} gives another answer to {call}\n{}", lines.join("\n")).into()
            );
        }
    }
    Ok(())
}

/// JavaScript has one kind of number, and writes 283.0 as 283: the same value.
fn one_number(value: &Value) -> Value {
    match value {
        Value::Number(number) => whole(number).map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(one_number).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, inner)| (key.clone(), one_number(inner))).collect()
        }
        other => other.clone(),
    }
}

/// A whole number that is written with a fraction of zero.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    format!("{float:.0}").parse().ok().filter(|_| float.fract() == 0.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_number_is_the_same_with_and_without_its_fraction() {
        assert_eq!(one_number(&json!({"a": [283.0, -2.0]})), json!({"a": [283, -2]}));
        assert_eq!(one_number(&json!([0.5, 7, "7.0"])), json!([0.5, 7, "7.0"]));
    }
}

//! The same calls in each language, and their answers as JSON of one shape:
//! `{"result", "missing"}`, or `{"error", "changes"}`.

use std::ffi::OsStr;
use std::process::Stdio;

use serde_json::{Value, json};
use sisense_core::{Client, Error, ErrorKind, Outcome, Run, generated};
use sisense_sandbox::Sandbox;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::Result;
use crate::calls::Call;

/// The calls in Rust: a preview, the question, the approved run.
pub async fn rust(client: &Client, calls: &[Call]) -> Result<Vec<Value>> {
    let mut answers = Vec::new();
    for call in calls {
        let mut changes = Vec::new();
        answers.push(match one(client, call, &mut changes).await {
            Ok(outcome) => json!({ "result": outcome.result, "missing": outcome.missing }),
            Err(error) => json!({ "error": told(&error), "changes": changes }),
        });
    }
    Ok(answers)
}

async fn one(
    client: &Client,
    call: &Call,
    changes: &mut Vec<Value>,
) -> sisense_core::Result<Outcome> {
    let (id, args) = (call.operation.as_str(), Value::Object(call.args.clone()));
    let run = Run::preview().start();
    let preview = generated::call(client, &run, id, args.clone()).await?;
    let wanted = run.changes();
    if wanted.is_empty() {
        return Ok(preview);
    }
    if call.approve != Some(true) {
        changes.extend(wanted.iter().filter_map(|change| serde_json::to_value(change).ok()));
        let many = match wanted.len() {
            1 => "1 change was".to_owned(),
            many => format!("{many} changes were"),
        };
        let message = match call.approve {
            Some(_) => format!("{many} not approved"),
            None => format!("{many} shown to nobody; give `approve`"),
        };
        return Err(Error::new(ErrorKind::NotApproved, message).with_operation(id));
    }
    generated::call(client, &Run::approved(wanted).start(), id, args).await
}

/// The parts of an error that do not change from run to run.
fn told(error: &Error) -> Value {
    let report = error.report();
    json!({
        "kind": report.kind,
        "message": report.message,
        "operation": report.operation,
        "asset": report.asset,
        "endpoint": report.endpoint,
        "status": report.status,
        "candidates": report.candidates,
        "next_step": report.next_step,
    })
}

/// The program that makes the calls in Python.
pub fn python(interpreter: &OsStr) -> Command {
    let mut command = Command::new(interpreter);
    // Answers that are parts are compared here; no one reads warnings.
    command.args(["-W", "ignore", concat!(env!("CARGO_MANIFEST_DIR"), "/calls.py")]);
    command
}

/// The program that makes the calls in Node.
pub fn node() -> Command {
    let mut command = Command::new("node");
    command.args(["--no-warnings", concat!(env!("CARGO_MANIFEST_DIR"), "/calls.mjs")]);
    command
}

/// Give the calls to a program, and read its answers.
pub async fn other(mut command: Command, sandbox: &Sandbox, calls: &[Call]) -> Result<Vec<Value>> {
    let input = json!({ "url": sandbox.url(), "token": sandbox.token(), "calls": calls });
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.to_string().as_bytes()).await?;
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        return Err(format!("{program} failed: {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

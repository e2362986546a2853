//! What a turn came to, as JSON: the members that older clients read, and typed ones beside them.

use fes_agent::llm::Usage;
use fes_agent::planner::{Decline, Question};
use fes_agent::report::StepReport;
use fes_agent::runner::Said;
use fes_agent::{Pending, Ran, Report, Turn};
use serde_json::{Value, json};
use sisense_core::Error;
use sisense_core::error::ErrorReport;

use crate::approvals::describe;
use crate::preview;

/// Most names of options that are shown.
const MOST_HINTS: usize = 3;

/// What a turn came to, and what failed before another plan was made.
pub fn said(said: &Said) -> Value {
    let mut value = turn(&said.turn);
    if let Some(last) = said.tried.last() {
        let lead = format!("{}\nSo another plan was made.", last.summary);
        let reply = value["reply"].as_str().unwrap_or_default();
        value["reply"] = json!(format!("{lead}\n\n{reply}"));
        value["tried"] = json!(said.tried);
    }
    value
}

/// What the language model took, under the names that older clients read, with how many calls it
/// was. Where no model was asked everything is zero.
pub fn usage(usage: Usage) -> Value {
    json!({
        "tokens_in": usage.input_tokens,
        "tokens_out": usage.output_tokens,
        "cost": usage.cost,
        "calls": usage.calls,
        "uncounted": usage.uncounted,
    })
}

/// What a request in words came to.
fn turn(turn: &Turn) -> Value {
    match turn {
        Turn::Answer(done) => report(done),
        Turn::Approval(pending) => waits(pending, None),
        Turn::Question(question) => asks(question),
        Turn::Decline(decline) => declines(decline),
    }
}

/// What an approved run came to.
pub fn ran(ran: &Ran) -> Value {
    match ran {
        Ran::Done(done) => report(done),
        Ran::Drifted { report: done, fresh } | Ran::Partly { report: done, fresh } => {
            waits(fresh, Some(done))
        }
    }
}

/// What a person rejected.
pub fn rejected(pending: &Pending) -> Value {
    json!({
        "kind": "rejected",
        "reply": "Rejected. Nothing was changed.",
        "tool_result": { "ok": false, "rejected": { "approval": pending.id } },
    })
}

/// What ran.
fn report(report: &Report) -> Value {
    let last = report.steps.iter().rev().find(|step| step.attempted).or(report.steps.last());
    json!({
        "kind": "answer",
        "reply": with_next(report.words(), &report.next),
        "tool_result": last.map(tool_result),
        "step_results": step_results(report),
        "report": report,
    })
}

/// What waits for a person, and what was done before it where something was.
fn waits(pending: &Pending, done: Option<&Report>) -> Value {
    let lead = done.map(|done| format!("{}\n\n", done.summary)).unwrap_or_default();
    let reply =
        format!("{lead}{}\nNothing is changed before a person approves.", preview::plain(pending));
    // The older client approves by this call: the first one that changes something.
    let calls = pending.plan.calls();
    let writes =
        |id: &str| pending.previews.iter().any(|step| step.step.rsplit('.').next() == Some(id));
    let first = calls.iter().find(|call| writes(&call.id)).or(calls.first());
    let mut value = json!({
        "kind": "approval",
        "reply": reply,
        "tool_result": {
            "ok": false,
            "pending_confirmation": {
                "tool_id": first.map(|call| &call.tool),
                "arguments": first.map(|call| &call.args),
                "reason": reply,
            },
        },
        "approval": describe(pending),
    });
    if let Some(done) = done {
        value["report"] = json!(done);
        value["step_results"] = step_results(done);
    }
    value
}

/// What the person has to say first. Names are shown here and stay here: no model sees them.
fn asks(question: &Question) -> Value {
    let hints: Vec<Value> = question
        .missing
        .iter()
        .map(|missing| {
            let some: Vec<&String> = missing.some.iter().take(MOST_HINTS).collect();
            json!({ "parameter": missing.parameter, "count": missing.options, "some": some })
        })
        .collect();
    json!({
        "kind": "question",
        "reply": question.text,
        "tool_result": null,
        "display_hints": { "options": hints },
        "question": question,
    })
}

fn declines(decline: &Decline) -> Value {
    json!({
        "kind": "decline",
        "reply": decline.text,
        "tool_result": null,
        "decline": decline,
    })
}

/// What went wrong before there was a report.
pub fn error(error: &Error) -> Value {
    let report: &ErrorReport = error.report();
    json!({
        "ok": false,
        "error": report.message,
        "error_type": report.kind,
        "next_step": report.next_step,
        "candidates": report.candidates,
    })
}

fn with_next(summary: &str, next: &[String]) -> String {
    let mut text = summary.to_owned();
    for step in next {
        text.push_str("\nNext: ");
        text.push_str(step);
    }
    text
}

fn step_results(report: &Report) -> Value {
    let steps = report.steps.iter().enumerate().map(
        |(n, step)| json!({ "step": n + 1, "tool_id": step.tool, "result": tool_result(step) }),
    );
    Value::Array(steps.collect())
}

fn tool_result(step: &StepReport) -> Value {
    let mut value = json!({ "ok": step.ok, "tool_id": step.tool });
    if let Some(result) = &step.result {
        value["result"] = result.clone();
    }
    if let Some(error) = &step.error {
        value["error"] = json!(error.message);
        value["error_type"] = json!(error.kind);
    }
    if !step.attempted {
        value["skipped"] = json!(step.summary);
    }
    value
}

//! What a planner shows a model: the request, the operations, and what became of earlier turns.

use serde_json::Value;
use sisense_core::Operation;

use super::clean::without_secrets;
use super::outline::outline;
use super::prompt::{Message, Prompt, Role, Shape};
use crate::catalogue::text::MAX_REQUEST;
use crate::conversation::{End, Exchange};
use crate::host::clip;
use crate::plan::{Plan, Problem};

/// Most operations that one prompt shows.
pub const MAX_TOOLS: usize = 16;

/// Most earlier turns that one prompt shows.
const MAX_TURNS: usize = 20;

/// Longest text of an earlier turn, in characters.
const MAX_TURN_TEXT: usize = 500;

/// Most operations of an earlier turn that are named.
const MAX_TURN_STEPS: usize = 20;

/// Longest description of an operation, in characters.
const MAX_DESCRIPTION: usize = 700;

/// Most problems that a model is told.
const MAX_PROBLEMS: usize = 20;

/// Longest text of one problem, in characters.
const MAX_PROBLEM: usize = 600;

/// Longest earlier answer of the model that is shown to it again, in characters.
const MAX_ANSWER: usize = 20_000;

/// The material of a planner's prompt. It has no place for a value of the deployment.
#[derive(Clone, Copy)]
pub struct Planning<'a> {
    /// What the person typed.
    pub request: &'a str,
    /// The turns before it that are shown, the oldest first.
    pub history: &'a [Exchange],
    /// The operations to choose from, the best first.
    pub tools: &'a [&'a Operation],
}

impl Prompt {
    /// Ask for a plan. The schema is the form of the answer.
    #[must_use]
    pub fn planning(material: &Planning<'_>, schema: Value) -> Prompt {
        let mut rules = include_str!("../planner/prompts/plan.md").to_owned();
        rules.push_str("\nOperations, the likeliest first\n");
        for operation in material.tools.iter().take(MAX_TOOLS) {
            rules.push_str(&tool(operation));
        }
        if material.tools.is_empty() {
            rules.push_str("\nNone fits this request.\n");
        }
        let mut messages = vec![Message::new(Role::System, rules)];
        let mut before = None;
        for (at, turn) in material.history.iter().enumerate() {
            if at + MAX_TURNS >= material.history.len() {
                messages.push(Message::new(Role::User, said(turn, before)));
                messages.push(Message::new(Role::Assistant, became(turn)));
            }
            before = Some(turn.end);
        }
        let request = clip(&typed(material.request), MAX_REQUEST);
        messages.push(Message::new(Role::User, request));
        let about = "A plan, a question to the person, or a refusal.";
        Prompt::new(messages, Some(Shape::new("answer", about, schema)))
    }

    /// Ask once more, with what is wrong with the answer. Problems are found in the answer alone,
    /// before anything runs, so they hold no value of the deployment.
    #[must_use]
    pub fn repair(&self, answer: &str, problems: &[Problem]) -> Prompt {
        let mut text = include_str!("../planner/prompts/repair.md").trim_end().to_owned();
        for problem in problems.iter().take(MAX_PROBLEMS) {
            text.push_str("\n- ");
            text.push_str(&clip(&typed(&problem.to_string()), MAX_PROBLEM));
        }
        let more = problems.len().saturating_sub(MAX_PROBLEMS);
        if more > 0 {
            text.push_str(&format!("\n- and {more} more"));
        }
        text.push_str(
            "\n\nGive the whole answer again, mended. When a required value is not known, ask.",
        );
        let mut messages = self.messages().to_vec();
        messages.push(Message::new(Role::Assistant, clip(&typed(answer), MAX_ANSWER)));
        messages.push(Message::new(Role::User, text));
        Prompt::new(messages, self.shape().cloned())
    }
}

/// What somebody typed, without what looks like a secret.
pub(super) fn typed(text: &str) -> String {
    without_secrets(text.trim())
}

/// An operation: what it does, what it takes and what it gives.
fn tool(operation: &Operation) -> String {
    let effect = if operation.effect.writes() { "changes the deployment" } else { "only reads" };
    let description = operation.description.split("# Errors").next().unwrap_or_default().trim();
    let mut schema = operation.input_schema.clone();
    if let Some(map) = schema.as_object_mut() {
        map.remove("$schema");
        map.remove("title");
    }
    format!(
        "\n## {}\n{} ({effect})\n{}\nTakes: {schema}\nGives: {}\n",
        operation.id,
        operation.summary,
        clip(description, MAX_DESCRIPTION),
        outline(&operation.output_schema),
    )
}

/// What the person typed in an earlier turn. What comes after a question may be a name that was
/// chosen from a menu, which is a value of the deployment, so it stays out; of the first turn that is
/// remembered nobody knows what came before it.
fn said(turn: &Exchange, before: Option<End>) -> String {
    let answer = matches!(before, None | Some(End::Asked)) && turn.said.trim() != turn.meant.trim();
    match answer || before == Some(End::Asked) {
        true => "(the person answered the question)".to_owned(),
        false => clip(&typed(&turn.said), MAX_TURN_TEXT),
    }
}

/// What became of an earlier turn: its operations and how it ended. Their arguments may hold names
/// that the deployment gave, and replies hold its values, so both stay out.
fn became(turn: &Exchange) -> String {
    let end = match turn.end {
        End::Answered => "done",
        End::Failed => "failed",
        End::Asked => "the person was asked for a missing value",
        End::Waits => "the person was asked to approve",
        End::Declined => "declined",
    };
    let calls = turn.plan.as_ref().map(Plan::calls).unwrap_or_default();
    let mut tools: Vec<&str> =
        calls.iter().take(MAX_TURN_STEPS).map(|call| call.tool.as_str()).collect();
    if calls.len() > tools.len() {
        tools.push("…");
    }
    match tools.is_empty() {
        true => format!("({end})"),
        false => format!("({}: {end})", tools.join(", ")),
    }
}

//! What a model sees of results, when the operator and the person allow it.

use sisense_core::Result;

use super::clean::without_secrets;
use super::fence::Fence;
use super::planning::typed;
use super::prompt::{Message, Prompt, Role};
use super::shrink::shrink;
use super::steps::StepSeen;
use super::summaries::Allowed;
use crate::catalogue::text::MAX_REQUEST;
use crate::host::clip;
use crate::report::{ChangeState, Report, StepReport};

/// Most bytes of one step's result.
const MAX_STEP: usize = 6_000;

/// Most bytes of all results.
const MAX_ALL: usize = 24_000;

/// Most steps that are told.
const MAX_STEPS: usize = 30;

/// Most changes of a step that are told.
const MAX_CHANGES: usize = 20;

/// Longest text of an error or a change, in characters.
const MAX_TEXT: usize = 300;

impl Prompt {
    /// Ask for a summary of what came of a request.
    ///
    /// # Errors
    /// `unexpected` when the system has no randomness.
    pub fn summary(_: Allowed, request: &str, report: &Report) -> Result<Prompt> {
        let fence = Fence::draw()?;
        let rules = format!("{}\n{}", include_str!("../planner/prompts/summary.md"), fence.rule());
        let asked = format!(
            "The request: {}\n\nWhat came of it:\n{}",
            clip(&typed(request), MAX_REQUEST),
            fence.around(&results(report))
        );
        let messages = vec![Message::new(Role::System, rules), Message::new(Role::User, asked)];
        Ok(Prompt::new(messages, None))
    }

    /// Ask for another plan after a step failed, given the prompt of the first one.
    ///
    /// # Errors
    /// `unexpected` when the system has no randomness.
    pub fn replan(&self, _: Allowed, report: &Report) -> Result<Prompt> {
        let fence = Fence::draw()?;
        let text = format!(
            "{}\n{}\n\n{}",
            include_str!("../planner/prompts/replan.md"),
            fence.rule(),
            fence.around(&results(report))
        );
        let mut messages = self.messages().to_vec();
        messages.push(Message::new(Role::User, text));
        Ok(Prompt::new(messages, self.shape().cloned()))
    }
}

/// What came of all steps, within the budget.
fn results(report: &Report) -> String {
    let mut text = String::new();
    for (at, step) in report.steps.iter().take(MAX_STEPS).enumerate() {
        let left = MAX_ALL.saturating_sub(text.len()).min(MAX_STEP);
        text.push_str(&format!("step {}: {}\n", at + 1, StepSeen::of(step).told()));
        text.push_str(&one(step, left));
        text.push('\n');
    }
    let more = report.steps.len().saturating_sub(MAX_STEPS);
    if more > 0 {
        text.push_str(&format!("({more} further steps left out)\n"));
    }
    text.trim_end().to_owned()
}

fn one(step: &StepReport, budget: usize) -> String {
    let short = |text: &str| clip(&without_secrets(text), MAX_TEXT);
    let mut text = String::new();
    if let Some(error) = &step.error {
        text.push_str(&format!("error: {}\n", short(&error.message)));
    }
    if !step.attempted {
        text.push_str("it was not tried\n");
    }
    for missing in step.missing.iter().take(MAX_CHANGES) {
        text.push_str(&format!("could not be loaded: {}\n", short(&missing.what)));
    }
    for change in step.changes.iter().take(MAX_CHANGES) {
        let state = match change.state {
            ChangeState::Done => "done",
            ChangeState::NotDone => "not done",
            ChangeState::Unknown => "sent, and nobody knows how it ended",
        };
        text.push_str(&format!("{state}: {}\n", short(&change.change.summary)));
    }
    let more = step.changes.len().saturating_sub(MAX_CHANGES);
    if more > 0 {
        text.push_str(&format!("({more} further changes left out)\n"));
    }
    // A write's answer repeats its changes.
    if let Some(result) = step.result.as_ref().filter(|_| step.changes.is_empty()) {
        text.push_str(&shrink(result, budget.saturating_sub(text.len())));
        text.push('\n');
    }
    text
}

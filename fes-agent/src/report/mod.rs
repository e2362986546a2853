//! What happened, as data and in plain words. Made here, from results, without any model.

mod inert;
mod migration;
mod table;
mod told;
mod words;

pub use inert::inert;
pub use migration::{Item, Migration};
pub use table::{Cell, Column, Fact, Table, table};
pub use told::{Telling, Told};

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sisense_core::error::ErrorReport;
use sisense_core::run::{Entry, Missing, Outcome as Ended};
use sisense_core::{Change, Operation, Outcome};

use crate::approval::Session;
use crate::plan::Call;

/// How one change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// The server said yes.
    Done,
    /// It was not made.
    NotDone,
    /// It was sent and nobody knows how it ended. Look before repeating it.
    Unknown,
}

/// One change, and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeReport {
    /// The change that was approved.
    pub change: Arc<Change>,
    /// How it ended.
    pub state: ChangeState,
    /// The id that the server gave to a new asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why it failed, or why its end is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

impl ChangeReport {
    /// How a change ended by its entry in the journal; without one it was not made.
    pub(crate) fn of(change: &Arc<Change>, entry: Option<&Entry>) -> Self {
        ChangeReport {
            change: Arc::clone(change),
            state: match entry.map(|entry| entry.outcome) {
                Some(Ended::Done) => ChangeState::Done,
                Some(Ended::Unknown) => ChangeState::Unknown,
                Some(Ended::Failed) | None => ChangeState::NotDone,
            },
            id: entry.and_then(|entry| entry.id.clone()),
            error: entry.and_then(|entry| entry.error.clone()),
        }
    }
}

/// What happened in one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// The step's id.
    pub id: String,
    /// The operation's id.
    pub tool: String,
    /// Whether it succeeded.
    pub ok: bool,
    /// Whether it was tried at all.
    pub attempted: bool,
    /// One sentence about what came out.
    pub summary: String,
    /// The result, of the operation's output schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// How many rows the result has, where it is a list or holds one main list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
    /// What could not be loaded, so that the result is a part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// The approved changes of the step, and how each ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeReport>,
}

impl StepReport {
    /// A step that gave a result.
    pub(crate) fn done(
        call: &Call,
        operation: &Operation,
        outcome: Outcome,
        changes: Vec<ChangeReport>,
    ) -> Self {
        let migration = Migration::read(&outcome.result).filter(|_| operation.effect.writes());
        let made = match &migration {
            // It may have left approved changes out because they were not needed any more.
            Some(migration) => migration.is_complete(),
            None => changes.iter().all(|change| change.state == ChangeState::Done),
        };
        StepReport {
            id: call.id.clone(),
            tool: operation.id.clone(),
            ok: made,
            attempted: true,
            summary: match &migration {
                Some(migration) => migration.summary(),
                None => words::result(operation, &outcome, &changes),
            },
            count: words::count(operation, &outcome.result),
            result: Some(outcome.result),
            error: None,
            missing: outcome.missing,
            changes,
        }
    }

    /// The step as it is kept with its run.
    fn to_keep(&self) -> StepReport {
        let rows = self.result.as_ref().filter(|result| Migration::is(result));
        let mut changes = if rows.is_some() { Vec::new() } else { self.changes.clone() };
        for report in &mut changes {
            let change = Arc::make_mut(&mut report.change);
            change.before = Value::Null;
            change.after = Value::Null;
        }
        StepReport {
            id: self.id.clone(),
            tool: self.tool.clone(),
            ok: self.ok,
            attempted: self.attempted,
            summary: self.summary.clone(),
            result: rows.cloned(),
            count: self.count,
            error: self.error.clone(),
            missing: self.missing.clone(),
            changes,
        }
    }

    /// The step that takes a run back.
    pub(crate) fn undone(
        call: &Call,
        outcome: sisense_core::Result<Outcome>,
        changes: Vec<ChangeReport>,
    ) -> Self {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => return StepReport::failed(call, error.into_report(), changes),
        };
        let made = changes.iter().all(|change| change.state == ChangeState::Done);
        let migration = Migration::read(&outcome.result);
        StepReport {
            id: call.id.clone(),
            tool: call.tool.clone(),
            ok: migration.as_ref().map_or(made, Migration::is_complete),
            attempted: true,
            summary: migration.map_or_else(|| words::written(&changes), |m| m.summary()),
            count: None,
            result: Some(outcome.result),
            error: None,
            missing: outcome.missing,
            changes,
        }
    }

    /// A step that failed.
    pub(crate) fn failed(call: &Call, error: ErrorReport, changes: Vec<ChangeReport>) -> Self {
        StepReport {
            id: call.id.clone(),
            tool: call.tool.clone(),
            ok: false,
            attempted: true,
            summary: words::failure(&error, &changes),
            result: None,
            count: None,
            error: Some(error),
            missing: Vec::new(),
            changes,
        }
    }

    /// A step that was not tried, because an earlier one failed or the run was stopped.
    pub(crate) fn skipped(call: &Call, why: &str, changes: Vec<ChangeReport>) -> Self {
        StepReport {
            id: call.id.clone(),
            tool: call.tool.clone(),
            ok: false,
            attempted: false,
            summary: format!("Not tried: {why}."),
            result: None,
            count: None,
            error: None,
            missing: Vec::new(),
            changes,
        }
    }
}

impl StepReport {
    /// A step that its condition left out. That is as it should be.
    pub(crate) fn left_out(call: &Call) -> Self {
        let why = "its condition does not hold";
        StepReport { ok: true, ..StepReport::skipped(call, why, Vec::new()) }
    }

    /// A step in a loop over an empty list.
    pub(crate) fn no_round(call: &Call) -> Self {
        let why = "there is nothing to repeat it for";
        StepReport { ok: true, ..StepReport::skipped(call, why, Vec::new()) }
    }

    /// All rounds of a step in a loop, taken together. The result is the list of their results.
    pub(crate) fn rounds(call: &Call, rounds: Vec<StepReport>) -> Self {
        let mut whole = StepReport::skipped(call, "", Vec::new());
        whole.ok = rounds.iter().all(|round| round.ok);
        whole.attempted = rounds.iter().any(|round| round.attempted);
        whole.count = Some(rounds.len() as u64);
        whole.summary = words::rounds(&rounds);
        let mut results = Vec::with_capacity(rounds.len());
        for round in rounds {
            whole.tool = round.tool;
            results.push(round.result.unwrap_or(Value::Null));
            whole.error = whole.error.or(round.error);
            whole.missing.extend(round.missing);
            whole.changes.extend(round.changes);
        }
        whole.result = Some(Value::Array(results));
        whole
    }
}

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// What the person wanted, in words.
    pub goal: String,
    /// The deployment it was for; the source where there is a target.
    pub deployment: String,
    /// The target of what it migrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Whether every step succeeded.
    pub ok: bool,
    /// What happened in each step, in the plan's order.
    pub steps: Vec<StepReport>,
    /// What happened, in plain words.
    pub summary: String,
    /// What a person may want to do next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// The same in the words of a model, where that is allowed and was wished. It is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Box<Told>>,
}

impl Report {
    pub(crate) fn new(goal: &str, session: &Session, steps: Vec<StepReport>) -> Self {
        let ok = !steps.is_empty() && steps.iter().all(|step| step.ok);
        Report {
            goal: goal.to_owned(),
            deployment: session.deployment.clone(),
            target: session.target.clone(),
            ok,
            summary: words::summary(&steps),
            next: words::next(&steps),
            steps,
            told: None,
        }
    }

    /// The report as it is kept with its run: without what was read, and without the documents of
    /// changes, which are kept once with the run. Rows of migrations stay.
    pub(crate) fn to_keep(&self) -> Report {
        let steps = self.steps.iter().map(StepReport::to_keep).collect();
        Report {
            goal: self.goal.clone(),
            deployment: self.deployment.clone(),
            target: self.target.clone(),
            ok: self.ok,
            steps,
            summary: self.summary.clone(),
            next: self.next.clone(),
            told: None,
        }
    }

    /// What happened, in words: a model's where there are some, else our own.
    #[must_use]
    pub fn words(&self) -> &str {
        match &self.told {
            Some(told) if told.by_model => &told.text,
            _ => &self.summary,
        }
    }

    /// The first error of the report.
    #[must_use]
    pub fn error(&self) -> Option<&ErrorReport> {
        self.steps.iter().find_map(|step| step.error.as_ref())
    }
}

#[cfg(test)]
mod tests;

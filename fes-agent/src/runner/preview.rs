//! Looks at what a plan would change, and changes nothing.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;
use sisense_core::{Change, Error, ErrorKind, Operation, Outcome, Result, Run};

use super::agent::Inner;
use super::types::Options;
use crate::approval::{Session, StepPreview};
use crate::host::unknown_operation;
use crate::plan::{Plan, is_between};
use crate::report::Migration;

/// What a plan would change.
#[derive(Default)]
pub(super) struct Preview {
    /// All changes, in the order of the steps.
    pub(super) changes: Vec<Change>,
    /// Which of them belong to a step.
    pub(super) ranges: HashMap<String, Range<usize>>,
    /// What a writing step that changes nothing answers.
    pub(super) already: HashMap<String, Outcome>,
    /// What a migration answers: a row per asset.
    pub(super) rows: HashMap<String, Value>,
}

/// A step whose preview failed.
pub(super) struct Failed {
    /// The step's id.
    pub(super) step: String,
    /// Why.
    pub(super) error: Error,
}

impl Preview {
    /// The changes of a step.
    pub(super) fn of(&self, step: &str) -> &[Change] {
        self.ranges.get(step).and_then(|range| self.changes.get(range.clone())).unwrap_or(&[])
    }

    /// Add the changes of a step.
    pub(super) fn put(&mut self, step: String, changes: Vec<Change>) {
        let first = self.changes.len();
        self.changes.extend(changes);
        self.ranges.insert(step, first..self.changes.len());
    }

    /// What each writing step's preview said, in the plan's order.
    pub(super) fn steps(&self, agent: &Inner, plan: &Plan) -> Vec<StepPreview> {
        let steps = plan.calls().into_iter().filter_map(|call| {
            let range = self.ranges.get(&call.id)?;
            Some(StepPreview {
                step: call.id.clone(),
                tool: agent.tools.find(&call.tool).map_or(&call.tool, |o| &o.id).clone(),
                first: range.start,
                count: range.len(),
                result: self.rows.get(&call.id).cloned(),
            })
        });
        steps.collect()
    }
}

/// Which writing steps are previewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// All.
    All,
    /// Those that work on one deployment, and no migration.
    OnePlace,
}

/// Preview the writing steps of a plan, one after the other, in one run. Reads do not run.
pub(super) async fn preview(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    which: Which,
    options: &Options,
) -> Result<Preview, Failed> {
    let run = agent.start(Run::preview(), session, None, options);
    let mut found = Preview::default();
    for call in plan.calls() {
        let failed = |error| Failed { step: call.id.clone(), error };
        let operation = agent.operation(&call.tool).map_err(failed)?;
        let between = is_between(call, agent.tools.as_ref());
        if !operation.effect.writes() || (between && which == Which::OnePlace) {
            continue;
        }
        let before = run.changes().len();
        let outcome = agent
            .look(session, &run, operation, call.arguments(), options)
            .await
            .map_err(failed)?;
        let changes = run.changes();
        if Migration::read(&outcome.result).is_some() {
            found.rows.insert(call.id.clone(), outcome.result.clone());
        }
        if changes.len() == before {
            found.already.insert(call.id.clone(), outcome);
        }
        found.ranges.insert(call.id.clone(), before..changes.len());
        found.changes = changes;
    }
    Ok(found)
}

impl Inner {
    pub(super) fn operation(&self, tool: &str) -> Result<&Operation> {
        self.tools.find(tool).ok_or_else(|| unknown_operation(self.tools.operations(), tool))
    }

    /// Call something that sends no write: a read, or a write in a preview. Stopped at once when
    /// the run is.
    pub(super) async fn look(
        &self,
        session: &Session,
        run: &Run,
        operation: &Operation,
        args: Value,
        options: &Options,
    ) -> Result<Outcome> {
        let stopped = || {
            Error::new(ErrorKind::Cancelled, "stopped before an answer came")
                .with_operation(&operation.id)
        };
        let call = self.tools.call(session.place(), run, &operation.id, args);
        tokio::select! {
            biased;
            () = options.cancel.cancelled() => Err(stopped()),
            outcome = call => outcome.map_err(|e| e.with_operation(&operation.id)),
        }
    }
}

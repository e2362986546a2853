//! Runs the steps of a plan, in order.

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::stream;
use sisense_core::run::{Entry, Outcome as Ended};
use sisense_core::{Change, Error, ErrorKind, Run};

use super::agent::Inner;
use super::preview::Preview;
use super::types::Options;
use crate::approval::Session;
use crate::plan::{Call, Plan, is_between};
use crate::report::{ChangeReport, ChangeState, Report, StepReport};

/// The run that may write, and what it wrote in processes before this one.
pub(super) struct Doing {
    pub(super) run: Run,
    pub(super) earlier: Vec<Entry>,
}

/// Run the steps in order: neighbouring reads side by side, writes one by one. After a step that
/// failed no write is made; a migration that left some assets out has not failed as a step.
pub(super) async fn run(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    found: &Preview,
    doing: Option<&Doing>,
    options: &Options,
) -> Report {
    let reads = agent.start(Run::reads(), session, None, options);
    let calls = plan.calls();
    let mut steps: Vec<StepReport> = Vec::with_capacity(calls.len());
    let mut failed = false;
    let mut rest = calls.as_slice();
    while let Some(call) = rest.first() {
        let is_read = |call: &&Call| {
            agent.tools.find(&call.tool).is_some_and(|operation| !operation.effect.writes())
        };
        if is_read(call) {
            let batch = rest.iter().take_while(|call| is_read(call)).count();
            let (now, later) = rest.split_at(batch);
            // Futures in a list, and not a closure over borrowed calls: only those can be spawned.
            let futures: Vec<_> =
                now.iter().map(|call| read(agent, session, &reads, call, options)).collect();
            let reports: Vec<StepReport> =
                stream::iter(futures).buffered(agent.parallel).collect().await;
            failed |= reports.iter().any(|step| !step.ok);
            steps.extend(reports);
            rest = later;
            continue;
        }
        rest = &rest[1..];
        let planned = found.of(&call.id);
        if options.cancel.is_cancelled() {
            steps.push(StepReport::skipped(call, "the run was stopped", not_done(planned)));
        } else if failed {
            steps.push(StepReport::skipped(call, "an earlier step failed", not_done(planned)));
        } else {
            let step = write(agent, session, doing, call, found).await;
            failed |= step.error.is_some() || (!step.ok && !is_between(call, agent.tools.as_ref()));
            steps.push(step);
        }
    }
    Report::new(&plan.goal, session, steps)
}

async fn read(
    agent: &Inner,
    session: &Session,
    run: &Run,
    call: &Call,
    options: &Options,
) -> StepReport {
    let result = match agent.operation(&call.tool) {
        Ok(operation) => agent
            .look(session, run, operation, call.arguments(), options)
            .await
            .map(|outcome| StepReport::done(call, operation, outcome, Vec::new())),
        Err(error) => Err(error),
    };
    result.unwrap_or_else(|error| StepReport::failed(call, error.into_report(), Vec::new()))
}

async fn write(
    agent: &Inner,
    session: &Session,
    doing: Option<&Doing>,
    call: &Call,
    found: &Preview,
) -> StepReport {
    let planned = found.of(&call.id);
    let operation = match agent.operation(&call.tool) {
        Ok(operation) => operation,
        Err(error) => return StepReport::failed(call, error.into_report(), not_done(planned)),
    };
    // Nothing to change: the preview's own look is the answer, and no run that writes is needed.
    if let Some(outcome) = found.already.get(&call.id) {
        return StepReport::done(call, operation, outcome.clone(), Vec::new());
    }
    let Some(doing) = doing else {
        let error = Error::new(ErrorKind::NotApproved, "nobody has approved this");
        return StepReport::failed(call, error.into_report(), not_done(planned));
    };
    let place = session.place();
    let result = agent.tools.call(place, &doing.run, &operation.id, call.arguments()).await;
    let changes = doing.changes(planned);
    match result {
        Ok(outcome) => StepReport::done(call, operation, outcome, changes),
        Err(error) => {
            let error = error.with_operation(&operation.id);
            StepReport::failed(call, error.into_report(), changes)
        }
    }
}

impl Doing {
    /// How each planned change ended, by the run's own entries, also those of earlier processes.
    pub(super) fn changes(&self, planned: &[Change]) -> Vec<ChangeReport> {
        let now = self.run.entries();
        // A later entry counts more than an earlier one.
        let entries: HashMap<String, &Entry> =
            self.earlier.iter().chain(&now).map(|entry| (entry.change.digest(), entry)).collect();
        planned
            .iter()
            .map(|change| {
                let entry = entries.get(&change.digest());
                ChangeReport {
                    change: change.clone(),
                    state: match entry.map(|entry| entry.outcome) {
                        Some(Ended::Done) => ChangeState::Done,
                        Some(Ended::Unknown) => ChangeState::Unknown,
                        Some(Ended::Failed) | None => ChangeState::NotDone,
                    },
                    id: entry.and_then(|entry| entry.id.clone()),
                    error: entry.and_then(|entry| entry.error.clone()),
                }
            })
            .collect()
    }
}

fn not_done(planned: &[Change]) -> Vec<ChangeReport> {
    planned
        .iter()
        .map(|change| ChangeReport {
            change: change.clone(),
            state: ChangeState::NotDone,
            id: None,
            error: None,
        })
        .collect()
}

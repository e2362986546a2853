//! Runs the steps of a plan, in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use sisense_core::run::{Entry, Outcome};
use sisense_core::{Change, Error, ErrorKind, Result, Run};

use super::agent::Inner;
use super::phase::Phase;
use super::preview::Preview;
use super::types::Options;
use super::walk::{At, Left, Visit, Visitor, Walk};
use crate::approval::Session;
use crate::plan::{Call, Flow, Plan, Step, is_between};
use crate::report::{ChangeReport, Report, StepReport};

/// The run that may write, and what it wrote in processes before this one.
pub(super) struct Doing {
    pub(super) run: Run,
    /// By the digests of the changes.
    earlier: HashMap<String, Entry>,
}

/// Run the steps in order: neighbouring reads side by side, writes one by one. After a step that
/// failed no write is made; a migration that left some assets out has not failed as a step.
pub(super) async fn run(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    flow: &Flow,
    found: &Preview,
    doing: Option<&Doing>,
    options: &Options,
) -> Report {
    let running = Running {
        agent,
        session,
        plan,
        found,
        doing,
        options,
        reads: agent.start(Run::reads(), session, None, options),
        state: Mutex::default(),
    };
    let walk = Walk {
        tools: agent.tools.as_ref(),
        flow,
        visitor: &running,
        given: &found.resolved,
        found: Mutex::default(),
        parallel: agent.parallel,
        calls: AtomicUsize::new(0),
    };
    walk.all(&plan.steps).await;
    Report::new(&plan.goal, session, running.reports(plan))
}

struct Running<'a> {
    agent: &'a Inner,
    session: &'a Session,
    plan: &'a Plan,
    found: &'a Preview,
    doing: Option<&'a Doing>,
    options: &'a Options,
    reads: Run,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failed: bool,
    /// What came of each call, by its id, once per round of the loops around it.
    done: BTreeMap<String, Vec<(At, StepReport)>>,
}

#[async_trait]
impl Visitor for Running<'_> {
    fn wants(&self, _: &Step) -> bool {
        true
    }

    fn is_over(&self) -> bool {
        false
    }

    async fn call(&self, visit: Visit<'_>) -> Option<Value> {
        let call = Call { args: visit.args.clone(), ..visit.call.clone() };
        let planned = self.found.of(&visit.at.path);
        self.options.tell(|| Phase::executing(self.plan, &call.id));
        let reads = self.agent.operation(&call.tool).is_ok_and(|o| !o.effect.writes());
        let report = if reads {
            self.read(&call, &visit.at).await
        } else if self.options.cancel.is_cancelled() {
            StepReport::skipped(&call, "the run was stopped", not_done(planned))
        } else if self.state().failed {
            StepReport::skipped(&call, "an earlier step failed", not_done(planned))
        } else {
            self.write(&call, &visit.at).await
        };
        // A migration that left something out has not failed as a step.
        let whole = reads || !is_between(&call, self.agent.tools.as_ref());
        let failed = report.error.is_some() || (whole && report.attempted && !report.ok);
        let value = match report.attempted && report.error.is_none() {
            true => Some(report.result.as_ref().map_or(Value::Null, |result| visit.value(result))),
            false => None,
        };
        let ok = report.ok;
        self.options.tell(|| Phase::executing(self.plan, &call.id).completed(ok));
        self.keep(visit.at.clone(), report, failed);
        value
    }

    fn left(&self, call: &Call, at: &At, why: Left) {
        let changes = not_done(self.found.of(&at.path));
        match why {
            Left::Condition => self.keep(at.clone(), StepReport::left_out(call), false),
            Left::Needs(what) => {
                let report = StepReport::skipped(call, &what, changes);
                self.keep(at.clone(), report, true);
            }
            Left::Failed(error) => {
                self.keep(at.clone(), StepReport::failed(call, *error, changes), true);
            }
        }
    }
}

impl Running<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        // A poisoned lock means a panic elsewhere; the lists are whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, at: At, report: StepReport, failed: bool) {
        let mut state = self.state();
        state.failed |= failed;
        state.done.entry(report.id.clone()).or_default().push((at, report));
    }

    /// A report per call of the plan, those of the rounds of a loop taken together.
    fn reports(self, plan: &Plan) -> Vec<StepReport> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let calls = plan.calls().into_iter();
        calls
            .map(|call| {
                let mut rounds = state.done.remove(&call.id).unwrap_or_default();
                rounds.sort_by(|a, b| a.0.cmp(&b.0));
                let alone = rounds.first().is_some_and(|(at, _)| at.rounds.is_empty());
                let mut reports: Vec<StepReport> =
                    rounds.into_iter().map(|(_, report)| report).collect();
                match reports.pop() {
                    Some(only) if alone => only,
                    Some(last) => {
                        reports.push(last);
                        StepReport::rounds(call, reports)
                    }
                    None => StepReport::no_round(call),
                }
            })
            .collect()
    }

    async fn read(&self, call: &Call, at: &At) -> StepReport {
        let operation = match self.agent.operation(&call.tool) {
            Ok(operation) => operation,
            Err(error) => return StepReport::failed(call, error.into_report(), Vec::new()),
        };
        // What the preview has read a moment ago is what was decided by.
        if let Some(outcome) = self.found.reads.get(&at.path) {
            return StepReport::done(call, operation, outcome.clone(), Vec::new());
        }
        let looked = self
            .agent
            .look(self.session, &self.reads, operation, call.arguments(), self.options)
            .await;
        match looked {
            Ok(outcome) => StepReport::done(call, operation, outcome, Vec::new()),
            Err(error) => StepReport::failed(call, error.into_report(), Vec::new()),
        }
    }

    async fn write(&self, call: &Call, at: &At) -> StepReport {
        let planned = self.found.of(&at.path);
        let operation = match self.agent.operation(&call.tool) {
            Ok(operation) => operation,
            Err(error) => return StepReport::failed(call, error.into_report(), not_done(planned)),
        };
        // Nothing to change: the preview's own look is the answer, and no run that writes is needed.
        if let Some(outcome) = self.found.already.get(&at.path) {
            return StepReport::done(call, operation, outcome.clone(), Vec::new());
        }
        let Some(doing) = self.doing else {
            let error = Error::new(ErrorKind::NotApproved, "nobody has approved this");
            return StepReport::failed(call, error.into_report(), not_done(planned));
        };
        let place = self.session.place();
        let before = doing.run.entry_count();
        let result =
            self.agent.tools.call(place, &doing.run, &operation.id, call.arguments()).await;
        let changes = doing.changes(planned, before);
        match result {
            Ok(outcome) => StepReport::done(call, operation, outcome, changes),
            Err(error) => {
                let error = error.with_operation(&operation.id);
                StepReport::failed(call, error.into_report(), changes)
            }
        }
    }
}

impl Doing {
    /// A run, and what the journal knows of it from before.
    ///
    /// # Errors
    /// The journal's.
    pub(super) async fn new(run: Run) -> Result<Self> {
        let earlier = run.recorded().await?;
        // A later entry counts more than an earlier one.
        Ok(Doing { run, earlier: by_digest(earlier) })
    }

    /// How each planned change ended, by the run's own entries from a place on, and by those of
    /// earlier processes. The same change twice in a plan is made by the first step that has it.
    pub(super) fn changes(&self, planned: &[Arc<Change>], from: usize) -> Vec<ChangeReport> {
        let entries = self.run.entries_from(from);
        // The door lets the approved changes themselves through, so that mostly no digest is needed.
        let same: HashMap<*const Change, &Entry> =
            entries.iter().map(|entry| (Arc::as_ptr(&entry.change), entry)).collect();
        let ended = |change: &Arc<Change>| {
            same.get(&Arc::as_ptr(change)).map(|entry| ChangeReport::of(change, Some(entry)))
        };
        if let Some(all) = planned.iter().map(ended).collect() {
            return all;
        }
        let now = by_digest(entries);
        let known = |digest: &str| now.get(digest).or_else(|| self.earlier.get(digest));
        let whole = planned.iter().all(|change| known(&change.digest()).is_some());
        // Looked through only where one is missing: a plan may have thousands of steps.
        let before = match whole || from == 0 {
            true => HashMap::new(),
            false => by_digest(self.run.entries_from(0)),
        };
        planned
            .iter()
            .map(|change| {
                let digest = change.digest();
                let made = || before.get(&digest).filter(|entry| entry.outcome == Outcome::Done);
                ChangeReport::of(change, known(&digest).or_else(made))
            })
            .collect()
    }
}

fn by_digest(entries: Vec<Entry>) -> HashMap<String, Entry> {
    entries.into_iter().map(|entry| (entry.change.digest(), entry)).collect()
}

fn not_done(planned: &[Arc<Change>]) -> Vec<ChangeReport> {
    planned.iter().map(|change| ChangeReport::of(change, None)).collect()
}

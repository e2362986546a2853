//! Looks at what a plan would change, and changes nothing.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use sisense_core::error::ErrorReport;
use sisense_core::run::Handover;
use sisense_core::{Change, Error, ErrorKind, Operation, Outcome, Result, Run};

use super::agent::Inner;
use super::types::Options;
use super::walk::{At, Left, Visit, Visitor, Walk};
use crate::approval::{Session, StepPreview};
use crate::host::unknown_operation;
use crate::plan::{Call, Flow, Plan, Resolved, Step, is_between};
use crate::policy::Decision;
use crate::report::Migration;

/// What a plan would change.
#[derive(Default)]
pub(super) struct Preview {
    /// All changes, in the order of the steps.
    pub(super) changes: Vec<Arc<Change>>,
    /// What each writing call said, in order.
    pub(super) steps: Vec<StepPreview>,
    /// Where each call's row is in `steps`, by its path.
    places: HashMap<String, usize>,
    /// What a writing call that changes nothing answers, by its path.
    pub(super) already: HashMap<String, Outcome>,
    /// What the reads answered that decide what is written, by their paths.
    pub(super) reads: HashMap<String, Outcome>,
    /// What the expressions came out as.
    pub(super) resolved: Resolved,
    /// What was read that the run needs too.
    pub(super) handover: Handover,
}

/// A step whose preview failed.
pub(super) struct Failed {
    /// The step's id.
    pub(super) step: String,
    /// Why.
    pub(super) error: ErrorReport,
}

impl Preview {
    /// A preview of which only the changes of each call are known.
    pub(super) fn of_steps(
        steps: &[StepPreview],
        changes: &[Arc<Change>],
        resolved: Resolved,
    ) -> Self {
        let mut found = Preview { resolved, ..Preview::default() };
        for step in steps {
            found.put(step.without_rows(), step.changes(changes).to_vec());
        }
        found
    }

    /// The changes of a call, by its path.
    pub(super) fn of(&self, path: &str) -> &[Arc<Change>] {
        let step = self.places.get(path).and_then(|place| self.steps.get(*place));
        step.map_or(&[], |step| step.changes(&self.changes))
    }

    /// Add the changes of a call.
    pub(super) fn put(&mut self, step: StepPreview, changes: Vec<Arc<Change>>) {
        let range = self.changes.len()..self.changes.len() + changes.len();
        self.changes.extend(changes);
        self.row(StepPreview { first: range.start, count: range.len(), ..step });
    }

    fn row(&mut self, step: StepPreview) {
        self.places.insert(step.step.clone(), self.steps.len());
        self.steps.push(step);
    }
}

/// Which writing steps are previewed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    /// All.
    All,
    /// Those that work on one deployment, and no migration; what the migrations said before.
    OnePlace(&'a [StepPreview]),
}

/// Preview the writing steps of a plan, one after the other, in one run. Of the reads only those run
/// that decide what is written.
pub(super) async fn preview(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    flow: &Flow,
    which: Which<'_>,
    options: &Options,
) -> Result<Preview, Failed> {
    let looking = Looking {
        agent,
        session,
        which,
        options,
        run: agent.start(Run::preview(), session, None, options),
        reads: agent.start(Run::reads(), session, None, options),
        wanted: flow.decisive(plan, agent.tools.as_ref()),
        found: Mutex::default(),
        failed: Mutex::default(),
    };
    let given = Resolved::default();
    let walk = Walk {
        tools: agent.tools.as_ref(),
        flow,
        visitor: &looking,
        given: &given,
        found: Mutex::default(),
        parallel: agent.parallel,
        calls: AtomicUsize::new(0),
    };
    walk.all(&plan.steps).await;
    let resolved = walk.into_found();
    let failed = looking.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failed) = failed {
        return Err(failed);
    }
    let mut found = looking.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let early = std::mem::take(&mut found.resolved.early);
    found.resolved = Resolved { early, ..resolved };
    found.changes = looking.run.changes();
    found.handover = looking.run.handover();
    Ok(found)
}

struct Looking<'a> {
    agent: &'a Inner,
    session: &'a Session,
    which: Which<'a>,
    options: &'a Options,
    run: Run,
    reads: Run,
    wanted: HashSet<String>,
    found: Mutex<Preview>,
    failed: Mutex<Option<Failed>>,
}

impl Looking<'_> {
    fn found(&self) -> std::sync::MutexGuard<'_, Preview> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, step: &str, error: ErrorReport) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get_or_insert(Failed { step: step.to_owned(), error });
    }

    async fn read(&self, operation: &Operation, visit: &Visit<'_>) -> Result<Value> {
        if self.agent.policy.decide(Some(operation)).decision == Decision::Ask {
            let message = "what this reads decides what is written, and the read itself needs an \
                           approval first";
            return Err(Error::new(ErrorKind::NotApproved, message)
                .with_operation(&operation.id)
                .with_next_step("ask for the read by itself, then for the change"));
        }
        let args = Value::Object(visit.args.clone());
        let outcome =
            self.agent.look(self.session, &self.reads, operation, args, self.options).await?;
        let value = visit.value(&outcome.result);
        let mut found = self.found();
        if visit.closed {
            found.reads.insert(visit.at.path.clone(), outcome);
        } else {
            found.resolved.early.push(visit.at.path.clone());
        }
        Ok(value)
    }

    async fn write(&self, operation: &Operation, visit: &Visit<'_>) -> Result<Value> {
        if let Which::OnePlace(known) = self.which
            && is_between(visit.call, self.agent.tools.as_ref())
        {
            let step = known.iter().find(|step| step.step == visit.at.path);
            return Ok(step.and_then(|step| step.result.clone()).unwrap_or(Value::Null));
        }
        let before = self.run.change_count();
        let args = Value::Object(visit.args.clone());
        let outcome =
            self.agent.look(self.session, &self.run, operation, args, self.options).await?;
        let range: Range<usize> = before..self.run.change_count();
        let path = visit.at.path.clone();
        let value = visit.value(&outcome.result);
        let mut found = self.found();
        let rows = Migration::is(&outcome.result);
        let result = if range.is_empty() {
            let result = rows.then(|| outcome.result.clone());
            found.already.insert(path.clone(), outcome);
            result
        } else {
            rows.then_some(outcome.result)
        };
        found.row(StepPreview {
            step: path,
            tool: operation.id.clone(),
            first: range.start,
            count: range.len(),
            result,
        });
        Ok(value)
    }
}

#[async_trait]
impl Visitor for Looking<'_> {
    fn wants(&self, step: &Step) -> bool {
        self.wanted.contains(step.id())
    }

    fn is_over(&self) -> bool {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    async fn call(&self, visit: Visit<'_>) -> Option<Value> {
        let looked = match self.agent.operation(&visit.call.tool) {
            Ok(operation) if operation.effect.writes() => self.write(operation, &visit).await,
            Ok(operation) => self.read(operation, &visit).await,
            Err(error) => Err(error),
        };
        looked.map_err(|error| self.fail(&visit.call.id, error.into_report())).ok()
    }

    fn left(&self, call: &Call, at: &At, why: Left) {
        match why {
            Left::Condition => {}
            Left::Needs(what) => {
                let message = format!("the arguments of {} need a result: {what}", at.path);
                let error = Error::invalid(message).with_operation(&call.tool);
                self.fail(&call.id, error.into_report());
            }
            Left::Failed(error) => self.fail(&call.id, *error),
        }
    }
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

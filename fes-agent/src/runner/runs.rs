//! Runs that are there already: seen, gone on with, taken back.

use sisense_core::run::Entry;
use sisense_core::{Error, ErrorKind, Outcome, Result, Run};

use super::agent::Inner;
use super::steps::Doing;
use super::types::{Options, Prepared, Ran};
use super::{Agent, execute};
use crate::approval::{Person, Ready, Request, Sealed, Session, Shown, StepPreview};
use crate::plan::{Plan, Resolved};
use crate::report::{Report, StepReport};
use crate::runs::{Held, LogLine, Order, RunRecord, RunState};
use crate::store::no_such_run;

impl Agent {
    /// The newest runs: the person's own, or everybody's for an operator. Those whose process is
    /// gone are `interrupted`.
    ///
    /// # Errors
    /// The store's errors.
    pub async fn runs(&self, person: &Person) -> Result<Vec<RunRecord>> {
        let inner = self.inner();
        let principal = (!person.operator).then_some(person.principal.as_str());
        inner.store.runs(principal, (inner.clock)()).await
    }

    /// One run by its id, with its report when it has ended.
    ///
    /// # Errors
    /// `not_found` when it is unknown or another's, or the store's errors.
    pub async fn run(&self, id: &str, person: &Person) -> Result<RunRecord> {
        let inner = self.inner();
        let record = inner.store.run(id, (inner.clock)()).await?.ok_or_else(no_such_run)?;
        if !person.operator && record.principal != person.principal {
            return Err(no_such_run());
        }
        Ok(record)
    }

    /// The lines of a run's progress after a number; 0 gives all that are kept.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub async fn run_log(&self, id: &str, person: &Person, after: u64) -> Result<Vec<LogLine>> {
        self.run(id, person).await?;
        self.inner().store.log_after(id, after).await
    }

    /// What a run wrote, in order.
    ///
    /// # Errors
    /// As [`Agent::run`].
    pub async fn run_entries(&self, id: &str, person: &Person) -> Result<Vec<Entry>> {
        self.run(id, person).await?;
        self.inner().journal().entries(id).await
    }

    /// Go on with a run that was stopped, failed or interrupted. What was approved is still all that
    /// may change: what is done is not done again, what nobody saw end is looked up first, and what
    /// has drifted is not touched.
    ///
    /// # Errors
    /// `not_found` when it is unknown or another's, `conflict` when another process is at it or it is
    /// done, `not_approved` when it held a secret, which is not kept, or the store's errors.
    pub async fn resume(&self, id: &str, person: &Person, options: Options) -> Result<Ran> {
        let (id, person) = (id.to_owned(), person.clone());
        self.on_its_own(options, |agent, options| async move {
            let record = agent.run(&id, &person).await?;
            let inner = agent.inner();
            if record.held_secret {
                return Err(crate::approval::Refusal::NeedsSameCall.into());
            }
            inner.known(&record.session())?;
            let (held, order) = Held::claim(&inner.store, &inner.clock, &id, &options).await?;
            match order.plan.undoes() {
                Some(original) => undo(inner, &held, &order, original).await,
                None => {
                    inner.allowed(&order.plan)?;
                    execute::resume(inner, &held, &order).await
                }
            }
        })
        .await
    }

    /// Preview how what a run wrote is taken back. The preview waits for a person; then
    /// [`Agent::run_approved`] does it, in the session that the pending approval names. What cannot
    /// be taken back is told in the preview.
    ///
    /// # Errors
    /// `not_found` when it is unknown or another's, `conflict` when it is running or was taken back,
    /// the journal's or the store's errors.
    pub async fn undo(
        &self,
        session: &Session,
        id: &str,
        person: &Person,
        options: Options,
    ) -> Result<Prepared> {
        let record = self.run(id, person).await?;
        let inner = self.inner();
        match record.state {
            RunState::Running => {
                return Err(Error::new(ErrorKind::Conflict, "this run is still going on")
                    .with_next_step("stop it first, or wait until it ends"));
            }
            RunState::Undone => {
                return Err(Error::new(ErrorKind::Conflict, "this run was taken back already"));
            }
            _ => {}
        }
        let session = Session {
            id: session.id.clone(),
            principal: session.principal.clone(),
            ..record.session()
        };
        inner.known(&session)?;
        let plan = Plan::undo_of(id, &record.goal);
        let run = inner.start(Run::preview(), &session, None, &options);
        let outcome = inner.tools.undo(&run, id, inner.journal()).await?;
        let changes = run.changes();
        if changes.is_empty() {
            let steps = plan
                .calls()
                .into_iter()
                .map(|call| StepReport::undone(call, Ok(outcome.clone()), Vec::new()));
            return Ok(Prepared::Done(Report::new(&plan.goal, &session, steps.collect())));
        }
        let previews = plan.calls().into_iter().map(|call| StepPreview {
            step: call.id.clone(),
            tool: call.tool.clone(),
            first: 0,
            count: changes.len(),
            result: Some(outcome.result.clone()),
        });
        let previews = previews.collect();
        let sealed = Sealed { plan, held_secret: false };
        let request = Request { session: &session, sealed: &sealed };
        let shown = Shown { changes, steps: previews, resolved: Resolved::default() };
        let pending = inner.desk.open(request, shown).await?;
        Ok(Prepared::NeedsApproval(Box::new(pending)))
    }
}

/// Take back what a run wrote, as it was approved.
pub(super) async fn undo_approved(
    agent: &Inner,
    original: &str,
    ready: Ready,
    options: &Options,
) -> Result<Ran> {
    let grant = agent.desk.consume(ready).await?;
    let order = Order::of(grant.into_record());
    // A process that comes back to life must not write what is being taken back.
    agent.store.let_go(original, (agent.clock)()).await?;
    let held = Held::begin(&agent.store, &agent.clock, &order, options).await?;
    undo(agent, &held, &order, original).await
}

async fn undo(agent: &Inner, held: &Held, order: &Order, original: &str) -> Result<Ran> {
    let (session, options) = (&order.session, held.options());
    let builder = Run::approved(order.changes.clone()).id(&order.id);
    let run = agent.start_held(builder, session, held, &order.id, &options);
    let doing = Doing::new(run).await?;
    let outcome: Result<Outcome> =
        held.during(agent.tools.undo(&doing.run, original, agent.journal())).await;
    let changes = doing.changes(&order.changes, 0);
    let mut outcome = Some(outcome);
    let steps = order
        .plan
        .calls()
        .into_iter()
        .filter_map(|call| Some(StepReport::undone(call, outcome.take()?, changes.clone())))
        .collect();
    let mut report = Report::new(&order.plan.goal, session, steps);
    execute::keep(held, &mut report, &options).await;
    if report.ok {
        agent.store.undone(original).await?;
    }
    Ok(Ran::Done(report))
}

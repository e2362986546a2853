//! One approved call that is kept like a run, for a host program that shows and approves by itself.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sisense_core::run::{Entry, Handover, Journal, RunBuilder};
use sisense_core::{Change, Error, ErrorKind, Outcome, Result, Run};

use super::{Held, Order, RunRecord, RunState};
use crate::approval::{Clock, Refusal, Session, StepPreview, random_id, seal};
use crate::host::{Place, Tools};
use crate::plan::{Call, Plan, Resolved, Step};
use crate::report::{ChangeReport, Report, StepReport};
use crate::runner::Options;
use crate::store::Store;

/// An approved call whose writes are in a store before they are sent, so that another process can
/// go on with it.
///
/// It is held by one process at a time. When that one ends without [`KeptCall::carry_out`] having
/// ended, or the call left something undone, [`KeptCall::claim`] goes on with it.
pub struct KeptCall {
    held: Held,
    order: Order,
    store: Store,
    handover: Handover,
}

impl KeptCall {
    /// Keep a call and what a person approved of it. Sends nothing.
    ///
    /// # Errors
    /// The store's errors.
    pub async fn begin(
        store: &Store,
        tools: &dyn Tools,
        place: Place<'_>,
        (tool, args): (&str, Map<String, Value>),
        changes: Vec<Arc<Change>>,
        options: &Options,
    ) -> Result<Self> {
        let id = random_id()?;
        let session = Session::new(&id, "host", place.source);
        let session = match place.target {
            Some(target) => session.to(target),
            None => session,
        };
        let sealed = seal(&Plan::single(tool, tool, args), tools);
        let previews = sealed.plan.calls().into_iter().map(|call| StepPreview {
            step: call.id.clone(),
            tool: call.tool.clone(),
            first: 0,
            count: changes.len(),
            result: None,
        });
        let previews = previews.collect();
        let order = Order {
            id,
            session,
            plan: sealed.plan,
            changes,
            previews,
            resolved: Resolved::default(),
            held_secret: sealed.held_secret,
        };
        let held = Held::begin(store, &clock(), &order, options).await?;
        Ok(KeptCall { held, order, store: store.clone(), handover: Handover::default() })
    }

    /// Go on with a call that was stopped, failed or lost its process. Exactly one caller gets it.
    ///
    /// # Errors
    /// `not_found` for an unknown one, `conflict` when another process is at it or it is done,
    /// `not_approved` when its arguments held a secret, which is not kept, `unsupported` when it is a
    /// run of several steps or takes one back; the store's errors.
    pub async fn claim(store: &Store, id: &str, options: &Options) -> Result<Self> {
        let known = store.run(id, Timestamp::now()).await?;
        if known.is_some_and(|record| record.held_secret) {
            return Err(Refusal::NeedsSameCall.into());
        }
        let (held, order) = Held::claim(store, &clock(), id, options).await?;
        if only_call(&order).is_none() {
            // It is let go of here, and is interrupted as before.
            let message = "this run is no single call";
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_next_step("go on with it: fes-mcp runs resume ID"));
        }
        Ok(KeptCall { held, order, store: store.clone(), handover: Handover::default() })
    }

    /// The calls and runs that a store holds, newest first. Those whose process is gone are
    /// `interrupted`.
    ///
    /// # Errors
    /// The store's errors.
    pub async fn all(store: &Store) -> Result<Vec<RunRecord>> {
        store.runs(None, Timestamp::now()).await
    }

    /// Hand over what the preview has read, so that it is not read twice.
    #[must_use]
    pub fn handover(mut self, handover: Handover) -> Self {
        self.handover = handover;
        self
    }

    /// Its id, by which it is claimed.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.order.id
    }

    /// Make exactly what was approved: `work` gets the run, the operation's id and its arguments.
    /// What is done by the journal is not done again.
    ///
    /// # Errors
    /// Those of `work`, and the store's errors.
    pub async fn carry_out<F>(self, work: impl FnOnce(Run, String, Value) -> F) -> Result<Outcome>
    where
        F: Future<Output = Result<Outcome>>,
    {
        let call = only_call(&self.order).ok_or_else(|| Error::not_found("run", &self.order.id))?;
        let options = self.held.options();
        let run = self.run(&options).start();
        let asked = work(run, call.tool.clone(), call.arguments());
        let outcome = self.held.during(asked).await;
        let changes = self.ended().await?;
        let step = match (&outcome, sisense_core::generated::find(&call.tool)) {
            (Ok(outcome), Some(operation)) => {
                StepReport::done(call, operation, outcome.clone(), changes)
            }
            (Ok(_), None) => {
                let error = Error::not_found("operation", &call.tool);
                StepReport::failed(call, error.into_report(), changes)
            }
            (Err(error), _) => StepReport::failed(call, error.report().clone(), changes),
        };
        let report = Report::new(&self.order.plan.goal, &self.order.session, vec![step]);
        let state = RunState::at_the_end(&report, &options);
        self.held.end(state, &report.to_keep()).await?;
        outcome
    }

    fn run(&self, options: &Options) -> RunBuilder {
        let builder = Run::approved(self.order.changes.clone())
            .id(&self.order.id)
            .handover(self.handover.clone())
            .journal(self.held.journal())
            .cancel(options.cancel.clone());
        match &options.progress {
            Some(progress) => builder.progress(Arc::clone(progress)),
            None => builder,
        }
    }

    /// How each approved change ended, by the journal.
    async fn ended(&self) -> Result<Vec<ChangeReport>> {
        let entries = self.store.entries(&self.order.id).await?;
        let entries: HashMap<String, &Entry> =
            entries.iter().map(|entry| (entry.change.digest(), entry)).collect();
        let ended =
            |change: &Arc<Change>| ChangeReport::of(change, entries.get(&change.digest()).copied());
        Ok(self.order.changes.iter().map(ended).collect())
    }
}

/// The call of an order that consists of one call with literal arguments.
fn only_call(order: &Order) -> Option<&Call> {
    match order.plan.steps.as_slice() {
        [Step::Call(call)] if call.when.is_none() => {
            (order.resolved.is_empty() && order.plan.undoes().is_none()).then_some(call)
        }
        _ => None,
    }
}

fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

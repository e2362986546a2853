//! Takes plans as far as they go: reads at once, writes only with a grant and only as their preview
//! showed them.

use std::sync::Arc;

use sisense_core::{Change, Error, ErrorKind, Result, Run, Scope};

use super::agent::Inner;
use super::preview::{Failed, Preview, Which, preview};
use super::steps::{Doing, run};
use super::types::{Options, Prepared, Ran};
use crate::approval::{
    Pending, Ready, Request, Session, Shown, StepPreview, preview_digest, seal, seal_resolved,
};
use crate::plan::{Call, Flow, Plan, is_between};
use crate::policy::Decision;
use crate::report::{ChangeState, Report, StepReport};
use crate::runs::{Held, Order, RunState};

/// Take a checked plan as far as it goes without a person.
pub(super) async fn prepare(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    options: &Options,
) -> Result<Prepared> {
    let flow = &Flow::of(plan)?;
    let found = match preview(agent, session, plan, flow, Which::All, options).await {
        Ok(found) => found,
        Err(failed) => return Ok(Prepared::Done(not_run(session, plan, failed))),
    };
    let asks = plan.calls().into_iter().any(|call| {
        let operation = agent.tools.find(&call.tool);
        let reads = operation.is_some_and(|operation| !operation.effect.writes());
        reads && agent.policy.decide(operation).decision == Decision::Ask
    });
    if found.changes.is_empty() && !asks {
        return Ok(Prepared::Done(run(agent, session, plan, flow, &found, None, options).await));
    }
    Ok(Prepared::NeedsApproval(Box::new(open(agent, session, plan, found).await?)))
}

/// Run an approved plan that is given again.
pub(super) async fn approved_again(
    agent: &Inner,
    session: &Session,
    id: &str,
    plan: &Plan,
    options: &Options,
) -> Result<Ran> {
    let sealed = seal(plan, agent.tools.as_ref());
    let ready = agent.desk.ready_same(id, Request { session, sealed: &sealed }).await?;
    approved(agent, session, plan, ready, options).await
}

/// Run an approved plan.
///
/// A plan on one deployment is previewed again first: if the preview is no longer the approved one,
/// nothing is written. Of a migration, which may have thousands of assets, the door holds each by
/// itself: what has drifted is left as it is, everything else is done, and what is left is previewed
/// anew.
pub(super) async fn approved(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    ready: Ready,
    options: &Options,
) -> Result<Ran> {
    agent.allowed(plan)?;
    let flow = &Flow::of(plan)?;
    let which = Which::OnePlace(&ready.record().previews);
    let mut found = match preview(agent, session, plan, flow, which, options).await {
        Ok(found) => found,
        Err(failed) => return Ok(Ran::Done(not_run(session, plan, failed))),
    };
    let (here, _) = apart(agent, ready.record());
    let same = preview_digest(&found.changes) == preview_digest(&here);
    let grant = agent.desk.consume(ready).await?;
    let (_, between) = apart(agent, grant.record());
    if same || found.changes.is_empty() {
        for (step, changes) in between {
            found.put(step, changes);
        }
        let mut order = Order::of(grant.into_record());
        if order.changes.is_empty() {
            let report = run(agent, session, plan, flow, &found, None, options).await;
            return Ok(Ran::Done(report));
        }
        let held = Held::begin(&agent.store, &agent.clock, &order, options).await?;
        // The store has them now; they hold a row per asset.
        order.previews = Vec::new();
        return carry_out(agent, &held, &order, plan, flow, found).await;
    }
    let error = drifted(grant.changes(), &found.changes);
    let failed = Failed { step: first_write(agent, plan), error: error.into_report() };
    let report = not_run(session, plan, failed);
    // What migrations would change belongs to the new preview too.
    let whole = match between.is_empty() {
        true => Ok(found),
        false => preview(agent, session, plan, flow, Which::All, options).await,
    };
    match whole {
        Ok(found) => {
            let fresh = open(agent, session, plan, found).await?;
            Ok(Ran::Drifted { report, fresh: Box::new(fresh) })
        }
        Err(failed) => Ok(Ran::Done(not_run(session, plan, failed))),
    }
}

/// Go on with a run, as far as it was approved: what is done is not done again, and what nobody saw
/// end is looked up by the operations before anything is sent.
pub(super) async fn resume(agent: &Inner, held: &Held, order: &Order) -> Result<Ran> {
    let found = Preview::of_steps(&order.previews, &order.changes, order.resolved.clone());
    let flow = &Flow::of(&order.plan)?;
    carry_out(agent, held, order, &order.plan, flow, found).await
}

/// Make the approved changes, and keep what became of them.
async fn carry_out(
    agent: &Inner,
    held: &Held,
    order: &Order,
    plan: &Plan,
    flow: &Flow,
    found: Preview,
) -> Result<Ran> {
    let (session, options) = (&order.session, held.options());
    let handover = agent.handovers.take(&order.id);
    let builder = Run::approved(order.changes.clone()).id(&order.id).handover(handover);
    let doing = Doing::new(agent.start_held(builder, session, held, &order.id, &options)).await?;
    let run = run(agent, session, plan, flow, &found, Some(&doing), &options);
    let mut report = held.during(run).await;
    keep(held, &mut report, &options).await;
    if options.cancel.is_cancelled() || !drifted_in_part(agent, plan, &report) {
        return Ok(Ran::Done(report));
    }
    match preview(agent, session, plan, flow, Which::All, &options).await {
        Ok(found) if found.changes.is_empty() => Ok(Ran::Done(report)),
        Ok(found) => {
            let fresh = open(agent, session, plan, found).await?;
            Ok(Ran::Partly { report, fresh: Box::new(fresh) })
        }
        Err(failed) => {
            report.next.push(format!("a preview of what is left failed: {}", failed.error.message));
            Ok(Ran::Done(report))
        }
    }
}

/// Keep how a run ended. When that fails the run counts as interrupted, and its report says so.
pub(super) async fn keep(held: &Held, report: &mut Report, options: &Options) {
    let state = RunState::at_the_end(report, options);
    if let Err(error) = held.end(state, &report.to_keep()).await {
        tracing::warn!(%error, "the end of a run cannot be kept");
        report.next.push(format!("the end of this run could not be kept: {error}"));
    }
}

/// Let a person decide about a preview.
async fn open(agent: &Inner, session: &Session, plan: &Plan, found: Preview) -> Result<Pending> {
    let mut sealed = seal(plan, agent.tools.as_ref());
    let (resolved, held) = seal_resolved(&found.resolved, plan, agent.tools.as_ref());
    sealed.held_secret |= held;
    let shown = Shown { changes: found.changes, steps: found.steps, resolved };
    let pending = agent.desk.open(Request { session, sealed: &sealed }, shown).await?;
    agent.handovers.keep(&pending.id, found.handover);
    Ok(pending)
}

type Changes = Vec<Arc<Change>>;

/// The approved changes of the calls on one deployment, and those of each migration, whose rows are
/// left behind.
fn apart(agent: &Inner, record: &Pending) -> (Changes, Vec<(StepPreview, Changes)>) {
    let (mut here, mut between) = (Vec::new(), Vec::new());
    for step in &record.previews {
        let changes = step.changes(&record.changes).to_vec();
        let operation = agent.tools.find(&step.tool);
        match operation.is_some_and(|operation| operation.scope == Scope::SourceTarget) {
            true => between.push((step.without_rows(), changes)),
            false => here.extend(changes),
        }
    }
    (here, between)
}

/// Whether a migration left something that was approved as it is, without trying it.
fn drifted_in_part(agent: &Inner, plan: &Plan, report: &Report) -> bool {
    plan.calls().into_iter().zip(&report.steps).any(|(call, step)| {
        is_between(call, agent.tools.as_ref())
            && step.error.is_none()
            && step
                .changes
                .iter()
                .any(|change| change.state == ChangeState::NotDone && change.error.is_none())
    })
}

/// What differs between the approved preview and the one of now, in one sentence.
fn drifted(approved: &[Arc<Change>], now: &[Arc<Change>]) -> Error {
    let other =
        |change: &&Arc<Change>| !approved.iter().any(|known| known.digest() == change.digest());
    let gone = |change: &&Arc<Change>| !now.iter().any(|known| known.digest() == change.digest());
    let differs = now.iter().find(other).or_else(|| approved.iter().find(gone));
    let what = differs.map_or("the order of the changes", |change| change.summary.as_str());
    let error = Error::new(
        ErrorKind::Drifted,
        format!("the deployment is no longer what the preview showed: {what}"),
    );
    let error = match differs {
        Some(change) => error.with_asset(change.asset.to_string()),
        None => error,
    };
    error.with_next_step("look at the new preview and approve it")
}

fn first_write(agent: &Inner, plan: &Plan) -> String {
    let writes = |call: &&Call| agent.tools.find(&call.tool).is_some_and(|o| o.effect.writes());
    let calls = plan.calls();
    calls.iter().copied().find(writes).map_or_else(String::new, |call| call.id.clone())
}

/// The report of a plan of which no step ran, because one failed before.
fn not_run(session: &Session, plan: &Plan, failed: Failed) -> Report {
    let report = failed.error;
    let steps = plan
        .calls()
        .into_iter()
        .map(|call| {
            if call.id == failed.step {
                StepReport::failed(call, report.clone(), Vec::new())
            } else {
                StepReport::skipped(call, "another step cannot run", Vec::new())
            }
        })
        .collect();
    Report::new(&plan.goal, session, steps)
}

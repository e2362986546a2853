//! Takes plans as far as they go: reads at once, writes only with a grant and only as their preview
//! showed them.

use sisense_core::{Change, Error, ErrorKind, Result, Run};

use super::agent::Inner;
use super::preview::{Failed, Preview, Which, preview};
use super::steps::{Doing, run};
use super::types::{Options, Prepared, Ran};
use crate::approval::{Pending, Ready, Request, Session, preview_digest, seal};
use crate::plan::{Call, Plan, is_between};
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
    let found = match preview(agent, session, plan, Which::All, options).await {
        Ok(found) => found,
        Err(failed) => return Ok(Prepared::Done(not_run(session, plan, failed))),
    };
    let asks = plan.calls().into_iter().any(|call| {
        let operation = agent.tools.find(&call.tool);
        let reads = operation.is_some_and(|operation| !operation.effect.writes());
        reads && agent.policy.decide(operation).decision == Decision::Ask
    });
    if found.changes.is_empty() && !asks {
        return Ok(Prepared::Done(run(agent, session, plan, &found, None, options).await));
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
    let mut found = match preview(agent, session, plan, Which::OnePlace, options).await {
        Ok(found) => found,
        Err(failed) => return Ok(Ran::Done(not_run(session, plan, failed))),
    };
    let (here, between) = apart(agent, plan, &Order::of(ready.record()));
    let same = preview_digest(&found.changes) == preview_digest(&here);
    let grant = agent.desk.consume(ready).await?;
    if same || found.changes.is_empty() {
        for (step, changes) in between {
            found.put(step, changes);
        }
        let order = Order::of(grant.record());
        if order.changes.is_empty() {
            let report = run(agent, session, plan, &found, None, options).await;
            return Ok(Ran::Done(report));
        }
        let held = Held::begin(&agent.store, &agent.clock, &order, options).await?;
        return carry_out(agent, &held, &order, plan, found, Vec::new()).await;
    }
    let error = drifted(grant.changes(), &found.changes);
    let failed = Failed { step: first_write(agent, plan), error };
    let report = not_run(session, plan, failed);
    // What migrations would change belongs to the new preview too.
    let whole = match between.is_empty() {
        true => Ok(found),
        false => preview(agent, session, plan, Which::All, options).await,
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
    let earlier = agent.journal().entries(&order.id).await?;
    let mut found = Preview::default();
    for step in &order.previews {
        found.put(step.step.clone(), step.changes(&order.changes).to_vec());
    }
    carry_out(agent, held, order, &order.plan, found, earlier).await
}

/// Make the approved changes, and keep what became of them.
async fn carry_out(
    agent: &Inner,
    held: &Held,
    order: &Order,
    plan: &Plan,
    found: Preview,
    earlier: Vec<sisense_core::run::Entry>,
) -> Result<Ran> {
    let (session, options) = (&order.session, held.options());
    let builder = Run::approved(order.changes.clone()).id(&order.id);
    let doing =
        Doing { run: agent.start_held(builder, session, held, &order.id, &options), earlier };
    let mut report = held.during(run(agent, session, plan, &found, Some(&doing), &options)).await;
    keep(held, &mut report, &options).await;
    if options.cancel.is_cancelled() || !drifted_in_part(agent, plan, &report) {
        return Ok(Ran::Done(report));
    }
    match preview(agent, session, plan, Which::All, &options).await {
        Ok(found) if found.changes.is_empty() => Ok(Ran::Done(report)),
        Ok(found) => {
            let fresh = open(agent, session, plan, found).await?;
            Ok(Ran::Partly { report, fresh: Box::new(fresh) })
        }
        Err(failed) => {
            report.next.push(format!("a preview of what is left failed: {}", failed.error));
            Ok(Ran::Done(report))
        }
    }
}

/// Keep how a run ended. When that fails the run counts as interrupted, and its report says so.
pub(super) async fn keep(held: &Held, report: &mut Report, options: &Options) {
    let state = match () {
        () if report.ok => RunState::Done,
        () if options.cancel.is_cancelled() => RunState::Stopped,
        () => RunState::Failed,
    };
    if let Err(error) = held.end(state, &report.to_keep()).await {
        tracing::warn!(%error, "the end of a run cannot be kept");
        report.next.push(format!("the end of this run could not be kept: {error}"));
    }
}

/// Let a person decide about a preview.
async fn open(agent: &Inner, session: &Session, plan: &Plan, found: Preview) -> Result<Pending> {
    let sealed = seal(plan, agent.tools.as_ref());
    let previews = found.steps(agent, plan);
    agent.desk.open(Request { session, sealed: &sealed }, found.changes, previews).await
}

/// The approved changes of the steps on one deployment, and those of each migration.
fn apart(agent: &Inner, plan: &Plan, order: &Order) -> (Vec<Change>, Vec<(String, Vec<Change>)>) {
    let mut rest: Vec<Option<&Change>> = order.changes.iter().map(Some).collect();
    let mut between = Vec::new();
    for call in plan.calls() {
        let Some(preview) = order.previews.iter().find(|preview| preview.step == call.id) else {
            continue;
        };
        if is_between(call, agent.tools.as_ref()) {
            between.push((call.id.clone(), preview.changes(&order.changes).to_vec()));
            let mine = preview.first..preview.first.saturating_add(preview.count);
            rest.iter_mut().enumerate().filter(|(n, _)| mine.contains(n)).for_each(|(_, c)| {
                *c = None;
            });
        }
    }
    (rest.into_iter().flatten().cloned().collect(), between)
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
fn drifted(approved: &[Change], now: &[Change]) -> Error {
    let other = |change: &&Change| !approved.iter().any(|known| known.digest() == change.digest());
    let gone = |change: &&Change| !now.iter().any(|known| known.digest() == change.digest());
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
    let report = failed.error.into_report();
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

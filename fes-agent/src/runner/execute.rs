//! Runs plans: reads at once, writes only with a grant and only as their preview showed them.

use futures_util::StreamExt;
use futures_util::stream;
use sisense_core::run::Outcome as Ended;
use sisense_core::{Change, Error, ErrorKind, Result, Run};

use super::agent::Inner;
use super::preview::{Failed, Preview, preview};
use super::types::{Options, Prepared, Ran};
use crate::approval::{Grant, Ready, Request, Session, preview_digest, seal};
use crate::plan::{Call, Plan};
use crate::policy::Decision;
use crate::report::{ChangeReport, ChangeState, Report, StepReport};

/// Take a checked plan as far as it goes without a person.
pub(super) async fn prepare(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    options: &Options,
) -> Result<Prepared> {
    let found = match preview(agent, session, plan, options).await {
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
    let sealed = seal(plan, agent.tools.as_ref());
    let pending = agent.desk.open(Request { session, sealed: &sealed }, found.changes).await?;
    Ok(Prepared::NeedsApproval(Box::new(pending)))
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

/// Run an approved plan. It is looked at once more before anything is written: when the preview
/// is no longer the approved one, nothing is.
pub(super) async fn approved(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    ready: Ready,
    options: &Options,
) -> Result<Ran> {
    // The policy may have been tightened since the approval.
    if let Some(denial) = plan.calls().iter().find_map(|call| agent.denial(&call.tool)) {
        return Err(Error::new(ErrorKind::Forbidden, denial.to_string()));
    }
    let found = match preview(agent, session, plan, options).await {
        Ok(found) => found,
        Err(failed) => return Ok(Ran::Done(not_run(session, plan, failed))),
    };
    let same = preview_digest(&found.changes) == ready.record().preview_digest;
    let grant = agent.desk.consume(ready).await?;
    if same || found.changes.is_empty() {
        return Ok(Ran::Done(run(agent, session, plan, &found, Some(&grant), options).await));
    }
    let error = drifted(grant.changes(), &found.changes);
    let failed = Failed { step: first_write(agent, plan), error };
    let report = not_run(session, plan, failed);
    let sealed = seal(plan, agent.tools.as_ref());
    let fresh = agent.desk.open(Request { session, sealed: &sealed }, found.changes).await?;
    Ok(Ran::Drifted { report, fresh: Box::new(fresh) })
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
    Report::new(&plan.goal, &session.deployment, steps)
}

/// Run the steps in order: neighbouring reads side by side, writes one by one. After a failure no
/// write is made.
async fn run(
    agent: &Inner,
    session: &Session,
    plan: &Plan,
    found: &Preview,
    grant: Option<&Grant>,
    options: &Options,
) -> Report {
    let reads = agent.start(Run::reads(), session, None, options);
    let writes = grant.map(|grant| {
        let id = grant.record().id.as_str();
        let builder = Run::approved(grant.changes().to_vec()).id(id);
        agent.start(builder, session, Some(id), options)
    });
    let calls = plan.calls();
    let mut steps: Vec<StepReport> = Vec::with_capacity(calls.len());
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
            steps.extend(reports);
            rest = later;
            continue;
        }
        rest = &rest[1..];
        let planned = found.of(&call.id);
        if options.cancel.is_cancelled() {
            steps.push(StepReport::skipped(call, "the run was stopped", not_done(planned)));
        } else if steps.iter().any(|step| !step.ok) {
            steps.push(StepReport::skipped(call, "an earlier step failed", not_done(planned)));
        } else {
            steps.push(write(agent, session, writes.as_ref(), call, found).await);
        }
    }
    Report::new(&plan.goal, &session.deployment, steps)
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
    run: Option<&Run>,
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
    let Some(run) = run else {
        let error = Error::new(ErrorKind::NotApproved, "nobody has approved this");
        return StepReport::failed(call, error.into_report(), not_done(planned));
    };
    let result = agent.tools.call(&session.deployment, run, &operation.id, call.arguments()).await;
    let changes = changes(run, planned);
    match result {
        Ok(outcome) => StepReport::done(call, operation, outcome, changes),
        Err(error) => {
            let error = error.with_operation(&operation.id);
            StepReport::failed(call, error.into_report(), changes)
        }
    }
}

/// How each planned change ended, by the run's own entries.
fn changes(run: &Run, planned: &[Change]) -> Vec<ChangeReport> {
    let entries = run.entries();
    planned
        .iter()
        .map(|change| {
            let digest = change.digest();
            let entry = entries.iter().rev().find(|entry| entry.change.digest() == digest);
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

//! A call whose person is at another process: previewed as data, and made with that process's word
//! that a person approved exactly this preview.

use serde_json::Value;
use sisense_core::{Change, Error, ErrorKind, Operation, Result, Run};

use super::agent::Inner;
use super::call::{arguments, called};
use super::types::{Called, Options, Prepared};
use super::{Agent, Denial, execute};
use crate::approval::{Pending, Person, Request, Session, preview_digest, seal};
use crate::host::remote::door::Looked;
use crate::plan::Plan;

/// Most changes of earlier steps that a preview may rest on.
const MOST_EARLIER: usize = 10_000;

impl Agent {
    /// Look at what one call would change, after the changes of earlier steps. Nothing is written,
    /// nothing is kept, and nothing waits for a person.
    ///
    /// # Errors
    /// As [`Agent::call`]; what goes wrong in the operation is an error too.
    pub async fn look_at(
        &self,
        session: &Session,
        tool: &str,
        args: Value,
        earlier: Vec<Change>,
        options: Options,
    ) -> Result<Result<Looked, Denial>> {
        let inner = self.inner();
        inner.known(session)?;
        let (operation, plan) = match single(inner, tool, args)? {
            Ok(single) => single,
            Err(denial) => return Ok(Err(denial)),
        };
        let session = inner.session_for(session, &plan)?;
        if earlier.len() > MOST_EARLIER {
            return Err(Error::invalid(format!("more than {MOST_EARLIER} changes come before")));
        }
        let run = inner.start(Run::preview(), &session, None, &options);
        for change in earlier {
            // In a preview the door collects, and opens for nothing.
            drop(run.admit(change).await?);
        }
        let before = run.change_count();
        let args = plan.calls().first().map_or(Value::Null, |call| call.arguments());
        let outcome = inner.look(&session, &run, operation, args, &options).await?;
        let changes = run.changes().into_iter().skip(before).map(std::sync::Arc::unwrap_or_clone);
        Ok(Ok(Looked {
            changes: changes.collect(),
            result: outcome.result,
            missing: outcome.missing,
        }))
    }

    /// Call one operation that changes something, when its changes are exactly those of this digest.
    /// It is previewed, approved in that person's name, and run like any other.
    ///
    /// The caller has made sure that a person approved this digest: only such an act may lead here,
    /// never a model's. The session is to be one of this call alone.
    ///
    /// # Errors
    /// As [`Agent::call`]. When the changes are others now it is [`Called::Drifted`].
    pub async fn call_granted(
        &self,
        session: &Session,
        tool: &str,
        args: Value,
        approved: &str,
        person: &Person,
        options: Options,
    ) -> Result<Called> {
        self.inner().known(session)?;
        let (session, tool) = (session.clone(), tool.to_owned());
        let (approved, person) = (approved.to_owned(), person.clone());
        self.on_its_own(options, |agent, options| async move {
            let inner = agent.inner();
            let (_, plan) = match single(inner, &tool, args)? {
                Ok(single) => single,
                Err(denial) => return Ok(Called::Denied(denial)),
            };
            let session = inner.session_for(&session, &plan)?;
            let pending = match execute::prepare(inner, &session, &plan, &options).await? {
                Prepared::Done(report) => return super::call::done(report),
                Prepared::Denied(denial) => return Ok(Called::Denied(denial)),
                Prepared::NeedsApproval(pending) => pending,
            };
            if preview_digest(&pending.changes) != approved {
                return drifted(inner, &person, pending).await;
            }
            inner.desk.decide(&pending.id, &person, true).await?;
            let sealed = seal(&plan, inner.tools.as_ref());
            let request = Request { session: &session, sealed: &sealed };
            let ready = inner.desk.ready_same(&pending.id, request).await?;
            let ran = execute::approved(inner, &session, &plan, ready, &options).await;
            let called = ran.and_then(called).map_err(unclear)?;
            if let Called::Drifted { fresh, .. } | Called::Partly { fresh, .. } = &called {
                // The person is elsewhere, and is shown the new preview there.
                let closed = inner.desk.decide(&fresh.id, &person, false).await;
                if let Err(error) = closed {
                    tracing::debug!(%error, "a preview that nobody is shown waits until it expires");
                }
            }
            Ok(called)
        })
        .await
    }
}

/// A call as a plan of one step, when it fits and the policy does not deny it.
fn single<'a>(
    inner: &'a Inner,
    tool: &str,
    args: Value,
) -> Result<Result<(&'a Operation, Plan), Denial>> {
    let operation = inner.operation(tool)?;
    if let Some(denial) = inner.denial(&operation.id) {
        return Ok(Err(denial));
    }
    let args = arguments(operation, args)?;
    let named = |error: Error| error.with_operation(&operation.id);
    inner.tools.check(&operation.id, &Value::Object(args.clone())).map_err(named)?;
    Ok(Ok((operation, Plan::single(operation.summary.clone(), &operation.id, args))))
}

/// An error after the approval: some of the changes may have been made by then.
fn unclear(error: Error) -> Error {
    let mut report = error.into_report();
    report.kind = ErrorKind::UnknownOutcome;
    report.next_step = Some("see what was done: fes-mcp runs list".to_owned());
    report.into()
}

async fn drifted(inner: &Inner, person: &Person, pending: Box<Pending>) -> Result<Called> {
    let fresh = inner.desk.decide(&pending.id, person, false).await?;
    let error = Error::new(
        ErrorKind::Drifted,
        "the deployment is no longer what the approved preview showed",
    )
    .with_next_step("look at the new preview and approve it");
    Ok(Called::Drifted { error: Box::new(error.into_report()), fresh: Box::new(fresh) })
}

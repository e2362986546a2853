//! A single call, as an MCP client makes it: a plan of one step.

use serde_json::{Map, Value};
use sisense_core::{Error, ErrorKind, Operation, Result};

use super::agent::Inner;
use super::execute;
use super::types::{Called, Options, Prepared, Ran};
use crate::approval::{Request, Session, seal};
use crate::plan::Plan;
use crate::policy::Decision;
use crate::report::Report;

pub(super) async fn call(
    agent: &Inner,
    session: &Session,
    tool: &str,
    args: Value,
    options: &Options,
) -> Result<Called> {
    let operation = agent.operation(tool)?;
    if let Some(denial) = agent.denial(&operation.id) {
        return Ok(Called::Denied(denial));
    }
    let args = arguments(operation, args)?;
    let named = |error: Error| error.with_operation(&operation.id);
    agent.tools.check(&operation.id, &Value::Object(args.clone())).map_err(named)?;
    let plan = Plan::single(operation.summary.clone(), &operation.id, args);
    let session = &agent.session_for(session, &plan)?;
    if agent.policy.decide(Some(operation)).decision == Decision::Ask {
        let sealed = seal(&plan, agent.tools.as_ref());
        let request = Request { session, sealed: &sealed };
        if let Some(ready) = agent.desk.ready_matching(request).await? {
            return called(execute::approved(agent, session, &plan, ready, options).await?);
        }
    }
    match execute::prepare(agent, session, &plan, options).await? {
        Prepared::Done(report) => done(report),
        Prepared::NeedsApproval(pending) => Ok(Called::NeedsApproval(pending)),
        Prepared::Denied(denial) => Ok(Called::Denied(denial)),
    }
}

/// What became of an approved plan of one call.
pub(super) fn called(ran: Ran) -> Result<Called> {
    match ran {
        Ran::Done(report) => done(report),
        Ran::Drifted { report, fresh } => drifted(report, fresh),
        Ran::Partly { report, fresh } => partly(report, fresh),
    }
}

pub(super) fn arguments(operation: &Operation, args: Value) -> Result<Map<String, Value>> {
    match args {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(Map::new()),
        _ => Err(Error::invalid("the arguments are not an object").with_operation(&operation.id)),
    }
}

pub(super) fn done(report: Report) -> Result<Called> {
    match report.steps.into_iter().next() {
        Some(step) => Ok(Called::Done(Box::new(step))),
        None => Err(Error::new(ErrorKind::Unexpected, "the call left no report")),
    }
}

fn partly(report: Report, fresh: Box<crate::approval::Pending>) -> Result<Called> {
    match report.steps.into_iter().next() {
        Some(step) => Ok(Called::Partly { step: Box::new(step), fresh }),
        None => Err(Error::new(ErrorKind::Unexpected, "the call left no report")),
    }
}

fn drifted(report: Report, fresh: Box<crate::approval::Pending>) -> Result<Called> {
    match report.steps.into_iter().next().and_then(|step| step.error) {
        Some(error) => Ok(Called::Drifted { error: Box::new(error), fresh }),
        None => Err(Error::new(ErrorKind::Unexpected, "the call left no report")),
    }
}

//! The fault table: every operation, every fault, at each of its requests.
//!
//! A cell is good when the operation ends with a typed error that names operation, asset, endpoint
//! and next step; or with a part that names what is missing; or, where it found another way, with
//! the very answer that it gives without the fault. Never with more writes than without the fault.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use sisense_core::{Client, ErrorKind, Limits, Operation, Outcome, Result, Run, Secret, generated};
use sisense_sandbox::{Fault, FaultAction, Sandbox, WrongShape};

use super::calls::{Known, arguments, operations};
use super::settled::{difference, settled};
use crate::suite::support::{client, sandbox};

/// One attempt, and no patience with a server that is silent, so that a test of errors ends soon.
fn hasty(sandbox: &Sandbox, action: &FaultAction) -> Client {
    let patience = if *action == FaultAction::Silence { 100 } else { 5_000 };
    let call_timeout = Duration::from_millis(patience);
    let (first_poll, longest_poll) = (Duration::from_millis(20), Duration::from_millis(100));
    let polls = Limits { first_poll, longest_poll, ..Limits::default() };
    let limits = Limits { retries: 0, call_timeout, ..polls };
    let token = Secret::new(sandbox.token());
    let builder = Client::builder(sandbox.url()).name(sandbox.name());
    builder.token(token).limits(limits).build().unwrap()
}

/// What an operation does when nothing is wrong.
struct Baseline {
    operation: &'static Operation,
    args: Value,
    result: Value,
    requests: u64,
    writes: usize,
}

async fn call(client: &Client, operation: &Operation, args: Value) -> Result<Outcome> {
    let run = Run::unattended().start();
    generated::call(client, &run, &operation.id, args).await
}

async fn baseline(sandbox: &Sandbox, operation: &'static Operation, known: &Known) -> Baseline {
    sandbox.reset().unwrap();
    let args = arguments(&operation.id, known);
    sandbox.clear_requests();
    let outcome = call(&client(sandbox), operation, args.clone()).await.unwrap();
    let (requests, writes) = (sandbox.counts().total, applied(sandbox));
    assert_eq!(writes > 0, operation.effect.writes(), "{}: {writes} writes", operation.id);
    Baseline { operation, args, result: outcome.result, requests, writes }
}

/// Requests for a change that the server may have carried out: all but those that it refused.
fn applied(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    requests.iter().filter(|request| request.writes && request.status < 300).count()
}

/// What an error should say, and does not.
fn unsaid(error: &sisense_core::Error, id: &str) -> Vec<&'static str> {
    let report = error.report();
    let parts = [
        ("operation", report.operation.as_deref() == Some(id)),
        ("asset", report.asset.is_some()),
        ("endpoint", report.endpoint.is_some()),
        ("next step", report.next_step.is_some()),
    ];
    parts.into_iter().filter(|(_, said)| !said).map(|(part, _)| part).collect()
}

/// Whether an outcome tells of failure by itself: a part, or a row that says what was not done.
fn tells(outcome: &Outcome, plain: &Value) -> bool {
    !outcome.missing.is_empty() || unknowns(&outcome.result) > unknowns(plain)
}

/// How many warnings and notes say that something could not be found out.
fn unknowns(result: &Value) -> usize {
    let lines = ["warnings", "notes"].into_iter().filter_map(|key| result[key].as_array());
    let lines = lines.flatten().filter_map(Value::as_str);
    lines.filter(|line| line.contains("not known") || line.contains("could not")).count()
}

/// A fault, and the kinds of error that are true of it.
struct Column {
    action: FaultAction,
    kinds: &'static [ErrorKind],
    /// Whether the request is applied all the same, so that a write may be done and its answer lost.
    applied: bool,
}

fn column(action: FaultAction, kinds: &'static [ErrorKind]) -> Column {
    let applied = matches!(
        action,
        FaultAction::TruncatedJson
            | FaultAction::DropMidBody
            | FaultAction::EmptyBody
            | FaultAction::WrongShape { .. }
            | FaultAction::ApplyThenDrop
    );
    Column { action, kinds, applied }
}

/// Runs a column of the table. `nth` says at which requests: all of them one by one, or `None` for
/// a fault that stays.
async fn run(column: Column) {
    let sandbox = sandbox().await;
    let mut wrong = Vec::new();
    let mut cells = 0;
    // Ids are those of the seed, so that they stay over a reset.
    let known = Known::of(&sandbox);
    for operation in operations() {
        let plain = baseline(&sandbox, operation, &known).await;
        for nth in (1..=plain.requests).map(Some).chain([None]) {
            // A read changes nothing, so the deployment is as it was.
            if operation.effect.writes() {
                sandbox.reset().unwrap();
            }
            sandbox.clear_faults();
            forget(&sandbox).await;
            let fault = Fault::new("/api/", column.action.clone());
            sandbox.add_fault(match nth {
                Some(nth) => fault.nth(nth),
                None => fault,
            });
            cells += 1;
            let client = hasty(&sandbox, &column.action);
            let result = call(&client, operation, plain.args.clone()).await;
            for what in judge(&sandbox, &plain, &column, nth, result) {
                let place = nth.map_or("always".to_owned(), |nth| format!("request {nth}"));
                wrong.push(format!("{} at {place}: {what}", operation.id));
            }
        }
    }
    assert!(cells > 100, "only {cells} cells");
    assert!(wrong.is_empty(), "{:?}, {cells} cells\n{}", column.action, wrong.join("\n"));
}

/// Forgets the requests, after those that were hung have left.
async fn forget(sandbox: &Sandbox) {
    loop {
        sandbox.clear_requests();
        if sandbox.counts().most_in_flight == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn judge(
    sandbox: &Sandbox,
    plain: &Baseline,
    column: &Column,
    nth: Option<u64>,
    result: Result<Outcome>,
) -> Vec<String> {
    let id = plain.operation.id.as_str();
    let mut wrong = Vec::new();
    let writes = applied(sandbox);
    if writes > plain.writes {
        wrong.push(format!("{writes} writes, {} without the fault", plain.writes));
    }
    match result {
        Err(error) => {
            let unsaid = unsaid(&error, id);
            if !unsaid.is_empty() {
                wrong.push(format!("no {}: {error}", unsaid.join(", no ")));
            }
            if error.to_string().contains(sandbox.token()) {
                wrong.push("the token is in the error".to_owned());
            }
            let unknown = error.kind() == ErrorKind::UnknownOutcome;
            if !(column.kinds.contains(&error.kind()) || unknown && plain.writes > 0) {
                wrong.push(format!("{:?} is none of {:?}: {error}", error.kind(), column.kinds));
            }
        }
        Ok(outcome) if tells(&outcome, &plain.result) => {}
        Ok(outcome) => {
            // It found another way, or the write was applied and its answer was not needed.
            let differs = difference(&settled(&plain.result), &settled(&outcome.result), "");
            let all_failed = nth.is_none() && plain.requests > 0 && !column.applied;
            if all_failed || differs.is_some() {
                wrong.push(format!("hides it: {}", differs.unwrap_or_default()));
            }
        }
    }
    wrong
}

macro_rules! columns {
    ($($name:ident: $action:expr => $kinds:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            run(column($action, &$kinds)).await;
        })*
    };
}

/// The wait itself is tried elsewhere; here it would be one at each request of each tool.
fn limited() -> FaultAction {
    FaultAction::Status { status: 429, body: None, retry_after: Some("0".to_owned()) }
}

fn shape(shape: WrongShape) -> FaultAction {
    FaultAction::WrongShape { shape }
}

columns! {
    status_401: FaultAction::status(401) => [ErrorKind::Unauthenticated];
    status_403: FaultAction::status(403) => [ErrorKind::Forbidden];
    // "Not there" is what many of these servers say for "not yours" and for "no such call" too.
    status_404: FaultAction::status(404) =>
        [ErrorKind::NotFound, ErrorKind::Forbidden, ErrorKind::Unsupported];
    status_429: limited() => [ErrorKind::RateLimited];
    status_500: FaultAction::status(500) => [ErrorKind::Server];
    gateway_page_502: FaultAction::GatewayPage => [ErrorKind::Server];
    closed_without_an_answer: FaultAction::CloseConnection => [ErrorKind::Connect];
    dropped_mid_body: FaultAction::DropMidBody => [ErrorKind::Connect];
    dropped_after_it_was_applied: FaultAction::ApplyThenDrop => [ErrorKind::Connect];
    truncated: FaultAction::TruncatedJson => [ErrorKind::Decode];
    empty_body: FaultAction::EmptyBody => [ErrorKind::Decode, ErrorKind::NotFound];
    object_for_anything: shape(WrongShape::Object) => [ErrorKind::Decode, ErrorKind::NotFound];
    null: shape(WrongShape::Null) => [ErrorKind::Decode, ErrorKind::NotFound];
    list_of_nulls: shape(WrongShape::ListOfNulls) => [ErrorKind::Decode, ErrorKind::NotFound];
    login_page: FaultAction::LoginPage => [ErrorKind::Unauthenticated];
    login_redirect: FaultAction::LoginRedirect => [ErrorKind::Unauthenticated];
    silence: FaultAction::Silence => [ErrorKind::Timeout];
}

/// Nobody listens: every tool that asks anything says so, of the call or of each asset.
#[tokio::test]
async fn refused() {
    let sandbox = sandbox().await;
    let known = Known::of(&sandbox);
    let client = hasty(&sandbox, &FaultAction::CloseConnection);
    sandbox.stop().await;
    let mut wrong = Vec::new();
    for operation in operations() {
        let id = operation.id.as_str();
        match call(&client, operation, arguments(id, &known)).await {
            Err(error) if error.kind() == ErrorKind::Connect && unsaid(&error, id).is_empty() => {}
            // Of several assets, each is named as missing.
            Ok(outcome) if !outcome.missing.is_empty() => {}
            // A tool that asks nothing needs no server.
            Ok(outcome) if ASKS_NOTHING.contains(&id) && outcome.missing.is_empty() => {}
            other => wrong.push(format!("{id}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Tools that send no request.
const ASKS_NOTHING: [&str; 1] = ["datamodel.generate_connections_payload"];

/// A server that hangs on one tool keeps no other tool from answering.
#[tokio::test]
async fn a_hung_read_blocks_no_other_tool() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let known = Known::of(&sandbox);
    sandbox.add_fault(Fault::new("/api/v1/dashboards/export", FaultAction::Silence));
    let hung = {
        let (client, known) = (client.clone(), known.clone());
        tokio::spawn(async move {
            let run = Run::reads().start();
            let id = "access.get_unused_columns";
            generated::call(&client, &run, id, arguments(id, &known)).await
        })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let reads: BTreeSet<&str> =
        ["access.get_users_all", "dashboard.get_all_dashboards", "datamodel.get_all_datamodel"]
            .into();
    for id in reads {
        let run = Run::reads().start();
        let answer = generated::call(&client, &run, id, arguments(id, &known));
        let answer = tokio::time::timeout(Duration::from_secs(2), answer).await;
        assert!(answer.is_ok_and(|answer| answer.is_ok()), "{id} waits for the hung read");
    }
    let ended = hung.await.unwrap();
    assert!(ended.is_err() || ended.is_ok_and(|outcome| !outcome.missing.is_empty()));
}

//! Each fault at each request of each phase of a migration, on either side.
//!
//! A cell is good when the migration ends with a typed error and nothing written, or with rows that
//! add up and that tell the truth: what a row calls created is there, and what is there without
//! having been before has a row that says created or unknown; and that call themselves complete only
//! if they are. And whatever happened, resuming the run brings everything over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sisense_core::generated::call_between;
use sisense_core::run::{Journal, MemoryJournal};
use sisense_core::{ErrorKind, Limits, Outcome, Result, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox, SandboxConfig, Sizes, WrongShape};

use super::meaning::meaning;
use super::seeds::{SHARES, STEPS, arguments, pairs, without_shares};
use super::support::{Pair, bare};

/// Which side has the fault.
#[derive(Clone, Copy, Debug)]
enum Side {
    Source,
    Target,
}

fn sizes() -> Sizes {
    Sizes {
        // The tenth is a designer, who owns things.
        users: 10,
        groups: 2,
        dashboards: 3,
        models: 2,
        folders: 2,
        widgets_per_dashboard: 1,
        ..Sizes::default()
    }
}

/// No patience with a server that is silent, and no second try, so that each fault is met.
fn hasty(action: &FaultAction) -> Limits {
    let patience = if *action == FaultAction::Silence { 100 } else { 5_000 };
    let call_timeout = Duration::from_millis(patience);
    Limits { retries: 0, call_timeout, ..Limits::default() }
}

/// An operation and its arguments.
struct Step {
    id: &'static str,
    args: Value,
}

impl Step {
    async fn run(&self, pair: &Pair, journal: &Arc<MemoryJournal>) -> Result<Outcome> {
        let journal = Arc::clone(journal) as Arc<dyn Journal>;
        let run = Run::unattended().id("faulted").journal(journal).start();
        call_between(&pair.from, Some(&pair.to), &run, self.id, self.args.clone()).await
    }
}

/// What there is of the kind that a step brings over, by the name that its rows have. Of shares:
/// who owns a dashboard and who sees it.
fn there(target: &Sandbox, id: &str) -> BTreeMap<String, Value> {
    if id == SHARES {
        let held = meaning(target);
        let rows = held["dashboards"].as_object().unwrap().values();
        let row = |row: &Value| {
            let title = row["document"]["title"].as_str().unwrap().to_lowercase();
            (title, json!([row["owner"], row["shares"]]))
        };
        return rows.map(row).collect();
    }
    let state = target.state();
    let (key, name) = match id {
        "migration.migrate_all_groups" => ("groups", "name"),
        "migration.migrate_all_users" => ("users", "email"),
        "migration.migrate_all_datamodels" => ("models", "title"),
        _ => ("dashboards", "title"),
    };
    let rows = state[key].as_array().unwrap().iter();
    let named = |row: &Value| row[name].as_str().unwrap_or_default().to_lowercase();
    rows.map(|row| (named(row), Value::Null)).collect()
}

/// What is not true of an answer, by what there was, is, and would be without the fault.
fn untrue(
    told: &Value,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    expected: &BTreeMap<String, Value>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let parts = ["created", "overwritten", "duplicated", "skipped", "failed", "blocked", "unknown"];
    let sum: u64 = parts.iter().filter_map(|part| told[*part].as_u64()).sum();
    let rows: &[Value] = told["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    if told["requested"].as_u64() != Some(sum) || sum != rows.len() as u64 {
        wrong.push(format!("the totals do not add up: {sum} of {}", told["requested"]));
    }
    let named = |outcomes: &[&str]| -> BTreeSet<String> {
        let rows = rows.iter();
        let rows = rows.filter(|row| outcomes.iter().any(|one| row["outcome"] == *one));
        rows.map(|row| row["name"].as_str().unwrap_or_default().to_lowercase()).collect()
    };
    for lost in named(&["created"]).iter().filter(|name| !after.contains_key(*name)) {
        wrong.push(format!("told as created and not there: {lost}"));
    }
    let whole = rows.iter().filter(|row| row["outcome"] == "overwritten");
    for row in whole.filter(|row| row.get("problems").is_none()) {
        let name = row["name"].as_str().unwrap_or_default().to_lowercase();
        if after.get(&name) != expected.get(&name) {
            wrong.push(format!("told as brought over and it is not: {name}"));
        }
    }
    let new = after.iter().filter(|(name, held)| before.get(*name) != Some(held));
    let new: BTreeSet<String> = new.map(|(name, _)| name.clone()).collect();
    for silent in new.difference(&named(&["created", "overwritten", "unknown"])) {
        wrong.push(format!("there and not told: {silent}"));
    }
    let bad = rows.iter().filter(|row| {
        ["failed", "blocked", "unknown"].iter().any(|one| row["outcome"] == *one)
            && row["reason"].as_str().is_none_or(str::is_empty)
    });
    wrong.extend(bad.map(|row| format!("no reason: {}", row["name"])));
    wrong
}

/// Runs a fault at each request of each step, on both sides.
async fn run(action: FaultAction) {
    let mut pair = Pair::start(SandboxConfig { sizes: sizes(), ..bare() }, bare()).await;
    let start = pair.target.snapshot();
    let mut wrong: Vec<String> = Vec::new();
    let mut cells = 0;
    for id in STEPS {
        let step = Step { id, args: arguments(id) };
        cells += faulted(&mut pair, &step, &action, &mut wrong).await;
    }
    pair.target.restore(&start);
    without_shares(&pair).await;
    let step = Step { id: SHARES, args: pairs(&pair) };
    cells += faulted(&mut pair, &step, &action, &mut wrong).await;
    assert!(cells > 60, "only {cells} cells");
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
}

/// Runs a fault at each request of one step, and leaves behind what the step brings over. Gives how
/// often it was run.
async fn faulted(
    pair: &mut Pair,
    step: &Step,
    action: &FaultAction,
    wrong: &mut Vec<String>,
) -> usize {
    let id = step.id;
    let mut cells = 0;
    pair.set_limits(Limits::default());
    pair.source.clear_requests();
    pair.target.clear_requests();
    let start = pair.target.snapshot();
    let before = there(&pair.target, id);
    step.run(pair, &Arc::default()).await.unwrap();
    let (expected, whole) = (there(&pair.target, id), meaning(&pair.target));
    assert_ne!(before, expected, "{id} does something");
    let end = pair.target.snapshot();
    let requests = [pair.source.counts().total, pair.target.counts().total];
    for (side, most) in [Side::Source, Side::Target].into_iter().zip(requests) {
        for nth in (1..=most).map(Some).chain([None]) {
            cells += 1;
            pair.target.restore(&start);
            pair.set_limits(hasty(action));
            let sandbox = match side {
                Side::Source => &pair.source,
                Side::Target => &pair.target,
            };
            let fault = Fault::new("/api/", action.clone());
            sandbox.add_fault(match nth {
                Some(nth) => fault.nth(nth),
                None => fault,
            });
            let journal = Arc::default();
            let ended = step.run(pair, &journal).await;
            pair.source.clear_faults();
            pair.target.clear_faults();
            let cell = format!("{id}, {side:?} request {nth:?}");
            let after = there(&pair.target, id);
            match &ended {
                Ok(outcome) => {
                    let told = untrue(&outcome.result, &before, &after, &expected);
                    wrong.extend(told.into_iter().map(|why| format!("{cell}: {why}")));
                    let complete = outcome.result["complete"] == true;
                    if complete && !differs("", &meaning(&pair.target), &whole).is_empty() {
                        wrong.push(format!("{cell}: told as complete, and it is not"));
                    }
                }
                Err(error) => {
                    if after != before {
                        wrong.push(format!("{cell}: an error, and something was made: {error}"));
                    }
                    if error.report().operation.as_deref() != Some(id)
                        || error.report().next_step.is_none()
                        || error.kind() == ErrorKind::Unexpected
                    {
                        wrong.push(format!("{cell}: says too little: {error:?}"));
                    }
                }
            }
            pair.set_limits(Limits::default());
            match step.run(pair, &journal).await {
                Ok(outcome) if outcome.result["complete"] == true => {}
                Ok(_) => wrong.push(format!("{cell}: resumed and not complete")),
                Err(error) => wrong.push(format!("{cell}: not resumed: {error}")),
            }
            wrong.extend(differs(&cell, &meaning(&pair.target), &whole));
        }
    }
    pair.target.restore(&end);
    cells
}

/// Which assets are not as after an undisturbed run.
fn differs(cell: &str, found: &Value, expected: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for part in ["groups", "users", "models", "dashboards"] {
        let rows = |value: &Value| value[part].as_object().cloned().unwrap_or_default();
        let (found, expected): (Map<_, _>, Map<_, _>) = (rows(found), rows(expected));
        for (key, row) in &expected {
            if found.get(key) != Some(row) {
                wrong.push(format!("{cell}: {part} {key} is not as it should be"));
            }
        }
        for key in found.keys().filter(|key| !expected.contains_key(*key)) {
            wrong.push(format!("{cell}: {part} {key} should not be there"));
        }
    }
    if found["folders"] != expected["folders"] {
        wrong.push(format!(
            "{cell}: folders {} instead of {}",
            found["folders"], expected["folders"]
        ));
    }
    wrong
}

macro_rules! columns {
    ($($name:ident: $action:expr;)*) => {
        $(#[tokio::test] async fn $name() { run($action).await; })*
    };
}

columns! {
    unauthenticated: FaultAction::status(401);
    forbidden: FaultAction::status(403);
    not_found: FaultAction::status(404);
    slow_down: FaultAction::Status {
        status: 429, body: None, retry_after: Some("0".to_owned())
    };
    server_error: FaultAction::status(500);
    gateway_page: FaultAction::GatewayPage;
    unavailable: FaultAction::status(503);
    closed: FaultAction::CloseConnection;
    dropped_mid_body: FaultAction::DropMidBody;
    applied_then_dropped: FaultAction::ApplyThenDrop;
    truncated: FaultAction::TruncatedJson;
    empty: FaultAction::EmptyBody;
    an_object: FaultAction::WrongShape { shape: WrongShape::Object };
    null: FaultAction::WrongShape { shape: WrongShape::Null };
    list_of_nulls: FaultAction::WrongShape { shape: WrongShape::ListOfNulls };
    login_page: FaultAction::LoginPage;
    sent_to_login: FaultAction::LoginRedirect;
    silence: FaultAction::Silence;
}

//! Plans of several steps, and plans that hold a secret.

use std::sync::atomic::Ordering;

use fes_agent::policy::Rules;
use fes_agent::report::ChangeState;
use fes_agent::{Called, Options, Person, Plan, Policy, Prepared};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::ErrorKind;

use super::fake::{Fake, Hands, agent, agent_with, session};

fn plan(steps: Value) -> Plan {
    serde_json::from_value(json!({ "goal": "test", "steps": steps })).unwrap()
}

fn set(id: &str, user: &str, role: &str) -> Value {
    json!({ "id": id, "tool": "access.set_role", "args": { "user": user, "role": role } })
}

#[tokio::test]
async fn a_plan_that_cannot_run_is_refused_as_a_whole() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let wrong = plan(json!([
        { "id": "a", "tool": "access.get_users_all" },
        { "id": "b", "tool": "access.get_user", "args": { "user": { "$": "a[0].email +" } } }
    ]));
    let error = agent.prepare(&session(), wrong, Options::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(fake.most_in_flight.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn one_denied_step_denies_the_plan() {
    let fake = Fake::start().await;
    let agent = agent_with(&fake, Policy::new(Rules::read_only()), &Hands::new()).await;
    let steps = json!([{ "id": "r", "tool": "access.get_users_all" }, set("a", "bob", "x")]);
    let prepared = agent.prepare(&session(), plan(steps), Options::default()).await.unwrap();
    assert!(matches!(prepared, Prepared::Denied(denial) if denial.tool == "access.set_role"));
    assert_eq!(fake.most_in_flight.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn reads_run_side_by_side_within_a_bound_and_keep_their_order() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let mut steps: Vec<Value> =
        (0..9).map(|n| json!({ "id": format!("s{n}"), "tool": "access.get_users_all" })).collect();
    steps.push(json!({ "id": "last", "tool": "access.get_user", "args": { "user": "zoe" } }));
    let prepared = agent.prepare(&session(), plan(json!(steps)), Options::default()).await.unwrap();
    let Prepared::Done(report) = prepared else { panic!("not done: {prepared:?}") };
    assert_eq!(fake.most_in_flight.load(Ordering::SeqCst), 4);
    assert_eq!(report.steps[3].id, "s3");
    assert!(!report.ok);
    assert!(report.summary.starts_with("9 of 10 steps succeeded."), "{}", report.summary);
}

#[tokio::test]
async fn a_plan_that_is_already_so_needs_nobody() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = json!([set("a", "ann", "viewer"), { "id": "r", "tool": "access.get_users_all" }]);
    let prepared = agent.prepare(&session(), plan(steps), Options::default()).await.unwrap();
    let Prepared::Done(report) = prepared else { panic!("not done: {prepared:?}") };
    assert!(report.ok);
    assert_eq!(report.steps[0].summary, "Nothing to change: it is already so.");
    assert_eq!(report.steps[1].count, Some(3));
}

#[tokio::test]
async fn a_plan_whose_preview_fails_asks_nobody() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = json!([set("a", "bob", "designer"), set("b", "zoe", "designer")]);
    let prepared = agent.prepare(&session(), plan(steps), Options::default()).await.unwrap();
    let Prepared::Done(report) = prepared else { panic!("not done: {prepared:?}") };
    assert!(!report.ok);
    assert!(!report.steps[0].attempted);
    assert_eq!(report.steps[1].error.as_ref().unwrap().kind, ErrorKind::NotFound);
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test]
async fn an_approved_plan_runs_in_order_and_reports_each_change() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = json!([
        set("a", "bob", "designer"),
        { "id": "r", "tool": "access.get_user", "args": { "user": "bob" } },
        set("b", "ann", "designer")
    ]);
    let prepared = agent.prepare(&session(), plan(steps), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    assert_eq!(fake.reads.load(Ordering::SeqCst), 0);
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let report = ran.report();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.steps[1].result.as_ref().unwrap()["role"], "designer");
    let states: Vec<_> =
        report.steps.iter().flat_map(|step| &step.changes).map(|change| change.state).collect();
    assert_eq!(states, [ChangeState::Done, ChangeState::Done]);
}

#[tokio::test]
async fn after_a_refused_write_no_other_is_made() {
    let fake = Fake::refusing(400).await;
    let agent = agent(&fake).await;
    let steps = json!([set("a", "bob", "designer"), set("b", "ann", "designer")]);
    let prepared = agent.prepare(&session(), plan(steps), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let report = ran.report();
    assert!(!report.ok);
    assert!(!report.steps[1].attempted);
    assert_eq!(report.steps[1].changes[0].state, ChangeState::NotDone);
    assert_eq!(fake.writes().await, 1);
}

#[tokio::test]
async fn a_write_whose_end_nobody_saw_is_told_as_unknown() {
    let fake = Fake::refusing(502).await;
    let agent = agent(&fake).await;
    let steps = json!([set("a", "bob", "designer"), set("b", "ann", "designer")]);
    let prepared = agent.prepare(&session(), plan(steps), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let report = ran.report();
    assert!(!report.ok);
    assert_eq!(report.error().unwrap().kind, ErrorKind::UnknownOutcome);
    assert_eq!(report.steps[0].changes[0].state, ChangeState::Unknown);
    assert!(report.summary.contains("not known whether"), "{}", report.summary);
    assert_eq!(fake.writes().await, 1);
}

#[tokio::test]
async fn a_stopped_run_makes_no_further_write() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = json!([set("a", "bob", "designer"), set("b", "ann", "designer")]);
    let prepared = agent.prepare(&session(), plan(steps), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let token = sisense_core::run::CancellationToken::new();
    let stop = token.clone();
    let seen = std::sync::atomic::AtomicUsize::new(0);
    // The third event is the first write's: the first two are those of the second look.
    let options = Options::default().cancel(token).progress(std::sync::Arc::new(move |_| {
        if seen.fetch_add(1, Ordering::SeqCst) == 2 {
            stop.cancel();
        }
    }));
    let ran = agent.run_approved(&session(), &pending.id, options).await.unwrap();
    let report = ran.report();
    assert!(report.steps[0].ok, "{report:?}");
    assert!(!report.steps[1].attempted);
    assert_eq!(fake.writes().await, 1);
}

#[tokio::test]
async fn a_secret_is_kept_nowhere_and_the_same_call_has_to_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("private").join("store.db");
    let fake = Fake::start().await;
    let tools: std::sync::Arc<dyn fes_agent::Tools> = fake.clone();
    let store = fes_agent::Store::open(&path).await.unwrap();
    let agent = fes_agent::Agent::builder(tools).store(store).build().unwrap();
    let args = |pin: &str| json!({ "user": "bob", "pin": pin });
    let session = session();
    let call = |pin| agent.call(&session, "access.set_pin", args(pin), Options::default());

    let called = call("correct-horse").await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    assert!(pending.needs_same_call);
    let shown = serde_json::to_string(&pending).unwrap();
    assert!(!shown.contains("correct-horse"), "{shown}");
    let not_kept = || {
        for name in ["store.db", "store.db-wal"] {
            let bytes = std::fs::read(path.with_file_name(name)).unwrap_or_default();
            assert!(!bytes.windows(13).any(|w| w == b"correct-horse"), "{name}");
        }
    };
    not_kept();

    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let error = agent.run_approved(&session, &pending.id, Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("same call"), "{error}");
    assert!(matches!(call("wrong-horse").await.unwrap(), Called::NeedsApproval(_)));
    assert!(matches!(call("correct-horse").await.unwrap(), Called::Done(step) if step.ok));
    assert_eq!(fake.writes().await, 1);
    // Nor does the journal of the run hold it.
    not_kept();
}

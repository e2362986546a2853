//! What happens when the deployment changes between the preview and the run.

use fes_agent::{Agent, Called, Options, Pending, Person, Plan, Prepared, Ran};
use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::ErrorKind;

use super::fake::{Fake, agent, session};

async fn approved(agent: &Agent) -> Pending {
    let plan: Plan = serde_json::from_value(json!({ "goal": "all designers", "steps": [
        { "id": "all", "tool": "access.set_all_roles", "args": { "role": "designer" } }
    ] }))
    .unwrap();
    let prepared = agent.prepare(&session(), plan, Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap()
}

#[tokio::test]
async fn a_drifted_plan_writes_nothing_and_brings_a_new_preview() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let pending = approved(&agent).await;
    assert_eq!(pending.changes.len(), 2);

    // The second of the two changes no longer fits: the first is not made either.
    fake.change_behind_the_back("bob", "admin");
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let Ran::Drifted { report, fresh } = ran else { panic!("not drifted: {ran:?}") };
    assert!(!report.ok);
    assert_eq!(report.error().unwrap().kind, ErrorKind::Drifted);
    assert!(report.summary.contains("Make bob a designer"), "{}", report.summary);
    assert_eq!(fake.writes().await, 0);
    assert_ne!(fresh.preview_digest, pending.preview_digest);
    assert_eq!(fresh.changes[1].before, json!({ "role": "admin" }));

    // The old approval is void, also when the deployment drifts back.
    fake.change_behind_the_back("bob", "viewer");
    let error = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap_err();
    assert!(error.to_string().contains("used already"));

    fake.change_behind_the_back("bob", "admin");
    agent.approve(&fresh.id, &Person::new("ann")).await.unwrap();
    let ran = agent.run_approved(&session(), &fresh.id, Options::default()).await.unwrap();
    assert!(ran.report().ok, "{:?}", ran.report());
    assert_eq!((fake.writes().await, fake.role("bob")), (2, "designer".into()));
}

#[tokio::test]
async fn a_change_that_was_not_shown_is_drift_too() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let pending = approved(&agent).await;
    fake.change_behind_the_back("zoe", "viewer");
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    assert!(matches!(ran, Ran::Drifted { fresh, .. } if fresh.changes.len() == 3));
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test]
async fn what_became_so_by_itself_is_done_without_a_write() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let pending = approved(&agent).await;
    fake.change_behind_the_back("ann", "designer");
    fake.change_behind_the_back("bob", "designer");
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let Ran::Done(report) = ran else { panic!("not done: {ran:?}") };
    assert!(report.ok);
    assert_eq!(report.summary, "Nothing to change: it is already so.");
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test]
async fn a_drifted_call_brings_a_new_preview() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let wish = || json!({ "user": "bob", "role": "designer" });
    let session = session();
    let call = || agent.call(&session, "access.set_role", wish(), Options::default());
    let called = call().await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    fake.change_behind_the_back("bob", "admin");
    let called = call().await.unwrap();
    let Called::Drifted { error, fresh } = called else { panic!("not drifted: {called:?}") };
    assert_eq!(error.kind, ErrorKind::Drifted);
    agent.approve(&fresh.id, &Person::new("ann")).await.unwrap();
    assert!(matches!(call().await.unwrap(), Called::Done(step) if step.ok));
    assert_eq!(fake.writes().await, 1);
}

#[tokio::test]
async fn a_look_that_fails_costs_no_approval() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let wish = || json!({ "user": "bob", "role": "designer" });
    let session = session();
    let call = || agent.call(&session, "access.set_role", wish(), Options::default());
    let called = call().await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    fake.users.lock().unwrap().remove("bob");
    let called = call().await.unwrap();
    assert!(matches!(called, Called::Done(step) if !step.ok));
    fake.change_behind_the_back("bob", "viewer");
    assert!(matches!(call().await.unwrap(), Called::Done(step) if step.ok));
}

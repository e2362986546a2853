//! Migrations through the agent: in order, shown row by row, drift left as it is, totals told.

use std::sync::atomic::Ordering;

use fes_agent::{Agent, Called, Options, Pending, Person, Prepared, Ran, Session, Store};
use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::ErrorKind;

use super::fake::Hands;
use super::two::{Two, agent, everything, plan, session};

async fn pending(agent: &Agent) -> Pending {
    let prepared = agent.prepare(&session(), everything(), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    *pending
}

async fn approved(agent: &Agent) -> Pending {
    let pending = pending(agent).await;
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap()
}

async fn run(agent: &Agent, id: &str) -> Ran {
    agent.run_approved(&session(), id, Options::default()).await.unwrap()
}

#[tokio::test]
async fn without_a_target_a_migration_says_what_to_name() {
    let (two, store) = (Two::start().await, Store::memory().await.unwrap());
    let agent = agent(&two, &store, &Hands::new());
    let alone = Session::new("s1", "ann", "source");
    let tool = "migration.migrate_all_users";
    let called = agent.call(&alone, tool, json!({}), Options::default()).await.unwrap_err();
    let prepared = agent.prepare(&alone, everything(), Options::default()).await.unwrap_err();
    for error in [called, prepared] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.report().next_step.as_deref(), Some("name a source and a target"));
    }
    for (bad, kind) in [
        (alone.clone().to("nowhere"), ErrorKind::NotFound),
        (alone.clone().to("source"), ErrorKind::InvalidInput),
    ] {
        let error = agent.call(&bad, tool, json!({}), Options::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{bad:?}");
    }
    assert_eq!(two.looks.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn groups_come_first_and_every_asset_is_shown() {
    let (two, store) = (Two::start().await, Store::memory().await.unwrap());
    two.put("user ann", "1");
    two.put("user bob", "old");
    let agent = agent(&two, &store, &Hands::new());
    let pending = approved(&agent).await;
    let totals: Vec<String> =
        pending.previews.iter().map(|step| step.migration().unwrap().totals()).collect();
    assert_eq!(
        totals,
        ["asked 2 = would create 2", "asked 4 = would create 2 + would overwrite 1 + skipped 1"]
    );
    assert_eq!(pending.previews[0].tool, "migration.migrate_all_groups");
    assert_eq!((pending.changes.len(), two.requests().await), (5, 0));
    let looks = two.looks.load(Ordering::SeqCst);
    let ran = run(&agent, &pending.id).await;
    // The door holds each asset: there is no second look at everything before the run.
    assert_eq!(two.looks.load(Ordering::SeqCst), looks + 2);
    let Ran::Done(report) = ran else { panic!("not done: {ran:?}") };
    assert!(report.ok, "{report:?}");
    assert_eq!(report.target.as_deref(), Some("target"));
    let summary = "Totals: asked 4 = created 2 + overwritten 1 + skipped 1.";
    assert_eq!(report.steps[1].summary, summary);
    let written = two.written.lock().unwrap().clone();
    assert_eq!(written, ["group A", "group B", "user bob", "user carla", "user dora"]);
}

#[tokio::test]
async fn an_approval_holds_for_its_target_only() {
    let (two, store) = (Two::start().await, Store::memory().await.unwrap());
    let agent = agent(&two, &store, &Hands::new());
    let pending = approved(&agent).await;
    let turned = Session::new("s1", "ann", "target").to("source");
    for other in [Session::new("s1", "ann", "source"), turned] {
        let ran = agent.run_approved(&other, &pending.id, Options::default()).await;
        assert_eq!(ran.unwrap_err().kind(), ErrorKind::NotFound, "{other:?}");
    }
    assert_eq!(two.requests().await, 0);
}

#[tokio::test]
async fn what_drifted_is_left_and_shown_again_and_the_rest_is_done() {
    let (two, store) = (Two::start().await, Store::memory().await.unwrap());
    let agent = agent(&two, &store, &Hands::new());
    let pending = approved(&agent).await;
    two.put("user bob", "made by another");
    let ran = run(&agent, &pending.id).await;
    let Ran::Partly { report, fresh } = ran else { panic!("not partly: {ran:?}") };
    assert!(!report.ok);
    assert!(report.steps[1].summary.starts_with("Blocked: user \"user bob\""), "{report:?}");
    assert!(report.steps[1].summary.contains("asked 4 = created 3 + blocked 1"));
    assert_eq!(two.requests().await, 5);
    assert_eq!(fresh.changes.len(), 1);
    assert_eq!(fresh.changes[0].before, json!({ "worth": "made by another" }));
    // The new preview is approved and run like any other.
    agent.approve(&fresh.id, &Person::new("ann")).await.unwrap();
    let ran = run(&agent, &fresh.id).await;
    assert!(matches!(&ran, Ran::Done(report) if report.ok), "{ran:?}");
    assert!(two.at_target().contains(&"user bob=1".to_owned()));
}

#[tokio::test]
async fn a_failed_asset_fails_alone_and_is_said_first() {
    let (two, store) = (Two::start().await, Store::memory().await.unwrap());
    let agent = agent(&two, &store, &Hands::new());
    let pending = approved(&agent).await;
    *two.refused.lock().unwrap() = Some("group A".into());
    let ran = run(&agent, &pending.id).await;
    let Ran::Done(report) = ran else { panic!("not done: {ran:?}") };
    assert!(!report.ok && report.steps[1].ok);
    let words =
        "Failed: group \"group A\", the target broke. Totals: asked 2 = created 1 + failed 1.";
    assert_eq!(report.steps[0].summary, words);
}

#[tokio::test]
async fn a_step_on_one_deployment_is_still_looked_at_before_anything_is_written() {
    let (two, store) = (Two::start().await, Store::memory().await.unwrap());
    let agent = agent(&two, &store, &Hands::new());
    let mixed = plan(&["access.rename", "migration.migrate_all_groups"]);
    let prepared = agent.prepare(&session(), mixed, Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    assert_eq!(pending.changes.len(), 3);
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let ran = run(&agent, &pending.id).await;
    assert!(ran.report().ok, "{ran:?}");
    assert_eq!(two.written.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_single_call_brings_what_is_left_too() {
    let (two, store) = (Two::start().await, Store::memory().await.unwrap());
    let agent = agent(&two, &store, &Hands::new());
    let session = session();
    let tool = "migration.migrate_all_groups";
    let call = || agent.call(&session, tool, json!({}), Options::default());
    let Called::NeedsApproval(pending) = call().await.unwrap() else { panic!("not pending") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    two.put("group B", "another");
    let called = call().await.unwrap();
    let Called::Partly { step, fresh } = called else { panic!("not partly: {called:?}") };
    assert_eq!(step.result.unwrap()["items"][1]["outcome"], "blocked");
    assert_eq!(fresh.changes.len(), 1);
}

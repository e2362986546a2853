//! Approvals that cannot be decided or used.

use std::sync::Arc;

use fes_agent::approval::MAX_PENDING;
use fes_agent::{
    Agent, Called, Options, Pending, Person, Plan, Policy, Prepared, Session, State, Store,
};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::{ErrorKind, Result};

use super::fake::{Fake, Hands, agent_over, session};
use super::home::home;

fn agent(fake: &Arc<Fake>, store: Store) -> Agent {
    agent_over(fake, Policy::default(), &Hands::new(), store)
}

fn plan() -> Plan {
    serde_json::from_value(json!({ "goal": "make bob a designer", "steps": [
        { "id": "a", "tool": "access.set_role", "args": { "user": "bob", "role": "designer" } }
    ] }))
    .unwrap()
}

async fn pending(agent: &Agent) -> Pending {
    match agent.prepare(&session(), plan(), Options::default()).await.unwrap() {
        Prepared::NeedsApproval(pending) => *pending,
        other => panic!("not pending: {other:?}"),
    }
}

async fn run(agent: &Agent, session: &Session, id: &str) -> Result<bool> {
    Ok(agent.run_approved(session, id, Options::default()).await?.report().ok)
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().report().message.clone()
}

#[tokio::test]
async fn an_undecided_rejected_used_or_unknown_approval_runs_nothing() {
    let fake = Fake::start().await;
    let home = home!();
    let agent = agent(&fake, home.store().await);
    assert!(message(run(&agent, &session(), "nope").await).contains("no such approval"));

    let first = pending(&agent).await;
    let error = run(&agent, &session(), &first.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApproved);
    assert!(error.to_string().contains("nobody has approved"));

    agent.reject(&first.id, &Person::new("ann")).await.unwrap();
    assert!(message(run(&agent, &session(), &first.id).await).contains("rejected"));
    assert!(message(agent.approve(&first.id, &Person::new("ann")).await).contains("decided"));

    let second = pending(&agent).await;
    assert_ne!(first.id, second.id);
    agent.approve(&second.id, &Person::new("ann")).await.unwrap();
    assert!(run(&agent, &session(), &second.id).await.unwrap());
    assert!(message(run(&agent, &session(), &second.id).await).contains("used already"));
    assert!(message(agent.approve(&second.id, &Person::new("ann")).await).contains("used"));
    assert_eq!(fake.writes().await, 1);
}

#[tokio::test]
async fn another_session_principal_or_deployment_cannot_use_it() {
    let fake = Fake::start().await;
    let home = home!();
    let agent = agent(&fake, home.store().await);
    let pending = pending(&agent).await;
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    for other in [Session::new("s2", "ann", "prod"), Session::new("s1", "bob", "prod")] {
        let error = run(&agent, &other, &pending.id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{other:?}");
        let args = json!({ "user": "bob", "role": "designer" });
        let called = agent.call(&other, "access.set_role", args, Options::default()).await;
        assert!(matches!(called.unwrap(), Called::NeedsApproval(_)));
    }
    assert_eq!(fake.writes().await, 0);
    assert!(run(&agent, &session(), &pending.id).await.unwrap());
}

#[tokio::test]
async fn only_the_one_who_asked_or_an_operator_decides() {
    let fake = Fake::start().await;
    let home = home!();
    let agent = agent(&fake, home.store().await);
    let pending = pending(&agent).await;
    let error = agent.approve(&pending.id, &Person::new("bob")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(agent.approvals(&Person::new("bob")).await.unwrap(), []);
    assert!(agent.approval(&pending.id, &Person::new("bob")).await.is_err());
    assert_eq!(agent.approvals(&Person::operator("op")).await.unwrap().len(), 1);
    let approved = agent.approve(&pending.id, &Person::operator("op")).await.unwrap();
    assert_eq!(approved.decided_by.as_deref(), Some("op"));
    assert_eq!(agent.approvals(&Person::operator("op")).await.unwrap(), []);
}

#[tokio::test]
async fn case_054_an_expired_approval_is_refused_decided_or_not() {
    let fake = Fake::start().await;
    let hands = Hands::new();
    let home = home!();
    let agent = agent_over(&fake, Policy::default(), &hands, home.store().await);
    let waiting = pending(&agent).await;
    hands.forward(16);
    assert!(message(agent.approve(&waiting.id, &Person::new("ann")).await).contains("expired"));
    assert_eq!(agent.approvals(&Person::new("ann")).await.unwrap(), []);

    let approved = pending(&agent).await;
    assert_ne!(approved.id, waiting.id);
    agent.approve(&approved.id, &Person::new("ann")).await.unwrap();
    hands.forward(16);
    assert!(message(run(&agent, &session(), &approved.id).await).contains("expired"));
    let record = agent.approval(&approved.id, &Person::new("ann")).await.unwrap();
    assert_eq!(record.state, State::Expired);
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test]
async fn case_078_a_plan_edited_after_its_approval_is_refused() {
    let fake = Fake::start().await;
    let home = home!();
    let agent = agent(&fake, home.store().await);
    let pending = pending(&agent).await;
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let mut other: Value = serde_json::to_value(plan()).unwrap();
    other["steps"][0]["args"]["role"] = json!("admin");
    let other: Plan = serde_json::from_value(other).unwrap();
    let ran = agent.run_approved_plan(&session(), &pending.id, other, Options::default()).await;
    assert!(message(ran).contains("not what was approved"));
    let same = agent.run_approved_plan(&session(), &pending.id, plan(), Options::default()).await;
    assert!(same.unwrap().report().ok);
}

#[tokio::test]
async fn case_049_of_many_at_once_exactly_one_uses_an_approval() {
    let fake = Fake::start().await;
    let home = home!();
    let agent = agent(&fake, home.store().await);
    let pending = pending(&agent).await;
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (agent, id) = (agent.clone(), pending.id.clone());
            tokio::spawn(async move { run(&agent, &session(), &id).await })
        })
        .collect();
    let mut ran = 0;
    for task in tasks {
        ran += usize::from(task.await.unwrap().is_ok());
    }
    assert_eq!((ran, fake.writes().await), (1, 1));
}

/// The old system stopped the turn at the second of two equal changes. Here both are shown and
/// approved at once, and the deployment is looked at before each: it is changed once.
#[tokio::test]
async fn case_048_the_same_change_twice_in_one_plan_is_made_once() {
    let fake = Fake::start().await;
    let home = home!();
    let agent = agent(&fake, home.store().await);
    let mut twice: Value = serde_json::to_value(plan()).unwrap();
    let mut second = twice["steps"][0].clone();
    second["id"] = json!("b");
    twice["steps"].as_array_mut().unwrap().push(second);
    let twice: Plan = serde_json::from_value(twice).unwrap();
    let prepared = agent.prepare(&session(), twice, Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    assert!(ran.report().ok, "{:?}", ran.report());
    assert_eq!((fake.writes().await, fake.role("bob")), (1, "designer".to_owned()));
    // A second turn that wants it once more, after somebody has set it back, asks once more.
    fake.change_behind_the_back("bob", "viewer");
    assert!(message(run(&agent, &session(), &pending.id).await).contains("used already"));
    assert_ne!(self::pending(&agent).await.id, pending.id);
    assert_eq!(fake.writes().await, 1);
}

#[tokio::test]
async fn what_waits_is_bounded() {
    let fake = Fake::start().await;
    let home = home!();
    let agent = agent(&fake, home.store().await);
    for n in 0..MAX_PENDING {
        let args = json!({ "user": "bob", "role": format!("role {n}") });
        agent.call(&session(), "access.set_role", args, Options::default()).await.unwrap();
    }
    let args = json!({ "user": "bob", "role": "one more" });
    let error =
        agent.call(&session(), "access.set_role", args, Options::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

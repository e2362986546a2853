//! Single calls, as an MCP client makes them.

use std::sync::Arc;
use std::sync::Mutex;

use fes_agent::policy::Rules;
use fes_agent::{Called, Options, Person, Policy, State};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::ErrorKind;
use sisense_core::run::CancellationToken;

use super::fake::{Fake, Hands, agent, agent_with, session};

fn wish() -> Value {
    json!({ "user": "bob", "role": "designer" })
}

#[tokio::test]
async fn an_unknown_tool_names_the_nearest() {
    let fake = Fake::start().await;
    let error = agent(&fake)
        .await
        .call(&session(), "access.get_usr", json!({}), Options::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.candidates().contains(&"access.get_user".to_owned()));
}

#[tokio::test]
async fn an_unknown_deployment_is_refused() {
    let fake = Fake::start().await;
    let mut session = session();
    session.deployment = "dev".into();
    let agent = agent(&fake).await;
    let error = agent
        .call(&session, "access.get_users_all", json!({}), Options::default())
        .await
        .unwrap_err();
    assert_eq!(error.candidates(), ["prod"]);
}

#[tokio::test]
async fn arguments_are_checked_before_anything_is_sent() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    for bad in [json!({}), json!([1]), json!("bob")] {
        let error =
            agent.call(&session(), "access.set_role", bad, Options::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.operation(), Some("access.set_role"));
    }
    assert_eq!(agent.approvals(&Person::operator("op")).await.unwrap(), []);
}

#[tokio::test]
async fn what_the_policy_denies_is_not_called() {
    let fake = Fake::start().await;
    let agent = agent_with(&fake, Policy::new(Rules::read_only()), &Hands::new()).await;
    let called =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    let Called::Denied(denial) = called else { panic!("not denied: {called:?}") };
    assert_eq!(denial.reasons, ["this server only reads"]);
    assert_eq!(fake.role("bob"), "viewer");
}

#[tokio::test]
async fn a_read_runs_at_once_and_a_failing_one_is_no_success() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let found = agent
        .call(&session(), "access_get_user", json!({ "user": "ann" }), Options::default())
        .await
        .unwrap();
    let Called::Done(step) = found else { panic!("not done: {found:?}") };
    assert!(step.ok);
    assert_eq!(step.result.unwrap()["role"], "viewer");
    let missing = agent
        .call(&session(), "access.get_user", json!({ "user": "zoe" }), Options::default())
        .await
        .unwrap();
    let Called::Done(step) = missing else { panic!("not done: {missing:?}") };
    assert!(!step.ok);
    assert_eq!(step.error.unwrap().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn case_047_a_write_waits_runs_once_and_then_asks_again() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let called =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    assert_eq!(pending.changes.len(), 1);
    assert_eq!(pending.changes[0].summary, "Make bob a designer");
    assert_eq!(pending.id.len(), 32);
    assert_eq!(fake.writes().await, 0);

    // Asking again keeps the record that waits.
    let again =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    assert!(matches!(again, Called::NeedsApproval(second) if second.id == pending.id));

    let approved = agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    assert_eq!(approved.state, State::Approved);
    assert_eq!(approved.decided_by.as_deref(), Some("ann"));
    let called =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    let Called::Done(step) = called else { panic!("not done: {called:?}") };
    assert!(step.ok, "{step:?}");
    assert_eq!(step.summary, "Done: Make bob a designer.");
    assert_eq!(fake.role("bob"), "designer");
    assert_eq!(fake.writes().await, 1);

    // Used up: the same call is already so, and after a change it asks again.
    let called =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    assert!(matches!(called, Called::Done(step) if step.ok && step.changes.is_empty()));
    fake.change_behind_the_back("bob", "viewer");
    let called =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    assert!(matches!(called, Called::NeedsApproval(_)));
    assert_eq!(fake.writes().await, 1);
}

#[tokio::test]
async fn a_refused_write_is_told_as_not_done() {
    let fake = Fake::refusing(403).await;
    let agent = agent(&fake).await;
    let called =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let called =
        agent.call(&session(), "access.set_role", wish(), Options::default()).await.unwrap();
    let Called::Done(step) = called else { panic!("not done: {called:?}") };
    assert!(!step.ok);
    assert_eq!(step.error.as_ref().unwrap().kind, ErrorKind::Forbidden);
    assert!(step.summary.contains("Nothing was changed"), "{}", step.summary);
}

#[tokio::test]
async fn a_read_that_the_operator_asks_about_waits_too() {
    let fake = Fake::start().await;
    let ask = serde_json::from_value(json!({ "ask": ["*.get_users_all"] })).unwrap();
    let agent = agent_with(&fake, Policy::new(ask), &Hands::new()).await;
    let session = session();
    let call = || agent.call(&session, "access.get_users_all", json!({}), Options::default());
    let called = call().await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    assert_eq!(pending.changes, []);
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    assert!(matches!(call().await.unwrap(), Called::Done(step) if step.ok));
    assert!(matches!(call().await.unwrap(), Called::NeedsApproval(_)));
}

#[tokio::test]
async fn a_stopped_read_ends_at_once_and_progress_was_told() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let token = CancellationToken::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (sink, stop) = (told.clone(), token.clone());
    let options = Options::default().cancel(token).progress(Arc::new(move |event| {
        sink.lock().unwrap().push(event.message);
        stop.cancel();
    }));
    let called = agent.call(&session(), "access.slow", json!({}), options).await.unwrap();
    let Called::Done(step) = called else { panic!("not done: {called:?}") };
    assert_eq!(step.error.unwrap().kind, ErrorKind::Cancelled);
    assert_eq!(*told.lock().unwrap(), ["half way"]);
}

#[tokio::test]
async fn calls_can_be_spawned() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let task = tokio::spawn(async move {
        agent.call(&session(), "access.get_users_all", json!({}), Options::default()).await
    });
    assert!(matches!(task.await.unwrap().unwrap(), Called::Done(step) if step.count == Some(3)));
}

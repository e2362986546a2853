//! The store: shared by processes, and refused when it cannot be trusted.

use std::sync::Arc;

use fes_agent::{Agent, Called, Options, Pending, Person, Tools};
use serde_json::json;
use sisense_core::ErrorKind;

use super::fake::{Fake, session};
use super::home::{Home, home};

async fn agent(fake: &Arc<Fake>, home: &Home) -> Agent {
    let tools: Arc<dyn Tools> = fake.clone();
    Agent::builder(tools).store(home.store().await).build().unwrap()
}

async fn call(agent: &Agent) -> sisense_core::Result<Called> {
    let args = json!({ "user": "bob", "role": "designer" });
    agent.call(&session(), "access.set_role", args, Options::default()).await
}

async fn approved(agent: &Agent) -> Pending {
    let called = call(agent).await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap()
}

#[tokio::test]
async fn an_agent_without_a_store_is_not_built() {
    let tools: Arc<dyn Tools> = Fake::start().await;
    assert_eq!(Agent::builder(tools).build().unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn an_approval_given_in_another_process_is_used_here_once() {
    let home = home!();
    let fake = Fake::start().await;
    let (here, there) = (agent(&fake, &home).await, agent(&fake, &home).await);
    let called = call(&here).await.unwrap();
    let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
    let waiting = there.approvals(&Person::new("ann")).await.unwrap();
    assert_eq!(waiting.len(), 1);
    there.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let (first, second) = tokio::join!(call(&here), call(&there));
    let done = [first, second]
        .into_iter()
        .filter(|called| matches!(called, Ok(Called::Done(step)) if !step.changes.is_empty()))
        .count();
    assert_eq!((done, fake.writes().await), (1, 1));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_or_was_altered_allows_nothing() {
    for statement in [
        "UPDATE approvals SET plan = '{'",
        "UPDATE approvals SET state = 'sure'",
        "UPDATE approvals SET changes = '[]'",
        "UPDATE approvals SET deployment = 'dev'",
        "UPDATE approvals SET plan = replace(plan, 'designer', 'admin')",
        "UPDATE approvals SET changes = replace(changes, 'designer', 'admin')",
    ] {
        let home = home!();
        let fake = Fake::start().await;
        let agent = agent(&fake, &home).await;
        let pending = approved(&agent).await;
        home.spoil(statement).await;
        let ran = agent.run_approved(&session(), &pending.id, Options::default()).await;
        assert_eq!(ran.unwrap_err().kind(), ErrorKind::NotApproved, "{statement}");
        let called = call(&agent).await;
        assert!(matches!(called, Ok(Called::NeedsApproval(_))), "{statement}: {called:?}");
        assert_eq!(fake.writes().await, 0, "{statement}");
    }
}

#[tokio::test]
async fn a_store_that_is_gone_stops_writes_and_not_reads() {
    let home = home!();
    let fake = Fake::start().await;
    let agent = agent(&fake, &home).await;
    home.spoil("DROP TABLE approvals").await;
    assert_eq!(call(&agent).await.unwrap_err().kind(), ErrorKind::Unexpected);
    let read = agent.call(&session(), "access.get_users_all", json!({}), Options::default()).await;
    assert!(matches!(read, Ok(Called::Done(step)) if step.ok));
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_make_the_same_new_store_at_once() {
    for _ in 0..10 {
        let home = Arc::new(home!());
        let open = || {
            let home = home.clone();
            tokio::spawn(async move { drop(home.store().await) })
        };
        let all: Vec<_> = (0..12).map(|_| open()).collect();
        for one in all {
            one.await.unwrap();
        }
    }
}

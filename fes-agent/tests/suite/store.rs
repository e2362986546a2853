//! The store: shared by processes, and refused when it cannot be trusted.

use std::path::Path;
use std::sync::Arc;

use fes_agent::{Agent, Called, Options, Pending, Person, Store, Tools};
use serde_json::json;
use sisense_core::ErrorKind;
use sqlx::{ConnectOptions, Connection};

use super::fake::{Fake, session};

async fn agent(fake: &Arc<Fake>, path: &Path) -> Agent {
    let tools: Arc<dyn Tools> = fake.clone();
    Agent::builder(tools).store(Store::open(path).await.unwrap()).build().unwrap()
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

async fn spoil(path: &Path, statement: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = options.connect().await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_agent_without_a_store_is_not_built() {
    let tools: Arc<dyn Tools> = Fake::start().await;
    assert_eq!(Agent::builder(tools).build().unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_store_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::fs::write(&path, "this is no database, it only looks like a file of some length").unwrap();
    assert_eq!(Store::open(&path).await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(Store::open(folder.path()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("store.db");
    let _store = Store::open(&path).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for side in ["store.db-wal", "store.db-shm"] {
        let side = path.with_file_name(side);
        assert!(!side.exists() || mode(&side) == 0o600, "{side:?}");
    }
}

#[tokio::test]
async fn an_approval_given_in_another_process_is_used_here_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let fake = Fake::start().await;
    let (here, there) = (agent(&fake, &path).await, agent(&fake, &path).await);
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
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let fake = Fake::start().await;
        let agent = agent(&fake, &path).await;
        let pending = approved(&agent).await;
        spoil(&path, statement).await;
        let ran = agent.run_approved(&session(), &pending.id, Options::default()).await;
        assert_eq!(ran.unwrap_err().kind(), ErrorKind::NotApproved, "{statement}");
        let called = call(&agent).await;
        assert!(matches!(called, Ok(Called::NeedsApproval(_))), "{statement}: {called:?}");
        assert_eq!(fake.writes().await, 0, "{statement}");
    }
}

#[tokio::test]
async fn a_store_that_is_gone_stops_writes_and_not_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let fake = Fake::start().await;
    let agent = agent(&fake, &path).await;
    spoil(&path, "DROP TABLE approvals").await;
    assert_eq!(call(&agent).await.unwrap_err().kind(), ErrorKind::Unexpected);
    let read = agent.call(&session(), "access.get_users_all", json!({}), Options::default()).await;
    assert!(matches!(read, Ok(Called::Done(step)) if step.ok));
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_make_the_same_new_file_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fes.db");
        let open = || {
            let path = path.clone();
            tokio::spawn(async move { Store::open(&path).await.map(drop) })
        };
        let all: Vec<_> = (0..12).map(|_| open()).collect();
        for one in all {
            one.await.unwrap().unwrap();
        }
    }
}

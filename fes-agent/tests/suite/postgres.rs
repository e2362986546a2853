//! The store in PostgreSQL where it differs from a file: a server that refuses, stops, comes again or
//! loses a connection, and two that write at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fes_agent::{Agent, Options, Pending, Person, Prepared, RunState};
use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;
use sqlx::{Connection, PgConnection, Row};
use test_postgres::{PASSWORD, Postgres, shared};

use super::fake::Hands;
use super::home::{Home, connect};
use super::two::{Two, agent, everything, session};

/// How soon others must see that a process lives or does not.
const SOON: Duration = Duration::from_secs(10);

async fn approved(agent: &Agent) -> Pending {
    let prepared = agent.prepare(&session(), everything(), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap()
}

async fn state(agent: &Agent, id: &str) -> RunState {
    agent.run(id, &Person::new("ann")).await.unwrap().state
}

async fn wait_for(agent: &Agent, id: &str, wanted: RunState) {
    let started = Instant::now();
    while state(agent, id).await != wanted {
        assert!(started.elapsed() < SOON, "it does not become {wanted:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_server_that_refuses_or_is_not_there_is_told_without_the_password() {
    let Some(server) = shared() else { return };
    let url = server.database();
    let wrong = url.replace("k33p%2Fth1s", "k33p%2Fn0t");
    let away = "postgres://fes:k33p%2Fth1s%40home@127.0.0.1:9/fes".to_owned();
    for (url, kind, why) in [
        (wrong, ErrorKind::Config, "password authentication failed"),
        (server.url("none"), ErrorKind::Config, "does not exist"),
        (away, ErrorKind::Connect, "127.0.0.1:9"),
        (format!("{url}&sslmode=require"), ErrorKind::Connect, "cannot be reached"),
    ] {
        let error = connect(&url).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.report().next_step.is_some());
        let told = format!("{error} {error:?}");
        assert!(!told.contains("k33p") && !told.contains(PASSWORD), "{told}");
    }
    let store = connect(&url).await.unwrap();
    assert!(!format!("{store:?}").contains("k33p"));
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let Some(home) = Home::postgres() else { return };
    drop(home.store().await);
    home.spoil(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', true, '', 0)",
    )
    .await;
    let Home::Postgres(url) = &home else { return };
    let error = connect(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.report().next_step.as_deref().unwrap().contains("newer version"), "{error}");
}

/// A column that only one of them has would be found by the first statement that names it, and perhaps
/// only there.
#[tokio::test]
async fn both_databases_have_the_same_columns() {
    let Some(home) = Home::postgres() else { return };
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("store.db");
    drop((home.store().await, fes_agent::Store::open(&path).await.unwrap()));
    let Home::Postgres(url) = &home else { return };
    let mut server = PgConnection::connect(url).await.unwrap();
    let mut sqlite =
        sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    for table in ["approvals", "runs", "entries", "images", "log", "sessions"] {
        let there = sqlx::query(
            "SELECT column_name::text, is_nullable = 'YES' FROM information_schema.columns \
             WHERE table_name = $1 ORDER BY 1",
        );
        let there = there.bind(table).fetch_all(&mut server).await.unwrap();
        let there: Vec<(String, bool)> = there.iter().map(|row| (row.get(0), row.get(1))).collect();
        let here = sqlx::query(
            "SELECT name, \"notnull\" = 0 AND pk = 0 FROM pragma_table_info($1) ORDER BY 1",
        );
        let here = here.bind(table).fetch_all(&mut sqlite).await.unwrap();
        let here: Vec<(String, bool)> = here.iter().map(|row| (row.get(0), row.get(1))).collect();
        assert!(!there.is_empty());
        assert_eq!(there, here, "{table}");
    }
}

#[tokio::test]
async fn a_server_that_was_stopped_is_told_and_used_again_when_it_is_there() {
    let Some(mut server) = Postgres::start() else { return };
    let store = connect(&server.database()).await.unwrap();
    let (two, hands) = (Two::start().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    server.stop();
    let run = async || agent.run_approved(&session(), &pending.id, Options::default()).await;
    let error = run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    assert!(error.report().next_step.as_deref().unwrap().contains("try again"), "{error:?}");
    assert_eq!(two.requests().await, 0);
    server.go_on();
    assert!(run().await.unwrap().report().ok);
    assert_eq!(two.written.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn a_run_whose_connections_broke_is_seen_to_live_again_and_ends() {
    let Some(home) = Home::postgres() else { return };
    let (two, hands) = (Two::start().await, Hands::new());
    let here = agent(&two, &home.store().await, &hands);
    let there = agent(&two, &home.store().await, &hands);
    let pending = approved(&here).await;
    two.hang_at.store(2, Ordering::SeqCst);
    let session = session();
    {
        let running = here.run_approved(&session, &pending.id, Options::default());
        tokio::pin!(running);
        tokio::select! {
            ran = &mut running => panic!("it ended: {ran:?}"),
            () = two.hanging.notified() => {}
        }
        assert_eq!(state(&there, &pending.id).await, RunState::Running);
        home.spoil(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
        tokio::select! {
            ran = &mut running => panic!("it ended: {ran:?}"),
            () = async {
                wait_for(&there, &pending.id, RunState::Interrupted).await;
                wait_for(&there, &pending.id, RunState::Running).await;
            } => {}
        }
    }
    // Its process is gone now, and that is seen at once.
    wait_for(&there, &pending.id, RunState::Interrupted).await;
    two.hang_at.store(usize::MAX, Ordering::SeqCst);
    let ran = there.resume(&pending.id, &Person::new("ann"), Options::default()).await.unwrap();
    assert!(ran.report().ok, "{ran:?}");
    assert_eq!(two.written.lock().unwrap().len(), 6);
}

/// The one that takes a run over has not committed when the other looks whether it still holds it.
#[tokio::test]
async fn an_intent_waits_for_a_takeover_that_is_under_way() {
    let Some(home) = Home::postgres() else { return };
    let (two, hands) = (Two::start().await, Hands::new());
    let agent = agent(&two, &home.store().await, &hands);
    let pending = approved(&agent).await;
    let home = Arc::new(home);
    let takeover = home.clone();
    let options = Options::default().progress(Arc::new(move |_| {
        let home = takeover.clone();
        let (begun, has_begun) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let Home::Postgres(url) = &*home else { return };
                let mut other = PgConnection::connect(url).await.unwrap();
                let mut taking = other.begin().await.unwrap();
                sqlx::query("UPDATE runs SET owner = 'another'")
                    .execute(&mut *taking)
                    .await
                    .unwrap();
                begun.send(()).unwrap();
                tokio::time::sleep(Duration::from_millis(700)).await;
                taking.commit().await.unwrap();
            });
        });
        has_begun.recv().unwrap();
    }));
    let ran = agent.run_approved(&session(), &pending.id, options).await.unwrap();
    assert!(!ran.report().ok);
    assert_eq!(two.requests().await, 1, "{ran:?}");
}

//! The journal in the store: there before each write, whole or not at all, shared by processes.

use std::sync::Arc;

use fes_agent::{Agent, Called, Options, Person, Tools};
use jiff::Timestamp;
use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::run::{Action, Asset, AssetKind, BeforeImage, Context, Entry, Journal, Outcome};
use sisense_core::{Change, ErrorKind};

use super::fake::{Fake, session};
use super::home::home;

fn entry(run: &str, key: &str, outcome: Outcome) -> Entry {
    let asset =
        Asset { deployment: "prod".into(), kind: AssetKind::Group, id: None, name: key.into() };
    Entry {
        run: run.into(),
        key: key.into(),
        context: Context { principal: "ann".into(), session: "s1".into(), approval: None },
        change: Change::new("migration.migrate_groups", asset, Action::Create, "Create it").into(),
        outcome,
        id: None,
        error: None,
        started: Timestamp::now(),
        duration_ms: None,
    }
}

fn image(key: &str, json: &str) -> BeforeImage {
    BeforeImage { key: key.into(), json: serde_json::from_str(json).unwrap() }
}

fn keys(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

#[tokio::test]
async fn several_entries_are_kept_together_or_not_at_all() {
    let home = home!();
    let store = home.store().await;
    home.refuse_entries(Some("c")).await;
    let all = ["a", "b", "c"].map(|key| entry("r1", key, Outcome::Unknown));
    let error = store.keep_all("r1", all.to_vec(), vec![image("a", "{}")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unexpected);
    assert!(store.entries("r1").await.unwrap().is_empty());
    assert_eq!(store.image("r1", "a").await.unwrap(), None);
    store.keep_all("r1", all[..2].to_vec(), vec![image("a", "{}")]).await.unwrap();
    assert_eq!(keys(&store.entries("r1").await.unwrap()), ["a", "b"]);
    assert_eq!(store.image("r1", "a").await.unwrap(), Some(json!({})));
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_does_not_pass_for_none() {
    for statement in
        ["UPDATE entries SET entry = '{'", "DROP TABLE entries", "ALTER TABLE entries RENAME TO e"]
    {
        let home = home!();
        let store = home.store().await;
        store.keep(entry("r1", "a", Outcome::Done)).await.unwrap();
        home.spoil(statement).await;
        let error = store.entries("r1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unexpected, "{statement}");
    }
}

#[tokio::test]
async fn entries_keep_their_place_and_other_processes_see_them() {
    let home = home!();
    let (here, there) = (home.store().await, home.store().await);
    for key in ["b", "a", "c"] {
        here.keep(entry("r1", key, Outcome::Unknown)).await.unwrap();
    }
    here.keep(entry("r2", "a", Outcome::Failed)).await.unwrap();
    let mut done = entry("r1", "b", Outcome::Done);
    done.id = Some("5f01".into());
    there.keep(done).await.unwrap();
    let entries = here.entries("r1").await.unwrap();
    assert_eq!(keys(&entries), ["b", "a", "c"]);
    assert_eq!((entries[0].outcome, entries[0].id.as_deref()), (Outcome::Done, Some("5f01")));
    let others = here.entries("r2").await.unwrap();
    assert_eq!((keys(&others), others[0].outcome), (vec!["a"], Outcome::Failed));
}

#[tokio::test]
async fn the_first_image_counts_and_entries_do_not_carry_it() {
    let home = home!();
    let store = home.store().await;
    assert_eq!(store.image("r1", "a").await.unwrap(), None);
    let document = json!({ "title": "Pipeline", "widgets": ["x".repeat(60_000)] });
    store.keep_image("r1", image("a", &document.to_string())).await.unwrap();
    store.keep_image("r1", image("a", r#"{"title": "its copy"}"#)).await.unwrap();
    store.keep(entry("r1", "a", Outcome::Unknown)).await.unwrap();
    assert_eq!(store.image("r1", "a").await.unwrap(), Some(document));
    assert_eq!(store.image("r2", "a").await.unwrap(), None);
    let entries = serde_json::to_string(&store.entries("r1").await.unwrap()).unwrap();
    assert!(entries.len() < 2_000);
}

#[tokio::test]
async fn every_write_of_an_agent_is_in_the_store() {
    let home = home!();
    let fake = Fake::start().await;
    let tools: Arc<dyn Tools> = fake.clone();
    let store = home.store().await;
    let agent = Agent::builder(tools).store(store.clone()).build().unwrap();
    let (session, args) = (session(), json!({ "user": "bob", "role": "designer" }));
    let call = || agent.call(&session, "access.set_role", args.clone(), Options::default());
    let Called::NeedsApproval(pending) = call().await.unwrap() else { panic!("not pending") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();

    // A journal that cannot be written sends nothing.
    home.refuse_entries(None).await;
    let called = call().await.unwrap();
    let Called::Done(step) = called else { panic!("not done: {called:?}") };
    assert_eq!(step.error.unwrap().kind, ErrorKind::Unexpected);
    assert_eq!(fake.writes().await, 0);

    home.accept_entries().await;
    let Called::NeedsApproval(pending) = call().await.unwrap() else { panic!("not pending") };
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    assert!(matches!(call().await.unwrap(), Called::Done(step) if step.ok));
    let entries = store.entries(&pending.id).await.unwrap();
    assert_eq!((entries.len(), entries[0].outcome), (1, Outcome::Done));
    assert_eq!(entries[0].context.approval.as_deref(), Some(pending.id.as_str()));
}

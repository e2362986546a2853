//! Taking a migration back.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use sisense_core::run::MemoryJournal;
use sisense_core::undo::{Undone, UndoneOutcome, undo};
use sisense_core::{Client, ErrorKind, Run};
use sisense_sandbox::{SandboxConfig, Sizes};

use super::support::{Pair, bare};

/// Preview the way back, approve it, and go it.
pub async fn take_back(clients: &[Client], original: &str, journal: &Arc<MemoryJournal>) -> Undone {
    let preview = Run::preview().start();
    let planned = undo(clients, &preview, original, journal.clone()).await.unwrap();
    let run = Run::approved(preview.changes()).journal(journal.clone()).start();
    let done = undo(clients, &run, original, journal.clone()).await.unwrap();
    assert_eq!(planned.taken_back, done.taken_back, "{planned:#?}\n{done:#?}");
    done
}

#[tokio::test]
async fn groups_and_users_go_again() {
    let sizes = Sizes { users: 20, groups: 5, ..Sizes::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let before = pair.target.state();
    let journal = Arc::new(MemoryJournal::default());
    let run = Run::unattended().journal(journal.clone()).start();
    pair.migrations().migrate_all_groups(&run).await.unwrap();
    pair.migrations().migrate_all_users(&run).await.unwrap();
    assert_ne!(pair.target.state()["users"], before["users"]);
    let done = take_back(std::slice::from_ref(&pair.to), run.id(), &journal).await;
    assert!(done.complete, "{done:#?}");
    let after = pair.target.state();
    assert_eq!((&after["users"], &after["groups"]), (&before["users"], &before["groups"]));
    // A second time there is nothing left.
    let again = take_back(std::slice::from_ref(&pair.to), run.id(), &journal).await;
    assert_eq!((again.taken_back, again.complete), (0, true));
}

#[tokio::test]
async fn a_group_that_somebody_else_joined_stays() {
    let sizes = Sizes { groups: 1, ..Sizes::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let journal = Arc::new(MemoryJournal::default());
    let run = Run::unattended().journal(journal.clone()).start();
    pair.migrations().migrate_all_groups(&run).await.unwrap();
    let user = serde_json::json!({ "user_data": {
        "email": "new@there.example", "role": "viewer", "groups": ["Generated Group 0001"] } });
    let user = serde_json::from_value(user).unwrap();
    pair.to.access().create_user(&Run::unattended().start(), user).await.unwrap();
    let done = take_back(std::slice::from_ref(&pair.to), run.id(), &journal).await;
    assert!(!done.complete);
    assert_eq!(done.items[0].outcome, UndoneOutcome::Kept);
    assert!(done.items[0].reason.contains("new@there.example"), "{}", done.items[0].reason);
}

#[tokio::test]
async fn a_run_that_nobody_knows_and_a_deployment_that_is_not_there_are_told() {
    let pair = Pair::start(bare(), bare()).await;
    let journal = Arc::new(MemoryJournal::default());
    let preview = Run::preview().start();
    let error = undo(&[], &preview, "no-such-run", journal.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let sizes = Sizes { groups: 1, ..Sizes::default() };
    let other = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let run = Run::unattended().journal(journal.clone()).start();
    other.migrations().migrate_all_groups(&run).await.unwrap();
    let elsewhere = [pair.from.clone()];
    let done = undo(&elsewhere, &preview, run.id(), journal).await.unwrap();
    assert_eq!(done.items[0].outcome, UndoneOutcome::Failed);
    assert!(done.items[0].reason.contains("target"), "{}", done.items[0].reason);
}

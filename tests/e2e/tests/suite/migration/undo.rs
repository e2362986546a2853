//! Taking a migration back.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use sisense_core::domains::migration::ItemOutcome;
use sisense_core::run::{Action, MemoryJournal};
use sisense_core::undo::{Undone, UndoneItem, UndoneOutcome, undo};
use sisense_core::{Client, ErrorKind, Run};
use sisense_sandbox::{SandboxConfig, Sizes};

use super::meaning::meaning;
use super::support::{Pair, ahead, bare, everything};

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

#[tokio::test]
async fn a_whole_migration_goes_again() {
    let sizes = Sizes {
        users: 12,
        groups: 2,
        models: 2,
        dashboards: 6,
        folders: 3,
        widgets_per_dashboard: 1,
        ..Sizes::default()
    };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let before = meaning(&pair.target);
    let journal = Arc::new(MemoryJournal::default());
    let run = Run::unattended().journal(journal.clone()).start();
    everything(&pair, &run, "skip").await;
    assert_ne!(meaning(&pair.target), before);
    let done = take_back(std::slice::from_ref(&pair.to), run.id(), &journal).await;
    assert!(done.complete, "{:#?}", not_back(&done));
    assert_eq!(meaning(&pair.target), before);
}

#[tokio::test]
async fn what_was_overwritten_is_as_before_or_the_report_says_what_is_not() {
    let pair = ahead().await;
    let before = meaning(&pair.target);
    let journal = Arc::new(MemoryJournal::default());
    let run = Run::unattended().journal(journal.clone()).start();
    let migrated = everything(&pair, &run, "overwrite").await;
    assert_eq!(migrated[3].overwritten, 4, "{:#?}", migrated[3]);
    assert_ne!(meaning(&pair.target), before);
    let done = take_back(std::slice::from_ref(&pair.to), run.id(), &journal).await;
    assert!(done.complete, "{:#?}", not_back(&done));
    assert_eq!(meaning(&pair.target), before);
}

#[tokio::test]
async fn what_somebody_changed_since_stays() {
    let pair = ahead().await;
    let journal = Arc::new(MemoryJournal::default());
    let run = Run::unattended().journal(journal.clone()).start();
    let migrated = everything(&pair, &run, "overwrite").await;
    let item = migrated[3].items.iter().find(|i| i.outcome == ItemOutcome::Overwritten).unwrap();
    let oid = item.target_id.clone().unwrap();
    let export = ["api", "v1", "dashboards", "export"];
    let query = [("dashboardIds", oid.as_str()), ("adminAccess", "true")];
    let mut document = pair.to.read(&export, &query).await.unwrap().into_body()[0].take();
    document["desc"] = "worked on since".into();
    pair.target.load(document).unwrap();
    let edited = meaning(&pair.target)["dashboards"][&oid]["document"].clone();
    // Whoever loads a document is its owner, so that owner and shares are others now, too.
    let clients = std::slice::from_ref(&pair.to);
    let back = Run::unattended().journal(journal.clone()).start();
    let done = undo(clients, &back, run.id(), journal.clone()).await.unwrap();
    assert!(!done.complete);
    assert!(done.items.iter().all(|i| i.outcome != UndoneOutcome::Failed), "{done:#?}");
    let changed =
        |i: &&UndoneItem| i.outcome == UndoneOutcome::Kept && i.action == Action::Overwrite;
    let kept = done.items.iter().find(changed).unwrap();
    assert_eq!(
        (kept.name.as_str(), kept.reason.as_str()),
        (item.name.as_str(), "it was changed since")
    );
    assert_eq!(meaning(&pair.target)["dashboards"][&oid]["document"], edited);
}

/// The rows that were not taken back.
fn not_back(undone: &Undone) -> Vec<&UndoneItem> {
    let fine = [UndoneOutcome::TakenBack, UndoneOutcome::NothingToDo];
    undone.items.iter().filter(|item| !fine.contains(&item.outcome)).collect()
}

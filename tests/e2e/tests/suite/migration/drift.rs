//! A target that changes between the preview and the write.

use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::domains::migration::{ItemOutcome, MigrateAllDashboards};
use sisense_core::{ErrorKind, Run};

use super::meaning::meaning;
use super::support::{add_up, ahead};

#[tokio::test]
async fn the_asset_that_changed_stops_and_the_others_go_on() {
    let pair = ahead().await;
    let args = || -> MigrateAllDashboards {
        serde_json::from_value(json!({ "action": "overwrite" })).unwrap()
    };
    let preview = Run::preview().start();
    let planned = pair.migrations().migrate_all_dashboards(&preview, args()).await.unwrap();
    let would = |i: &&_| {
        matches!(i, sisense_core::domains::migration::Item { outcome, .. }
        if *outcome == ItemOutcome::WouldOverwrite)
    };
    let victim = planned.items.iter().find(would).unwrap();
    assert!(!victim.differs.is_empty(), "the preview says what differs");
    let oid = victim.target_id.clone().unwrap();

    // Somebody works on it before the person approves.
    let path = ["api", "v1", "dashboards", "export"];
    let query = [("dashboardIds", oid.as_str()), ("adminAccess", "true")];
    let mut document = pair.to.read(&path, &query).await.unwrap().into_body()[0].take();
    document["desc"] = "worked on meanwhile".into();
    pair.target.load(document).unwrap();
    let before = meaning(&pair.target)["dashboards"][&oid].clone();

    let run = Run::approved(preview.changes()).handover(preview.handover()).start();
    let done = pair.migrations().migrate_all_dashboards(&run, args()).await.unwrap();
    add_up(&done);
    let row = done.items.iter().find(|item| item.source_id == victim.source_id).unwrap();
    assert_eq!(row.outcome, ItemOutcome::Blocked, "{row:#?}");
    assert_eq!(row.error.as_ref().unwrap().kind, ErrorKind::Drifted);
    assert_eq!(meaning(&pair.target)["dashboards"][&oid], before, "nothing of it was written");
    assert_eq!((done.overwritten, done.blocked), (planned.overwritten - 1, 1));
    assert!(!done.complete);

    // A new preview shows it, and only it.
    let again = Run::preview().start();
    let shown = pair.migrations().migrate_all_dashboards(&again, args()).await.unwrap();
    assert_eq!((shown.overwritten, shown.created), (1, 0), "{shown:#?}");
}

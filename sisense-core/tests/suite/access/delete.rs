//! Deleting users.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::access::{DeleteUser, DeletedUser};
use sisense_core::{Change, ErrorKind, Result, Risk, Run};

use super::{USERS, WHOAMI, ann, approved, root};
use crate::suite::fake::Fake;

const DASHBOARDS: &str = "/api/v1/dashboards/admin";
const EXPORT: &str = "/api/v1/dashboards/export";
const D1: &str = "5f0000000000000000000001";

fn of(name: &str) -> DeleteUser {
    DeleteUser { user_name: name.to_owned() }
}

async fn deployment() -> Fake {
    let fake = Fake::with_people().await;
    let rows = json!([
        {"oid": D1, "title": "Pipeline", "owner": "u1"},
        {"oid": "5f0000000000000000000002", "title": "Other", "owner": "u9"},
    ]);
    fake.get(DASHBOARDS, &[], rows).await;
    let document = json!([{"oid": D1, "title": "Pipeline", "widgets": [], "lastOpened": "now"}]);
    fake.get(EXPORT, &[("dashboardIds", D1)], document).await;
    fake.reply("DELETE", "/api/v1/users/u1", &[], 204, Value::Null).await;
    fake
}

async fn run(fake: &Fake, run: &Run, name: &str) -> Result<DeletedUser> {
    fake.client.access().delete_user(run, of(name)).await
}

async fn previewed(fake: &Fake) -> (DeletedUser, Vec<Arc<Change>>) {
    let preview = Run::preview().start();
    let result = run(fake, &preview, "ann@example.com").await.unwrap();
    (result, preview.changes())
}

#[tokio::test]
async fn a_preview_names_and_keeps_what_goes_along_and_sends_nothing() {
    let fake = deployment().await;
    let (result, changes) = previewed(&fake).await;
    assert!(!result.deleted);
    assert_eq!(result.dashboards_deleted[0].title, "Pipeline");
    assert_eq!(result.dashboards_deleted.len(), 1);
    let change = &changes[0];
    assert_eq!(change.summary, "Delete ann@example.com with one dashboard");
    assert_eq!(change.risk, Risk::High);
    assert!(change.notes[0].contains("Pipeline"), "{:?}", change.notes);
    let kept = &change.before["dashboards"][0]["document"];
    assert_eq!(kept, &json!({"oid": D1, "title": "Pipeline", "widgets": []}));
    assert_eq!(change.before["user"]["groups"], json!(["Analysts"]));
    assert!(!change.before.to_string().contains("activation"));
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn an_approved_user_is_deleted_with_one_request() {
    let fake = deployment().await;
    let (_, changes) = previewed(&fake).await;
    let result = run(&fake, &approved(changes), "ann@example.com").await.unwrap();
    assert!(result.deleted);
    assert_eq!(fake.writes().await, ["DELETE /api/v1/users/u1"]);
}

#[tokio::test]
async fn one_more_dashboard_since_the_preview_stops_the_deletion() {
    let fake = deployment().await;
    let (_, changes) = previewed(&fake).await;
    let later = Fake::with_people().await;
    let more = json!([
        {"oid": D1, "title": "Pipeline", "owner": "u1"},
        {"oid": "5f0000000000000000000003", "title": "New", "owner": {"_id": "u1"}},
    ]);
    later.get(DASHBOARDS, &[], more).await;
    later.get(EXPORT, &[], json!([])).await;
    let error = run(&later, &approved(changes), "ann@example.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert!(later.writes().await.is_empty());
}

#[tokio::test]
async fn a_dashboard_that_cannot_be_kept_is_told() {
    let fake = Fake::with_people().await;
    fake.get(DASHBOARDS, &[], json!([{"oid": D1, "title": "Pipeline", "owner": "u1"}])).await;
    fake.reply("GET", EXPORT, &[], 500, json!(null)).await;
    let (_, changes) = previewed(&fake).await;
    assert!(changes[0].notes[0].contains("could NOT be kept"), "{:?}", changes[0].notes);
}

#[tokio::test]
async fn the_own_user_and_the_system_administrator_are_refused() {
    let fake = Fake::start().await;
    let boss = json!({"_id": "u0", "email": "s@x", "role": {"_id": "r6", "name": "super"}});
    fake.get(USERS, &[("email", "root@example.com")], json!([root()])).await;
    fake.get(USERS, &[("email", "s@x")], json!([boss])).await;
    fake.get(WHOAMI, &[], json!({"_id": "u9", "email": "root@example.com"})).await;
    fake.get(DASHBOARDS, &[], json!([])).await;
    for name in ["root@example.com", "s@x"] {
        let error = run(&fake, &Run::unattended().start(), name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn nobody_is_deleted_when_the_dashboards_cannot_be_seen() {
    let fake = Fake::with_people().await;
    fake.reply("GET", DASHBOARDS, &[], 403, json!(null)).await;
    let error = run(&fake, &Run::unattended().start(), "ann@example.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn nobody_there_is_not_found_at_first_and_done_after_an_unknown_outcome() {
    let fake = Fake::start().await;
    fake.get_once(USERS, &[("email", "ann@example.com")], json!([ann()])).await;
    fake.get(USERS, &[], json!([])).await;
    fake.get(WHOAMI, &[], json!({"_id": "u9", "email": "root@example.com"})).await;
    fake.get(DASHBOARDS, &[], json!([])).await;
    fake.reply("DELETE", "/api/v1/users/u1", &[], 504, json!(null)).await;
    let one = Run::unattended().start();
    let error = run(&fake, &one, "ann@example.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
    let result = run(&fake, &one, "ann").await.unwrap();
    assert_eq!((result.user_id.as_str(), result.deleted), ("u1", true));

    let error = run(&fake, &Run::unattended().start(), "ann@example.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(fake.writes().await.len(), 1);
}

//! Folders that the token's user does not see.

use std::sync::Arc;

use serde_json::{Value, json};
use sisense_core::domains::access::OwnershipOutcome;
use sisense_core::run::{CancellationToken, MemoryJournal};
use sisense_core::{ErrorKind, Run};

use super::ownership::*;
use crate::suite::fake::Fake;

fn at() -> String {
    format!("/api/shares/dashboard/{HIDDEN}")
}

fn one(owner: &str) -> Value {
    json!([dashboard(HIDDEN, "Stock", owner, NORTH)])
}

fn north(name: Option<&str>) -> Value {
    let mut row = one(SAM)[0].clone();
    if let Some(name) = name {
        row["parentFolder"] = json!({"_id": "other", "oid": NORTH, "name": name, "owner": SAM});
    }
    json!([row])
}

/// A folder of Sam's that nobody else sees.
async fn hidden(name: Option<&str>) -> Fake {
    let fake = people(tree()).await;
    fake.get(LIST, &[("expand", "parentFolder")], north(name)).await;
    fake.get_once(LIST, &[("expand", "")], one(SAM)).await;
    fake.reply("GET", &format!("/api/v1/folders/{NORTH}"), &[], 403, json!({})).await;
    fake
}

/// Its share list in the order in which it is asked for.
async fn shares_over_time(fake: &Fake) {
    fake.get_once(&at(), &[], list(SAM, &[])).await;
    fake.get_once(&at(), &[], list(NEW, &[(ME, "view"), (SAM, "edit")])).await;
    fake.get_once(&at(), &[], list(NEW, &[(ME, "view"), (SAM, "edit")])).await;
    fake.get(&at(), &[], list(NEW, &[(SAM, "edit")])).await;
    fake.reply("POST", &at(), &[("adminAccess", "true")], 200, json!({})).await;
    let change = format!("/api/v1/dashboards/{HIDDEN}/change_owner");
    fake.reply("POST", &change, &[], 200, json!({})).await;
}

#[tokio::test]
async fn without_names_the_error_tells_what_hides_behind_ids() {
    let fake = hidden(None).await;
    let run = Run::unattended().start();
    let params = wish(json!({"folder_name": "North"}));
    let access = fake.client.access();
    let error = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.candidates(), [format!("{NORTH} (holds \"Stock\" of sam@x)")]);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_expand_leaves_the_ids() {
    let fake = people(tree()).await;
    fake.reply("GET", LIST, &[("expand", "parentFolder")], 404, json!({"error": {"code": 202}}))
        .await;
    fake.get(LIST, &[("expand", "")], one(SAM)).await;
    let run = Run::preview().start();
    let access = fake.client.access();
    // The folder that was named is seen; what is not is told, since it may be inside.
    let done = access.change_folder_and_dashboard_ownership(&run, wish(json!({}))).await.unwrap();
    assert!(done.value.warnings[0].contains(NORTH), "{:?}", done.value.warnings);
    assert!(run.changes()[0].notes.contains(&done.value.warnings[0]));
    assert_eq!(done.value.folders.len(), 2);
}

#[tokio::test]
async fn it_is_shared_for_a_moment_changed_and_hidden_again() {
    let fake = hidden(Some("North")).await;
    fake.get(LIST, &[("expand", "")], one(NEW)).await;
    shares_over_time(&fake).await;
    let done = json!({"oid": NORTH, "owner": NEW});
    fake.reply("PATCH", &format!("/api/v1/folders/{NORTH}"), &[], 200, done).await;
    let run = Run::unattended().start();
    let access = fake.client.access();
    let params = wish(json!({"folder_name": "north"}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
    assert_eq!((done.value.total_folders_changed, done.value.total_dashboards_changed), (1, 1));
    let me = json!({"shareId": ME, "type": "user", "rule": "view", "subscribe": false});
    let shown = json!({"sharesTo": [me, {"shareId": SAM, "type": "user", "subscribe": false}]});
    let hidden = json!({"sharesTo": [{"shareId": NEW, "type": "user", "subscribe": false},
        {"shareId": SAM, "type": "user", "rule": "edit", "subscribe": false}]});
    let owner = json!({"ownerId": NEW, "originalOwnerRule": "edit"});
    assert_eq!(
        fake.writes().await,
        [
            format!("POST {}?adminAccess=true {shown}", at()),
            format!("PATCH /api/v1/folders/{NORTH} {}", json!({"owner": NEW})),
            format!("POST /api/v1/dashboards/{HIDDEN}/change_owner?adminAccess=true {owner}"),
            format!("POST {}?adminAccess=true {hidden}", at()),
        ]
    );
}

#[tokio::test]
async fn a_share_that_fails_leaves_the_folder_alone() {
    let fake = hidden(Some("North")).await;
    fake.get(LIST, &[("expand", "")], one(SAM)).await;
    fake.get(&at(), &[], list(SAM, &[])).await;
    fake.reply("POST", &at(), &[], 403, json!({})).await;
    let run = Run::unattended().start();
    let access = fake.client.access();
    let params = wish(json!({"folder_name": "North", "change_dashboard_ownership": false}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert_eq!(done.value.folders[0].outcome, OwnershipOutcome::NotSent);
    assert_eq!(done.missing.len(), 2, "{:?}", done.missing);
    assert!(!fake.writes().await.iter().any(|line| line.starts_with("PATCH")));
}

#[tokio::test]
async fn a_stop_half_way_still_takes_the_share_back() {
    let fake = hidden(Some("North")).await;
    fake.get_once(&at(), &[], list(SAM, &[])).await;
    fake.get_once(&at(), &[], list(SAM, &[(ME, "view")])).await;
    fake.get(&at(), &[], list(SAM, &[])).await;
    fake.reply("POST", &at(), &[], 200, json!({})).await;
    let done = json!({"oid": NORTH, "owner": NEW});
    fake.reply("PATCH", &format!("/api/v1/folders/{NORTH}"), &[], 200, done).await;
    let token = CancellationToken::new();
    let stop = token.clone();
    let sink = move |progress: sisense_core::run::Progress| {
        if progress.message.starts_with("folder ") {
            stop.cancel();
        }
    };
    let run = Run::unattended().cancel(token).progress(Arc::new(sink)).start();
    let access = fake.client.access();
    let params = wish(json!({"folder_name": "North"}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert_eq!(done.value.folders[0].outcome, OwnershipOutcome::Changed);
    assert_eq!(done.value.dashboards[0].outcome, OwnershipOutcome::NotSent);
    assert_eq!(done.missing[0].error.kind, ErrorKind::Cancelled);
    let writes = fake.writes().await;
    assert_eq!(writes.len(), 3, "{writes:?}");
    assert!(!writes[2].contains(ME), "{}", writes[2]);
}

#[tokio::test]
async fn a_share_that_a_crash_left_behind_is_taken_back_by_the_resumed_run() {
    let journal = Arc::new(MemoryJournal::default());
    let start = || Run::unattended().id("one").journal(journal.clone()).start();
    let params = || wish(json!({"folder_name": "North", "change_dashboard_ownership": false}));
    let fake = hidden(Some("North")).await;
    fake.get_once(&at(), &[], list(SAM, &[])).await;
    fake.get(&at(), &[], list(SAM, &[(ME, "view")])).await;
    fake.on("POST", &at(), &[], wiremock::ResponseTemplate::new(200), Some(1)).await;
    fake.reply("POST", &at(), &[], 500, json!({})).await;
    let patch = format!("/api/v1/folders/{NORTH}");
    fake.reply("PATCH", &patch, &[], 200, json!({"oid": NORTH, "owner": NEW})).await;
    let access = fake.client.access();
    let first = access.change_folder_and_dashboard_ownership(&start(), params()).await.unwrap();
    let next = first.missing[0].error.next_step.clone().unwrap();
    assert!(first.missing[0].what.contains("Stock") && !next.is_empty(), "{:?}", first.missing);
    // Now the folder is seen, and belongs to the new owner.
    let now = json!({"folders": [{"oid": NORTH, "name": "North", "owner": NEW}]});
    let fake = people(now).await;
    fake.get(LIST, &[], one(SAM)).await;
    fake.get_once(&at(), &[], list(SAM, &[(ME, "view")])).await;
    fake.get_once(&at(), &[], list(SAM, &[(ME, "view")])).await;
    fake.get(&at(), &[], list(SAM, &[])).await;
    fake.reply("POST", &at(), &[], 200, json!({})).await;
    let access = fake.client.access();
    let second = access.change_folder_and_dashboard_ownership(&start(), params()).await.unwrap();
    assert!(second.is_whole(), "{:?}", second.missing);
    let body = json!({"sharesTo": [{"shareId": SAM, "type": "user", "subscribe": false}]});
    assert_eq!(fake.writes().await, [format!("POST {}?adminAccess=true {body}", at())]);
}

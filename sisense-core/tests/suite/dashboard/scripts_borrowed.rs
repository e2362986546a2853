//! Scripts of dashboards that belong to somebody else: borrowed, and always given back.

use std::sync::Arc;

use serde_json::json;
use sisense_core::domains::dashboard::{AddDashboardScript, AddWidgetScript, Publish};
use sisense_core::run::{Action, CancellationToken, MemoryJournal, Outcome};
use sisense_core::{ErrorKind, Run};
use wiremock::ResponseTemplate;

use super::*;

fn script(text: &str) -> AddDashboardScript {
    AddDashboardScript {
        dashboard_id: ID.into(),
        script: text.into(),
        executing_user: None,
        publish: Publish::None,
    }
}

fn export() -> Value {
    json!({"oid": ID, "title": "Pipeline", "script": "old",
           "widgets": [{"oid": WIDGET, "title": "Chart"}]})
}

fn shares_path() -> String {
    format!("/api/shares/dashboard/{ID}")
}

fn owner_path() -> String {
    format!("/api/v1/dashboards/{ID}/change_owner")
}

/// The share list as the server shows it, with names; `guest` is there besides.
fn shares(owner: &str, guest: Option<&str>) -> Value {
    let mut rows = vec![
        json!({"shareId": OWNER, "type": "user", "subscribe": false, "userName": "olga"}),
        json!({"shareId": ANN, "type": "user", "rule": "edit", "subscribe": true, "userName": "ann"}),
    ];
    if let Some(guest) = guest {
        rows.push(json!({"shareId": guest, "type": "user", "rule": "edit", "subscribe": false}));
    }
    json!({"sharesTo": rows, "owner": {"_id": owner, "userName": "x"}})
}

/// A server on which borrowing works and leaves the borrower among the shares.
async fn lender() -> Fake {
    let fake = dashboard_of(OWNER, export()).await;
    fake.get_once(&shares_path(), &[], shares(OWNER, None)).await;
    fake.get_once(&shares_path(), &[], shares(OWNER, Some(ME))).await;
    fake.get(&shares_path(), &[], shares(OWNER, None)).await;
    fake.reply("POST", &shares_path(), &[("adminAccess", "true")], 200, json!({})).await;
    fake
}

fn take_line() -> String {
    format!(
        "POST {}?adminAccess=true {{\"ownerId\":\"{ME}\",\"originalOwnerRule\":\"edit\"}}",
        owner_path()
    )
}

fn back_line(query: &str) -> String {
    format!(
        "POST {}{query} {{\"ownerId\":\"{OWNER}\",\"originalOwnerRule\":\"edit\"}}",
        owner_path()
    )
}

fn put_line() -> String {
    format!("PUT /api/dashboards/{ID} {{\"script\":\"new\"}}")
}

fn restore_line() -> String {
    let rows = json!({"sharesTo": [
        {"shareId": OWNER, "type": "user", "subscribe": false},
        {"shareId": ANN, "type": "user", "rule": "edit", "subscribe": true}]});
    format!("POST {}?adminAccess=true {rows}", shares_path())
}

#[tokio::test]
async fn takes_works_gives_back_and_puts_the_shares_right() {
    let fake = lender().await;
    fake.reply("POST", &owner_path(), &[], 200, json!({})).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
    let run = Run::unattended().start();
    let answer = fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap();
    assert!(answer.is_whole(), "{:?}", answer.missing);
    assert!(answer.value.changed && answer.value.ownership_borrowed);
    assert_eq!(answer.value.ownership_returned, Some(true));
    assert_eq!(fake.writes().await, [take_line(), put_line(), back_line(""), restore_line()]);
    assert!(run.entries().iter().all(|entry| entry.outcome == Outcome::Done));
}

#[tokio::test]
async fn every_step_is_in_the_preview_and_passes_when_approved() {
    let fake = lender().await;
    let preview = Run::preview().start();
    let planned =
        fake.client.dashboard().add_dashboard_script(&preview, script("new")).await.unwrap();
    assert!(planned.value.ownership_borrowed);
    assert!(fake.writes().await.is_empty());
    let changes = preview.changes();
    let actions: Vec<Action> = changes.iter().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Own, Action::Update, Action::Own, Action::Share]);
    assert_eq!(changes[0].before["owner"], OWNER);
    assert_eq!(changes[2].after["owner"], OWNER);

    let fake = lender().await;
    fake.reply("POST", &owner_path(), &[], 200, json!({})).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
    let run = Run::approved(changes).start();
    let answer = fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap();
    assert!(answer.is_whole(), "{:?}", answer.missing);
    assert!(run.left().is_empty());
    assert_eq!(fake.writes().await.len(), 4);
}

#[tokio::test]
async fn a_failed_script_still_gives_the_dashboard_back() {
    let fake = lender().await;
    fake.reply("POST", &owner_path(), &[], 200, json!({})).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 403, json!({})).await;
    let run = Run::unattended().start();
    let error =
        fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(fake.writes().await, [take_line(), put_line(), back_line(""), restore_line()]);
}

#[tokio::test]
async fn a_failed_publish_still_gives_the_dashboard_back() {
    let fake = lender().await;
    fake.reply("POST", &owner_path(), &[], 200, json!({})).await;
    let at = format!("/api/dashboards/{ID}/widgets/{WIDGET}");
    fake.reply("PUT", &at, &[], 200, json!({})).await;
    fake.reply("POST", &format!("/api/v1/dashboards/{ID}/publish"), &[], 500, json!({})).await;
    let run = Run::unattended().start();
    let params: AddWidgetScript = serde_json::from_value(
        json!({"dashboard_id": ID, "widget_id": WIDGET, "script": {"script": "new"}}),
    )
    .unwrap();
    let answer = fake.client.dashboard().add_widget_script(&run, params).await.unwrap();
    assert!(answer.value.changed && !answer.value.published);
    assert_eq!((answer.value.ownership_returned, answer.missing.len()), (Some(true), 1));
    let writes = fake.writes().await;
    assert_eq!(writes.len(), 5);
    assert_eq!(writes[3..], [back_line(""), restore_line()]);
}

#[tokio::test]
async fn a_refused_take_sends_nothing_else() {
    let fake = lender().await;
    fake.reply("POST", &owner_path(), &[], 403, json!({})).await;
    let run = Run::unattended().start();
    let error =
        fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(fake.writes().await, [take_line()]);
    assert!(run.entries().iter().all(|entry| entry.outcome == Outcome::Failed));
}

#[tokio::test]
async fn the_way_back_takes_the_admins_flag_only_after_a_403() {
    for (status, lines) in [(403, 2), (500, 1)] {
        let fake = lender().await;
        let taken = &[("adminAccess", "true")];
        fake.reply("POST", &owner_path(), taken, 200, json!({})).await;
        fake.reply("POST", &owner_path(), &[("adminAccess", "")], status, json!({})).await;
        fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
        let run = Run::unattended().start();
        let answer =
            fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap();
        let writes = fake.writes().await;
        let back: Vec<&String> =
            writes.iter().filter(|line| line.contains(OWNER) && line.contains("ownerId")).collect();
        assert_eq!(back.len(), lines, "{writes:?}");
        if status == 403 {
            assert_eq!(*back[1], back_line("?adminAccess=true"));
            assert_eq!(answer.value.ownership_returned, Some(true));
        } else {
            assert_eq!(answer.value.ownership_returned, Some(false));
            assert!(answer.missing[0].what.starts_with("ownership of dashboard"));
            let next = answer.missing[0].error.next_step.as_deref().unwrap();
            assert!(next.contains(OWNER), "{next}");
        }
    }
}

#[tokio::test]
async fn stopping_the_run_does_not_keep_a_borrowed_dashboard() {
    let fake = lender().await;
    let token = CancellationToken::new();
    let stop = token.clone();
    let answer = move |_: &wiremock::Request| {
        stop.cancel();
        ResponseTemplate::new(200)
    };
    fake.on("POST", &owner_path(), &[("adminAccess", "true")], answer, None).await;
    fake.reply("POST", &owner_path(), &[], 200, json!({})).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
    let run = Run::unattended().cancel(token).start();
    let _ = fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap();
    assert!(run.is_cancelled());
    assert!(fake.writes().await.contains(&back_line("")));
}

#[tokio::test]
async fn a_resumed_run_gives_back_what_it_had_taken() {
    let journal = Arc::new(MemoryJournal::default());
    let fake = lender().await;
    fake.reply("POST", &owner_path(), &[("adminAccess", "true")], 200, json!({})).await;
    fake.reply("POST", &owner_path(), &[("adminAccess", "")], 500, json!({})).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
    let run = Run::unattended().id("r1").journal(journal.clone()).start();
    let first = fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap();
    assert_eq!(first.value.ownership_returned, Some(false));

    assert!(!fake.writes().await.contains(&restore_line()), "the list belongs to the owner's");

    // The dashboard is still the caller's, the script is set, and only the way back is left.
    let mut exported = export();
    exported["script"] = json!("new");
    let fake = dashboard_of(ME, exported).await;
    fake.get_once(&shares_path(), &[], shares(OWNER, Some(ME))).await;
    fake.get(&shares_path(), &[], shares(OWNER, None)).await;
    fake.reply("POST", &shares_path(), &[], 200, json!({})).await;
    fake.reply("POST", &owner_path(), &[], 200, json!({})).await;
    let run = Run::unattended().id("r1").journal(journal).start();
    let second = fake.client.dashboard().add_dashboard_script(&run, script("new")).await.unwrap();
    assert_eq!(second.value.ownership_returned, Some(true), "{:?}", second.missing);
    assert_eq!(fake.writes().await, [back_line(""), restore_line()]);
}

#[tokio::test]
async fn one_run_may_borrow_the_same_dashboard_twice() {
    let fake = dashboard_of(OWNER, export()).await;
    fake.get(&shares_path(), &[], shares(OWNER, None)).await;
    fake.reply("POST", &owner_path(), &[], 200, json!({})).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
    let run = Run::unattended().start();
    for text in ["new", "newer"] {
        let answer =
            fake.client.dashboard().add_dashboard_script(&run, script(text)).await.unwrap();
        assert_eq!(answer.value.ownership_returned, Some(true));
    }
    let writes = fake.writes().await;
    assert_eq!(writes.iter().filter(|line| **line == take_line()).count(), 2, "{writes:?}");
    assert_eq!(writes.len(), 6, "the shares were as they were, so they are not written");
}

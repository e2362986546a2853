use serde_json::json;
use sisense_core::domains::dashboard::{AddDashboardScript, AddWidgetScript, Publish, Script};
use sisense_core::run::Action;
use sisense_core::{ErrorKind, Run};

use super::*;

fn script(text: &str, publish: Publish) -> AddDashboardScript {
    AddDashboardScript {
        dashboard_id: ID.into(),
        script: text.into(),
        executing_user: None,
        publish,
    }
}

fn widget_script(text: &str) -> AddWidgetScript {
    serde_json::from_value(json!({"dashboard_id": ID, "widget_id": WIDGET, "script": text}))
        .unwrap()
}

fn export(script: &str) -> Value {
    json!({"oid": ID, "title": "Pipeline", "script": script,
           "widgets": [{"oid": WIDGET, "title": "Chart", "script": script}]})
}

#[test]
fn only_a_real_object_is_unwrapped() {
    let read = |value: Value| serde_json::from_value::<Script>(value);
    assert_eq!(read(json!({"script": "a"})).unwrap().text(), "a");
    assert_eq!(read(json!("{\"script\": 1}")).unwrap().text(), "{\"script\": 1}");
    assert!(read(json!({"script": "a", "more": 1})).is_err());
    assert!(read(json!(5)).is_err());
}

#[tokio::test]
async fn sets_the_script_of_an_own_dashboard() {
    let fake = dashboard_of(ME, export("old")).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
    let run = Run::unattended().start();
    let answer = fake
        .client
        .dashboard()
        .add_dashboard_script(&run, script("new", Publish::None))
        .await
        .unwrap();
    assert!(answer.is_whole());
    let result = answer.value;
    assert!(result.changed && result.publish_needed && !result.published);
    assert!(!result.ownership_borrowed);
    assert_eq!((result.previous_script_length, result.ownership_returned), (3, None));
    assert_eq!(fake.writes().await, [format!("PUT /api/dashboards/{ID} {{\"script\":\"new\"}}")]);
    let change = &run.changes()[0];
    assert_eq!(
        (&change.before, &change.after),
        (&json!({"script": "old"}), &json!({"script": "new"}))
    );
}

#[tokio::test]
async fn what_is_so_already_is_not_written() {
    for owner in [ME, OWNER] {
        let fake = dashboard_of(owner, export("same")).await;
        let run = Run::unattended().start();
        let dashboards = fake.client.dashboard();
        let answer =
            dashboards.add_dashboard_script(&run, script("same", Publish::Force)).await.unwrap();
        assert!(!answer.value.changed && !answer.value.ownership_borrowed);
        let answer = dashboards.add_widget_script(&run, widget_script("same")).await.unwrap();
        assert!(!answer.value.changed);
        assert!(fake.writes().await.is_empty());
        assert!(run.changes().is_empty());
    }
}

#[tokio::test]
async fn a_token_of_somebody_else_is_refused_before_anything_is_written() {
    let fake = dashboard_of(ME, export("old")).await;
    let mut params = script("new", Publish::None);
    params.executing_user = Some("olga@example.com".into());
    let run = Run::unattended().start();
    let error =
        fake.client.dashboard().add_dashboard_script(&run, params.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(fake.writes().await.is_empty());
    params.executing_user = Some("ME@example.com".into());
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 200, json!({})).await;
    let answer = fake.client.dashboard().add_dashboard_script(&run, params).await.unwrap();
    assert!(answer.value.changed);
}

#[tokio::test]
async fn a_404_of_the_write_means_that_somebody_else_owns_it() {
    let fake = dashboard_of(ME, export("old")).await;
    fake.reply("PUT", &format!("/api/dashboards/{ID}"), &[], 404, json!({})).await;
    let run = Run::unattended().start();
    let error = fake
        .client
        .dashboard()
        .add_dashboard_script(&run, script("new", Publish::Normal))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Forbidden, Some(404)));
    assert!(error.to_string().contains("only the owner"), "{error}");
    assert_eq!(fake.writes().await.len(), 1, "nothing is published");
}

#[tokio::test]
async fn an_unknown_widget_is_told_with_those_that_are_there() {
    let fake = dashboard_of(ME, export("old")).await;
    let mut params = widget_script("new");
    params.widget_id = "bb0000000000000000000009".into();
    let run = Run::unattended().start();
    let error = fake.client.dashboard().add_widget_script(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.candidates(), [format!("Chart ({WIDGET})")]);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_widgets_script_is_published_over_all_copies_by_default() {
    let fake = dashboard_of(ME, export("")).await;
    let at = format!("/api/dashboards/{ID}/widgets/{WIDGET}");
    fake.reply("PUT", &at, &[], 200, json!({})).await;
    let publish = format!("/api/v1/dashboards/{ID}/publish");
    fake.reply("POST", &publish, &[("force", "true")], 204, Value::Null).await;
    let preview = Run::preview().start();
    let dashboards = fake.client.dashboard();
    let planned = dashboards.add_widget_script(&preview, widget_script("new")).await.unwrap();
    assert!(planned.value.changed && !planned.value.published);
    assert!(fake.writes().await.is_empty());
    let changes = preview.changes();
    assert_eq!(changes[1].action, Action::Publish);
    assert!(changes[1].notes[0].contains("shared for editing with: 1"), "{:?}", changes[1].notes);

    let run = Run::approved(changes).start();
    let answer = dashboards.add_widget_script(&run, widget_script("new")).await.unwrap();
    assert!(answer.is_whole() && answer.value.published && !answer.value.publish_needed);
    assert_eq!(answer.value.widget_title.as_deref(), Some("Chart"));
    assert!(run.left().is_empty());
    assert_eq!(
        fake.writes().await,
        [format!("PUT {at} {{\"script\":\"new\"}}"), format!("POST {publish}?force=true")]
    );
}

#[tokio::test]
async fn a_failed_publish_does_not_hide_the_write() {
    let fake = dashboard_of(ME, export("old")).await;
    let at = format!("/api/dashboards/{ID}/widgets/{WIDGET}");
    fake.reply("PUT", &at, &[], 200, json!({})).await;
    fake.reply("POST", &format!("/api/v1/dashboards/{ID}/publish"), &[], 500, json!({})).await;
    let run = Run::unattended().start();
    let answer =
        fake.client.dashboard().add_widget_script(&run, widget_script("new")).await.unwrap();
    assert!(answer.value.changed && !answer.value.published && answer.value.publish_needed);
    assert_eq!(answer.missing.len(), 1);
    assert!(answer.missing[0].what.starts_with("publish of dashboard"));
}

#[tokio::test]
async fn a_drifted_script_is_not_overwritten() {
    let fake = dashboard_of(ME, export("old")).await;
    let preview = Run::preview().start();
    let dashboards = fake.client.dashboard();
    let _ = dashboards.add_dashboard_script(&preview, script("new", Publish::None)).await.unwrap();
    let fake = dashboard_of(ME, export("meanwhile")).await;
    let run = Run::approved(preview.changes()).start();
    let error = fake
        .client
        .dashboard()
        .add_dashboard_script(&run, script("new", Publish::None))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert!(fake.writes().await.is_empty());
}

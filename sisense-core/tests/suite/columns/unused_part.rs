//! What could not be read is named, and never makes a column look unused.

use serde_json::{Value, json};
use sisense_core::ErrorKind;
use sisense_core::documents::Doubt;

use super::*;

const DENIED: u16 = 403;

#[tokio::test]
async fn a_read_that_fails_is_named_and_leaves_columns_unknown() {
    let cases = [
        (SECURITY, "data security of \"Shop\"", Doubt::Security),
        (HIERARCHIES, "drill hierarchies of \"Shop\"", Doubt::Hierarchies),
        (FORMULAS, "shared formulas of \"Shop\"", Doubt::Formulas),
    ];
    let answers = [
        (DENIED, json!({}), ErrorKind::Forbidden),
        (404, json!({"error": {"code": 404}}), ErrorKind::NotFound),
        (404, json!("Cannot GET /api"), ErrorKind::Unsupported),
        (400, json!({}), ErrorKind::InvalidInput),
        (500, json!({}), ErrorKind::Server),
        (200, json!({}), ErrorKind::Decode),
        (200, json!([null, null]), ErrorKind::Decode),
        (200, Value::Null, ErrorKind::Decode),
    ];
    for (path, what, doubt) in cases {
        for (status, body, kind) in answers.clone() {
            let fake = Fake::start().await;
            fake.reply("GET", path, &[], status, body).await;
            complete(&fake).await;
            let found = unused_of(&fake, false).await.unwrap();
            let missing: Vec<_> =
                found.missing.iter().map(|m| (m.what.as_str(), m.error.kind)).collect();
            assert_eq!(missing, [(what, kind)]);
            assert_eq!(verdicts(&found.value), ["x: used", "y: unknown", "z: unknown"]);
            assert_eq!(found.value.report.columns[1].doubts, [doubt]);
        }
    }
}

#[tokio::test]
async fn a_rule_that_names_no_column_may_protect_any() {
    let fake = Fake::start().await;
    fake.get(SECURITY, &[], json!([{"table": "A", "column": "y"}, {"members": ["x"]}])).await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert_eq!(verdicts(&found.value), ["x: used", "y: needed", "z: unknown"]);
    assert_eq!(found.missing[0].what, "data security of \"Shop\"");
}

#[tokio::test]
async fn a_dashboard_that_fails_names_itself() {
    let fake = Fake::start().await;
    let ids = format!("{},{}", id(1), id(2));
    fake.get(ADMIN, &[], json!([row(1, "Shop"), row(2, "Shop")])).await;
    fake.reply("GET", EXPORT, &[("dashboardIds", &ids)], 500, json!({})).await;
    fake.reply("GET", EXPORT, &[("dashboardIds", &id(2))], 500, json!({})).await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert_eq!(verdicts(&found.value), ["x: used", "y: unknown", "z: unknown"]);
    assert_eq!(found.missing.len(), 1);
    assert_eq!(found.missing[0].what, format!("dashboard \"Board 2\" ({})", id(2)));
    assert_eq!(found.missing[0].error.kind, ErrorKind::Server);
    let failed = &found.value.report.dashboards_failed;
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].dashboard_id, Some(id(2)));
    assert_eq!(failed[0].title.as_deref(), Some("Board 2"));
    assert_eq!(found.value.report.dashboards_scanned, 1);
}

#[tokio::test]
async fn a_document_without_its_widgets_was_not_read() {
    for widgets in [json!(null), json!(["5f0000000000000000000009"]), json!({})] {
        let fake = Fake::start().await;
        let mut part = export(1, "Shop", &["x"]);
        part["widgets"] = widgets;
        fake.get(EXPORT, &[], json!([part])).await;
        complete(&fake).await;
        let found = unused_of(&fake, false).await.unwrap();
        assert_eq!(verdicts(&found.value), ["x: unknown", "y: unknown", "z: unknown"]);
        assert_eq!(found.missing[0].what, format!("dashboard \"Board 1\" ({})", id(1)));
        assert_eq!(found.value.report.dashboards_failed.len(), 1);
    }
}

#[tokio::test]
async fn a_dashboard_that_the_export_leaves_out_is_named() {
    let fake = Fake::start().await;
    fake.get(EXPORT, &[], json!([])).await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert_eq!(verdicts(&found.value), ["x: unknown", "y: unknown", "z: unknown"]);
    assert_eq!(found.missing[0].error.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_copy_of_somebody_elses_dashboard_is_not_taken_for_the_owners() {
    for (status, me, whole) in [(200, "o", true), (200, "another", false), (500, "o", false)] {
        let fake = Fake::start().await;
        fake.reply("GET", EXPORT, &[("adminAccess", "true")], DENIED, json!({})).await;
        fake.reply("GET", "/api/users/loggedin", &[], status, json!({"_id": me})).await;
        complete(&fake).await;
        let found = unused_of(&fake, false).await.unwrap();
        assert_eq!(found.is_whole(), whole);
        let rest = if whole { "unused" } else { "unknown" };
        let expected = ["x: used".to_owned(), format!("y: {rest}"), format!("z: {rest}")];
        assert_eq!(verdicts(&found.value), expected);
    }
}

#[tokio::test]
async fn a_refused_list_of_dashboards_is_an_error_and_no_part() {
    for (status, kind) in [(DENIED, ErrorKind::Forbidden), (500, ErrorKind::Server)] {
        let fake = Fake::start().await;
        fake.reply("GET", ADMIN, &[], status, json!({})).await;
        complete(&fake).await;
        assert_eq!(unused_of(&fake, false).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_an_error_wherever_it_shows() {
    for path in [SCHEMA, ADMIN, EXPORT, SECURITY, HIERARCHIES, FORMULAS] {
        let fake = Fake::start().await;
        fake.reply("GET", path, &[], 401, json!({})).await;
        complete(&fake).await;
        let error = unused_of(&fake, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{path}");
    }
}

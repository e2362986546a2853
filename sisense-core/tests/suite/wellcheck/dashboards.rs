//! The checks of dashboards: what is asked, and what a bad reference does.

use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;
use sisense_core::domains::wellcheck::{CheckDashboards, CheckPivotWidgetFields};

use super::*;

fn of(names: &[&str]) -> CheckDashboards {
    CheckDashboards { dashboards: words(names) }
}

/// Four dashboards, two of one title; the third cannot be exported.
async fn boards(fake: &Fake) {
    let rows = json!([row(1, "Sales"), row(2, "Twin"), row(3, "Broken"), row(4, "Twin")]);
    fake.get(ADMIN, &[], rows).await;
    let widgets = json!([{"oid": "w", "type": "pivot2", "metadata": {"panels": [
        {"name": "rows", "items": [{}, {}, {}]}]}}]);
    for (at, title) in [(1, "Sales"), (2, "Twin"), (4, "Twin")] {
        let document = export(at, title, widgets.clone());
        fake.get(EXPORT, &[("dashboardIds", &id(at))], json!([document])).await;
    }
    fake.reply("GET", EXPORT, &[], 500, json!({"error": "no"})).await;
}

#[tokio::test]
async fn a_wrong_list_or_limit_is_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    let check = fake.client.wellcheck();
    for names in [&[][..], &[" "], &["*", "Sales"], &vec!["Sales"; 5001]] {
        let error = check.check_dashboard_structure(of(names)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let error = check.check_dashboard_widget_counts(of(names)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let none = CheckPivotWidgetFields { dashboards: words(&["Sales"]), max_fields: 0 };
    let error = check.check_pivot_widget_fields(none).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn a_dashboard_named_twice_is_loaded_once() {
    let fake = Fake::start().await;
    boards(&fake).await;
    let names = [&id(2), "sales", "Sales", &id(1).to_uppercase()];
    let found = fake.client.wellcheck().check_dashboard_structure(of(&names)).await.unwrap();
    // The two are exported together, which this server refuses, and then one by one.
    let told: Vec<&str> =
        found.value.dashboards.iter().map(|row| row.dashboard_title.as_deref().unwrap()).collect();
    assert_eq!(told, ["Twin", "Sales"]);
    assert!(found.is_whole());
    assert_eq!(found.value.dashboards[0].pivot_count, 1);
    let exports = format!("GET {EXPORT}?dashboardIds=");
    let asked: Vec<String> = fake
        .requests()
        .await
        .iter()
        .filter_map(|line| line.strip_prefix(&exports).map(str::to_owned))
        .collect();
    let alone = |at| format!("{}&adminAccess=true", id(at));
    assert_eq!(asked, [format!("{},{}", id(2), alone(1)), alone(2), alone(1)]);
    assert_eq!(count(&fake, ADMIN).await, 1);
}

#[tokio::test]
async fn bad_references_are_named_and_do_not_sink_the_rest() {
    let fake = Fake::start().await;
    boards(&fake).await;
    let names = ["Sales", "Twin", "Salse", "Broken"];
    let found = fake.client.wellcheck().check_dashboard_widget_counts(of(&names)).await.unwrap();
    assert_eq!(found.value.dashboards.len(), 1);
    assert_eq!((found.value.widget_count, &found.value.not_found), (1, &words(&["Salse"])));
    let broken = format!("dashboard \"Broken\" ({})", id(3));
    assert_eq!(whats(&found), ["dashboard \"Twin\"", "dashboard \"Salse\"", &broken]);
    let kinds: Vec<ErrorKind> = found.missing.iter().map(|missing| missing.error.kind).collect();
    assert_eq!(kinds, [ErrorKind::Ambiguous, ErrorKind::NotFound, ErrorKind::Server]);
    assert_eq!(found.missing[0].error.candidates.len(), 2);
    assert_eq!(found.missing[1].error.candidates, ["Sales"]);
}

#[tokio::test]
async fn a_star_means_all() {
    let fake = Fake::start().await;
    boards(&fake).await;
    let params = CheckPivotWidgetFields { dashboards: words(&["*"]), max_fields: 2 };
    let found = fake.client.wellcheck().check_pivot_widget_fields(params).await.unwrap();
    assert_eq!((found.value.pivots_checked, found.value.dashboards_checked), (3, 3));
    assert_eq!(found.value.pivots.len(), 3);
    assert_eq!((found.value.pivots[0].field_count, found.value.max_fields), (3, 2));
    assert_eq!(found.missing.len(), 1);
}

#[tokio::test]
async fn refusals_are_errors_and_no_empty_answer() {
    for (path, status, kind) in [
        (ADMIN, 403, ErrorKind::Forbidden),
        (EXPORT, 403, ErrorKind::Forbidden),
        (EXPORT, 401, ErrorKind::Unauthenticated),
    ] {
        let fake = Fake::start().await;
        fake.reply("GET", path, &[], status, json!({})).await;
        boards(&fake).await;
        fake.get("/api/users/loggedin", &[], json!({"_id": "me", "email": "a@b.c"})).await;
        let error =
            fake.client.wellcheck().check_dashboard_structure(of(&["Sales"])).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{path} {status}: {error}");
    }
}

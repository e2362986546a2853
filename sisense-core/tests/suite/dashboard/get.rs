use serde_json::json;
use sisense_core::ErrorKind;
use sisense_core::domains::dashboard::{
    GetDashboardById, GetDashboardByName, ResolveDashboardReference,
};

use super::*;

fn by_id(id: &str, count_widgets: bool) -> GetDashboardById {
    GetDashboardById { dashboard_id: id.into(), count_widgets }
}

fn by_name(name: &str) -> GetDashboardByName {
    GetDashboardByName { dashboard_name: name.into(), count_widgets: false }
}

#[tokio::test]
async fn listing_is_refused_to_who_is_no_admin() {
    let fake = Fake::start().await;
    let denied = json!({"error": {"code": 101, "message": "Access denied", "status": 403}});
    fake.reply("GET", ADMIN, &[], 403, denied).await;
    let error = fake.client.dashboard().get_all_dashboards().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Forbidden, Some(403)));
}

#[tokio::test]
async fn lists_each_dashboard_once_with_its_shares() {
    let fake = Fake::start().await;
    let twin = json!({"oid": TWIN, "owner": {"_id": OWNER}, "datasource": null});
    fake.get(ADMIN, &[], json!([row(OWNER), row(OWNER), twin])).await;
    let rows = fake.client.dashboard().get_all_dashboards().await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].share_count, Some(1));
    assert_eq!(rows[0].datasource.as_ref().unwrap().title.as_deref(), Some("Shop"));
    assert_eq!(rows[0].created.as_deref(), Some("2026-01-01T00:00:00.000Z"));
    assert_eq!((rows[1].owner_id.as_deref(), rows[1].share_count), (Some(OWNER), None));
    assert_eq!(fake.requests().await, [list_line("")]);
}

#[tokio::test]
async fn a_wrong_id_is_refused_without_a_request() {
    let fake = Fake::start().await;
    for id in ["Pipeline", "", "5f", "5f000000000000000000000g"] {
        let error =
            fake.client.dashboard().get_dashboard_by_id(by_id(id, false)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id}");
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn an_id_of_nothing_is_not_found() {
    let fake = Fake::start().await;
    fake.get(ADMIN, &[], json!([])).await;
    let error = fake.client.dashboard().get_dashboard_by_id(by_id(ID, false)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn gets_a_dashboard_with_filters_and_counted_widgets() {
    let fake = Fake::start().await;
    let mut found = row(OWNER);
    found["owner"] = json!({"_id": OWNER, "userName": "olga"});
    found["filters"] = json!([{"jaql": {"dim": "[A.a]"}}]);
    found["script"] = json!("x");
    found["desc"] = json!("");
    found["instanceType"] = json!("owner");
    found["settings"] = json!({"autoUpdateOnFiltersChange": true});
    found["widgets"] = json!([{}, {}]);
    fake.get(ADMIN, &[("id", ID)], json!([found])).await;
    let details = fake.client.dashboard().get_dashboard_by_id(by_id(ID, true)).await.unwrap();
    assert_eq!(details.dashboard.owner_id.as_deref(), Some(OWNER));
    assert_eq!(details.dashboard.owner_name.as_deref(), Some("olga"));
    assert_eq!((details.filter_count, details.widget_count), (1, Some(2)));
    assert!(details.has_script);
    assert_eq!(details.desc, None);
    let value = serde_json::to_value(&details).unwrap();
    assert_eq!(value["dashboard_id"], ID);
    assert_eq!(
        fake.requests().await,
        [format!("GET {ADMIN}?dashboardType=owner&id={ID}&expand=widgets")]
    );
}

#[tokio::test]
async fn a_title_is_sent_as_it_is_and_found_in_one_request() {
    let fake = Fake::start().await;
    let mut found = row(OWNER);
    found["title"] = json!("R&D + #1");
    fake.get(ADMIN, &[("name", "R&D + #1")], json!([found])).await;
    let details = fake.client.dashboard().get_dashboard_by_name(by_name("R&D + #1")).await.unwrap();
    assert_eq!(details.dashboard.dashboard_id, ID);
    assert_eq!(fake.requests().await, [format!("GET {ADMIN}?dashboardType=owner&name=R&D + #1")]);
}

#[tokio::test]
async fn twins_are_ambiguous_with_ids_and_owners() {
    let fake = Fake::start().await;
    let mut twin = row(ANN);
    twin["oid"] = json!(TWIN);
    fake.get(ADMIN, &[], json!([row(OWNER), twin])).await;
    let error =
        fake.client.dashboard().get_dashboard_by_name(by_name("Pipeline")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(
        error.candidates(),
        [format!("Pipeline ({ID}, owner {OWNER})"), format!("Pipeline ({TWIN}, owner {ANN})")]
    );
}

#[tokio::test]
async fn a_title_of_another_case_is_found_by_looking_at_all() {
    let fake = Fake::start().await;
    fake.get(ADMIN, &[("name", "pipeline")], json!([])).await;
    fake.get(ADMIN, &[("id", ID)], json!([row(OWNER)])).await;
    fake.get(ADMIN, &[], json!([row(OWNER)])).await;
    let details = fake.client.dashboard().get_dashboard_by_name(by_name("pipeline")).await.unwrap();
    assert_eq!(details.dashboard.title, "Pipeline");
}

#[tokio::test]
async fn a_reference_is_resolved_or_says_why_not() {
    let fake = Fake::start().await;
    let mut twin = row(ANN);
    twin["oid"] = json!(TWIN);
    fake.get(ADMIN, &[("id", ID)], json!([row(OWNER)])).await;
    fake.get(ADMIN, &[("name", "Pipeline")], json!([row(OWNER), twin])).await;
    fake.get(ADMIN, &[("name", "Pipelin")], json!([])).await;
    fake.get(ADMIN, &[], json!([row(OWNER)])).await;
    let resolve = async |reference: &str| {
        let params = ResolveDashboardReference { dashboard_ref: reference.into() };
        fake.client.dashboard().resolve_dashboard_reference(params).await.unwrap()
    };
    let found = resolve(ID).await;
    assert!(found.success);
    assert_eq!((found.status_code, found.dashboard_title.as_deref()), (200, Some("Pipeline")));
    let twins = resolve("Pipeline").await;
    assert_eq!((twins.success, twins.status_code, twins.candidates.len()), (false, 409, 2));
    let none = resolve("Pipelin").await;
    assert_eq!((none.status_code, none.candidates), (404, vec!["Pipeline".to_owned()]));
    assert!(none.error.unwrap().contains("Pipelin"));
}

#[tokio::test]
async fn a_refused_look_is_an_error_and_no_missing_dashboard() {
    for (status, kind) in [(403, ErrorKind::Forbidden), (404, ErrorKind::NotFound)] {
        let fake = Fake::start().await;
        fake.reply("GET", ADMIN, &[], status, json!({})).await;
        let params = ResolveDashboardReference { dashboard_ref: "Pipeline".into() };
        let error = fake.client.dashboard().resolve_dashboard_reference(params).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

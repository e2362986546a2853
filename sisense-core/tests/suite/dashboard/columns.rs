use serde_json::json;
use sisense_core::ErrorKind;
use sisense_core::domains::dashboard::{ColumnSource, GetDashboardColumns};

use super::*;

const SCHEMA: &str = "/api/v2/datamodels/schema";

fn params() -> GetDashboardColumns {
    GetDashboardColumns { dashboard_name: ID.into(), compare_with_datamodel: false }
}

fn compared() -> GetDashboardColumns {
    GetDashboardColumns { compare_with_datamodel: true, ..params() }
}

fn export() -> Value {
    json!({"oid": ID, "title": "Pipeline", "datasource": {"title": "Shop"},
    "filters": [{"jaql": {"dim": "[sales.DATE (Calendar)]"}}],
    "widgets": [
        {"oid": WIDGET, "title": "Chart", "metadata": {"panels": [
            {"name": "rows", "items": [{"jaql": {"dim": "[Sales.Date (Calendar)]"}},
                                       {"jaql": {"dim": "[my.csv.Gone]", "table": "my.csv"}}]},
            {"name": "values", "items": [{"jaql": {"formula": "0"}},
                {"jaql": {"dim": "[Sales.Cost]", "agg": "sum"}, "disabled": true}]}]}},
        {"oid": "w2", "datasource": {"title": "Secret"}, "metadata": {"panels": [
            {"name": "rows", "items": [{"jaql": {"dim": "[a.b.C]"}}]}]}}
    ]})
}

#[tokio::test]
async fn lists_each_column_once_with_its_places() {
    let fake = dashboard_of(OWNER, export()).await;
    let model = json!({"oid": "m", "title": "Shop", "datasets": [{"schema": {"tables": [
        {"name": "Sales", "columns": [{"name": "Date"}, {"name": "Cost"}]}]}}]});
    fake.get(SCHEMA, &[("title", "Shop")], model).await;
    fake.reply("GET", SCHEMA, &[], 403, json!({})).await;
    let found = fake.client.dashboard().get_dashboard_columns(compared()).await.unwrap();
    let [missing] = found.missing.as_slice() else { panic!("{:?}", found.missing) };
    assert!(missing.what.contains("Secret"), "{missing:?}");
    let rows = found.value;
    let named: Vec<_> = rows
        .iter()
        .map(|r| (r.datamodel.as_deref().unwrap(), r.table.as_str(), r.column.as_str(), r.in_model))
        .collect();
    assert_eq!(
        named,
        [
            ("Shop", "Sales", "Date", Some(true)),
            ("Shop", "my.csv", "Gone", Some(false)),
            ("Shop", "Sales", "Cost", Some(true)),
            ("Secret", "a.b", "C", None),
        ]
    );
    assert_eq!((rows[0].source, rows[0].widget_id.as_deref()), (ColumnSource::Filter, None));
    assert_eq!(rows[0].used_in.len(), 2);
    assert_eq!(
        serde_json::to_value(&rows[2].used_in[0]).unwrap(),
        json!({"widget_id": WIDGET, "panel": "values", "role": "measure", "disabled": true})
    );
    assert_eq!(rows[2].widget_title.as_deref(), Some("Chart"));
    let requests = fake.requests().await;
    assert_eq!(requests[0], list_line(&format!("id={ID}&")));
    assert_eq!(
        requests[1],
        format!("GET /api/v1/dashboards/export?dashboardIds={ID}&adminAccess=true")
    );
}

#[tokio::test]
async fn without_the_models_names_stay_as_they_are_written_and_are_told_once() {
    let fake = dashboard_of(OWNER, export()).await;
    let found = fake.client.dashboard().get_dashboard_columns(params()).await.unwrap();
    assert!(found.is_whole());
    let named: Vec<_> = found.value.iter().map(|r| (&*r.table, &*r.column, r.in_model)).collect();
    assert_eq!(
        named,
        [
            ("sales", "DATE", None),
            ("my.csv", "Gone", None),
            ("Sales", "Cost", None),
            ("a.b", "C", None)
        ]
    );
    assert_eq!(fake.requests().await.len(), 2);
}

#[tokio::test]
async fn an_unknown_dashboard_is_an_error_and_no_empty_list() {
    let fake = Fake::start().await;
    fake.get(ADMIN, &[], json!([])).await;
    let error = fake.client.dashboard().get_dashboard_columns(params()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_admins_flag_is_left_out_only_after_a_refusal() {
    for (status, sent) in [(403, 2), (500, 1)] {
        let fake = Fake::start().await;
        fake.get(ADMIN, &[("id", ID)], json!([row(OWNER)])).await;
        let export = "/api/v1/dashboards/export";
        fake.reply("GET", export, &[], status, json!({})).await;
        let error = fake.client.dashboard().get_dashboard_columns(params()).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        let exports: Vec<String> =
            fake.requests().await.into_iter().filter(|line| line.contains("/export")).collect();
        assert_eq!(exports.len(), sent, "{exports:?}");
    }
}

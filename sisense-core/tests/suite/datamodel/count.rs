//! How many rows each table holds, and what is not counted.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{GetRowCount, RowCounts};
use sisense_core::{ErrorKind, Partial, Result, Run};
use wiremock::ResponseTemplate;

use super::{SCHEMA, SQL, model};
use crate::suite::fake::Fake;

async fn ask(fake: &Fake) -> Result<Partial<RowCounts>> {
    let params = GetRowCount { datamodel_name: "Sales".into() };
    fake.client.datamodel().get_row_count(&Run::reads().start(), params).await
}

/// `Orders`, the hidden `Items` and `Odd ] name`.
fn three() -> Value {
    let mut three = model();
    let tables = three["datasets"][0]["schema"]["tables"].as_array_mut().unwrap();
    tables.push(json!({"oid": "t3", "name": "Odd ] name", "columns": []}));
    three
}

const ORDERS: &str = "SELECT COUNT(*) FROM [Orders]";
const ODD: &str = "SELECT COUNT(*) FROM \"Odd ] name\"";

fn rows(count: Value) -> Value {
    json!({"headers": ["Column"], "values": [[count]]})
}

#[tokio::test]
async fn every_table_is_counted_but_hidden_ones() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], three()).await;
    fake.get(SQL, &[("query", ORDERS)], rows(json!(12))).await;
    fake.get(SQL, &[("query", ODD)], rows(json!("30"))).await;
    let found = ask(&fake).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(
        serde_json::to_value(found.value).unwrap(),
        json!({"datamodel_name": "Sales", "total_row_count": 42, "complete": false, "tables": [
            {"table_name": "Orders", "row_count": 12, "not_queryable": false},
            {"table_name": "Items", "row_count": null, "not_queryable": true,
             "error": "hidden tables cannot be queried"},
            {"table_name": "Odd ] name", "row_count": 30, "not_queryable": false}]})
    );
    assert_eq!(fake.requests().await.len(), 3);
}

#[tokio::test]
async fn a_count_that_failed_is_null_and_named() {
    for (status, answer) in [
        (200, json!({"error": true, "details": "no such table"})),
        (500, json!({"error": {"message": "engine down"}})),
        (200, rows(json!("many"))),
    ] {
        let fake = Fake::start().await;
        fake.get(SCHEMA, &[], three()).await;
        fake.get(SQL, &[("query", ORDERS)], rows(json!(12))).await;
        fake.reply("GET", SQL, &[], status, answer).await;
        let found = ask(&fake).await.unwrap();
        assert_eq!(found.missing[0].what, "rows of table \"Odd ] name\"");
        let odd = &found.value.tables[2];
        assert_eq!((odd.row_count, odd.not_queryable), (None, false));
        assert!(odd.error.is_some());
        assert_eq!((found.value.total_row_count, found.value.complete), (12, false));
    }
}

#[tokio::test]
async fn a_table_that_is_newer_than_the_last_build_cannot_be_counted() {
    let fake = Fake::start().await;
    let mut newer = three();
    newer["lastUpdated"] = json!("2026-11-02T00:00:00.000Z");
    fake.get(SCHEMA, &[], newer).await;
    fake.get(SQL, &[("query", ORDERS)], rows(json!(12))).await;
    fake.get(SQL, &[], json!({"error": true, "details": "no such table"})).await;
    let found = ask(&fake).await.unwrap();
    assert!(found.is_whole());
    let odd = &found.value.tables[2];
    assert!(odd.not_queryable && odd.error.as_ref().unwrap().contains("draft"), "{odd:?}");
}

#[tokio::test]
async fn a_model_that_was_never_deployed_is_one_error() {
    for (kind, member) in [("extract", "lastBuildTime"), ("live", "lastPublishTime")] {
        let fake = Fake::start().await;
        let mut draft = three();
        draft["type"] = json!(kind);
        draft[member] = Value::Null;
        fake.get(SCHEMA, &[], draft).await;
        let error = ask(&fake).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("deploy"), "{error}");
        assert_eq!(fake.requests().await.len(), 1);
    }
}

#[tokio::test]
async fn a_missing_right_and_a_model_of_which_nothing_was_counted_are_errors() {
    for (status, kind) in [(403, ErrorKind::Forbidden), (500, ErrorKind::Server)] {
        let fake = Fake::start().await;
        fake.get(SCHEMA, &[], three()).await;
        fake.reply("GET", SQL, &[], status, Value::Null).await;
        let error = ask(&fake).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.report().asset.as_deref(), Some("data model \"Sales\""));
    }
    // One refusal is enough: the right is the same for all tables.
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], three()).await;
    fake.get(SQL, &[("query", ORDERS)], rows(json!(12))).await;
    fake.on("GET", SQL, &[], ResponseTemplate::new(403), None).await;
    assert_eq!(ask(&fake).await.unwrap_err().kind(), ErrorKind::Forbidden);
}

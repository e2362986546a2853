//! The columns of a source's table: the forms of the question and of the answer.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{GetTableSchema, TableSchema};
use sisense_core::{ErrorKind, Result};

use crate::suite::fake::Fake;

const CONNECTIONS: &str = "/api/v2/connections";
const DETAILS: &str = "/api/v1/connection/c1/table_schema_details";

async fn fake() -> Fake {
    let fake = Fake::start().await;
    let connection = json!({"oid": "c1", "name": "Warehouse", "provider": "RedShift",
        "parameters": {"Server": "h", "UserName": "u", "Password": ""}});
    fake.get(CONNECTIONS, &[("name", "Warehouse")], json!([connection])).await;
    fake
}

fn params() -> GetTableSchema {
    serde_json::from_value(json!({"connection_name": "Warehouse", "database_name": "dwh",
        "schema_name": "public", "table_name": "orders"}))
    .unwrap()
}

async fn ask(fake: &Fake) -> Result<TableSchema> {
    fake.client.datamodel().get_table_schema(params()).await
}

fn table() -> Value {
    json!({"catalog": "dwh", "tableType": "VIEW", "columns": [
        {"columnName": "id", "dbType": 8, "size": 4, "precision": 10, "scale": 0, "columnOrder": 1},
        {"columnName": "odd", "dbType": 99}]})
}

#[tokio::test]
async fn an_object_and_a_list_of_one_tell_the_same() {
    for answer in [table(), json!([table()])] {
        let fake = fake().await;
        fake.reply("POST", DETAILS, &[], 200, answer).await;
        let found = serde_json::to_value(ask(&fake).await.unwrap()).unwrap();
        assert_eq!(
            found,
            json!({"connection_id": "c1", "connection_name": "Warehouse", "provider": "RedShift",
                "database": "dwh", "schema": "public", "table": "orders", "table_type": "VIEW",
                "columns": [
                    {"name": "id", "type": 8, "type_name": "Integer", "size": 4, "precision": 10,
                     "scale": 0, "order": 1},
                    {"name": "odd", "type": 99, "type_name": "code 99", "size": null,
                     "precision": null, "scale": null, "order": null}]})
        );
        let body = json!({"provider": "RedShift", "connectionData": {"provider": "RedShift",
            "connection": {"Database": "dwh"}, "schema": "public", "table": "orders"}});
        assert_eq!(fake.writes().await, [format!("POST {DETAILS} {body}")]);
    }
}

#[tokio::test]
async fn a_server_that_wants_more_gets_the_whole_connection() {
    let fake = fake().await;
    let refused = wiremock::ResponseTemplate::new(400);
    fake.on("POST", DETAILS, &[], refused, Some(1)).await;
    fake.reply("POST", DETAILS, &[], 200, table()).await;
    assert_eq!(ask(&fake).await.unwrap().columns.len(), 2);
    let sent = &fake.writes().await[1];
    let whole = r#""connection":{"Server":"h","UserName":"u","Password":"","Database":"dwh"}"#;
    assert!(sent.contains(whole), "{sent}");
}

#[tokio::test]
async fn every_form_of_an_unknown_table_is_no_table() {
    for (status, answer) in [
        (200, json!({})),
        (200, json!([])),
        (200, Value::Null),
        (200, json!({"tableName": "orders", "columns": []})),
        (200, json!({"tableName": "orders", "columns": null})),
        (404, json!({"error": {"code": 404, "message": "table not found", "status": 404}})),
    ] {
        let fake = fake().await;
        fake.reply("POST", DETAILS, &[], status, answer.clone()).await;
        let error = ask(&fake).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{status} {answer}");
        assert!(error.to_string().contains("orders"), "{error}");
    }
}

#[tokio::test]
async fn what_is_refused_in_both_forms_says_what_to_check() {
    let fake = fake().await;
    let body = json!({"error": {"code": 400, "message": "no such relation", "status": 400}});
    fake.reply("POST", DETAILS, &[], 400, body).await;
    let error = ask(&fake).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidInput, Some(400)));
    let told = error.to_string();
    assert!(told.contains("no such relation") && told.contains("case included"), "{told}");
    assert_eq!(fake.writes().await.len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_table_and_an_empty_argument_are_errors() {
    let fake = fake().await;
    let mut empty = params();
    empty.schema_name = String::new();
    let error = fake.client.datamodel().get_table_schema(empty).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(fake.requests().await.is_empty());
    for answer in [json!("?"), json!([table(), table()]), json!({"columns": [{"dbType": 8}]})] {
        fake.server.reset().await;
        let connection = json!({"oid": "c1", "name": "Warehouse"});
        fake.get(CONNECTIONS, &[], json!([connection])).await;
        fake.reply("POST", DETAILS, &[], 200, answer.clone()).await;
        let error = ask(&fake).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{answer}");
    }
}

#[tokio::test]
async fn twins_of_a_connection_are_ambiguous() {
    let fake = Fake::start().await;
    let twin = |oid: &str| json!({"oid": oid, "name": "Warehouse", "provider": "athena"});
    fake.get(CONNECTIONS, &[], json!([twin("c1"), twin("c2")])).await;
    let error = ask(&fake).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.candidates(), ["Warehouse (athena, c1)", "Warehouse (athena, c2)"]);
    assert!(fake.writes().await.is_empty());
}

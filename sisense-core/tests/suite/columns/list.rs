use serde_json::json;
use sisense_core::ErrorKind;
use sisense_core::domains::access::GetDatamodelColumns;

use super::*;

fn params() -> GetDatamodelColumns {
    GetDatamodelColumns { datamodel_name: "Shop".into() }
}

#[tokio::test]
async fn lists_every_column_in_one_request() {
    let fake = Fake::start().await;
    let mut shop = model("m1", "Shop", &["x"]);
    let table = &mut shop["datasets"][0]["schema"]["tables"][0];
    table["hidden"] = json!(true);
    table["columns"][0]["isCustom"] = json!(null);
    table["columns"][0]["hidden"] = json!(true);
    fake.get(SCHEMA, &[("title", "Shop")], shop).await;
    let rows = fake.client.access().get_datamodel_columns(params()).await.unwrap();
    assert_eq!(
        serde_json::to_value(&rows).unwrap(),
        json!([{
            "datamodel_id": "m1", "datamodel_name": "Shop", "dataset_id": "ds", "table_id": "t",
            "table": "A", "column_id": "m1.x", "column": "x", "column_type": 18,
            "type_name": "Text", "hidden": true, "table_hidden": true, "is_custom": false
        }])
    );
    assert_eq!(fake.requests().await, [format!("GET {SCHEMA}?title=Shop")]);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_no_empty_list() {
    for (status, kind) in
        [(401, ErrorKind::Unauthenticated), (403, ErrorKind::Forbidden), (500, ErrorKind::Server)]
    {
        let fake = Fake::start().await;
        fake.reply("GET", SCHEMA, &[], status, json!({})).await;
        let error = fake.client.access().get_datamodel_columns(params()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn an_unknown_model_is_not_found_with_what_is_near() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Shop")], json!([])).await;
    fake.get(SCHEMA, &[], json!([{"oid": "m1", "title": "Shops"}])).await;
    let error = fake.client.access().get_datamodel_columns(params()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.candidates()),
        (ErrorKind::NotFound, &["Shops".to_owned()][..])
    );
}

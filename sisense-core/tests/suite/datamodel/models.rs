//! The `datamodel` reads: the exact requests, the forms of "none", the errors.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::ErrorKind;
use sisense_core::domains::datamodel::{
    DescribeDatamodel, GetDatamodel, GetModelSchema, ResolveDatamodelReference,
};
use wiremock::ResponseTemplate;

use crate::suite::fake::Fake;

const SCHEMA: &str = "/api/v2/datamodels/schema";
const ECM: &str = "/api/v2/ecm";
const OID: &str = "5f0cb527-50f2-482b-aece-33e2ece6fe81";
const LIST: &str = "GET /api/v2/datamodels/schema?fields=oid,title,type";

fn sales() -> Value {
    let column = |oid: &str, name: &str, code: i64| json!({"oid": oid, "name": name, "type": code, "hidden": false, "isCustom": null});
    json!({
        "oid": OID, "title": "Sales", "type": "EXTRACT", "server": "LocalHost",
        "lastBuildTime": "2026-11-01T00:00:00.000Z", "lastPublishTime": null,
        "creator": {"email": "ada@example.com", "encryptionSHA": "sha-secret"},
        "datasets": [
            {
                "oid": "d1", "name": "d1", "type": "extract",
                "connection": {"provider": "CSV", "name": "Files",
                               "parameters": {"Server": "db.secret.example", "Password": ""}},
                "schema": {"tables": [
                    {"oid": "t1", "name": "Orders", "type": "base", "hidden": false,
                     "columns": [column("c1", "Id", 8), column("c2", "Odd", 99)]},
                    {"oid": "t2", "name": "Items", "type": "base", "hidden": true,
                     "columns": [column("c3", "Order", 8)]},
                ]},
            },
            {"oid": "d2", "name": "d2", "type": "custom", "schema": {"tables": []}},
        ],
        "relations": [
            {"oid": "r1", "columns": [
                {"table": "t1", "column": "c1"}, {"table": "t2", "column": "c3", "isDropped": true},
            ]},
        ],
    })
}

fn get(name: &str) -> GetDatamodel {
    GetDatamodel { datamodel_name: name.to_owned(), raw: false }
}

#[tokio::test]
async fn a_title_is_one_request_whether_an_object_or_a_list_of_one_comes_back() {
    for answer in [sales(), json!([sales()])] {
        let fake = Fake::start().await;
        fake.get(SCHEMA, &[("title", "Sales")], answer).await;
        let model = fake.client.datamodel().get_datamodel(get("Sales")).await.unwrap();
        assert_eq!(model.datamodel_id.as_deref(), Some(OID));
        assert_eq!(model.kind.as_deref(), Some("extract"));
        assert_eq!((model.table_count, model.column_count, model.hidden_table_count), (2, 3, 1));
        let relation = &model.relations[0];
        assert_eq!(relation.left_table.as_deref(), Some("Orders"));
        assert_eq!((relation.right_column.as_deref(), relation.dropped), (Some("Order"), true));
        assert_eq!(fake.requests().await, ["GET /api/v2/datamodels/schema?title=Sales"]);
    }
}

#[tokio::test]
async fn every_form_of_none_is_checked_against_the_list() {
    let forms = [
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_json(Value::Null),
        ResponseTemplate::new(200).set_body_json(json!({})),
        ResponseTemplate::new(200).set_body_json(json!([])),
        ResponseTemplate::new(404).set_body_json(json!({})),
        ResponseTemplate::new(500).set_body_json(json!({})),
    ];
    for form in forms {
        let fake = Fake::start().await;
        fake.on("GET", SCHEMA, &[("fields", "")], form, None).await;
        fake.get(SCHEMA, &[], json!([{"oid": OID, "title": "Sales"}])).await;
        fake.get(&format!("/api/v2/datamodels/{OID}/schema"), &[], sales()).await;
        let found = fake.client.datamodel().get_datamodel(get("sales ")).await.unwrap();
        assert_eq!(found.title.as_deref(), Some("Sales"));
        let error = fake.client.datamodel().get_datamodel(get("Sale")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.candidates(), ["Sales"]);
    }
}

#[tokio::test]
async fn a_server_error_is_not_taken_for_none_when_the_list_fails_too() {
    let fake = Fake::start().await;
    fake.reply("GET", SCHEMA, &[], 500, json!({"title": "broken", "status": 500})).await;
    let error = fake.client.datamodel().get_datamodel(get("Sales")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
}

#[tokio::test]
async fn a_refusal_is_an_error_at_once() {
    let fake = Fake::start().await;
    fake.reply("GET", SCHEMA, &[], 403, json!(null)).await;
    let error = fake.client.datamodel().get_datamodel(get("Sales")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(fake.requests().await.len(), 1);
}

#[tokio::test]
async fn an_id_is_read_at_once_and_a_title_that_looks_like_one_is_found_too() {
    let fake = Fake::start().await;
    fake.get(&format!("/api/v2/datamodels/{OID}/schema"), &[], sales()).await;
    let found = fake.client.datamodel().get_datamodel(get(&OID.to_uppercase())).await.unwrap();
    assert_eq!(found.title.as_deref(), Some("Sales"));
    assert_eq!(fake.requests().await.len(), 1);

    let fake = Fake::start().await;
    let mut odd = sales();
    odd["title"] = json!(OID);
    fake.get(SCHEMA, &[("title", OID)], odd).await;
    assert!(fake.client.datamodel().get_datamodel(get(OID)).await.is_ok());
}

#[tokio::test]
async fn no_secret_leaves_with_a_whole_document_or_a_row() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Sales")], sales()).await;
    let datamodel = fake.client.datamodel();
    let whole = GetDatamodel { datamodel_name: "Sales".to_owned(), raw: true };
    let whole = serde_json::to_string(&datamodel.get_datamodel(whole).await.unwrap()).unwrap();
    let rows = DescribeDatamodel { datamodel_name: "Sales".to_owned() };
    let rows = datamodel.describe_datamodel(rows).await.unwrap();
    assert!(whole.contains("Orders") && !whole.contains("db.secret.example"), "{whole}");
    assert!(!serde_json::to_string(&rows).unwrap().contains("db.secret.example"));
    assert_eq!(rows[0].dataset_type.as_deref(), Some("extract"));
    assert_eq!((rows[0].table_type.as_str(), rows[0].provider.as_deref()), ("base", Some("CSV")));
}

#[tokio::test]
async fn columns_of_an_unknown_type_tell_its_number() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Sales")], sales()).await;
    let schema = GetModelSchema { datamodel_name: "Sales".to_owned() };
    let rows = fake.client.datamodel().get_model_schema(schema).await.unwrap();
    let types: Vec<_> = rows.iter().map(|row| row.column_type.as_deref().unwrap()).collect();
    assert_eq!(types, ["Integer", "code 99", "Integer"]);
    assert!(rows.iter().all(|row| !row.is_custom) && rows[2].table_hidden);
}

#[tokio::test]
async fn a_reference_is_resolved_with_one_request_and_never_guessed() {
    let fake = Fake::start().await;
    let twins = json!([
        {"oid": OID, "title": "Sales", "type": "extract"}, {"oid": "b", "title": "Twin"},
        {"oid": "c", "title": "twin"},
    ]);
    fake.get(SCHEMA, &[], twins).await;
    let ask = async |reference: &str| {
        let params = ResolveDatamodelReference { datamodel_ref: reference.to_owned() };
        fake.client.datamodel().resolve_datamodel_reference(params).await.unwrap()
    };
    assert_eq!(ask(&OID.replace('-', "")).await.datamodel_title.as_deref(), Some("Sales"));
    assert_eq!(ask("SALES").await.datamodel_id.as_deref(), Some(OID));
    let several = ask("TWIN").await;
    assert_eq!((several.success, several.status_code), (false, 409));
    assert_eq!(several.candidates, ["Twin (b)", "twin (c)"]);
    let none = ask("5f0000000000000000000001").await;
    assert_eq!(none.status_code, 404);
    assert!(none.error.unwrap().contains("UUID"));
    assert_eq!(fake.requests().await, [LIST; 4]);
}

#[tokio::test]
async fn the_list_is_one_query_and_null_with_errors_is_no_empty_list() {
    let fake = Fake::start().await;
    let rows = json!({"data": {"elasticubesMetadata": [
        {"oid": OID, "title": "Sales", "type": "EXTRACT", "status": ["running", "building"],
         "sizeInMb": 1.005_7, "creator": {"firstName": "Ada"}},
    ]}});
    fake.reply("POST", ECM, &[], 200, rows).await;
    let list = fake.client.datamodel().get_all_datamodel().await.unwrap();
    assert!(list.is_whole());
    let row = &list.value[0];
    assert_eq!((row.status.as_deref(), row.size_mb), (Some("building"), Some(1.01)));
    assert_eq!((row.kind.as_deref(), row.owner.as_deref()), (Some("extract"), Some("Ada")));
    assert_eq!(fake.requests().await.len(), 1);

    let fake = Fake::start().await;
    let nothing = json!({"data": {"elasticubesMetadata": null}});
    fake.reply("POST", ECM, &[], 200, nothing).await;
    let error = fake.client.datamodel().get_all_datamodel().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn an_unknown_field_leads_to_less_and_a_lost_path_to_a_part() {
    for status in [200, 400] {
        let fake = Fake::start().await;
        let refusal = json!({"errors": [{"message": "Cannot query field \"creator\""}]});
        let answer = ResponseTemplate::new(status).set_body_json(refusal);
        fake.on("POST", ECM, &[], answer, Some(1)).await;
        let rows = json!({"data": {"elasticubesMetadata": [{"oid": OID, "title": "Sales"}]}});
        fake.reply("POST", ECM, &[], 200, rows).await;
        let list = fake.client.datamodel().get_all_datamodel().await.unwrap();
        assert!(list.is_whole());
        let asked = fake.requests().await;
        assert!(asked[0].contains("creator") && !asked[1].contains("creator"), "{asked:?}");
    }
    let fake = Fake::start().await;
    fake.reply("POST", ECM, &[], 404, json!(null)).await;
    fake.get(SCHEMA, &[], json!([{"oid": OID, "title": "Sales"}])).await;
    let list = fake.client.datamodel().get_all_datamodel().await.unwrap();
    assert_eq!((list.value[0].status.as_deref(), list.missing.len()), (None, 1));
}

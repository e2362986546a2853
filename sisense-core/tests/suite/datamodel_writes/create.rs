//! Making one model, one dataset, one table.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{CreateDatamodel, CreateDataset, CreateTable};
use sisense_core::{ErrorKind, Run};
use wiremock::ResponseTemplate;

use super::{
    MODELS, SCHEMA, approved, dataset, model, table, with_connection, with_model, with_source,
    without_model, writes, written,
};
use crate::suite::fake::Fake;

const DATASETS: &str = "/api/v2/datamodels/m1/schema/datasets";
const TABLES: &str = "/api/v2/datamodels/m1/schema/datasets/d1/tables";

fn sales(kind: &str) -> CreateDatamodel {
    serde_json::from_value(json!({"datamodel_name": "Sales", "datamodel_type": kind})).unwrap()
}

fn public(more: Value) -> CreateDataset {
    let mut args = json!({
        "datamodel_name": "Sales", "connection_name": "Warehouse", "database_name": "dwh",
        "schema_name": "public",
    });
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(args).unwrap()
}

fn orders(more: Value) -> CreateTable {
    let mut args = json!({"datamodel_name": "Sales", "table_name": "Orders"});
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(args).unwrap()
}

fn by_day() -> CreateTable {
    orders(json!({"build_behavior_config": {"mode": "increment", "column_name": "day"}}))
}

#[tokio::test]
async fn a_taken_title_is_a_conflict_before_anything_is_sent() {
    for (kind, found) in
        [("live", model(json!([]))), ("extract", model(json!([dataset(json!([]))])))]
    {
        let fake = Fake::start().await;
        with_model(&fake, found).await;
        let run = Run::unattended().start();
        let error = fake.client.datamodel().create_datamodel(&run, sales(kind)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert_eq!(error.report().asset.as_deref(), Some("data model \"Sales\" (m1)"));
        assert!(writes(&fake).await.is_empty());
    }
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Sales")], json!([])).await;
    fake.get(SCHEMA, &[], json!([{"oid": "m2", "title": "SALES"}])).await;
    fake.get(
        "/api/v2/datamodels/m2/schema",
        &[],
        json!({"oid": "m2", "title": "SALES", "type": "extract"}),
    )
    .await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().create_datamodel(&run, sales("extract")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("SALES"), "{error}");
}

#[tokio::test]
async fn a_title_taken_in_between_is_the_servers_conflict() {
    let fake = Fake::start().await;
    without_model(&fake).await;
    let taken = json!({"title": "ElasticubeAlreadyExists", "sub": 1011, "detail": "taken"});
    fake.reply("POST", MODELS, &[], 400, taken).await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().create_datamodel(&run, sales("cube")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(writes(&fake).await.len(), 1);
}

#[tokio::test]
async fn an_empty_model_is_made_once() {
    let fake = Fake::start().await;
    without_model(&fake).await;
    fake.reply("POST", MODELS, &[], 201, model(json!([]))).await;
    let preview = Run::preview().start();
    let datamodel = fake.client.datamodel();
    let planned = datamodel.create_datamodel(&preview, sales("elasticube")).await.unwrap();
    assert!(!planned.created && writes(&fake).await.is_empty());
    let run = approved(preview.changes());
    let made = datamodel.create_datamodel(&run, sales("extract")).await.unwrap();
    assert_eq!((made.datamodel_id.as_str(), made.created), ("m1", true));
    assert_eq!(run.entries()[0].id.as_deref(), Some("m1"), "the journal has the id of paths");
    let body = r#"{"title":"Sales","type":"extract"}"#;
    assert_eq!(writes(&fake).await, [format!("POST {MODELS} {body}")]);

    let fake = Fake::start().await;
    with_model(&fake, model(json!([]))).await;
    let run = Run::unattended().start();
    let there = fake.client.datamodel().create_datamodel(&run, sales("extract")).await.unwrap();
    assert_eq!((there.datamodel_id.as_str(), there.created), ("m1", false));
    assert!(run.changes().is_empty() && writes(&fake).await.is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_looked_after_and_never_sent_twice() {
    let fake = Fake::start().await;
    fake.get_once(SCHEMA, &[("title", "Sales")], json!([])).await;
    fake.get_once(SCHEMA, &[("fields", "oid,title,type")], json!([])).await;
    with_model(&fake, model(json!([]))).await;
    fake.reply("POST", MODELS, &[], 504, Value::Null).await;
    let run = Run::unattended().start();
    let made = fake.client.datamodel().create_datamodel(&run, sales("extract")).await.unwrap();
    assert_eq!((made.datamodel_id.as_str(), made.created), ("m1", true));
    assert_eq!(written(&fake).await, [format!("POST {MODELS}")]);

    let fake = Fake::start().await;
    without_model(&fake).await;
    fake.reply("POST", MODELS, &[], 504, Value::Null).await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().create_datamodel(&run, sales("extract")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
    assert_eq!(written(&fake).await.len(), 1);
}

#[tokio::test]
async fn a_dataset_needs_a_connection_that_feeds_the_model() {
    let fake = Fake::start().await;
    with_model(&fake, model(json!([]))).await;
    let live = json!([{"oid": "k1", "name": "Warehouse", "provider": "x", "supportedModelTypes": ["LIVE"]}]);
    fake.get(super::CONNECTIONS, &[], live).await;
    let run = Run::unattended().start();
    let datamodel = fake.client.datamodel();
    let error = datamodel.create_dataset(&run, public(json!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let unknown = public(json!({"connection_name": "Warehose"}));
    let error = datamodel.create_dataset(&run, unknown).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.candidates()),
        (ErrorKind::NotFound, &["Warehouse".to_owned()][..])
    );
    let empty = public(json!({"schema_name": " "}));
    let error = datamodel.create_dataset(&run, empty).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(writes(&fake).await.is_empty());
}

#[tokio::test]
async fn a_dataset_of_the_same_source_is_left_and_of_the_same_name_is_a_conflict() {
    let fake = Fake::start().await;
    with_connection(&fake).await;
    with_model(&fake, model(json!([dataset(json!([table(json!(null))]))]))).await;
    let run = Run::unattended().start();
    let datamodel = fake.client.datamodel();
    let there =
        datamodel.create_dataset(&run, public(json!({"dataset_name": "other"}))).await.unwrap();
    assert_eq!((there.dataset_id.as_str(), there.created, there.table_count), ("d1", false, 1));
    assert_eq!(
        (there.name.as_deref(), there.provider.as_deref()),
        (Some("public"), Some("RedShift"))
    );
    let error =
        datamodel.create_dataset(&run, public(json!({"database_name": "erp"}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(run.changes().is_empty() && writes(&fake).await.is_empty());
}

#[tokio::test]
async fn a_dataset_is_named_after_its_schema_and_typed_like_its_model() {
    let fake = Fake::start().await;
    with_connection(&fake).await;
    with_model(&fake, model(json!([]))).await;
    let answer = json!({"oid": "d1", "name": "public", "fullname": "RedShift:public"});
    fake.reply("POST", DATASETS, &[], 201, answer).await;
    let run = Run::unattended().start();
    let made = fake.client.datamodel().create_dataset(&run, public(json!({}))).await.unwrap();
    assert_eq!((made.dataset_id.as_str(), made.created), ("d1", true));
    assert_eq!(made.fullname.as_deref(), Some("RedShift:public"));
    let body = json!({
        "name": "public", "type": "extract", "connection": {"oid": "k1"}, "database": "dwh",
        "schemaName": "public",
    });
    assert_eq!(writes(&fake).await, [format!("POST {DATASETS} {body}")]);
}

#[tokio::test]
async fn a_table_is_refused_before_anything_is_sent() {
    let other = json!({
        "oid": "d2", "name": "erp", "type": "extract", "database": "erp", "schemaName": "public",
        "connection": {"oid": "k1", "name": "Warehouse"}, "schema": {"tables": [
            {"oid": "t9", "id": "orders", "name": "orders", "columns": []},
        ]},
    });
    let inline = json!({
        "oid": "d3", "name": "old", "type": "extract", "database": "x", "schemaName": "y",
        "connection": {"provider": "RedShift", "parameters": {}}, "schema": {"tables": []},
    });
    let fake = Fake::start().await;
    with_connection(&fake).await;
    with_source(&fake, &["Orders", "Items"]).await;
    with_model(&fake, model(json!([dataset(json!([])), other, inline]))).await;
    let increment = |column: &str| {
        json!({"dataset_id": "d1", "table_name": "Items",
               "build_behavior_config": {"mode": "increment", "column_name": column}})
    };
    for (more, kind) in [
        (json!({"table_name": " "}), ErrorKind::InvalidInput),
        (json!({"import_query": ""}), ErrorKind::InvalidInput),
        (json!({"build_behavior_config": {"mode": "increment"}}), ErrorKind::InvalidInput),
        (json!({}), ErrorKind::Ambiguous),
        (json!({"schema_name": "nope"}), ErrorKind::NotFound),
        (json!({"dataset_id": "d7"}), ErrorKind::NotFound),
        (json!({"dataset_id": "d1", "schema_name": "nope"}), ErrorKind::InvalidInput),
        (json!({"dataset_id": "d3"}), ErrorKind::Unsupported),
        (json!({"dataset_id": "d1"}), ErrorKind::Conflict),
        (json!({"dataset_id": "d1", "table_name": "Ordes"}), ErrorKind::NotFound),
        (increment("Dax"), ErrorKind::NotFound),
    ] {
        let run = Run::unattended().start();
        let made = fake.client.datamodel().create_table(&run, orders(more.clone())).await;
        assert_eq!(made.unwrap_err().kind(), kind, "{more}");
        assert!(run.changes().is_empty());
    }
    assert!(writes(&fake).await.is_empty());
}

#[tokio::test]
async fn a_source_that_tells_no_type_makes_no_table() {
    let fake = Fake::start().await;
    with_model(&fake, model(json!([dataset(json!([]))]))).await;
    let untyped = json!([{"columns": [{"columnName": "Id", "dbType": null}]}]);
    fake.reply("POST", super::SOURCE, &[], 200, untyped).await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().create_table(&run, orders(json!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("Id"), "{error}");
    assert!(writes(&fake).await.is_empty());
}

#[tokio::test]
async fn a_table_is_sent_with_the_columns_of_its_source() {
    let fake = Fake::start().await;
    with_source(&fake, &["Orders"]).await;
    with_model(&fake, model(json!([dataset(json!([]))]))).await;
    let append = json!({"type": "accumulativeSync", "accumulativeConfig": null});
    fake.reply("POST", TABLES, &[], 201, table(append.clone())).await;
    let more = json!({"import_query": "select * from Orders", "tags": ["a"],
                      "build_behavior_config": {"mode": "append"}});
    let preview = Run::preview().start();
    let datamodel = fake.client.datamodel();
    let _ = datamodel.create_table(&preview, orders(more.clone())).await.unwrap();
    let after = &preview.changes()[0].after;
    assert_eq!(after["columns"], json!(["Id: Integer", "Day: Date"]));
    assert_eq!(after["import_query"], "select * from Orders");
    assert_eq!(preview.changes()[0].notes.len(), 1);
    let run = approved(preview.changes());
    let made = datamodel.create_table(&run, orders(more)).await.unwrap();
    assert!(made.is_whole() && made.value.created);
    assert_eq!(made.value.columns[1].column_id.as_deref(), Some("c2"));
    assert_eq!(made.value.build_behavior.as_deref(), Some("accumulativeSync"));
    let line = writes(&fake).await.remove(0);
    let body: Value =
        serde_json::from_str(line.strip_prefix(&format!("POST {TABLES} ")).unwrap()).unwrap();
    let column = |name: &str, kind: i64, size: i64| {
        json!({
            "id": name, "name": name, "type": kind, "size": size, "precision": size, "scale": 0,
            "hidden": false, "indexed": true, "isUpsertBy": false, "description": null,
            "expression": null, "import": null, "isCustom": null,
        })
    };
    assert_eq!(
        body,
        json!({
            "id": "Orders", "name": "Orders", "columns": [column("Id", 8, 10), column("Day", 31, 0)],
            "hidden": false, "buildBehavior": append,
            "configOptions": {"importQuery": "select * from Orders"},
            "description": "", "tags": ["a"], "expression": null, "type": "base",
        })
    );
}

#[tokio::test]
async fn an_increment_is_a_second_write_with_the_columns_id() {
    let fake = Fake::start().await;
    with_source(&fake, &["Orders"]).await;
    with_model(&fake, model(json!([dataset(json!([]))]))).await;
    let sync = json!({"type": "sync", "accumulativeConfig": null});
    fake.reply("POST", TABLES, &[], 201, table(sync)).await;
    fake.reply("PATCH", &format!("{TABLES}/t1"), &[], 200, json!({})).await;
    let preview = Run::preview().start();
    let datamodel = fake.client.datamodel();
    let _ = datamodel.create_table(&preview, by_day()).await.unwrap();
    assert_eq!(preview.changes().len(), 2);
    assert_eq!(preview.changes()[1].after["increment_column"], "Day");
    let run = approved(preview.changes());
    let made = datamodel.create_table(&run, by_day()).await.unwrap();
    assert!(made.is_whole() && run.left().is_empty());
    assert_eq!(made.value.increment_column.as_deref(), Some("Day"));
    let body = json!({"buildBehavior": {"type": "accumulativeSync", "accumulativeConfig": {
        "column": "c2", "type": "lastStored", "lastDays": null, "keepOnlyDays": null,
    }}});
    assert_eq!(writes(&fake).await[1], format!("PATCH {TABLES}/t1 {body}"));
}

#[tokio::test]
async fn a_failed_second_half_is_told_and_made_up_for_by_the_same_call() {
    let fake = Fake::start().await;
    with_source(&fake, &["Orders"]).await;
    let sync = || table(json!({"type": "sync", "accumulativeConfig": null}));
    fake.get_once(SCHEMA, &[("title", "Sales")], model(json!([dataset(json!([]))]))).await;
    with_model(&fake, model(json!([dataset(json!([sync()]))]))).await;
    fake.reply("POST", TABLES, &[], 201, sync()).await;
    let patch = format!("{TABLES}/t1");
    fake.on("PATCH", &patch, &[], ResponseTemplate::new(500), Some(1)).await;
    fake.reply("PATCH", &patch, &[], 200, json!({})).await;
    let run = Run::unattended().start();
    let datamodel = fake.client.datamodel();
    let made = datamodel.create_table(&run, by_day()).await.unwrap();
    assert!(made.value.created);
    assert_eq!(made.missing[0].what, "the build behaviour of table \"Orders\"");
    assert_eq!(made.value.build_behavior.as_deref(), Some("sync"));

    let run = Run::unattended().start();
    let again = datamodel.create_table(&run, by_day()).await.unwrap();
    assert!(again.is_whole() && !again.value.created);
    assert_eq!(again.value.build_behavior.as_deref(), Some("accumulativeSync"));
    assert_eq!(
        written(&fake).await,
        [format!("POST {TABLES}"), format!("PATCH {patch}"), format!("PATCH {patch}")]
    );
}

#[tokio::test]
async fn a_table_that_is_there_is_left_and_another_one_of_its_name_is_a_conflict() {
    let fake = Fake::start().await;
    with_source(&fake, &["Orders"]).await;
    with_model(&fake, model(json!([dataset(json!([table(json!({"type": "sync"}))]))]))).await;
    let run = Run::unattended().start();
    let datamodel = fake.client.datamodel();
    let there = datamodel.create_table(&run, orders(json!({}))).await.unwrap().value;
    assert_eq!((there.table_id.as_str(), there.created), ("t1", false));
    assert_eq!(there.needs_deploy, Some(true), "the model was never built");
    for more in
        [json!({"import_query": "select 1"}), json!({"build_behavior_config": {"mode": "append"}})]
    {
        let error = datamodel.create_table(&run, orders(more)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    assert!(run.changes().is_empty() && writes(&fake).await.is_empty());
}

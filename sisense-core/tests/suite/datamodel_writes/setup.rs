//! Setting up a model in one go: all reads first, one chain of writes, the same in preview and run.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::SetupDatamodel;
use sisense_core::run::{MemoryJournal, is_planned};
use sisense_core::{ErrorKind, Run};

use super::{
    MODELS, SOURCE, approved, dataset, model, table, with_connection, with_model, with_source,
    without_model, writes, written,
};
use crate::suite::fake::Fake;

pub const DATASETS: &str = "/api/v2/datamodels/m1/schema/datasets";
pub const TABLES: &str = "/api/v2/datamodels/m1/schema/datasets/d1/tables";

pub fn setup(tables: Value) -> SetupDatamodel {
    serde_json::from_value(json!({
        "datamodel_name": "Sales", "datamodel_type": "extract", "connection_name": "Warehouse",
        "database_name": "dwh", "schema_name": "public", "tables": tables,
    }))
    .unwrap()
}

pub fn two() -> SetupDatamodel {
    setup(json!([{"table_name": "Orders"}, {"table_name": "Items"}]))
}

/// A source with two tables, and a server that makes what it is asked for.
pub async fn deployment() -> Fake {
    let fake = Fake::start().await;
    with_connection(&fake).await;
    with_source(&fake, &["Orders", "Items", "Ledger"]).await;
    fake.reply("POST", MODELS, &[], 201, model(json!([]))).await;
    let answer = |request: &wiremock::Request| {
        let body: Value = request.body_json().unwrap();
        let name = body["name"].as_str().unwrap();
        let id = if name == "public" { "d1" } else { "d2" };
        let made = json!({"oid": id, "name": name, "fullname": format!("RedShift:{name}")});
        wiremock::ResponseTemplate::new(201).set_body_json(made)
    };
    fake.on("POST", DATASETS, &[], answer, None).await;
    for dataset in ["d1", "d2"] {
        let answer = |request: &wiremock::Request| {
            let mut made: Value = request.body_json().unwrap();
            made["oid"] = json!(format!("t-{}", made["name"].as_str().unwrap()));
            for column in made["columns"].as_array_mut().unwrap() {
                column["oid"] = json!(format!("c-{}", column["name"].as_str().unwrap()));
            }
            wiremock::ResponseTemplate::new(201).set_body_json(made)
        };
        fake.on("POST", &format!("{DATASETS}/{dataset}/tables"), &[], answer, None).await;
    }
    fake
}

#[tokio::test]
async fn all_misspelt_tables_are_named_before_anything_is_made() {
    let fake = deployment().await;
    without_model(&fake).await;
    let run = Run::unattended().start();
    let wish = setup(json!([{"table_name": "Ordes"}, {"table_name": "Items"}, {"name": "Leger"}]));
    let error = fake.client.datamodel().setup_datamodel(&run, wish).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("Ordes") && error.to_string().contains("Leger"), "{error}");
    assert!(!error.to_string().contains("Items"), "{error}");
    assert!(writes(&fake).await.is_empty() && run.changes().is_empty());
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_asked() {
    let fake = Fake::start().await;
    let run = Run::unattended().start();
    for tables in [
        json!([]),
        json!([{"table_name": ""}]),
        json!([{"table_name": "Orders"}, {"table_name": "orders", "schema_name": "other"}]),
        json!([{"table_name": "Orders", "build_behavior_config": {"mode": "increment"}}]),
    ] {
        let wish = setup(tables.clone());
        let error = fake.client.datamodel().setup_datamodel(&run, wish).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{tables}");
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn a_model_with_other_content_is_a_conflict() {
    let foreign =
        json!({"oid": "d9", "name": "files", "type": "extract", "schema": {"tables": []}});
    let more =
        json!([table(json!(null)), {"oid": "t9", "id": "Extra", "name": "Extra", "columns": []}]);
    let mut live = model(json!([]));
    live["type"] = json!("live");
    for found in [model(json!([foreign])), model(json!([dataset(more)])), live] {
        let fake = deployment().await;
        with_model(&fake, found).await;
        let run = Run::unattended().start();
        let error = fake.client.datamodel().setup_datamodel(&run, two()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(writes(&fake).await.is_empty());
    }
}

#[tokio::test]
async fn a_preview_shows_every_write_and_the_run_makes_exactly_those() {
    let fake = deployment().await;
    without_model(&fake).await;
    let patch = format!("{TABLES}/t-Items");
    fake.reply("PATCH", &patch, &[], 200, json!({})).await;
    let wish = || {
        setup(json!([
            {"table_name": "Orders"},
            {"table_name": "Items",
             "build_behavior_config": {"mode": "increment", "column_name": "Id"}},
            {"table_name": "Ledger", "database_name": "erp", "schema_name": "fin"},
        ]))
    };
    let preview = Run::preview().start();
    let datamodel = fake.client.datamodel();
    let planned = datamodel.setup_datamodel(&preview, wish()).await.unwrap();
    assert!(planned.is_whole() && !planned.value.created);
    assert!(is_planned(&planned.value.datamodel_id));
    assert_eq!((planned.value.datasets.len(), planned.value.tables.len()), (2, 3));
    assert!(writes(&fake).await.is_empty());
    let changes = preview.changes();
    let summaries: Vec<&str> = changes.iter().map(|change| change.summary.as_str()).collect();
    assert_eq!(
        summaries,
        [
            "Create the extract model Sales",
            "Add the dataset public to the model Sales",
            "Add the dataset fin to the model Sales",
            "Add the table Orders with 2 columns to the model Sales",
            "Add the table Items with 2 columns to the model Sales",
            "Let builds of Items add new rows by Id",
            "Add the table Ledger with 2 columns to the model Sales",
        ]
    );
    assert_eq!(changes[6].after["source"], "erp.fin.Ledger");
    let again = Run::preview().start();
    let _ = datamodel.setup_datamodel(&again, wish()).await.unwrap();
    assert_eq!(again.changes(), changes, "a preview tells the same each time");

    let run = approved(changes);
    let made = datamodel.setup_datamodel(&run, wish()).await.unwrap();
    assert!(made.is_whole() && run.left().is_empty(), "{:?}", made.missing);
    assert_eq!((made.value.datamodel_id.as_str(), made.value.created), ("m1", true));
    assert_eq!(made.value.dataset_id.as_deref(), Some("d1"));
    let counts: Vec<usize> = made.value.datasets.iter().map(|one| one.table_count).collect();
    assert_eq!(counts, [2, 1]);
    assert_eq!(made.value.tables[2].dataset_id, "d2");
    assert_eq!(made.value.needs_deploy, Some(true));
    let other = "/api/v2/datamodels/m1/schema/datasets/d2/tables";
    assert_eq!(
        written(&fake).await,
        [
            format!("POST {MODELS}"),
            format!("POST {DATASETS}"),
            format!("POST {DATASETS}"),
            format!("POST {TABLES}"),
            format!("POST {TABLES}"),
            format!("PATCH {patch}"),
            format!("POST {other}"),
        ]
    );
}

#[tokio::test]
async fn a_source_that_changed_since_the_preview_is_not_taken() {
    let fake = deployment().await;
    without_model(&fake).await;
    let preview = Run::preview().start();
    let _ = fake.client.datamodel().setup_datamodel(&preview, two()).await.unwrap();

    let changed = Fake::start().await;
    with_connection(&changed).await;
    without_model(&changed).await;
    let columns = json!({"columns": [{"columnName": "Id", "dbType": 18}]});
    changed.reply("POST", SOURCE, &[], 200, columns).await;
    let run = approved(preview.changes());
    let error = changed.client.datamodel().setup_datamodel(&run, two()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert!(writes(&changed).await.is_empty(), "none is sent when one is not let through");
}

#[tokio::test]
async fn a_complete_model_is_left_and_a_half_made_one_is_completed() {
    let orders = || table(json!({"type": "sync"}));
    let fake = deployment().await;
    with_model(&fake, model(json!([dataset(json!([orders()]))]))).await;
    let run = Run::unattended().start();
    let one = setup(json!([{"table_name": "Orders"}]));
    let there = fake.client.datamodel().setup_datamodel(&run, one).await.unwrap().value;
    assert!(!there.created && !there.tables[0].created && run.changes().is_empty());

    let completed = fake.client.datamodel().setup_datamodel(&run, two()).await.unwrap().value;
    let made: Vec<_> = completed.tables.iter().map(|t| (t.name.as_str(), t.created)).collect();
    assert_eq!(made, [("Orders", false), ("Items", true)]);
    assert_eq!(completed.datasets[0].table_count, 2);
    assert_eq!(written(&fake).await, [format!("POST {TABLES}")]);
}

#[tokio::test]
async fn a_resumed_run_goes_on_with_what_was_approved() {
    let fake = deployment().await;
    fake.get_once(super::SCHEMA, &[("title", "Sales")], json!([])).await;
    fake.get_once(super::SCHEMA, &[], json!([])).await;
    fake.get_once(super::SCHEMA, &[("title", "Sales")], json!([])).await;
    fake.get_once(super::SCHEMA, &[], json!([])).await;
    with_model(&fake, model(json!([dataset(json!([table(json!({"type": "sync"}))]))]))).await;
    let datamodel = fake.client.datamodel();
    let preview = Run::preview().start();
    let _ = datamodel.setup_datamodel(&preview, two()).await.unwrap();
    let journal = Arc::new(MemoryJournal::default());
    let start = || Run::approved(preview.changes()).id("r1").journal(journal.clone()).start();
    let first = start();
    let _ = datamodel.setup_datamodel(&first, two()).await.unwrap();
    let before = written(&fake).await.len();
    assert_eq!(before, 4);

    // The same run again: three parts are recorded and there, somebody removed the fourth.
    let second = start();
    let made = datamodel.setup_datamodel(&second, two()).await.unwrap();
    assert!(second.left().is_empty());
    assert_eq!((made.value.datamodel_id.as_str(), made.value.created), ("m1", true));
    assert_eq!(made.value.tables[0].table_id, "t1");
    assert_eq!(made.value.failed[0].error.kind, ErrorKind::NotFound);
    assert_eq!(written(&fake).await.len(), before, "what is recorded is not sent again");
}

//! A data model from nothing: made, built, and its rows read.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{
    CreateDatamodel, CreateDataset, CreateTable, SetupDatamodel,
};
use sisense_core::{Client, ErrorKind, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::support::{client, sandbox};

fn setup(tables: Value) -> SetupDatamodel {
    serde_json::from_value(json!({
        "datamodel_name": "Shop", "datamodel_type": "elasticube",
        "connection_name": "Acme Warehouse", "database_name": "acme", "schema_name": "public",
        "tables": tables,
    }))
    .unwrap()
}

fn three() -> SetupDatamodel {
    setup(json!([
        {"table_name": "Order Lines",
         "build_behavior_config": {"mode": "increment", "column_name": "shipped at"}},
        {"table_name": "Größen & Maße", "tags": ["reference"]},
        {"table_name": "Orders 2019", "schema_name": "archive"},
    ]))
}

/// The tables of the model, as a read tells them: name, schema's dataset, behaviour.
async fn tables(client: &Client, title: &str) -> Vec<(String, String, String)> {
    let params = serde_json::from_value(json!({ "datamodel_name": title })).unwrap();
    let rows = client.datamodel().describe_datamodel(params).await.unwrap();
    let row = |row: sisense_core::domains::datamodel::TableRow| {
        (row.table_name, row.dataset_name.unwrap(), row.build_behavior.unwrap())
    };
    rows.into_iter().map(row).collect()
}

async fn approved(client: &Client, wish: SetupDatamodel) -> Run {
    let preview = Run::preview().start();
    let _ = client.datamodel().setup_datamodel(&preview, wish).await.unwrap();
    Run::approved(preview.changes()).start()
}

#[tokio::test]
async fn a_misspelt_table_leaves_nothing_behind() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let wish = setup(json!([{"table_name": "Order Lines"}, {"table_name": "Order Linse"}]));
    let run = Run::unattended().start();
    let error = client.datamodel().setup_datamodel(&run, wish).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("Order Linse"), "{error}");
    assert_eq!(sandbox.counts().writes, 0);
}

#[tokio::test]
async fn the_model_is_what_the_preview_showed() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let run = approved(&client, three()).await;
    assert_eq!(sandbox.counts().writes, 0);
    let made = client.datamodel().setup_datamodel(&run, three()).await.unwrap();
    assert!(made.is_whole() && run.left().is_empty(), "{:?}", made.missing);
    let row = |name: &str, dataset: &str, behavior: &str| {
        (name.to_owned(), dataset.to_owned(), behavior.to_owned())
    };
    assert_eq!(
        tables(&client, "Shop").await,
        [
            row("Order Lines", "public", "accumulativeSync"),
            row("Größen & Maße", "public", "sync"),
            row("Orders 2019", "archive", "sync"),
        ]
    );
    let before = sandbox.counts().writes;
    let again = client.datamodel().setup_datamodel(&Run::unattended().start(), three()).await;
    assert!(!again.unwrap().value.created);
    assert_eq!(sandbox.counts().writes, before, "already so");
}

#[tokio::test]
async fn a_half_made_model_is_completed_by_the_same_call() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    broken_tables(&sandbox);
    let run = approved(&client, three()).await;
    let made = client.datamodel().setup_datamodel(&run, three()).await.unwrap();
    assert_eq!((made.value.created, made.value.failed.len()), (true, 3));
    sandbox.clear_faults();
    let run = approved(&client, three()).await;
    assert_eq!(run.left().len(), 4, "three tables and one build behaviour are left to make");
    let made = client.datamodel().setup_datamodel(&run, three()).await.unwrap();
    assert!(made.is_whole() && !made.value.created);
    assert_eq!(tables(&client, "Shop").await.len(), 3);
}

/// No table can be made.
fn broken_tables(sandbox: &Sandbox) {
    sandbox.add_fault(Fault::new("*/tables", FaultAction::status(500)));
}

#[tokio::test]
async fn a_model_can_be_made_piece_by_piece() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let datamodel = client.datamodel();
    let run = Run::unattended().start();
    let model: CreateDatamodel =
        serde_json::from_value(json!({"datamodel_name": "Live", "datamodel_type": "realtime"}))
            .unwrap();
    let made = datamodel.create_datamodel(&run, model.clone()).await.unwrap();
    assert!(made.created);
    assert!(!datamodel.create_datamodel(&run, model).await.unwrap().created);
    let dataset: CreateDataset = serde_json::from_value(json!({
        "datamodel_name": "Live", "connection_name": "acme warehouse", "database_name": "acme",
        "schema_name": "public",
    }))
    .unwrap();
    assert!(datamodel.create_dataset(&run, dataset.clone()).await.unwrap().created);
    assert!(!datamodel.create_dataset(&run, dataset).await.unwrap().created);
    let table: CreateTable =
        serde_json::from_value(json!({"datamodel_name": "Live", "table_name": "Order Lines"}))
            .unwrap();
    let made = datamodel.create_table(&run, table.clone()).await.unwrap();
    assert!(made.value.created && made.value.columns.iter().all(|one| one.column_id.is_some()));
    let there = datamodel.create_table(&run, table).await.unwrap().value;
    assert_eq!((there.created, &there.columns), (false, &made.value.columns));
    assert_eq!(there.table_id, made.value.table_id);
}

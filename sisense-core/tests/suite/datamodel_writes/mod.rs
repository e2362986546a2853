//! Operations that make and deploy data models: the exact requests, in order, and nothing before
//! every name is found.

use std::sync::Arc;

use serde_json::{Value, json};
use sisense_core::{Change, Run};

use super::fake::Fake;

mod build;
mod connections;
mod create;
mod setup;
mod setup_broken;

pub const SCHEMA: &str = "/api/v2/datamodels/schema";
pub const MODELS: &str = "/api/v2/datamodels";
pub const CONNECTIONS: &str = "/api/v2/connections";
pub const SOURCE: &str = "/api/v1/connection/k1/table_schema_details";

pub fn approved(changes: Vec<Arc<Change>>) -> Run {
    Run::approved(changes).start()
}

/// The connection `Warehouse`, and no other.
pub async fn with_connection(fake: &Fake) {
    let warehouse = json!([{
        "oid": "k1", "name": "Warehouse", "provider": "RedShift", "enabled": true,
        "supportedModelTypes": ["LIVE", "EXTRACT"], "parameters": {"Server": "h", "Password": ""},
    }]);
    fake.get(CONNECTIONS, &[("name", "Warehouse")], warehouse.clone()).await;
    fake.get(CONNECTIONS, &[], warehouse).await;
}

/// The source knows a table with an id and a day. What it is not asked for it does not know.
pub async fn with_source(fake: &Fake, tables: &[&str]) {
    let tables: Vec<String> = tables.iter().map(|table| (*table).to_owned()).collect();
    let answer = move |request: &wiremock::Request| {
        let body: Value = request.body_json().unwrap();
        let asked = body["connectionData"]["table"].as_str().unwrap();
        let columns = json!([
            {"columnName": "Id", "dbType": 8, "size": 10, "precision": 10, "scale": 0},
            {"columnName": "Day", "dbType": 31},
        ]);
        if tables.iter().any(|table| table == asked) {
            wiremock::ResponseTemplate::new(200).set_body_json(json!({ "columns": columns }))
        } else {
            wiremock::ResponseTemplate::new(200).set_body_json(json!({"columns": []}))
        }
    };
    fake.on("POST", SOURCE, &[], answer, None).await;
}

/// A model as the server tells it.
pub fn model(datasets: Value) -> Value {
    json!({
        "oid": "m1", "_id": "5f0000000000000000000001", "title": "Sales", "type": "extract",
        "lastBuildTime": null, "datasets": datasets, "relations": [],
    })
}

pub fn dataset(tables: Value) -> Value {
    json!({
        "oid": "d1", "name": "public", "fullname": "RedShift:public", "type": "extract",
        "connection": {"oid": "k1", "name": "Warehouse", "provider": "RedShift"},
        "database": "dwh", "schemaName": "public", "schema": {"tables": tables},
    })
}

pub fn table(behavior: Value) -> Value {
    json!({
        "oid": "t1", "id": "Orders", "name": "Orders", "type": "base", "buildBehavior": behavior,
        "columns": [
            {"oid": "c1", "id": "Id", "name": "Id", "type": 8},
            {"oid": "c2", "id": "Day", "name": "Day", "type": 31},
        ],
    })
}

/// The server has this model, and no other.
pub async fn with_model(fake: &Fake, model: Value) {
    fake.get(SCHEMA, &[("title", "Sales")], model.clone()).await;
    fake.get(SCHEMA, &[], json!([{"oid": "m1", "title": "Sales", "type": model["type"]}])).await;
    fake.get("/api/v2/datamodels/m1/schema", &[], model).await;
}

/// The server has no model at all.
pub async fn without_model(fake: &Fake) {
    fake.get(SCHEMA, &[("title", "Sales")], json!([])).await;
    fake.get(SCHEMA, &[], json!([])).await;
}

/// The writes alone, without the questions to the source.
pub async fn writes(fake: &Fake) -> Vec<String> {
    fake.writes().await.into_iter().filter(|line| !line.contains(SOURCE)).collect()
}

/// Method and path of each write.
pub async fn written(fake: &Fake) -> Vec<String> {
    let short = |line: String| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    writes(fake).await.into_iter().map(short).collect()
}

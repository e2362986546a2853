//! Drafts and what runs: queries see what was built.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::Variants;

use super::Bench;

const ALL: &str = "/api/v2/builds";

fn base() -> Variants {
    Variants::default()
}

impl Bench {
    async fn count(&self, title: &str, table: &str) -> Value {
        let path = format!(
            "/api/datasources/{}/sql?query=SELECT%20COUNT(*)%20FROM%20[{}]",
            title.replace(' ', "%20"),
            table.replace(' ', "%20")
        );
        let (status, body) = self.get(&path).await;
        if status == 200 && body["error"] != true {
            body["values"][0][0].clone()
        } else {
            Value::Null
        }
    }

    /// Adds a table of the warehouse to a model's draft.
    async fn add_lines(&self, title: &str) {
        let datasets = format!("/api/v2/datamodels/{}/schema/datasets", self.model(title));
        let connection =
            json!({ "oid": self.find("connections", "name", "Acme Warehouse", "oid") });
        let body = json!({ "name": "more", "connection": connection, "database": "acme", "schemaName": "public" });
        let (_, dataset) = self.post(&datasets, body).await;
        let tables = format!("{datasets}/{}/tables", dataset["oid"].as_str().unwrap());
        let body = json!({ "id": "Order Lines", "columns": [{ "id": "Order ID", "type": 8 }] });
        assert_eq!(self.post(&tables, body).await.0, 201);
    }

    /// Takes a table out of the draft.
    async fn drop_table(&self, title: &str, table: &str) {
        let model = self.schema(title).await;
        let datasets = model["datasets"].as_array().unwrap().iter();
        let dataset = datasets.filter(|one| one["schema"]["tables"][0]["name"] == table);
        let oid = dataset.map(|one| one["oid"].as_str().unwrap()).next().unwrap();
        let path = format!("/api/v2/datamodels/{}/schema/datasets/{oid}", self.model(title));
        assert_eq!(self.send(self.sandbox.token(), Method::DELETE, &path, None).await.0, 200);
    }

    fn running_tables(&self, title: &str) -> usize {
        let running = &self.sandbox.state()["running"][self.model(title)];
        running["schema"]["datasets"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn what_runs_changes_only_when_a_build_is_done() {
    let bench = Bench::timed(1000, base()).await;
    let title = "Sample Healthcare";
    assert_eq!(bench.sandbox.state()["running"], json!({}));
    bench.drop_table(title, "Diagnosis").await;
    let pending = async || {
        let query = "{ elasticubesMetadata { title status hasPendingChanges lastBuildStatus } }";
        let (_, body) = bench.post("/api/v2/ecm", json!({ "query": query })).await;
        let rows = body["data"]["elasticubesMetadata"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["title"] == title).unwrap()
    };
    assert_eq!(pending().await["hasPendingChanges"], true);
    assert_eq!(bench.running_tables(title), 7);
    let (_, build) = bench.build(title, "full").await;
    assert_eq!(pending().await["status"], json!(["running", "building"]));
    // What is edited during a build is not in it.
    bench.drop_table(title, "Rooms").await;
    assert_eq!(bench.running_tables(title), 7);
    assert_eq!(bench.ended(&build).await["status"], "done");
    assert_eq!(bench.running_tables(title), 6);
    let seen = pending().await;
    assert_eq!((&seen["status"], &seen["lastBuildStatus"]), (&json!(["running"]), &json!("done")));
    assert_eq!(seen["hasPendingChanges"], true);
    assert_eq!(bench.schema(title).await["datasets"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_build_of_the_running_version_leaves_the_draft_out() {
    let bench = Bench::timed(0, base()).await;
    let title = "Sample Healthcare";
    bench.drop_table(title, "Diagnosis").await;
    let body = |title: &str| json!({ "datamodelId": bench.model(title), "buildType": "full", "schemaOrigin": "running" });
    assert_eq!(bench.post(ALL, body(title)).await.1["status"], "done");
    assert_eq!(bench.running_tables(title), 7);
    assert_eq!(bench.build(title, "full").await.1["status"], "done");
    assert_eq!(bench.running_tables(title), 6);
    bench.post("/api/v2/datamodels", json!({ "title": "Fresh" })).await;
    assert_eq!(bench.post(ALL, body("Fresh")).await.1["status"], "failed");
    assert!(bench.log("Fresh").await.pop().unwrap().contains("no version"));
}

#[tokio::test]
async fn a_failed_or_cancelled_build_leaves_what_runs() {
    let bench = Bench::timed(600, base()).await;
    let title = "Sample Healthcare";
    bench.drop_table(title, "Diagnosis").await;
    let (_, build) = bench.build(title, "full").await;
    let path = format!("{ALL}/{}", build["oid"].as_str().unwrap());
    bench.send(bench.sandbox.token(), Method::DELETE, &path, None).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(bench.get(&path).await.1["status"], "cancelled");
    assert_eq!(bench.running_tables(title), 7);
}

#[tokio::test]
async fn a_row_limit_stays_until_a_build_without_one() {
    let bench = Bench::timed(0, base()).await;
    let model = bench.model("Sample Healthcare");
    for (kind, limit, left) in [
        ("full", json!(10), 10),
        ("schema_changes", Value::Null, 10),
        ("schema_changes", json!(5), 5),
        ("by_table", json!(0), 0),
        ("full", json!(3), 3),
        ("full", Value::Null, 0),
    ] {
        let body = json!({ "datamodelId": model, "buildType": kind, "rowLimit": limit });
        let (_, build) = bench.post(ALL, body).await;
        assert_eq!(
            (&build["status"], &build["rowLimit"]),
            (&json!("done"), &json!(limit.as_u64().unwrap_or(0)))
        );
        assert_eq!(bench.sandbox.state()["running"][&model]["rowLimit"], left, "{kind}");
    }
}

#[tokio::test]
async fn queries_see_a_new_table_only_after_the_build_is_done() {
    let bench = Bench::timed(1000, base()).await;
    let title = "Sample ECommerce";
    bench.add_lines(title).await;
    assert_eq!(bench.count(title, "Order Lines").await, Value::Null);
    let (_, build) = bench.build(title, "schema_changes").await;
    assert_eq!(bench.count(title, "Order Lines").await, Value::Null);
    assert!(bench.count(title, "Brand").await.as_u64() > Some(0));
    assert_eq!(bench.ended(&build).await["status"], "done");
    assert!(bench.count(title, "Order Lines").await.as_u64() > Some(0));
}

#[tokio::test]
async fn queries_see_a_fresh_model_only_after_its_first_build() {
    let bench = Bench::timed(0, base()).await;
    bench.post("/api/v2/datamodels", json!({ "title": "Fresh" })).await;
    bench.add_lines("Fresh").await;
    assert_eq!(bench.count("Fresh", "Order Lines").await, Value::Null);
    assert_eq!(bench.build("Fresh", "full").await.1["status"], "done");
    assert!(bench.count("Fresh", "Order Lines").await.as_u64() > Some(0));
}

#[tokio::test]
async fn a_row_limit_cuts_what_queries_see() {
    let bench = Bench::timed(0, base()).await;
    let title = "Sample Healthcare";
    let model = bench.model(title);
    let before = bench.count(title, "Admissions").await;
    assert!(before.as_u64() > Some(3));
    for (limit, left) in [(3, json!(3)), (0, before)] {
        let body = json!({ "datamodelId": model, "buildType": "full", "rowLimit": limit });
        assert_eq!(bench.post(ALL, body).await.1["status"], "done");
        assert_eq!(bench.count(title, "Admissions").await, left);
    }
}

//! Builds and publishes, and what runs meanwhile.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{
    BuildCancel, BuildConflict, BuildError, BuildForm, BuildTask, SandboxConfig, Variants,
};

use super::{Bench, texts};

const ALL: &str = "/api/v2/builds";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
/// Longer than any test.
const FOREVER: u64 = 600_000;

fn base() -> Variants {
    Variants::default()
}

impl Bench {
    pub async fn timed(build_ms: u64, variants: Variants) -> Self {
        Self::with(SandboxConfig { build_ms, variants, ..SandboxConfig::default() }).await
    }

    pub async fn build(&self, title: &str, kind: &str) -> (u16, Value) {
        self.post(ALL, json!({ "datamodelId": self.model(title), "buildType": kind })).await
    }

    pub async fn schema(&self, title: &str) -> Value {
        self.get(&format!("/api/v2/datamodels/{}/schema", self.model(title))).await.1
    }

    pub async fn ended(&self, build: &Value) -> Value {
        let path = format!("{ALL}/{}", build["oid"].as_str().unwrap());
        for _ in 0..400 {
            let (_, seen) = self.get(&path).await;
            if ["done", "failed", "cancelled"].iter().any(|state| seen["status"] == *state) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the build did not end");
    }

    pub async fn log(&self, title: &str) -> Vec<String> {
        let query = format!(
            "{{ getRecentBuildLogs(elasticubeOid: \"{}\") {{ message verbosity }} }}",
            self.model(title)
        );
        let (_, body) = self.post("/api/v2/ecm", json!({ "query": query })).await;
        texts(&body["data"]["getRecentBuildLogs"], "message")
    }
}

#[tokio::test]
async fn a_start_must_name_a_model_and_a_fitting_type() {
    let bench = Bench::start().await;
    let (shop, leads) = (bench.model("Sample ECommerce"), bench.model("Sample Lead Generation"));
    for (body, status, sub) in [
        (json!({ "buildType": "full" }), 400, 1012),
        (json!({ "datamodelId": "x", "buildType": "full" }), 400, 1012),
        (json!({ "datamodelId": NOBODY, "buildType": "full" }), 404, 1010),
        (json!({ "datamodelId": shop }), 400, 1002),
        (json!({ "datamodelId": shop, "buildType": "FULL" }), 400, 1002),
        (json!({ "datamodelId": shop, "buildType": "publish" }), 400, 1002),
        (json!({ "datamodelId": leads, "buildType": "full" }), 400, 1002),
        (json!({ "datamodelId": shop, "buildType": "full", "rowLimit": -1 }), 400, 1002),
        (json!({ "datamodelId": shop, "buildType": "full", "rowLimit": "10" }), 400, 1002),
        (
            json!({ "datamodelId": shop, "buildType": "full", "schemaOrigin": "schema_changes" }),
            400,
            1002,
        ),
    ] {
        let (got, answer) = bench.post(ALL, body.clone()).await;
        assert_eq!((got, &answer["sub"]), (status, &json!(sub)), "{body}");
    }
    assert_eq!(bench.get(ALL).await.1, json!([]));
    assert_eq!(bench.get(&format!("{ALL}/{NOBODY}")).await.0, 404);
    assert_eq!(bench.get(&format!("{ALL}/x")).await.0, 400);
    assert_eq!(bench.get(&format!("{ALL}?status=running")).await.0, 400);
    assert_eq!(bench.get(&format!("{ALL}?datamodelId=x")).await.0, 400);
    assert_eq!(bench.get(&format!("{ALL}?datamodelId={NOBODY}")).await.0, 404);
}

#[tokio::test]
async fn builds_are_for_data_people_with_the_right_share() {
    let bench = Bench::timed(0, base()).await;
    let tokens = bench.sandbox.tokens().clone();
    for (token, title, status) in [
        (&tokens.viewer, "Sample ECommerce", 403),
        (&tokens.designer, "Sample ECommerce", 403),
        (&tokens.data_designer, "Sample Healthcare", 403),
        (&tokens.data_designer, "Sample ECommerce", 201),
        (&tokens.data_admin, "Sample Healthcare", 201),
    ] {
        let body = json!({ "datamodelId": bench.model(title), "buildType": "full" });
        assert_eq!(bench.send(token, Method::POST, ALL, Some(body)).await.0, status, "{title}");
    }
    let seen = async |token: &str| bench.send(token, Method::GET, ALL, None).await;
    assert_eq!(seen(&tokens.admin).await.1.as_array().unwrap().len(), 2);
    assert_eq!(seen(&tokens.data_designer).await.1.as_array().unwrap().len(), 1);
    assert_eq!(seen(&tokens.viewer).await.0, 403);
    let (_, all) = seen(&tokens.admin).await;
    for build in all.as_array().unwrap() {
        let path = format!("{ALL}/{}", build["oid"].as_str().unwrap());
        let mine = build["datamodelTitle"] == "Sample ECommerce";
        let status = if mine { 200 } else { 403 };
        assert_eq!(bench.send(&tokens.data_designer, Method::GET, &path, None).await.0, status);
        assert_eq!(bench.send(&tokens.data_designer, Method::DELETE, &path, None).await.0, status);
    }
}

#[tokio::test]
async fn a_build_goes_through_its_states_and_moves_the_times() {
    let bench = Bench::timed(1200, base()).await;
    let before = bench.schema("Sample ECommerce").await;
    let (status, build) = bench.build("Sample ECommerce", "by_table").await;
    assert_eq!(
        (status, &build["status"], &build["buildType"]),
        (201, &Value::Null, &json!("by-table"))
    );
    assert_eq!((&build["started"], &build["completed"]), (&Value::Null, &Value::Null));
    assert_eq!((&build["datamodelType"], &build["source"]), (&json!("extract"), &json!("rest")));
    let path = format!("{ALL}/{}", build["oid"].as_str().unwrap());
    let mut states = Vec::new();
    while states.last() != Some(&json!("done")) {
        let state = bench.get(&path).await.1["status"].clone();
        if states.last() != Some(&state) {
            states.push(state);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(states, [Value::Null, json!("pending"), json!("building"), json!("done")]);
    let after = bench.schema("Sample ECommerce").await;
    let done = bench.get(&path).await.1;
    assert!(done["created"].as_str() < done["started"].as_str());
    assert!(done["started"].as_str() < done["completed"].as_str());
    assert_eq!(after["lastBuildTime"], done["completed"]);
    assert_eq!(after["lastSuccessfulBuildTime"], done["completed"]);
    assert!(after["lastBuildTime"].as_str() > before["lastBuildTime"].as_str());
    assert_eq!(after["lastPublishTime"], Value::Null);
    for (state, count) in [("done", 1), ("building", 0)] {
        let path = format!("{ALL}?datamodelId={}&status={state}", bench.model("Sample ECommerce"));
        assert_eq!(bench.get(&path).await.1.as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn the_first_moment_of_a_build_has_three_answers() {
    for (build_task, status, seen) in [
        (BuildTask::Null, 200, Value::Null),
        (BuildTask::NotFound, 404, json!(404)),
        (BuildTask::BadRequest, 400, json!(400)),
    ] {
        let bench = Bench::timed(FOREVER, Variants { build_task, ..base() }).await;
        let (_, build) = bench.build("Sample ECommerce", "full").await;
        let (got, body) = bench.get(&format!("{ALL}/{}", build["oid"].as_str().unwrap())).await;
        assert_eq!((got, &body["status"]), (status, &seen));
        if status == 400 {
            assert!(
                body["detail"].as_str().unwrap().starts_with("Data source not found for build id")
            );
        }
        assert_eq!(texts(&bench.get(ALL).await.1, "oid"), [build["oid"].as_str().unwrap()]);
    }
}

#[tokio::test]
async fn a_second_build_is_refused_while_one_runs() {
    for (build_conflict, status) in [
        (BuildConflict::Conflict, 409),
        (BuildConflict::BadRequest, 400),
        (BuildConflict::ServerError, 500),
    ] {
        let bench = Bench::timed(FOREVER, Variants { build_conflict, ..base() }).await;
        assert_eq!(bench.build("Sample ECommerce", "full").await.0, 201);
        let (got, body) = bench.build("Sample ECommerce", "schema_changes").await;
        assert_eq!(got, status);
        assert!(body["detail"].as_str().unwrap().contains("BUILD_ALREADY_RUNNING"));
        assert_eq!(bench.build("Sample Healthcare", "full").await.0, 201);
    }
}

#[tokio::test]
async fn a_build_is_written_in_two_ways() {
    let bench = Bench::timed(FOREVER, Variants { build_form: BuildForm::Asked, ..base() }).await;
    let (_, build) = bench.build("Sample ECommerce", "schema_changes").await;
    assert_eq!(build["buildType"], "schema_changes");
    assert!(build.get("completed").is_none() && build.get("started").is_none());
    let bench = Bench::timed(FOREVER, base()).await;
    let (_, build) = bench.build("Sample ECommerce", "schema_changes").await;
    assert_eq!(build["buildType"], "schema-changes");
    assert!(build.get("completed").is_some());
}

#[tokio::test]
async fn builds_are_cancelled_one_by_one_or_by_model() {
    for (build_cancel, status) in [(BuildCancel::Ok, 200), (BuildCancel::NoContent, 204)] {
        let bench = Bench::timed(FOREVER, Variants { build_cancel, ..base() }).await;
        let token = bench.sandbox.token();
        let before = bench.schema("Sample ECommerce").await;
        let (_, first) = bench.build("Sample ECommerce", "full").await;
        let path = format!("{ALL}/{}", first["oid"].as_str().unwrap());
        assert_eq!(bench.send(token, Method::DELETE, &path, None).await.0, status);
        assert_eq!(bench.get(&path).await.1["status"], "cancelled");
        // Again changes nothing.
        assert_eq!(bench.send(token, Method::DELETE, &path, None).await.0, status);
        assert_eq!(bench.build("Sample ECommerce", "full").await.0, 201);
        bench.build("Sample Healthcare", "full").await;
        for (query, status) in [("", 400), ("?datamodelId=x", 400)] {
            let path = format!("{ALL}{query}");
            assert_eq!(bench.send(token, Method::DELETE, &path, None).await.0, status);
        }
        let all = format!("{ALL}?datamodelId={}", bench.model("Sample ECommerce"));
        assert_eq!(bench.send(token, Method::DELETE, &all, None).await.0, 204);
        assert_eq!(texts(&bench.get(&all).await.1, "status"), ["cancelled", "cancelled"]);
        assert_eq!(texts(&bench.get(ALL).await.1, "status")[2], "");
        assert_eq!(bench.schema("Sample ECommerce").await, before);
        let unknown = format!("{ALL}/{NOBODY}");
        assert_eq!(bench.send(token, Method::DELETE, &unknown, None).await.0, 404);
    }
}

#[tokio::test]
async fn builds_that_ended_are_forgotten_after_a_while() {
    let config = SandboxConfig { build_ms: 20, build_keep_ms: 0, ..SandboxConfig::default() };
    let bench = Bench::with(config).await;
    let before = bench.schema("Sample ECommerce").await["lastBuildTime"].clone();
    let (_, build) = bench.build("Sample ECommerce", "full").await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    bench.get(ALL).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(bench.get(&format!("{ALL}/{}", build["oid"].as_str().unwrap())).await.0, 404);
    assert_eq!(bench.get(ALL).await.1, json!([]));
    assert_ne!(bench.schema("Sample ECommerce").await["lastBuildTime"], before);
}

#[tokio::test]
async fn a_build_that_cannot_succeed_fails_with_a_reason() {
    for (build_error, shown) in [(BuildError::Log, false), (BuildError::Body, true)] {
        let bench = Bench::timed(30, Variants { build_error, ..base() }).await;
        bench.post("/api/v2/datamodels", json!({ "title": "Fresh" })).await;
        let (status, build) = bench.build("Fresh", "full").await;
        assert_eq!(status, 201);
        let failed = bench.ended(&build).await;
        assert_eq!((&failed["status"], failed.get("error").is_some()), (&json!("failed"), shown));
        assert_eq!(failed["error"]["reason"].as_str().is_some(), shown);
        let log = bench.log("Fresh").await;
        assert_eq!(log.last().unwrap(), "Build failed: the data model has no tables");
        let model = bench.schema("Fresh").await;
        assert_eq!(
            (&model["lastBuildTime"], &model["lastSuccessfulBuildTime"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_build_fails_when_its_source_cannot_be_read() {
    let bench = Bench::timed(0, base()).await;
    let token = bench.sandbox.token();
    let connection = bench.find("connections", "name", "Acme Warehouse", "oid");
    let one = format!("/api/v2/connections/{connection}");
    let datasets =
        format!("/api/v2/datamodels/{}/schema/datasets", bench.model("Sample ECommerce"));
    let body = json!({ "name": "more", "connection": { "oid": connection }, "database": "acme", "schemaName": "archive" });
    let (_, dataset) = bench.post(&datasets, body).await;
    let tables = format!("{datasets}/{}/tables", dataset["oid"].as_str().unwrap());
    // The table is there, but in another schema.
    let body = json!({ "id": "Brand", "name": "Archived", "columns": [{ "id": "a", "type": 8 }] });
    let (_, table) = bench.post(&tables, body).await;
    let table = format!("{tables}/{}", table["oid"].as_str().unwrap());
    let fails = async |what: &str| {
        let (_, build) = bench.build("Sample ECommerce", "full").await;
        let reason = bench.log("Sample ECommerce").await.pop().unwrap();
        assert_eq!(build["status"], "failed");
        assert!(reason.contains(what), "{reason}");
    };
    fails("the table 'Brand' does not exist in the source").await;
    for options in [json!({ "importQuery": "SELECT 1" }), Value::Null] {
        let patch = json!({ "configOptions": options });
        bench.send(token, Method::PATCH, &table, Some(patch)).await;
        let (_, build) = bench.build("Sample ECommerce", "full").await;
        assert_eq!(build["status"] == "done", options.is_object());
    }
    bench.send(token, Method::DELETE, &table, None).await;
    bench.send(token, Method::PATCH, &one, Some(json!({ "enabled": false }))).await;
    fails("the connection 'Acme Warehouse' is disabled").await;
    bench.send(token, Method::DELETE, &one, None).await;
    fails("does not exist").await;
}

#[tokio::test]
async fn a_dataset_without_settings_cannot_be_built() {
    let bench = Bench::timed(0, base()).await;
    let mut model = bench.schema("Sample Healthcare").await;
    model["title"] = json!("Moved");
    model["oid"] = json!("11111111-2222-4333-8444-555555555555");
    model["datasets"][0]["connection"]["parameters"] = json!("");
    bench.sandbox.load(model).unwrap();
    let (_, build) = bench.build("Moved", "full").await;
    assert_eq!(build["status"], "failed");
    assert!(bench.log("Moved").await.pop().unwrap().contains("has no settings"));
}

#[tokio::test]
async fn a_live_model_is_published() {
    let bench = Bench::timed(0, base()).await;
    let title = "Sample Lead Generation";
    let before = bench.schema(title).await;
    let (status, build) = bench.build(title, "publish").await;
    assert_eq!(
        (status, &build["status"], &build["datamodelType"]),
        (201, &json!("done"), &json!("live"))
    );
    assert!(build.get("rowLimit").is_none());
    let after = bench.schema(title).await;
    assert!(after["lastPublishTime"].as_str() > before["lastPublishTime"].as_str());
    assert_eq!(after["lastBuildTime"], Value::Null);
}

#[tokio::test]
async fn the_log_can_be_read_from_an_entry_on_and_by_variables() {
    let bench = Bench::timed(0, base()).await;
    bench.build("Sample Healthcare", "full").await;
    let all = bench.log("Sample Healthcare").await;
    assert_eq!((all[0].as_str(), all.len()), ("Waiting in queue", 10));
    assert!(all.contains(&"Importing Admissions".to_owned()));
    let ask = async |model: String| {
        let query = "query log($oid: UUID!, $from: Int) { getRecentBuildLogs(elasticubeOid: $oid, \
            fromSequenceNumber: $from) { timestamp message cubeId typeValue } }";
        let variables = json!({ "oid": model, "from": 9 });
        bench.post("/api/v2/ecm", json!({ "query": query, "variables": variables })).await
    };
    let (_, body) = ask(bench.model("Sample Healthcare")).await;
    let rows = &body["data"]["getRecentBuildLogs"];
    assert_eq!(texts(rows, "message"), ["Build done"]);
    assert_eq!(rows[0]["cubeId"], "Sample Healthcare");
    for wrong in ["x", NOBODY] {
        let (status, body) = ask(wrong.to_owned()).await;
        assert_eq!((status, &body["data"]), (400, &Value::Null));
    }
}

#[tokio::test]
async fn a_deleted_model_takes_its_builds_along() {
    let bench = Bench::timed(FOREVER, base()).await;
    let path = format!("/api/v2/datamodels/{}", bench.model("Sample Healthcare"));
    bench.build("Sample Healthcare", "full").await;
    assert_eq!(bench.send(bench.sandbox.token(), Method::DELETE, &path, None).await.0, 200);
    assert_eq!(bench.get(ALL).await.1, json!([]));
}

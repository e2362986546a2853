//! Export and import of models.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{
    Connections, ModelAnswer, ModelBoth, ModelConnection, ModelCopy, ModelOid, ModelOver,
    ModelParties, ModelStatus, Sandbox, SandboxConfig, Variants,
};

use super::{Bench, texts};

const IMPORT: &str = "/api/v2/datamodel-imports/schema";
const ALL: &str = "dataContext,scopeConfiguration,formulaManagement,drillHierarchies,perspectives";
const NOBODY: &str = "01234567-89ab-4def-8123-456789abcdef";
const TITLE: &str = "Sample ECommerce";

fn export_path(oid: &str, dependencies: &str) -> String {
    let path = format!("/api/v2/datamodel-exports/schema?datamodelId={oid}&type=schema-latest");
    if dependencies.is_empty() {
        path
    } else {
        format!("{path}&dependenciesIdsToInclude={dependencies}")
    }
}

async fn exported(bench: &Bench, title: &str, dependencies: &str) -> Value {
    let (status, body) = bench.get(&export_path(&bench.model(title), dependencies)).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// A deployment with other ids and no story.
async fn elsewhere() -> Bench {
    Bench::with(SandboxConfig {
        name: "elsewhere".into(),
        story: false,
        build_ms: 0,
        ..SandboxConfig::default()
    })
    .await
}

async fn import(bench: &Bench, query: &str, document: &Value) -> Value {
    let (status, body) = bench.post(&format!("{IMPORT}{query}"), document.clone()).await;
    assert_eq!(status, 201, "{body}");
    body
}

fn kept(sandbox: &Sandbox, oid: &Value) -> Value {
    let state = sandbox.state();
    state["models"].as_array().unwrap().iter().find(|row| row["oid"] == *oid).cloned().unwrap()
}

/// Leaves the connections of a document without settings.
fn without_settings(document: &Value) -> Value {
    let mut document = document.clone();
    for dataset in document["datasets"].as_array_mut().unwrap() {
        if dataset["connection"].is_object() {
            dataset["connection"]["parameters"] = json!("");
        }
    }
    document
}

async fn build(bench: &Bench, oid: &Value) -> String {
    let body = json!({ "datamodelId": oid, "buildType": "full" });
    let (status, build) = bench.post("/api/v2/builds", body).await;
    assert_eq!(status, 201, "{build}");
    let state = bench.sandbox.state();
    let builds = state["builds"].as_array().unwrap();
    builds.last().unwrap()["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_export_holds_the_definition_with_sealed_settings() {
    let bench = Bench::start().await;
    let document = exported(&bench, TITLE, "").await;
    assert!(document.get("dependencies").is_none());
    for key in ["shares", "creator", "tenant", "serverId", "lastBuildTime", "schedule"] {
        assert!(document.get(key).is_none(), "{key}");
    }
    let model = kept(&bench.sandbox, &document["oid"]);
    assert_eq!(document["relations"], model["relations"]);
    let mut sealed = 0;
    for dataset in document["datasets"].as_array().unwrap() {
        assert!(dataset.get("schedule").is_none());
        if dataset["connection"].is_null() {
            continue;
        }
        sealed += 1;
        assert!(dataset["connection"]["parameters"].as_str().unwrap().len() > 40);
    }
    assert!(sealed > 1);
    assert!(!document.to_string().contains("sandbox-source-password"));
    let other =
        Bench::with(SandboxConfig { name: "other".into(), ..SandboxConfig::default() }).await;
    let there = exported(&other, TITLE, "").await;
    assert_eq!(there["oid"], document["oid"]);
    let text = |document: &Value| document["datasets"][0]["connection"]["parameters"].to_string();
    assert_ne!(text(&there), text(&document));
}

#[tokio::test]
async fn an_export_carries_the_dependencies_that_were_asked_for() {
    let bench = Bench::start().await;
    let all = &exported(&bench, TITLE, ALL).await["dependencies"];
    assert!(all["dataContext"].as_array().unwrap().len() > 2);
    assert_eq!(all["scopeConfiguration"], json!([]));
    assert_eq!(texts(&all["formulaManagement"], "title"), ["Orders with a coupon"]);
    assert_eq!(texts(&all["drillHierarchies"], "title"), ["Geography"]);
    assert_eq!(texts(&all["perspectives"], "name"), ["Default", "Orders only"]);
    assert_eq!(all["perspectives"][0]["oid"], bench.model(TITLE));
    let one = &exported(&bench, TITLE, "drillHierarchies").await["dependencies"];
    assert_eq!(one.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn an_export_can_be_asked_for_in_a_wrong_way() {
    let bench = Bench::start().await;
    let oid = bench.model(TITLE);
    for (path, status) in [
        (export_path(NOBODY, ""), 404),
        (export_path("x", ""), 400),
        (export_path(&oid, "everything"), 400),
        ("/api/v2/datamodel-exports/schema?type=schema-latest".to_owned(), 400),
        (format!("/api/v2/datamodel-exports/schema?datamodelId={oid}"), 400),
        (format!("/api/v2/datamodel-exports/schema?datamodelId={oid}&type=full"), 400),
    ] {
        let (got, body) = bench.get(&path).await;
        assert_eq!((got, &body["status"]), (status, &json!(status)), "{path}");
    }
    let viewer = bench.sandbox.tokens().viewer.clone();
    assert_eq!(bench.send(&viewer, Method::GET, &export_path(&oid, ""), None).await.0, 403);
}

#[tokio::test]
async fn a_plain_import_keeps_the_ids_and_makes_a_draft_of_the_importers() {
    let (source, target) = (Bench::start().await, elsewhere().await);
    let document = exported(&source, TITLE, ALL).await;
    let body = import(&target, "", &without_settings(&document)).await;
    assert_eq!(body["oid"], document["oid"]);
    assert_eq!(body["title"], TITLE);
    assert_eq!(body["lastBuildTime"], Value::Null);
    let ada = target.user("ada.admin@acme.example");
    assert_eq!(body["creator"]["id"], ada);
    assert_eq!(body["shares"], json!([{ "partyId": ada, "type": "user", "permission": "w" }]));
    let (old, new) = (kept(&source.sandbox, &body["oid"]), kept(&target.sandbox, &body["oid"]));
    assert_eq!(new["relations"], old["relations"]);
    assert_eq!(new["relationsTables"], old["relationsTables"]);
    assert_ne!(new["_id"], old["_id"]);
    for (old, new) in
        old["datasets"].as_array().unwrap().iter().zip(new["datasets"].as_array().unwrap())
    {
        assert_eq!(new["oid"], old["oid"]);
        assert_ne!(new["name"], old["name"]);
        let (old, new) = (&old["schema"]["tables"][0], &new["schema"]["tables"][0]);
        assert_eq!(new["oid"], old["oid"]);
        assert_ne!(new["vTag"], old["vTag"]);
        assert_eq!(texts(&new["columns"], "oid"), texts(&old["columns"], "oid"));
        assert_eq!(texts(&new["columns"], "name"), texts(&old["columns"], "name"));
        assert_eq!(new.as_object().unwrap().len(), old.as_object().unwrap().len(), "{new}\n{old}");
    }
    // Without settings it cannot be built.
    assert_eq!(build(&target, &body["oid"]).await, "failed");
}

#[tokio::test]
async fn a_connection_of_the_target_is_adopted_and_the_model_builds() {
    let (source, target) = (Bench::start().await, elsewhere().await);
    let connection = json!({
        "provider": "PostgreSQL", "name": "Here", "description": "", "enabled": true,
        "createdByUser": true, "supportedModelTypes": ["LIVE", "EXTRACT"],
        "parameters": { "Server": "here", "Password": "hush", "Database": "acme", "Schema": "public" },
    });
    let (_, connection) = target.post("/api/v2/connections", connection).await;
    let mut document = exported(&source, TITLE, "").await;
    for dataset in document["datasets"].as_array_mut().unwrap() {
        if dataset["connection"].is_object() {
            dataset["connection"] = json!({ "oid": connection["oid"], "provider": "PostgreSQL" });
        }
    }
    let body = import(&target, "", &document).await;
    let shown = &body["datasets"][0]["connection"];
    assert_eq!(shown["name"], "Here");
    assert_eq!(shown["parameters"]["Password"], "");
    assert_eq!(build(&target, &body["oid"]).await, "done");
    assert!(kept(&target.sandbox, &body["oid"])["lastBuildTime"].is_string());
}

#[tokio::test]
async fn a_connection_that_is_not_there_is_refused_and_nothing_is_made() {
    let target = elsewhere().await;
    let source = Bench::start().await;
    let mut document = exported(&source, TITLE, "").await;
    let last = document["datasets"].as_array().unwrap().len() - 1;
    for dataset in document["datasets"].as_array_mut().unwrap().iter_mut().take(last) {
        dataset["connection"] = json!(null);
        dataset["type"] = json!("custom");
    }
    document["datasets"][last]["type"] = json!("extract");
    document["datasets"][last]["connection"] = json!({ "oid": NOBODY, "provider": "PostgreSQL" });
    assert_eq!(target.post(IMPORT, document.clone()).await.0, 404);
    let model_connection = ModelConnection::BadRequest;
    target.sandbox.set_variants(Variants { model_connection, ..Variants::default() });
    assert_eq!(target.post(IMPORT, document.clone()).await.0, 400);
    assert_eq!(target.sandbox.state()["models"], json!([]));
    let model_connection = ModelConnection::Kept;
    target.sandbox.set_variants(Variants { model_connection, ..Variants::default() });
    let body = import(&target, "", &document).await;
    assert_eq!(build(&target, &body["oid"]).await, "failed");
}

#[tokio::test]
async fn settings_sealed_elsewhere_are_useless_and_those_sealed_here_are_not() {
    let config = SandboxConfig { build_ms: 0, ..SandboxConfig::default() };
    let source = Bench::with(config.clone()).await;
    let document = exported(&source, TITLE, "").await;
    let target = Bench::with(SandboxConfig { name: "other".into(), ..config }).await;
    let query = format!("?datamodelId={}", document["oid"].as_str().unwrap());
    for (bench, ends) in [(&source, "done"), (&target, "failed")] {
        let body = import(bench, &query, &document).await;
        assert_eq!(build(bench, &body["oid"]).await, ends);
    }
}

#[tokio::test]
async fn overwrite_replaces_the_draft_and_keeps_title_shares_and_what_runs() {
    let bench = Bench::start().await;
    let mut document = exported(&bench, TITLE, "").await;
    let oid = document["oid"].clone();
    let before = kept(&bench.sandbox, &oid);
    document["title"] = json!("Ignored");
    document["datasets"] = json!([]);
    document["relations"] = json!([]);
    let query = format!("?datamodelId={}", oid.as_str().unwrap());
    let body = import(&bench, &query, &document).await;
    assert_eq!(body["title"], TITLE);
    for key in ["oid", "_id", "shares", "creator", "lastBuildTime"] {
        assert_eq!(body[key], before[key], "{key}");
    }
    assert_eq!(body["datasets"], json!([]));
    assert!(bench.sandbox.state()["running"][oid.as_str().unwrap()].is_object());
    let (status, problem) =
        bench.post(&format!("{IMPORT}?datamodelId={NOBODY}"), document.clone()).await;
    assert_eq!((status, &problem["status"]), (404, &json!(404)));
    assert_eq!(bench.post(&format!("{IMPORT}?datamodelId=x"), document.clone()).await.0, 400);
    document["type"] = json!("live");
    assert_eq!(bench.post(&format!("{IMPORT}{query}"), document).await.0, 400);
}

#[tokio::test]
async fn a_new_title_makes_new_ids_throughout() {
    let bench = Bench::start().await;
    let document = exported(&bench, TITLE, ALL).await;
    let body = import(&bench, "?newTitle=R%26D%20copy", &document).await;
    assert_eq!(body["title"], "R&D copy");
    assert_ne!(body["oid"], document["oid"]);
    let old = document["datasets"].as_array().unwrap();
    for (old, new) in old.iter().zip(body["datasets"].as_array().unwrap()) {
        assert_ne!(new["oid"], old["oid"]);
        assert_ne!(new["schema"]["tables"][0]["oid"], old["schema"]["tables"][0]["oid"]);
        assert_eq!(new["connection"]["oid"], old["connection"]["oid"]);
    }
    let ends: Vec<&Value> = body["relations"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|relation| relation["columns"].as_array().unwrap())
        .collect();
    let columns = body["datasets"].to_string();
    assert!(!ends.is_empty());
    for end in ends {
        for key in ["dataset", "table", "column"] {
            assert!(columns.contains(end[key].as_str().unwrap()), "{key}");
        }
    }
    // The dependencies came along, under ids of their own.
    let (_, again) = bench.get(&export_path(body["oid"].as_str().unwrap(), ALL)).await;
    for (kind, key) in
        [("formulaManagement", "title"), ("drillHierarchies", "title"), ("perspectives", "name")]
    {
        let (old, new) = (&document["dependencies"][kind], &again["dependencies"][kind]);
        assert_eq!(texts(new, key), texts(old, key), "{kind}");
    }
    assert_eq!(
        again["dependencies"]["dataContext"].as_array().unwrap().len(),
        document["dependencies"]["dataContext"].as_array().unwrap().len()
    );
    assert_eq!(again["dependencies"]["formulaManagement"][0]["datasource"]["title"], "R&D copy");
    assert_eq!(exported(&bench, TITLE, ALL).await["dependencies"], document["dependencies"]);
}

#[tokio::test]
async fn a_taken_title_or_id_is_refused() {
    let bench = Bench::start().await;
    let mut document = exported(&bench, TITLE, "").await;
    for query in ["", "?newTitle=Sample%20ECommerce"] {
        let (status, problem) = bench.post(&format!("{IMPORT}{query}"), document.clone()).await;
        assert_eq!((status, &problem["sub"]), (400, &json!(1011)), "{problem}");
        assert_eq!(problem["title"], "ElasticubeAlreadyExists");
    }
    document["title"] = json!("Free");
    assert_eq!(bench.post(IMPORT, document.clone()).await.1["sub"], 1011);
    bench.sandbox.set_variants(Variants { model_oid: ModelOid::Renewed, ..Variants::default() });
    let body = import(&bench, "", &document).await;
    assert_ne!(body["oid"], document["oid"]);
}

#[tokio::test]
async fn a_document_can_be_wrong() {
    let bench = Bench::start().await;
    let good = exported(&bench, TITLE, "").await;
    type Break = (&'static str, fn(&mut Value));
    let broken: [Break; 8] = [
        ("no object", |doc| *doc = json!([])),
        ("title", |doc| doc["title"] = json!(" ")),
        ("type", |doc| doc["type"] = json!("cube")),
        ("datasets", |doc| doc["datasets"] = json!({})),
        ("relations", |doc| doc["relations"] = json!(null)),
        ("oid", |doc| doc["oid"] = json!("x")),
        ("dataset", |doc| doc["datasets"][0] = json!(7)),
        ("connection", |doc| doc["datasets"][0]["connection"] = json!(null)),
    ];
    for (what, breaks) in broken {
        let mut bad = good.clone();
        bad["title"] = json!("Free");
        breaks(&mut bad);
        let (status, problem) = bench.post(IMPORT, bad).await;
        assert_eq!((status, &problem["status"]), (400, &json!(400)), "{what}: {problem}");
    }
    let mut odd = good.clone();
    odd["oid"] = json!(NOBODY);
    odd["title"] = json!("Odd");
    odd["datasets"][0]["schema"]["tables"] = json!([7, { "columns": 3 }]);
    import(&bench, "", &odd).await;
    let viewer = bench.sandbox.tokens().viewer.clone();
    assert_eq!(bench.send(&viewer, Method::POST, IMPORT, Some(good)).await.0, 403);
}

#[tokio::test]
async fn rules_keep_the_parties_of_the_source_or_lose_them() {
    let (source, target) = (Bench::start().await, elsewhere().await);
    let document = without_settings(&exported(&source, TITLE, ALL).await);
    let oid = document["oid"].as_str().unwrap();
    import(&target, "", &document).await;
    let rules = target.sandbox.state()["security"].clone();
    let count = document["dependencies"]["dataContext"].as_array().unwrap().len();
    assert_eq!(rules.as_array().unwrap().len(), count);
    assert!(rules.to_string().contains(&source.group("Sales")), "{rules}");
    let token = target.sandbox.token().to_owned();
    let path = format!("/api/v2/datamodels/{oid}");
    assert_eq!(target.send(&token, Method::DELETE, &path, None).await.0, 200);
    for kind in ["security", "formulas", "hierarchies", "perspectives"] {
        assert_eq!(target.sandbox.state()[kind], json!([]), "{kind}");
    }
    let model_parties = ModelParties::Dropped;
    target.sandbox.set_variants(Variants { model_parties, ..Variants::default() });
    import(&target, "", &document).await;
    let rules = target.sandbox.state()["security"].clone();
    assert!(rules.as_array().unwrap().len() < count);
    assert!(!rules.to_string().contains(&source.group("Sales")), "{rules}");
}

#[tokio::test]
async fn what_is_open_has_a_switch() {
    let bench = Bench::start().await;
    let plain = Variants::default();
    let document = exported(&bench, TITLE, "").await;
    let oid = document["oid"].as_str().unwrap();
    let both = format!("{IMPORT}?datamodelId={oid}&newTitle=Other");
    assert_eq!(bench.post(&both, document.clone()).await.1["title"], TITLE);
    bench.sandbox.set_variants(Variants { model_both: ModelBoth::Refused, ..plain });
    assert_eq!(bench.post(&both, document.clone()).await.0, 400);
    let (model_status, model_answer) = (ModelStatus::Ok, ModelAnswer::Brief);
    let model_copy = ModelCopy::Kept;
    bench.sandbox.set_variants(Variants { model_status, model_answer, model_copy, ..plain });
    let (status, body) = bench.post(&format!("{IMPORT}?newTitle=Other"), document.clone()).await;
    assert_eq!((status, body.as_object().unwrap().len()), (200, 2));
    let here = kept(&bench.sandbox, &body["oid"]);
    assert_eq!(texts(&here["datasets"], "oid"), texts(&document["datasets"], "oid"));
    bench.sandbox.set_variants(Variants { model_over: ModelOver::Renewed, ..plain });
    let body = import(&bench, &format!("?datamodelId={oid}"), &document).await;
    assert_eq!(body["oid"], document["oid"]);
    assert_ne!(texts(&body["datasets"], "oid"), texts(&document["datasets"], "oid"));
    bench.sandbox.set_variants(Variants { connections: Connections::Off, ..plain });
    let mut unmanaged = document.clone();
    let known = &document["datasets"][0]["connection"];
    unmanaged["datasets"][0]["connection"] =
        json!({ "oid": known["oid"], "provider": known["provider"] });
    let over = format!("{IMPORT}?datamodelId={oid}");
    assert_eq!(bench.post(&over, unmanaged).await.0, 404);
}

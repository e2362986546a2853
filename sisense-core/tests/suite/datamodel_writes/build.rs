//! Building and publishing: what is refused, what is never sent twice, and how it is followed.

use std::sync::{Arc, Mutex};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{Build, BuildStatus, DeployDatamodel, DeployType};
use sisense_core::run::{CancellationToken, MemoryJournal, Outcome, Undo};
use sisense_core::{ErrorKind, Partial, Result, Risk, Run};
use wiremock::ResponseTemplate;

use super::{approved, dataset, model, table, with_model, writes};
use crate::suite::fake::Fake;

const BUILDS: &str = "/api/v2/builds";
const BUILD: &str = "/api/v2/builds/b1";
const ECM: &str = "/api/v2/ecm";

fn wish(more: Value) -> DeployDatamodel {
    let mut args = json!({"datamodel_name": "Sales"});
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(args).unwrap()
}

fn waiting() -> DeployDatamodel {
    wish(json!({"wait": true}))
}

fn task(status: Value) -> Value {
    json!({"oid": "b1", "datamodelId": "m1", "buildType": "full", "status": status})
}

fn live() -> Value {
    let mut live = model(json!([]));
    live["type"] = json!("LIVE");
    live
}

/// A model that was built once, and no build that runs.
async fn deployment() -> Fake {
    let fake = Fake::start().await;
    with_model(&fake, model(json!([dataset(json!([table(json!(null))]))]))).await;
    fake.get(BUILDS, &[("datamodelId", "m1")], json!([{"oid": "b0", "status": "done"}])).await;
    fake
}

async fn deploy(fake: &Fake, run: &Run, wish: DeployDatamodel) -> Result<Partial<Build>> {
    fake.client.datamodel().deploy_datamodel(run, wish).await
}

async fn say_once(fake: &Fake, status: u16, body: Value) {
    fake.on("GET", BUILD, &[], ResponseTemplate::new(status).set_body_json(body), Some(1)).await;
}

#[tokio::test]
async fn what_does_not_fit_the_model_is_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    with_model(&fake, live()).await;
    fake.get(BUILDS, &[], json!([])).await;
    for more in [
        json!({"row_limit": 10}),
        json!({"build_type": "by-table"}),
        json!({"schema_origin": "running"}),
        json!({"timeout_s": 0}),
        json!({"timeout_s": 100_000}),
    ] {
        let error = deploy(&fake, &Run::unattended().start(), wish(more)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(writes(&fake).await.is_empty());
}

#[tokio::test]
async fn a_live_model_is_published_and_an_extract_built() {
    let fake = Fake::start().await;
    with_model(&fake, live()).await;
    fake.get(BUILDS, &[], json!([])).await;
    fake.reply("POST", BUILDS, &[], 201, task(json!(null))).await;
    let run = Run::unattended().start();
    let all = wish(json!({"row_limit": 0, "build_type": "build"}));
    let build = deploy(&fake, &run, all).await.unwrap().value;
    assert_eq!(build.status, Some(BuildStatus::Unknown));
    assert_eq!(run.entries()[0].id.as_deref(), Some("b1"));
    let body = json!({"datamodelId": "m1", "buildType": "publish"});
    assert_eq!(writes(&fake).await, [format!("POST {BUILDS} {body}")]);

    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 201, task(json!("PENDING"))).await;
    let wanted =
        || wish(json!({"row_limit": 5, "build_type": "delta", "schema_origin": "running"}));
    let preview = Run::preview().start();
    let planned = deploy(&fake, &preview, wanted()).await.unwrap().value;
    assert_eq!((planned.build_id, planned.status), (None, None));
    assert!(writes(&fake).await.is_empty());
    let build = deploy(&fake, &approved(preview.changes()), wanted()).await.unwrap().value;
    assert_eq!(build.status, Some(BuildStatus::Pending));
    assert_eq!((build.row_limit, build.schema_origin.as_deref()), (Some(5), Some("running")));
    let body = json!({
        "datamodelId": "m1", "buildType": "schema_changes", "rowLimit": 5,
        "schemaOrigin": "running",
    });
    assert_eq!(writes(&fake).await, [format!("POST {BUILDS} {body}")]);
}

#[tokio::test]
async fn lost_rows_are_told_before_they_are_lost() {
    let fake = Fake::start().await;
    let gathers =
        table(json!({"type": "accumulativeSync", "accumulativeConfig": {"column": "c2"}}));
    with_model(&fake, model(json!([dataset(json!([gathers]))]))).await;
    fake.get(BUILDS, &[], json!([])).await;
    for (more, risk, notes) in [
        (json!({}), Risk::High, 1),
        (json!({"build_type": "by_table"}), Risk::Normal, 0),
        (json!({"build_type": "by_table", "row_limit": 100}), Risk::High, 1),
        (json!({"row_limit": 100}), Risk::High, 2),
    ] {
        let run = Run::preview().start();
        let _ = deploy(&fake, &run, wish(more.clone())).await.unwrap();
        let change = &run.changes()[0];
        assert_eq!((change.risk, change.notes.len()), (risk, notes), "{more}");
        assert!(matches!(change.undo, Undo::No(_)));
        if change.after["build_type"] == json!(DeployType::Full) {
            assert!(change.notes.iter().any(|note| note.contains("Orders")), "{:?}", change.notes);
        }
    }
}

#[tokio::test]
async fn a_build_that_runs_is_told_and_not_doubled() {
    for status in [json!("building"), json!("PENDING"), json!(null)] {
        let fake = Fake::start().await;
        with_model(&fake, model(json!([]))).await;
        fake.get(BUILDS, &[], json!([{"oid": "b0", "status": "done"}, task(status)])).await;
        let run = Run::unattended().start();
        let build = deploy(&fake, &run, wish(json!({"row_limit": 5}))).await.unwrap().value;
        assert_eq!((build.build_id.as_deref(), build.already_running), (Some("b1"), true));
        assert_eq!(build.row_limit, None, "the options are those of the build that runs");
        assert!(run.changes().is_empty() && writes(&fake).await.is_empty());
    }
}

#[tokio::test]
async fn a_build_that_began_in_between_is_found_after_the_refusal() {
    for status in [400, 409, 500] {
        let fake = Fake::start().await;
        with_model(&fake, model(json!([]))).await;
        fake.get_once(BUILDS, &[], json!([])).await;
        fake.get(BUILDS, &[], json!([task(json!("building"))])).await;
        let refusal = json!({"title": "BuildError", "detail": "BUILD_ALREADY_RUNNING: busy"});
        fake.reply("POST", BUILDS, &[], status, refusal).await;
        let run = Run::unattended().start();
        let build = deploy(&fake, &run, wish(json!({}))).await.unwrap().value;
        assert!(build.already_running, "{status}");
        assert_eq!(run.entries()[0].outcome, Outcome::Failed, "this run has started nothing");
    }
    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 403, Value::Null).await;
    let error = deploy(&fake, &Run::unattended().start(), wish(json!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_a_look_and_the_build_never_started_twice() {
    let fake = Fake::start().await;
    with_model(&fake, model(json!([]))).await;
    let old = json!({"oid": "b0", "status": "done"});
    fake.get_once(BUILDS, &[], json!([old])).await;
    fake.get_once(BUILDS, &[], json!([old])).await;
    fake.get(BUILDS, &[], json!([old, task(json!("building"))])).await;
    fake.reply("POST", BUILDS, &[], 504, Value::Null).await;
    let run = Run::unattended().start();
    let build = deploy(&fake, &run, wish(json!({}))).await.unwrap().value;
    assert_eq!((build.build_id.as_deref(), build.already_running), (Some("b1"), false));
    assert_eq!(run.entries()[0].outcome, Outcome::Done);
    assert_eq!(writes(&fake).await.len(), 1);

    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 502, Value::Null).await;
    let run = Run::unattended().start();
    let error = deploy(&fake, &run, wish(json!({}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
    assert_eq!((writes(&fake).await.len(), run.entries()[0].outcome), (1, Outcome::Unknown));
}

#[tokio::test]
async fn a_resumed_run_follows_the_build_that_it_started() {
    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 201, task(json!("pending"))).await;
    let journal = Arc::new(MemoryJournal::default());
    let preview = Run::preview().start();
    let _ = deploy(&fake, &preview, waiting()).await.unwrap();
    let start = || Run::approved(preview.changes()).id("r1").journal(journal.clone()).start();
    let _ = deploy(&fake, &start(), wish(json!({}))).await.unwrap();

    // The build has ended meanwhile, so the model is no longer what the preview showed.
    let later = Fake::start().await;
    let mut built = model(json!([]));
    built["lastBuildTime"] = json!("2026-11-01T00:00:00Z");
    with_model(&later, built).await;
    later.get(BUILDS, &[], json!([task(json!("done"))])).await;
    let run = start();
    let build = deploy(&later, &run, waiting()).await.unwrap().value;
    assert_eq!((build.status, build.already_running), (Some(BuildStatus::Done), false));
    assert!(run.left().is_empty() && writes(&later).await.is_empty());
}

#[tokio::test]
async fn every_way_of_not_knowing_a_young_build_is_waited_through() {
    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 201, task(json!(null))).await;
    say_once(&fake, 404, json!({"title": "NotFound"})).await;
    say_once(&fake, 400, json!({"detail": "Data source not found for build id b1"})).await;
    say_once(&fake, 200, json!({"oid": "b1", "status": null})).await;
    say_once(&fake, 200, json!(null)).await;
    say_once(&fake, 503, json!({})).await;
    say_once(&fake, 200, json!({"builds": [task(json!("PENDING"))]})).await;
    say_once(&fake, 200, task(json!("building"))).await;
    fake.get(BUILD, &[], task(json!("SUCCEEDED"))).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let run = Run::unattended()
        .progress(Arc::new(move |event| sink.lock().unwrap().push((event.done, event.message))))
        .start();
    let build = deploy(&fake, &run, waiting()).await.unwrap();
    assert!(build.is_whole() && build.value.waited);
    assert_eq!(build.value.status, Some(BuildStatus::Done));
    let told = told.lock().unwrap();
    assert!(told.is_sorted_by(|a, b| a.0 < b.0), "{told:?}");
    assert!(told.iter().any(|(_, message)| message.contains("building")), "{told:?}");
}

#[tokio::test]
async fn a_forgotten_build_is_judged_by_the_models_own_times() {
    for (key, ended) in [
        ("lastSuccessfulBuildTime", Ok(BuildStatus::Done)),
        ("lastBuildTime", Err(ErrorKind::Server)),
    ] {
        let fake = Fake::start().await;
        let mut before = model(json!([]));
        before["lastSuccessfulBuildTime"] = json!("2026-10-01T00:00:00Z");
        fake.get_once(super::SCHEMA, &[("title", "Sales")], before.clone()).await;
        let mut after = before;
        after[key] = json!("2026-11-01T00:00:00Z");
        with_model(&fake, after).await;
        fake.get(BUILDS, &[], json!([])).await;
        fake.reply("POST", BUILDS, &[], 201, task(json!("pending"))).await;
        fake.reply("GET", BUILD, &[], 404, json!({})).await;
        let result = deploy(&fake, &Run::unattended().start(), waiting()).await;
        let result = result.map(|build| build.value.status.unwrap()).map_err(|error| error.kind());
        assert_eq!(result, ended, "{key}");
    }
    // Nothing tells that it ended.
    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 201, task(json!("pending"))).await;
    fake.reply("GET", BUILD, &[], 404, json!({})).await;
    let build = deploy(&fake, &Run::unattended().start(), waiting()).await.unwrap();
    assert_eq!(build.missing[0].error.kind, ErrorKind::NotFound);
    assert!(!build.value.waited);
}

#[tokio::test]
async fn a_failed_build_is_an_error_with_its_reason_and_its_secrets_hidden() {
    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 201, task(json!("pending"))).await;
    fake.get(BUILD, &[], task(json!("failed"))).await;
    let log = json!({"data": {"getRecentBuildLogs": [
        {"verbosity": "Info", "message": "Waiting in queue"},
        {"verbosity": "Error", "message": "no login: Server=h;Password=hunter2"},
    ]}});
    fake.reply("POST", ECM, &[], 200, log).await;
    let error = deploy(&fake, &Run::unattended().start(), waiting()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.to_string().contains("no login"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert_eq!(error.report().asset.as_deref(), Some("build b1 of data model \"Sales\" (m1)"));

    for (status, kind) in [("failed", ErrorKind::Server), ("canceled", ErrorKind::Cancelled)] {
        let fake = deployment().await;
        fake.reply("POST", BUILDS, &[], 201, task(json!("pending"))).await;
        fake.get(BUILD, &[], task(json!(status))).await;
        let error = deploy(&fake, &Run::unattended().start(), waiting()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn a_wait_that_ends_first_leaves_the_build_and_says_so() {
    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 201, task(json!("pending"))).await;
    fake.get(BUILD, &[], task(json!("building"))).await;
    let hasty = wish(json!({"wait": true, "timeout_s": 1}));
    let build = deploy(&fake, &Run::unattended().start(), hasty).await.unwrap();
    assert_eq!(build.value.status, Some(BuildStatus::Building));
    assert_eq!(build.missing[0].error.kind, ErrorKind::Timeout);
    assert_eq!(build.value.notes, ["the build goes on at the server"]);

    let token = CancellationToken::new();
    let stop = token.clone();
    let stop_when_building = move |event: sisense_core::run::Progress| {
        if event.message.contains("building") {
            stop.cancel();
        }
    };
    let run = Run::unattended().cancel(token).progress(Arc::new(stop_when_building)).start();
    let build = deploy(&fake, &run, waiting()).await.unwrap();
    assert_eq!(build.value.status, Some(BuildStatus::Building));
    assert_eq!(build.missing[0].error.kind, ErrorKind::Cancelled);
    assert!(
        writes(&fake).await.iter().all(|line| line.starts_with("POST")),
        "nothing is cancelled"
    );
}

#[tokio::test]
async fn a_lost_right_ends_the_wait_and_the_build_is_still_told() {
    let fake = deployment().await;
    fake.reply("POST", BUILDS, &[], 201, task(json!("pending"))).await;
    fake.reply("GET", BUILD, &[], 401, Value::Null).await;
    let build = deploy(&fake, &Run::unattended().start(), waiting()).await.unwrap();
    assert_eq!(build.value.build_id.as_deref(), Some("b1"));
    assert_eq!(build.missing[0].error.kind, ErrorKind::Unauthenticated);
}

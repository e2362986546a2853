//! The log of writes, snapshots, and faults that go by writes or by a seed.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{
    AssetKind, Change, Fault, FaultAction, RequestEntry, SandboxConfig, Sizes, Touched,
};

use super::Bench;

async fn bare() -> Bench {
    Bench::with(SandboxConfig { story: false, build_ms: 0, ..SandboxConfig::default() }).await
}

fn last(bench: &Bench) -> RequestEntry {
    bench.sandbox.requests().pop().unwrap()
}

/// What the last request touched, without ids.
fn touched(bench: &Bench) -> Vec<(AssetKind, String, Change)> {
    let entry = last(bench);
    let name = |one: Touched| (one.kind, one.name, one.change);
    entry.touched.into_iter().map(name).collect()
}

fn one(kind: AssetKind, name: &str, change: Change) -> Vec<(AssetKind, String, Change)> {
    vec![(kind, name.to_owned(), change)]
}

fn document(at: usize) -> Value {
    json!({
        "oid": format!("{at:024}"), "title": format!("Board {at}"), "widgets": [],
        "datasource": { "title": "Somewhere" },
    })
}

#[tokio::test]
async fn the_log_tells_what_each_write_did() {
    let bench = bare().await;
    let token = bench.sandbox.token().to_owned();
    let send = async |method: Method, path: &str, body: Value| {
        bench.send(&token, method, path, Some(body)).await.1
    };
    let user = send(Method::POST, "/api/v1/users/bulk", json!([{ "email": "a@b" }])).await;
    assert_eq!(touched(&bench), one(AssetKind::User, "a@b", Change::Created));
    let user = user[0]["_id"].as_str().unwrap();
    assert_eq!(last(&bench).touched[0].id, user);
    let path = format!("/api/v1/users/{user}");
    send(Method::PATCH, &path, json!({ "firstName": "A" })).await;
    assert_eq!(touched(&bench), one(AssetKind::User, "a@b", Change::Updated));
    send(Method::DELETE, &path, json!({})).await;
    assert_eq!(touched(&bench), one(AssetKind::User, "a@b", Change::Deleted));

    let groups = send(Method::POST, "/api/v1/groups/bulk", json!([{ "name": "G" }])).await;
    assert_eq!(touched(&bench), one(AssetKind::Group, "G", Change::Created));
    let path = format!("/api/v1/groups/{}", groups[0]["_id"].as_str().unwrap());
    send(Method::DELETE, &path, json!({})).await;
    assert_eq!(touched(&bench), one(AssetKind::Group, "G", Change::Deleted));

    let folder = send(Method::POST, "/api/v1/folders", json!({ "name": "F" })).await;
    assert_eq!(touched(&bench), one(AssetKind::Folder, "F", Change::Created));
    let path = format!("/api/v1/folders/{}", folder["oid"].as_str().unwrap());
    send(Method::PATCH, &path, json!({ "name": "H" })).await;
    assert_eq!(touched(&bench), one(AssetKind::Folder, "H", Change::Updated));

    let bulk = format!("/api/v1/dashboards/import/bulk?importFolder={}", &path[16..]);
    send(Method::POST, &bulk, json!([document(1), document(2), 7])).await;
    let made = |at| (AssetKind::Dashboard, format!("Board {at}"), Change::Created);
    assert_eq!(touched(&bench), [made(1), made(2)]);
    send(Method::POST, &bulk, json!([document(1)])).await;
    assert_eq!((last(&bench).applied, touched(&bench)), (true, vec![]));
    let board = document(1)["oid"].as_str().unwrap().to_owned();
    for (path, body) in [
        (format!("{bulk}&action=overwrite"), json!([document(1)])),
        (format!("/api/v1/dashboards/{board}/publish"), json!({})),
        (format!("/api/shares/dashboard/{board}"), json!({ "sharesTo": [] })),
    ] {
        send(Method::POST, &path, body).await;
        assert_eq!(
            touched(&bench),
            one(AssetKind::Dashboard, "Board 1", Change::Updated),
            "{path}"
        );
    }
    send(Method::DELETE, &path, json!({})).await;
    let gone = touched(&bench);
    assert_eq!(gone.len(), 3, "{gone:?}");
    assert!(gone.iter().all(|one| one.2 == Change::Deleted));

    let model = send(Method::POST, "/api/v2/datamodels", json!({ "title": "M" })).await;
    assert_eq!(touched(&bench), one(AssetKind::Model, "M", Change::Created));
    let mut document = model.clone();
    document["title"] = json!("N");
    send(Method::POST, "/api/v2/datamodel-imports/schema?newTitle=N", document).await;
    assert_eq!(touched(&bench), one(AssetKind::Model, "N", Change::Created));
    let oid = model["oid"].as_str().unwrap();
    let build = json!({ "datamodelId": oid, "buildType": "full" });
    send(Method::POST, "/api/v2/builds", build).await;
    assert_eq!(touched(&bench), one(AssetKind::Build, oid, Change::Created));
    send(Method::DELETE, &format!("/api/v2/datamodels/{oid}"), json!({})).await;
    assert_eq!(touched(&bench), one(AssetKind::Model, "M", Change::Deleted));
}

#[tokio::test]
async fn what_was_refused_or_only_read_was_not_applied() {
    let bench = bare().await;
    bench.get("/api/v1/users").await;
    assert!(!last(&bench).applied && !last(&bench).writes);
    bench.post("/api/v1/dashboards/searches", json!({})).await;
    assert!(!last(&bench).applied && !last(&bench).writes);
    bench.post("/api/v1/groups", json!({ "name": "" })).await;
    assert!(!last(&bench).applied && last(&bench).writes);
    bench.sandbox.add_fault(Fault::new("/api", FaultAction::status(503)));
    bench.post("/api/v1/groups", json!({ "name": "G" })).await;
    assert!(!last(&bench).applied && last(&bench).touched.is_empty());
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_was_applied_all_the_same() {
    let bench = bare().await;
    for action in [FaultAction::ApplyThenDrop, FaultAction::DropMidBody, FaultAction::EmptyBody] {
        bench.sandbox.add_fault(Fault::new("/api", action.clone()).times(1));
        let name = format!("{action:?}");
        let token = bench.sandbox.token().to_owned();
        let body = json!({ "name": name });
        drop(bench.raw(&token, Method::POST, "/api/v1/groups", Some(&body)).await);
        // A later request has been logged only after the one before it.
        bench.get("/api/v1/groups").await;
        let writes: Vec<RequestEntry> =
            bench.sandbox.requests().into_iter().filter(|entry| entry.writes).collect();
        let entry = writes.last().unwrap();
        assert!(entry.applied, "{name}");
        assert_eq!(entry.touched[0].name, name);
    }
    bench.sandbox.add_fault(Fault::new("/api", FaultAction::CloseConnection).writes());
    let body = json!({ "name": "Never" });
    let token = bench.sandbox.token().to_owned();
    assert!(bench.raw(&token, Method::POST, "/api/v1/groups", Some(&body)).await.is_err());
    bench.get("/api/v1/groups").await;
    let requests = bench.sandbox.requests();
    let entry = requests.iter().rfind(|entry| entry.writes).unwrap();
    assert!(!entry.applied);
}

#[tokio::test]
async fn a_snapshot_brings_back_data_and_the_next_ids() {
    let sizes = Sizes { users: 5, dashboards: 5, folders: 3, models: 1, ..Sizes::default() };
    let bench =
        Bench::with(SandboxConfig { sizes, story: false, ..SandboxConfig::default() }).await;
    let (before, start) = (bench.sandbox.state(), bench.sandbox.snapshot());
    let id = async || bench.post("/api/v1/groups", json!({ "name": "G" })).await.1["_id"].clone();
    let first = id().await;
    let later = bench.sandbox.snapshot();
    let token = bench.sandbox.token().to_owned();
    let user = bench.user("user00001@load.example");
    let path = format!("/api/v1/users/{user}");
    assert_eq!(bench.send(&token, Method::DELETE, &path, None).await.0, 204);
    bench.sandbox.restore(&start);
    assert_eq!(bench.sandbox.state(), before);
    assert_eq!(id().await, first);
    assert_eq!(bench.post("/api/v1/groups", json!({ "name": "G" })).await.0, 400);
    bench.sandbox.restore(&start);
    bench.sandbox.restore(&later);
    assert_eq!(bench.group("G"), first.as_str().unwrap());
    assert_eq!(bench.sandbox.counts().writes, 4);
}

#[tokio::test]
async fn faults_follow_their_own_seed_and_count_writes() {
    let bench = bare().await;
    let spoilt = async || {
        let mut all = Vec::new();
        for _ in 0..32 {
            all.push(bench.get("/api/v1/groups").await.0 == 503);
        }
        all
    };
    let action = FaultAction::status(503);
    bench.sandbox.add_fault(Fault::new("/api", action.clone()).probability(0.5));
    let mut runs = Vec::new();
    for seed in [11, 11, 12] {
        bench.sandbox.seed_faults(seed);
        runs.push(spoilt().await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    bench.sandbox.clear_faults();
    bench.sandbox.add_fault(Fault::new("/api", action).writes().nth(2));
    let made = async |name: &str| bench.post("/api/v1/groups", json!({ "name": name })).await.0;
    assert_eq!(made("A").await, 201);
    assert_eq!(bench.get("/api/v1/groups").await.0, 200);
    assert_eq!(made("B").await, 503);
    assert_eq!(made("B").await, 201);
}

#[tokio::test]
async fn a_write_can_be_applied_after_its_connection_is_gone() {
    let bench = bare().await;
    bench.sandbox.add_fault(Fault::new("/api", FaultAction::DropThenApply { ms: 50 }).times(1));
    let token = bench.sandbox.token().to_owned();
    let body = json!({ "name": "Late" });
    assert!(bench.raw(&token, Method::POST, "/api/v1/groups", Some(&body)).await.is_err());
    let there = || bench.sandbox.state()["groups"].to_string().contains("Late");
    assert!(!there());
    while !there() {
        tokio::task::yield_now().await;
    }
    let entry = bench.sandbox.requests().remove(0);
    assert_eq!((entry.status, entry.applied, entry.touched.len()), (0, true, 1));
}

#[tokio::test]
async fn requests_are_held_back_until_they_are_released() {
    let bench = bare().await;
    bench.sandbox.hold();
    let body = json!({ "name": "Held" });
    let write = bench.post("/api/v1/groups", body);
    let watch = async {
        while bench.sandbox.counts().total == 0 {
            tokio::task::yield_now().await;
        }
        assert!(!bench.sandbox.state()["groups"].to_string().contains("Held"));
        bench.sandbox.release();
    };
    assert_eq!(tokio::join!(write, watch).0.0, 201);
}

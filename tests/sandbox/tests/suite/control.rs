//! The sandbox's own endpoints and its log.

use reqwest::Method;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn everything_is_logged_and_nothing_secret_is() {
    let bench = Bench::start().await;
    bench.get("/api/v1/users?limit=1").await;
    bench.get("/api/v1/nothing").await;
    bench.send("nonsense", Method::GET, "/api/v1/groups", None).await;
    bench.post("/api/v1/dashboards/searches", json!({})).await;
    bench.post("/api/v1/groups", json!({ "name": "Logged" })).await;
    let entries = bench.sandbox.requests();
    assert_eq!((entries[0].path.as_str(), entries[0].query.as_str()), ("/api/v1/users", "limit=1"));
    assert_eq!(entries[0].user.as_deref(), Some("ada.admin@acme.example"));
    assert_eq!(
        entries.iter().map(|entry| entry.status).collect::<Vec<_>>(),
        [200, 404, 401, 200, 201]
    );
    let (_, shown) = bench.send("", Method::GET, "/__sandbox/requests", None).await;
    assert!(
        !shown.to_string().contains(bench.sandbox.token()) && !shown.to_string().contains("Bearer")
    );
    let counts = bench.sandbox.counts();
    assert_eq!((counts.total, counts.writes, counts.most_in_flight), (5, 1, 1));
    assert_eq!(counts.by_route["GET /api/v1/users"], 1);
    assert_eq!(counts.by_route["GET (no such route)"], 1);
}

#[tokio::test]
async fn the_most_in_flight_is_counted() {
    let bench = Bench::start().await;
    bench.sandbox.set_latency(std::time::Duration::from_millis(60));
    let reads = (0..6).map(|_| bench.get("/api/v1/groups"));
    futures_util::future::join_all(reads).await;
    assert_eq!(bench.sandbox.counts().most_in_flight, 6);
}

#[tokio::test]
async fn the_control_endpoints_do_what_the_library_does() {
    let bench = Bench::start().await;
    let send = async |method: Method, path: &str, body| {
        bench.send("", method, &format!("/__sandbox/{path}"), body).await
    };
    let (_, info) = send(Method::GET, "info", None).await;
    assert_eq!((&info["name"], &info["counts"]["models"]), (&json!("sandbox"), &json!(5)));
    assert_eq!(info["tokens"]["admin"], bench.sandbox.token());

    let fault = json!({ "path": "/api/v1/groups", "method": "GET", "times": 1, "action": { "kind": "status", "status": 418 } });
    assert_eq!(send(Method::POST, "faults", Some(fault)).await.0, 204);
    assert_eq!(
        send(Method::POST, "faults", Some(json!({ "path": "/", "action": { "kind": "sulk" } })))
            .await
            .0,
        400
    );
    assert_eq!(send(Method::GET, "faults", None).await.1[0]["action"]["status"], 418);
    assert_eq!(bench.get("/api/v1/groups").await.0, 418);
    assert_eq!(send(Method::DELETE, "faults", None).await.0, 204);

    let (status, variants) =
        send(Method::POST, "variants", Some(json!({ "title_miss": "404" }))).await;
    assert_eq!((status, &variants["navver"]), (200, &json!("object")));
    assert_eq!(send(Method::POST, "variants", Some(json!({ "title_miss": "maybe" }))).await.0, 400);
    assert_eq!(bench.get("/api/v2/datamodels/schema?title=x").await.0, 404);
    assert_eq!(send(Method::POST, "latency", Some(json!({ "ms": 1 }))).await.0, 204);

    bench.post("/api/v1/groups", json!({ "name": "Gone soon" })).await;
    assert_eq!(send(Method::POST, "reset", None).await.0, 204);
    assert_eq!(send(Method::GET, "counts", None).await.1["total"], 0);
    let (_, state) = send(Method::GET, "state", None).await;
    assert!(!state["groups"].to_string().contains("Gone soon"));
    assert_eq!(bench.get("/api/v2/datamodels/schema?title=x").await.0, 200);
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let bench = Bench::start().await;
    let port = bench.sandbox.url().rsplit(':').next().unwrap().parse().unwrap();
    let config = sisense_sandbox::SandboxConfig { port, ..Default::default() };
    let error = sisense_sandbox::Sandbox::start(config).await.unwrap_err();
    assert_eq!(error.to_string(), format!("the sandbox cannot listen on port {port}"));
}

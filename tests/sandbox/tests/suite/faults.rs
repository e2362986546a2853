//! Every fault, seen by a client that does not expect it.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use sisense_sandbox::{Fault, FaultAction, WrongShape};

use super::Bench;

const USERS: &str = "/api/v1/users";

async fn with(action: FaultAction) -> Bench {
    let bench = Bench::start().await;
    bench.sandbox.add_fault(Fault::new(USERS, action).times(1));
    bench
}

#[tokio::test]
async fn a_status_comes_with_retry_after_and_once() {
    let retry_after = Some("2".to_owned());
    let bench = with(FaultAction::Status { status: 429, body: None, retry_after }).await;
    let answer = bench.raw(bench.sandbox.token(), Method::GET, USERS, None).await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "2");
    assert_eq!(bench.get(USERS).await.0, 200);
    assert_eq!(bench.get(USERS).await.0, 200);
}

#[tokio::test]
async fn a_status_can_bring_its_own_body_and_applies_nothing() {
    let bench = Bench::start().await;
    let action = FaultAction::Status {
        status: 503,
        body: Some(json!({ "why": "tired" })),
        retry_after: None,
    };
    bench.sandbox.add_fault(Fault::new("/api/v1/groups", action).method("POST"));
    let (status, body) = bench.post("/api/v1/groups", json!({ "name": "Lost" })).await;
    assert_eq!((status, body), (503, json!({ "why": "tired" })));
    bench.sandbox.clear_faults();
    assert_eq!(bench.get("/api/v1/groups?name=Lost").await.1, json!([]));
}

#[tokio::test]
async fn a_login_page_comes_with_200_and_html() {
    let bench = with(FaultAction::LoginPage).await;
    let answer = bench.raw(bench.sandbox.token(), Method::GET, USERS, None).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert!(answer.text().await.unwrap().contains("<form"));
}

#[tokio::test]
async fn a_redirect_leads_to_the_login_page() {
    let bench = with(FaultAction::LoginRedirect).await;
    let answer = bench.raw(bench.sandbox.token(), Method::GET, USERS, None).await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(answer.headers()["location"].to_str().unwrap().starts_with("/app/account/login"));
}

#[tokio::test]
async fn truncated_json_has_good_headers_and_half_a_body() {
    let bench = with(FaultAction::TruncatedJson).await;
    let answer = bench.raw(bench.sandbox.token(), Method::GET, USERS, None).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
    let text = answer.text().await.unwrap();
    assert!(text.len() > 100, "{text}");
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_err());
}

#[tokio::test]
async fn a_drop_in_the_middle_shows_while_reading_the_body() {
    let bench = with(FaultAction::DropMidBody).await;
    let answer = bench.raw(bench.sandbox.token(), Method::GET, USERS, None).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn a_closed_connection_gives_no_status_at_all() {
    let bench = with(FaultAction::CloseConnection).await;
    let error = bench.raw(bench.sandbox.token(), Method::GET, USERS, None).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(bench.sandbox.requests()[0].status, 0);
    assert_eq!(bench.get(USERS).await.0, 200);
}

#[tokio::test]
async fn silence_lasts_until_the_client_leaves() {
    let bench = with(FaultAction::Silence).await;
    let started = Instant::now();
    let request = bench.client.get(format!("{}{USERS}", bench.sandbox.url()));
    let error = request.timeout(Duration::from_millis(150)).send().await.unwrap_err();
    assert!(error.is_timeout());
    assert!(started.elapsed() >= Duration::from_millis(150));
    assert_eq!(bench.get(USERS).await.0, 200);
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn silence_ends_when_the_sandbox_stops() {
    let bench = with(FaultAction::Silence).await;
    let (client, url) = (bench.client.clone(), format!("{}{USERS}", bench.sandbox.url()));
    let waiting = tokio::spawn(async move { client.get(url).send().await });
    while bench.sandbox.counts().total == 0 {
        tokio::task::yield_now().await;
    }
    bench.sandbox.stop().await;
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn latency_delays_the_answer() {
    let bench = with(FaultAction::Latency { ms: 80 }).await;
    let started = Instant::now();
    assert_eq!(bench.get(USERS).await.0, 200);
    assert!(started.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn an_empty_body_keeps_the_status() {
    let bench = with(FaultAction::EmptyBody).await;
    let answer = bench.raw(bench.sandbox.token(), Method::GET, USERS, None).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_wrong_shape_is_valid_json() {
    for (shape, wanted) in [
        (WrongShape::Object, json!({})),
        (WrongShape::Null, json!(null)),
        (WrongShape::ListOfNulls, json!([null, null])),
        (WrongShape::Number, json!(42)),
    ] {
        let bench = with(FaultAction::WrongShape { shape }).await;
        assert_eq!(bench.get(USERS).await, (200, wanted));
    }
}

#[tokio::test]
async fn apply_then_drop_leaves_the_write_behind() {
    let bench = Bench::start().await;
    bench
        .sandbox
        .add_fault(Fault::new("/api/v1/groups", FaultAction::ApplyThenDrop).method("POST"));
    let body = json!({ "name": "Half Known" });
    let sent = bench.raw(bench.sandbox.token(), Method::POST, "/api/v1/groups", Some(&body)).await;
    assert!(sent.is_err());
    let (_, found) = bench.get("/api/v1/groups?name=Half%20Known").await;
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_rule_can_wait_for_the_nth_request_and_look_at_the_query() {
    let bench = Bench::start().await;
    bench.sandbox.add_fault(Fault::new("/api/*", FaultAction::status(500)).nth(2));
    bench.sandbox.add_fault(Fault::new("/api/v1/groups?*Sales*", FaultAction::status(502)));
    assert_eq!(bench.get("/api/v1/groups").await.0, 200);
    assert_eq!(bench.get("/api/v1/groups").await.0, 500);
    assert_eq!(bench.get("/api/v1/groups?name=Sales").await.0, 502);
    assert_eq!(bench.get("/api/v1/groups?name=Analysts").await.0, 200);
}

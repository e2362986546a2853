//! What the client does with a server that has too much to do.

use std::time::{Duration, Instant};

use serde_json::json;
use sisense_core::run::{Action, Asset, AssetKind, CancellationToken, Door, Outcome, Pass};
use sisense_core::{Change, Client, ErrorKind, Limits, Run, Secret};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

const WRITE: &[&str] = &["api", "groups", "1"];

fn client(server: &MockServer) -> Client {
    let limits = Limits { retry_time: Duration::from_secs(10), ..Limits::default() };
    let builder = Client::builder(server.uri()).name("prod").token(Secret::new("token"));
    builder.limits(limits).build().unwrap()
}

fn refusal(status: u16, wait: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("Retry-After", wait)
}

/// A server that refuses so many times, and then agrees.
async fn refusing(answer: ResponseTemplate, times: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).up_to_n_times(times).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_json(json!({"_id": "1"}));
    Mock::given(any()).respond_with(fine).mount(&server).await;
    server
}

async fn sent(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn pass(run: &Run) -> Pass {
    let asset = Asset {
        deployment: "prod".into(),
        kind: AssetKind::Group,
        id: Some("1".into()),
        name: "Sales".into(),
    };
    let change = Change::new("test.rename", asset, Action::Update, "Rename").after(json!("x"));
    match run.admit(change).await.unwrap() {
        Door::Open(pass) => pass,
        other => panic!("closed: {other:?}"),
    }
}

#[tokio::test]
async fn a_write_that_was_refused_before_any_work_is_sent_again() {
    let server = refusing(refusal(429, "1"), 1).await;
    let client = client(&server);
    let run = Run::unattended().start();
    let pass = pass(&run).await;
    let started = Instant::now();
    let answer = client.write(&pass, "PUT", WRITE, Some(json!({"name": "x"}))).await;
    pass.settle(answer).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(sent(&server).await, 2);
    assert_eq!(run.entries().len(), 1);
    assert_eq!(run.entries()[0].outcome, Outcome::Done);
}

#[tokio::test]
async fn a_write_that_a_gateway_may_have_passed_on_is_not() {
    for (status, kind) in [(503, ErrorKind::Server), (502, ErrorKind::UnknownOutcome)] {
        let server = refusing(refusal(status, "0"), 1).await;
        let run = Run::unattended().start();
        let pass = pass(&run).await;
        let answer = client(&server).write(&pass, "PUT", WRITE, None).await;
        assert_eq!(pass.settle(answer).await.unwrap_err().kind(), kind);
        assert_eq!(sent(&server).await, 1);
    }
}

#[tokio::test]
async fn a_write_is_not_refused_for_ever() {
    let server = refusing(refusal(429, "0"), 100).await;
    let run = Run::unattended().start();
    let pass = pass(&run).await;
    let answer = client(&server).write(&pass, "PUT", WRITE, None).await;
    let error = pass.settle(answer).await.unwrap_err();
    assert_eq!((error.kind(), error.report().attempts), (ErrorKind::RateLimited, Some(4)));
    assert_eq!(run.entries()[0].outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_stop_ends_a_write_that_waits_for_its_time() {
    let server = refusing(refusal(429, "9"), 1).await;
    let client = client(&server);
    let stop = CancellationToken::new();
    let run = Run::unattended().cancel(stop.clone()).start();
    let pass = pass(&run).await;
    let started = Instant::now();
    let write = client.write(&pass, "PUT", WRITE, None);
    let stopping = async {
        while sent(&server).await == 0 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (answer, ()) = tokio::join!(write, stopping);
    let error = pass.settle(answer).await.unwrap_err();
    assert_eq!((error.kind(), error.report().attempts), (ErrorKind::Cancelled, Some(1)));
    assert!(started.elapsed() < Duration::from_secs(9));
    assert_eq!(sent(&server).await, 1);
    assert_eq!(run.entries()[0].outcome, Outcome::Failed);
}

#[tokio::test]
async fn no_request_starts_before_the_time_that_the_server_named_to_another() {
    let server = refusing(refusal(429, "1"), 1).await;
    let client = client(&server);
    let started = Instant::now();
    let first = client.read(&["api", "first"], &[]);
    let second = async {
        while sent(&server).await == 0 {
            tokio::task::yield_now().await;
        }
        // The answer is on its way; the limit tells when it is there.
        while client.concurrency().limit == client.concurrency().most {
            tokio::task::yield_now().await;
        }
        let answer = client.read(&["api", "second"], &[]).await;
        (answer, started.elapsed())
    };
    let (first, (second, elapsed)) = tokio::join!(first, second);
    assert!(first.is_ok() && second.is_ok());
    assert!(elapsed >= Duration::from_secs(1));
    assert_eq!(sent(&server).await, 3);
}

#[tokio::test]
async fn a_request_that_would_wait_too_long_is_not_sent_and_says_when() {
    let server = refusing(refusal(503, "900"), 1).await;
    let client = client(&server);
    let refused = client.read(&["api", "first"], &[]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Server);
    let held = client.read(&["api", "second"], &[]).await.unwrap_err();
    assert_eq!((held.kind(), held.status()), (ErrorKind::RateLimited, None));
    assert!(held.retry_after().is_some_and(|wait| wait > Duration::from_secs(800)));
    let text = held.to_string();
    assert!(text.contains("GET /api/second") && text.contains("next: try again in"), "{text}");
    assert_eq!(sent(&server).await, 1);
    let run = Run::unattended().start();
    let pass = pass(&run).await;
    let write = client.write(&pass, "PUT", WRITE, None).await;
    assert_eq!(pass.settle(write).await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(run.entries()[0].outcome, Outcome::Failed);
    assert_eq!(sent(&server).await, 1);
}

#[tokio::test]
async fn a_wait_of_half_an_eternity_is_no_panic() {
    let server = refusing(refusal(429, &u64::MAX.to_string()), 100).await;
    let client = client(&server);
    for _ in 0..2 {
        let error = client.read(&["api"], &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RateLimited);
    }
}

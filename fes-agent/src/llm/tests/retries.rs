//! Servers that fail, are busy or silent.

use sisense_core::ErrorKind;
use sisense_core::run::CancellationToken;

use super::*;

fn fails(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(format!("said back: {WORDS}"))
}

async fn tried(answers: Vec<ResponseTemplate>) -> (Result<Reply>, usize) {
    let server = server(answers).await;
    let reply = model(&server.uri()).complete(Request::new(&prompt())).await;
    (reply, server.received_requests().await.unwrap().len())
}

#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    for status in [408, 429, 500, 502, 503, 504, 529] {
        let (reply, requests) = tried(vec![fails(status), said("hello")]).await;
        assert_eq!((reply.unwrap().attempts, requests), (2, 2), "{status}");
    }
}

#[tokio::test]
async fn a_server_that_goes_on_failing_is_asked_three_times() {
    let (reply, requests) = tried(vec![fails(503)]).await;
    let error = reply.unwrap_err();
    assert_tells_nothing(&error);
    assert_eq!(requests, 3);
    assert_eq!(
        error.to_string(),
        "the model's server failed (POST /chat/completions answered 503, 3 attempts); \
         next: try again later"
    );
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    let kinds = [
        (400, ErrorKind::InvalidInput),
        (401, ErrorKind::Unauthenticated),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (413, ErrorKind::InvalidInput),
        (302, ErrorKind::Config),
    ];
    for (status, kind) in kinds {
        let (reply, requests) = tried(vec![fails(status)]).await;
        let error = reply.unwrap_err();
        assert_tells_nothing(&error);
        assert_eq!((error.kind(), requests), (kind, 1), "{status}");
    }
}

#[tokio::test]
async fn a_wait_that_the_server_names_is_kept() {
    let busy = ResponseTemplate::new(429).insert_header("retry-after-ms", "30");
    let started = std::time::Instant::now();
    let (reply, requests) = tried(vec![busy, said("hello")]).await;
    assert_eq!((reply.unwrap().text.as_str(), requests), ("hello", 2));
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_told_instead() {
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "3600");
    let (reply, requests) = tried(vec![busy]).await;
    let error = reply.unwrap_err();
    assert_eq!((error.kind(), requests), (ErrorKind::RateLimited, 1));
    assert_eq!(error.report().next_step.as_deref(), Some("try again in 3600 s"));
}

#[tokio::test]
async fn silence_ends_each_attempt() {
    let server = server(vec![said("late").set_delay(Duration::from_secs(600))]).await;
    let mut config = model(&server.uri()).config().clone();
    config.limits.timeout = Duration::from_millis(50);
    config.limits.attempts = 2;
    let error =
        HttpModel::new(config).unwrap().complete(Request::new(&prompt())).await.unwrap_err();
    assert_eq!((error.kind(), error.report().attempts), (ErrorKind::Timeout, Some(2)));
}

#[tokio::test]
async fn nobody_there() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let model = model(&format!("http://127.0.0.1:{port}/v1"));
    let error = model.complete(Request::new(&prompt())).await.unwrap_err();
    assert_eq!((error.kind(), error.report().attempts), (ErrorKind::Connect, Some(3)));
    assert_tells_nothing(&error);
}

#[tokio::test]
async fn a_stop_ends_the_call_and_nothing_is_sent_after_it() {
    let server = server(vec![said("late").set_delay(Duration::from_secs(600))]).await;
    let model = model(&server.uri());
    let (stop, prompt) = (CancellationToken::new(), prompt());
    let call = model.complete(Request::new(&prompt).cancel(stop.clone()));
    let stopped = async {
        while server.received_requests().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let (reply, ()) = tokio::join!(call, stopped);
    assert_eq!(reply.unwrap_err().kind(), ErrorKind::Cancelled);
    let again = model.complete(Request::new(&prompt).cancel(stop)).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

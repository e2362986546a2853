//! What the client makes of servers that answer badly, slowly or not at all.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use sisense_core::domains::access::GetUser;
use sisense_core::run::{Action, Asset, AssetKind, Door, Pass};
use sisense_core::{Change, Client, Error, ErrorKind, Limits, Run, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "very-own-token-42";

fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_millis(300),
        call_timeout: Duration::from_millis(600),
        retries: 2,
        retry_time: Duration::from_secs(10),
        max_body: 10_000,
        ..Limits::default()
    }
}

fn client(url: impl Into<String>) -> Client {
    client_with(url, limits())
}

fn client_with(url: impl Into<String>, limits: Limits) -> Client {
    Client::builder(url).name("prod").token(Secret::new(TOKEN)).limits(limits).build().unwrap()
}

async fn read(client: &Client) -> Error {
    let error = client.read(&["api", "v1", "users"], &[]).await.unwrap_err();
    // Whatever goes wrong, the endpoint is named, a next step is given, and the token is not.
    let (text, debug) = (error.to_string(), format!("{error:?}"));
    assert!(text.contains("GET /api/v1/users"), "{text}");
    assert!(text.contains("; next: "), "{text}");
    assert!(!text.contains(TOKEN) && !debug.contains(TOKEN), "{debug}");
    error
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn read_from(answer: ResponseTemplate) -> (Error, usize) {
    let server = server(answer).await;
    let error = read(&client(server.uri())).await;
    (error, server.received_requests().await.unwrap().len())
}

async fn pass() -> (Run, Pass) {
    let asset = Asset {
        deployment: "prod".into(),
        kind: AssetKind::Group,
        id: Some("1".into()),
        name: "Sales".into(),
    };
    let run = Run::unattended().start();
    let change = Change::new("test.rename", asset, Action::Update, "Rename").after(json!("x"));
    match run.admit(change).await.unwrap() {
        Door::Open(pass) => (run, pass),
        other => panic!("closed: {other:?}"),
    }
}

async fn write(client: &Client) -> (Run, Result<sisense_core::Answer, Error>) {
    let (run, pass) = pass().await;
    let sent =
        client.write(&pass, "PUT", &["api", "groups", "1"], Some(json!({"name": "x"}))).await;
    let result = pass.settle(sent).await;
    (run, result)
}

/// A server that reads a request, sends these bytes, and closes.
async fn raw(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    address
}

#[tokio::test]
async fn statuses_have_kinds() {
    let envelope = |status: u16| json!({"error": {"code": 101, "message": "no", "status": status, "httpMessage": "x"}});
    for (status, kind) in [
        (400, ErrorKind::InvalidInput),
        (401, ErrorKind::Unauthenticated),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::Conflict),
        (422, ErrorKind::InvalidInput),
        (500, ErrorKind::Server),
    ] {
        let template = ResponseTemplate::new(status).set_body_json(envelope(status));
        let (error, sent) = read_from(template).await;
        assert_eq!((error.kind(), error.status(), sent), (kind, Some(status), 1), "{status}");
        assert_eq!(error.report().code, Some(101));
    }
}

#[tokio::test]
async fn a_route_that_is_not_there_is_unsupported() {
    let (error, _) = read_from(ResponseTemplate::new(404).set_body_string("Cannot GET /x")).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn gateways_are_asked_again_within_the_limit() {
    for status in [502, 503, 504] {
        let (error, sent) = read_from(ResponseTemplate::new(status)).await;
        assert_eq!((error.kind(), sent), (ErrorKind::Server, 3), "{status}");
        assert_eq!(error.report().attempts, Some(3));
    }
}

#[tokio::test]
async fn a_read_waits_as_long_as_the_server_asks() {
    let server = MockServer::start().await;
    let slow_down = ResponseTemplate::new(429).insert_header("Retry-After", "1");
    Mock::given(any()).respond_with(slow_down).up_to_n_times(1).mount(&server).await;
    let fine = ResponseTemplate::new(200).set_body_json(json!([]));
    Mock::given(any()).respond_with(fine).mount(&server).await;
    let started = Instant::now();
    client(server.uri()).read(&["api"], &[]).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_beyond_the_limit_is_an_error_at_once() {
    let (error, sent) =
        read_from(ResponseTemplate::new(429).insert_header("Retry-After", "900")).await;
    assert_eq!((error.kind(), sent), (ErrorKind::RateLimited, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(900)));
    assert!(error.to_string().contains("try again in 900 s"));
}

#[tokio::test]
async fn a_write_is_sent_once_whatever_comes_back() {
    for (status, kind) in [
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (502, ErrorKind::UnknownOutcome),
        (504, ErrorKind::UnknownOutcome),
    ] {
        let server = server(ResponseTemplate::new(status)).await;
        let (run, result) = write(&client(server.uri())).await;
        assert_eq!(result.unwrap_err().kind(), kind, "{status}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "{status}");
        assert_eq!(run.entries().len(), 1);
    }
}

#[tokio::test]
async fn a_login_page_is_no_answer() {
    let page = ResponseTemplate::new(200)
        .set_body_raw("<html><form>Sign in <input type=password></form></html>", "text/html");
    let (error, sent) = read_from(page).await;
    assert_eq!((error.kind(), sent), (ErrorKind::Unauthenticated, 1));
}

#[tokio::test]
async fn a_redirect_to_a_login_page_is_not_followed() {
    let (error, sent) =
        read_from(ResponseTemplate::new(302).insert_header("Location", "/app/login?src=x")).await;
    assert_eq!((error.kind(), sent), (ErrorKind::Unauthenticated, 1));
}

#[tokio::test]
async fn the_token_goes_to_no_other_origin() {
    let other = server(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let target = format!("{}/api/v1/users", other.uri());
    let (error, _) =
        read_from(ResponseTemplate::new(302).insert_header("Location", &*target)).await;
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_read_follows_within_its_origin_and_a_write_does_not() {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(307).insert_header("Location", "/new");
    Mock::given(path("/new")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    Mock::given(any()).respond_with(moved).mount(&server).await;
    let client = client(server.uri());
    client.read(&["old"], &[]).await.unwrap();
    let (_, result) = write(&client).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Config);
    let to_new = server.received_requests().await.unwrap();
    assert_eq!(to_new.iter().filter(|r| r.url.path() == "/new").count(), 1);
}

#[tokio::test]
async fn bodies_that_are_no_json_are_decode_errors() {
    for body in ["[{\"_id\": \"1\", \"em", "plain words"] {
        let (error, _) = read_from(ResponseTemplate::new(200).set_body_string(body)).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
}

#[tokio::test]
async fn answers_of_the_wrong_shape_are_decode_errors() {
    for body in [json!({"a": 1}), json!(null), json!([null]), json!([{"email": "no id"}]), json!(7)]
    {
        let server = server(ResponseTemplate::new(200).set_body_json(&body)).await;
        let params = GetUser { user_name: "ann@example.com".into() };
        let error = client(server.uri()).access().get_user(params).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
}

#[tokio::test]
async fn an_answer_larger_than_the_limit_is_refused() {
    let (error, _) =
        read_from(ResponseTemplate::new(200).set_body_string("1".repeat(20_000))).await;
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("larger than the limit"));
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let started = Instant::now();
    let limits = Limits { retries: 0, ..limits() };
    let server = server(ResponseTemplate::new(200).set_delay(Duration::from_secs(2))).await;
    let error = read(&client_with(server.uri(), limits)).await;
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn silence_after_a_write_is_an_unknown_outcome() {
    let server = server(ResponseTemplate::new(200).set_delay(Duration::from_secs(2))).await;
    let (_, result) = write(&client(server.uri())).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
    assert!(error.to_string().contains("look at the asset before repeating"));
}

#[tokio::test]
async fn a_refused_connection_is_named_and_a_write_over_it_has_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client(url);
    assert_eq!(read(&client).await.kind(), ErrorKind::Connect);
    let (_, result) = write(&client).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_for_reads_and_unknown_for_writes() {
    let cut =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n[{\"a\":";
    let client = client(format!("http://{}", raw(cut).await));
    let error = read(&client).await;
    assert_eq!((error.kind(), error.report().attempts), (ErrorKind::Connect, Some(3)));
    let (_, result) = write(&client).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::UnknownOutcome);
}

#[tokio::test]
async fn requests_under_way_stay_within_the_bound() {
    let server = server(ResponseTemplate::new(200).set_delay(Duration::from_millis(50))).await;
    let limits = Limits { concurrency: 2, ..limits() };
    let client = client_with(server.uri(), limits);
    let started = Instant::now();
    let reads = (0..8).map(|_| client.read(&["api"], &[]));
    let results = futures_util::future::join_all(reads).await;
    assert!(results.iter().all(Result::is_ok));
    // Eight requests of 50 ms, two at a time, cannot end before 200 ms.
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn no_name_injects_a_parameter_or_a_path() {
    let server = server(ResponseTemplate::new(200).set_body_json(json!([]))).await;
    let client = client(format!("{}/tenant", server.uri()));
    client.read(&["api", "a/../b?c#d"], &[("name", "R&D+x=1#é %2F")]).await.unwrap();
    let request = &server.received_requests().await.unwrap()[0];
    assert_eq!(request.url.path(), "/tenant/api/a%2F..%2Fb%3Fc%23d");
    let pairs: Vec<_> = request.url.query_pairs().into_owned().collect();
    assert_eq!(pairs, [("name".to_owned(), "R&D+x=1#é %2F".to_owned())]);
    for bad in ["", ".", ".."] {
        let error = client.read(&["api", bad], &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_pass_opens_only_its_own_deployment() {
    let server = server(ResponseTemplate::new(200)).await;
    let other =
        Client::builder(server.uri()).name("other").token(Secret::new("t")).build().unwrap();
    let (_, result) = write(&other).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Unexpected);
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_token_is_sent_as_a_bearer() {
    let server = MockServer::start().await;
    let with_token =
        wiremock::matchers::header("Authorization", format!("Bearer {TOKEN}").as_str());
    Mock::given(method("GET"))
        .and(with_token)
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    client(server.uri()).read(&["api"], &[]).await.unwrap();
}

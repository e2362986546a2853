//! A scripted server: it answers what a test tells it, and tells what it was asked.

use std::time::Duration;

use serde_json::Value;
use sisense_core::{Client, Limits, Secret};
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub struct Fake {
    pub server: MockServer,
    pub client: Client,
}

impl Fake {
    pub async fn start() -> Self {
        let server = MockServer::start().await;
        let client = Client::builder(server.uri())
            .name("prod")
            .token(Secret::new("token"))
            .limits(Limits {
                retries: 0,
                first_poll: Duration::from_millis(1),
                longest_poll: Duration::from_millis(2),
                ..Limits::default()
            })
            .build()
            .unwrap();
        Fake { server, client }
    }

    /// Answer a GET whose query holds these parameters.
    pub async fn get(&self, at: &str, query: &[(&str, &str)], body: Value) {
        self.on("GET", at, query, ResponseTemplate::new(200).set_body_json(body), None).await;
    }

    /// The same, the next time only. What is said first is answered first.
    pub async fn get_once(&self, at: &str, query: &[(&str, &str)], body: Value) {
        self.on("GET", at, query, ResponseTemplate::new(200).set_body_json(body), Some(1)).await;
    }

    /// Answer any request with a status and a body. A parameter without a value must be absent.
    pub async fn reply(
        &self,
        verb: &str,
        at: &str,
        query: &[(&str, &str)],
        status: u16,
        body: Value,
    ) {
        let answer = ResponseTemplate::new(status);
        let answer = if body.is_null() { answer } else { answer.set_body_json(body) };
        self.on(verb, at, query, answer, None).await;
    }

    pub async fn on(
        &self,
        verb: &str,
        at: &str,
        query: &[(&str, &str)],
        answer: impl Respond + 'static,
        times: Option<u64>,
    ) {
        let mut mock = Mock::given(method(verb)).and(path(at));
        for (key, value) in query {
            mock = if value.is_empty() {
                mock.and(query_param_is_missing(*key))
            } else {
                mock.and(query_param(*key, *value))
            };
        }
        let mut mock = mock.respond_with(answer);
        if let Some(times) = times {
            mock = mock.up_to_n_times(times);
        }
        mock.mount(&self.server).await;
    }

    /// What was asked, in order: `GET /path?key=value`, and the body behind it.
    pub async fn requests(&self) -> Vec<String> {
        self.server.received_requests().await.unwrap().iter().map(line).collect()
    }

    /// The same without the reads.
    pub async fn writes(&self) -> Vec<String> {
        self.requests().await.into_iter().filter(|line| !line.starts_with("GET ")).collect()
    }
}

fn line(request: &Request) -> String {
    let query: Vec<String> =
        request.url.query_pairs().map(|(key, value)| format!("{key}={value}")).collect();
    let mut line = format!("{} {}", request.method, request.url.path());
    if !query.is_empty() {
        line = format!("{line}?{}", query.join("&"));
    }
    if !request.body.is_empty() {
        line = format!("{line} {}", String::from_utf8_lossy(&request.body));
    }
    line
}

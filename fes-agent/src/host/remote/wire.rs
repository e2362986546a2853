//! One exchange over Streamable HTTP: a message out, and messages back until the response is there.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use sisense_core::{Error, ErrorKind, Result};
use sse_stream::SseStream;
use url::Url;

use super::RemoteConfig;
use super::failure::{Failure, refused};

/// Most bytes of one answer, whole or as a stream. Whole documents come through here.
pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes of a refusal that are read.
const MAX_REFUSAL_BYTES: usize = 16 * 1024;
/// How often a stream that broke is taken up again, without anything new between.
const MOST_RESUMES: u32 = 4;
/// Longest wait before a stream is taken up again, whatever the server asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Shortest wait before a stream is taken up again.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// Most redirects within the origin.
const MOST_REDIRECTS: usize = 3;
/// Longest time for a connection to come about.
const CONNECT: Duration = Duration::from_secs(10);

const SESSION: &str = "mcp-session-id";
const PROTOCOL: &str = "mcp-protocol-version";

/// What every request of a session carries.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    pub(super) session: Option<String>,
    pub(super) version: Option<String>,
}

/// The address and the client.
pub(super) struct Wire {
    http: reqwest::Client,
    url: Url,
    token: Option<HeaderValue>,
    idle: Duration,
}

/// Whoever listens to what comes before the response.
pub(super) type Hear<'a> = &'a (dyn Fn(&Value) + Send + Sync);

impl Wire {
    pub(super) fn new(config: &RemoteConfig) -> Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(Policy::custom(within_the_origin))
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .user_agent(concat!("fes-agent/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Config, "the client of the tools server cannot be set up")
                    .with_source(error)
            })?;
        let token = config.token.as_ref().map(|token| {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
                    Error::new(ErrorKind::Config, "the token of the tools server is no token")
                        .with_next_step("see that it is one line of plain characters")
                })?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        });
        Ok(Wire { http, url: config.url.clone(), token: token.transpose()?, idle: config.idle })
    }

    pub(super) fn endpoint(&self, method: &str) -> String {
        format!("{method} {}", self.url.path())
    }

    fn request(&self, method: reqwest::Method, headers: &Headers) -> RequestBuilder {
        let mut request = self.http.request(method, self.url.clone());
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        if let Some(session) = &headers.session {
            request = request.header(SESSION, session);
        }
        match &headers.version {
            Some(version) => request.header(PROTOCOL, version),
            None => request,
        }
    }

    async fn post(&self, headers: &Headers, body: &Value) -> Result<Response, Failure> {
        let request = self
            .request(reqwest::Method::POST, headers)
            .header(ACCEPT, "application/json, text/event-stream")
            .json(body);
        self.send(request, headers, "POST").await
    }

    async fn send(
        &self,
        request: RequestBuilder,
        headers: &Headers,
        method: &str,
    ) -> Result<Response, Failure> {
        let endpoint = self.endpoint(method);
        let sent = tokio::time::timeout(self.idle, request.send()).await;
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Failure::broken(error).at(endpoint)),
            Err(_) => return Err(Failure::silent(self.idle).at(endpoint)),
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        // The status says enough when the body cannot be read.
        let body = whole(response, MAX_REFUSAL_BYTES, self.idle).await.unwrap_or_default();
        Err(refused(status, headers.session.is_some(), &body).at(endpoint))
    }

    /// Send a notification, or an answer to the server's own request.
    pub(super) async fn notify(&self, headers: &Headers, message: &Value) -> Result<(), Failure> {
        self.post(headers, message).await.map(drop)
    }

    /// End a session. Whether the server takes it does not matter.
    pub(super) async fn end(&self, headers: &Headers) -> Result<(), Failure> {
        let request = self.request(reqwest::Method::DELETE, headers);
        self.send(request, headers, "DELETE").await.map(drop)
    }

    /// Send a request and give its response, `result` or `error`, with the session's headers that
    /// came with it. What comes before is heard.
    pub(super) async fn ask(
        &self,
        headers: &Headers,
        id: u64,
        message: &Value,
        hear: Hear<'_>,
    ) -> Result<(Value, Option<String>), Failure> {
        let response = self.post(headers, message).await?;
        let session = text(response.headers(), SESSION);
        let kind = text(response.headers(), "content-type").unwrap_or_default();
        let endpoint = self.endpoint("POST");
        let answer = if kind.starts_with("text/event-stream") {
            self.follow(headers, id, response, hear).await
        } else if kind.starts_with("application/json") {
            let body = whole(response, MAX_ANSWER_BYTES, self.idle).await;
            body.and_then(|body| {
                let message = serde_json::from_slice(&body)
                    .map_err(|_| Failure::garbage("its answer is not JSON"))?;
                self.pick(headers, id, message, hear)
                    .ok_or_else(|| Failure::garbage("its answer is not to the request"))
            })
        } else {
            Err(Failure::garbage("its answer is neither JSON nor a stream of events"))
        };
        answer.map(|answer| (answer, session)).map_err(|failure| failure.at(endpoint))
    }

    /// Read a stream until the response is there, and take it up again where it broke.
    async fn follow(
        &self,
        headers: &Headers,
        id: u64,
        response: Response,
        hear: Hear<'_>,
    ) -> Result<Value, Failure> {
        let (mut last, mut wait) = (None, SHORTEST_WAIT);
        let (mut response, mut resumes) = (response, 0);
        loop {
            let before = last.clone();
            let (mut broke, found) =
                match self.read(headers, id, response, hear, &mut last, &mut wait).await {
                    Ok(found) => (None, found),
                    Err(failure) => (Some(failure), None),
                };
            if let Some(answer) = found {
                return Ok(answer);
            }
            resumes = if last == before { resumes + 1 } else { 1 };
            response = loop {
                let over = broke.as_ref().is_some_and(|failure| !failure.again);
                let (Some(last), false) = (&last, over || resumes > MOST_RESUMES) else {
                    return Err(broke.unwrap_or_else(Failure::ended));
                };
                tokio::time::sleep(wait).await;
                tracing::debug!(
                    resumes,
                    "the stream of the tools server broke; taking it up again"
                );
                let request = self
                    .request(reqwest::Method::GET, headers)
                    .header(ACCEPT, "text/event-stream")
                    .header("last-event-id", last);
                match self.send(request, headers, "GET").await {
                    Ok(response) => break response,
                    // The request itself is there already, whatever this refusal says.
                    Err(failure) => {
                        // A server that takes no connection is gone, and its session with it.
                        resumes += if failure.sent { 1 } else { 2 };
                        wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                        let again = failure.again && !failure.lost;
                        broke = Some(Failure { again, sent: true, lost: false, ..failure });
                    }
                }
            };
        }
    }

    async fn read(
        &self,
        headers: &Headers,
        id: u64,
        response: Response,
        hear: Hear<'_>,
        last: &mut Option<String>,
        wait: &mut Duration,
    ) -> Result<Option<Value>, Failure> {
        let mut events = std::pin::pin!(SseStream::from_bytes_stream(bounded(
            response,
            MAX_ANSWER_BYTES,
            self.idle
        )));
        while let Some(event) = events.next().await {
            let event = event.map_err(|error| Failure::stopped(error, self.idle))?;
            if let Some(event) = event.id.filter(|id| !id.is_empty()) {
                *last = HeaderValue::from_str(&event).is_ok().then_some(event);
            }
            if let Some(retry) = event.retry {
                *wait = Duration::from_millis(retry).clamp(SHORTEST_WAIT, LONGEST_WAIT);
            }
            let Some(data) = event.data.filter(|data| !data.trim().is_empty()) else { continue };
            let message = serde_json::from_str(&data)
                .map_err(|_| Failure::garbage("an event of its stream is not JSON"))?;
            if let Some(answer) = self.pick(headers, id, message, hear) {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// The response among messages; older servers may send several at once. The rest is heard.
    fn pick(&self, headers: &Headers, id: u64, message: Value, hear: Hear<'_>) -> Option<Value> {
        let messages = match message {
            Value::Array(messages) => messages,
            message => vec![message],
        };
        let mut answer = None;
        for message in messages {
            let answers = message.get("result").is_some() || message.get("error").is_some();
            if answers && message["id"] == json!(id) {
                answer = Some(message);
            } else if message.get("method").is_some() {
                hear(&message);
                self.reply(headers, &message);
            }
        }
        answer
    }

    /// Answer a request of the server's own: it is alive, and there is nothing else to be had here.
    fn reply(&self, headers: &Headers, message: &Value) {
        let Some(id) = message.get("id").filter(|id| id.is_u64() || id.is_i64() || id.is_string())
        else {
            return;
        };
        let answer = match message["method"].as_str() {
            Some("ping") => json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
            _ => json!({ "jsonrpc": "2.0", "id": id,
                "error": { "code": -32601, "message": "this client offers nothing of the kind" } }),
        };
        let request = self
            .request(reqwest::Method::POST, headers)
            .header(ACCEPT, "application/json, text/event-stream")
            .json(&answer)
            .timeout(CONNECT);
        tokio::spawn(async move {
            if let Err(error) = request.send().await {
                tracing::debug!(error = %error.without_url(), "the tools server takes no answer");
            }
        });
    }

    /// Listen to what a server says by itself, until the stream ends. `false` when it says nothing
    /// to anybody.
    pub(super) async fn listen(&self, headers: &Headers, hear: Hear<'_>) -> bool {
        let request =
            self.request(reqwest::Method::GET, headers).header(ACCEPT, "text/event-stream");
        let response = match request.send().await {
            Ok(response) if response.status().is_success() => response,
            Ok(_) => return false,
            Err(_) => return true,
        };
        // Silence is what is expected here.
        let quiet = Duration::from_secs(24 * 60 * 60);
        let bytes = bounded(response, MAX_ANSWER_BYTES, quiet);
        let mut events = std::pin::pin!(SseStream::from_bytes_stream(bytes));
        while let Some(Ok(event)) = events.next().await {
            let message = event.data.and_then(|data| serde_json::from_str(&data).ok());
            if let Some(message) = message {
                self.pick(headers, 0, message, hear);
            }
        }
        true
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Only a redirect that keeps method and body, and only within the origin: the token goes nowhere
/// else.
fn within_the_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let keeps = matches!(attempt.status().as_u16(), 307 | 308);
    let same = attempt.previous().first().is_some_and(|first| {
        first.origin() == attempt.url().origin() && attempt.previous().len() <= MOST_REDIRECTS
    });
    if keeps && same { attempt.follow() } else { attempt.stop() }
}

/// A body in pieces, no larger than so and no longer silent than so.
fn bounded(
    response: Response,
    most: usize,
    idle: Duration,
) -> impl Stream<Item = io::Result<Bytes>> {
    let pieces = Box::pin(response.bytes_stream());
    futures_util::stream::unfold((pieces, 0_usize), move |(mut pieces, seen)| async move {
        let piece = match tokio::time::timeout(idle, pieces.next()).await {
            Ok(None) => return None,
            Ok(Some(Ok(piece))) => Ok(piece),
            Ok(Some(Err(error))) => Err(io::Error::other(error.without_url())),
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
        };
        let seen = seen.saturating_add(piece.as_ref().map_or(0, |piece| piece.len()));
        let piece = match seen > most {
            true => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
            false => piece,
        };
        Some((piece, (pieces, seen)))
    })
}

/// Read a whole body.
async fn whole(response: Response, most: usize, idle: Duration) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let mut pieces = std::pin::pin!(bounded(response, most, idle));
    while let Some(piece) = pieces.next().await {
        body.extend_from_slice(&piece.map_err(|error| Failure::unread(&error, idle))?);
    }
    Ok(body)
}

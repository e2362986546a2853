//! Sends one request: bounded, with deadlines, repeated only when that is harmless.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use super::path::{ApiPath, Query, with_query};
use super::{Answer, Transport};
use crate::error::{Error, ErrorKind, Result};

/// Most redirects within the origin that a read follows.
const HOPS: usize = 3;

/// The wait before the first repeat; it doubles from there.
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// One request.
pub(crate) struct Request {
    method: Method,
    path: ApiPath,
    query: Query,
    body: Option<Value>,
    repeatable: bool,
    slow: bool,
}

impl Request {
    pub(crate) fn new(method: Method, path: ApiPath) -> Self {
        Request { method, path, query: Vec::new(), body: None, repeatable: false, slow: false }
    }

    pub(crate) fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// It reads only, so it may be repeated and redirected within its origin.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Something behind the server works on the answer: silence is no sign of a lost request, and
    /// asking again after a timeout would only double the work.
    pub(crate) fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    fn endpoint(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn may_repeat(&self, error: &Error) -> bool {
        let lost_patience = self.slow && error.kind() == ErrorKind::Timeout;
        self.repeatable && error.is_retryable() && !lost_patience
    }
}

impl Transport {
    /// Send, and send again while that is harmless and within the limits.
    pub(super) async fn execute(&self, request: &Request) -> Result<Answer> {
        let endpoint = request.endpoint();
        let url = request.path.url(&self.base).map_err(|e| e.with_endpoint(endpoint.clone()))?;
        let url = with_query(url, &request.query);
        let started = Instant::now();
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(FIRST_DELAY)
            .with_jitter()
            .with_max_times(self.limits.retries as usize)
            .build();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match self.bounded(request, &endpoint, url.clone()).await {
                Ok(answer) => return Ok(answer.at(endpoint)),
                Err(error) => error.with_attempts(attempts),
            };
            if !request.may_repeat(&error) {
                return Err(error);
            }
            let Some(delay) = delays.next() else { return Err(error) };
            let wait = error.retry_after().unwrap_or(delay);
            if started.elapsed() + wait > self.limits.retry_time {
                return Err(error);
            }
            tracing::debug!(%endpoint, attempts, ?wait, kind = %error.kind(), "will try again");
            tokio::time::sleep(wait).await;
        }
    }

    /// One attempt, within a slot and the whole-call deadline. A slot is not held between attempts.
    async fn bounded(&self, request: &Request, endpoint: &str, url: Url) -> Result<Answer> {
        let slot = self.slots.acquire().await;
        let attempt =
            tokio::time::timeout(self.limits.call_timeout, self.once(request, endpoint, url));
        let result = attempt.await.unwrap_or_else(|_| {
            let seconds = self.limits.call_timeout.as_secs();
            Err(Error::new(ErrorKind::Timeout, format!("no answer within {seconds} s"))
                .with_endpoint(endpoint)
                .with_retryable(true)
                .with_next_step("try again later, or allow more time"))
        });
        drop(slot);
        result
    }

    async fn once(&self, request: &Request, endpoint: &str, mut url: Url) -> Result<Answer> {
        let mut hops = 0;
        loop {
            let sent = self.http_request(request, url.clone())?.send();
            let response =
                self.heard(request, endpoint, sent).await?.map_err(|e| self.broken(endpoint, e))?;
            let status = response.status();
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                return self.read(request, endpoint, response).await;
            }
            let target = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            url = self.redirected(request, endpoint, status, &url, target, hops)?;
            hops += 1;
        }
    }

    /// Wait for the next sign of life. Silence for longer than the limit is an error.
    async fn heard<T>(
        &self,
        request: &Request,
        endpoint: &str,
        sign: impl Future<Output = T>,
    ) -> Result<T> {
        if request.slow {
            // The deadline of the whole call holds all the same.
            return Ok(sign.await);
        }
        let limit = self.limits.read_timeout;
        tokio::time::timeout(limit, sign).await.map_err(|_| {
            let waited = limit.as_secs_f32();
            Error::new(ErrorKind::Timeout, format!("the server was silent for {waited} s"))
                .with_endpoint(endpoint)
                .with_retryable(true)
                .with_next_step("try again later, or allow more time")
        })
    }

    fn http_request(&self, request: &Request, url: Url) -> Result<reqwest::RequestBuilder> {
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", self.token.expose_secret()))
                .map_err(|_| Error::new(ErrorKind::Config, "the API token cannot be sent"))?;
        bearer.set_sensitive(true);
        let mut builder = self
            .http
            .request(request.method.clone(), url)
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json");
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        Ok(builder)
    }

    /// Where a redirect leads, if it may be followed: reads only, within the origin, a few times.
    fn redirected(
        &self,
        request: &Request,
        endpoint: &str,
        status: StatusCode,
        from: &Url,
        location: Option<&str>,
        hops: usize,
    ) -> Result<Url> {
        let error = |kind, message: String| {
            Error::new(kind, message).with_endpoint(endpoint).with_status(status.as_u16())
        };
        let Some(target) = location.and_then(|to| from.join(to).ok()) else {
            return Err(error(ErrorKind::Decode, "a redirect leads nowhere".to_owned()));
        };
        let to = format!("{}{}", target.origin().ascii_serialization(), target.path());
        if ["login", "signin", "auth", "sso"].iter().any(|word| target.path().contains(word)) {
            return Err(error(ErrorKind::Unauthenticated, format!("sent to a login page: {to}"))
                .with_next_step("get a new API token and set it for this deployment"));
        }
        if target.origin() != from.origin() {
            return Err(error(ErrorKind::Config, format!("sent to another origin: {to}"))
                .with_next_step(
                    "if that is the deployment, give its URL; the token goes nowhere else",
                ));
        }
        if !request.repeatable || hops >= HOPS {
            return Err(error(ErrorKind::Config, format!("a redirect is not followed here: {to}"))
                .with_next_step("give the deployment's final URL"));
        }
        Ok(target)
    }

    async fn read(
        &self,
        request: &Request,
        endpoint: &str,
        response: reqwest::Response,
    ) -> Result<Answer> {
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = self.heard(request, endpoint, stream.next()).await? {
            let chunk = chunk.map_err(|e| self.broken(endpoint, e).with_status(status.as_u16()))?;
            if body.len() + chunk.len() > self.limits.max_body {
                let limit = self.limits.max_body;
                return Err(Error::new(
                    ErrorKind::Decode,
                    format!("the answer is larger than the limit of bytes: {limit}"),
                )
                .with_endpoint(endpoint)
                .with_status(status.as_u16())
                .with_next_step("ask for less, or raise the limit"));
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(self.refused(endpoint, status, &headers, &body));
        }
        self.parse(request, endpoint, status, &body)
    }

    fn parse(
        &self,
        request: &Request,
        endpoint: &str,
        status: StatusCode,
        body: &[u8],
    ) -> Result<Answer> {
        let trimmed = body.trim_ascii();
        if trimmed.is_empty() {
            return Ok(Answer::new(status.as_u16(), Value::Null));
        }
        if trimmed.starts_with(b"<") {
            return Err(self.web_page(endpoint, status, trimmed));
        }
        match serde_json::from_slice::<Value>(trimmed) {
            Ok(value) => Ok(Answer::new(status.as_u16(), value)),
            // A write that the server accepted is done, whatever words it found for it.
            Err(_) if !request.repeatable => Ok(Answer::new(status.as_u16(), Value::Null)),
            Err(e) => Err(Error::new(ErrorKind::Decode, format!("the answer is not JSON: {e}"))
                .with_endpoint(endpoint)
                .with_status(status.as_u16())
                .with_snippet(Some(crate::redact::snippet(
                    &String::from_utf8_lossy(trimmed),
                    self.token.expose_secret(),
                )))
                .with_next_step("try again; if it stays, a proxy may cut answers short")),
        }
    }
}

//! Sends one request: bounded, with deadlines, repeated only when that is harmless.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::StreamExt;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;

use super::pace::{Heard, Held};
use super::path::with_query;
use super::{Answer, Body, Content, Request, Transport};
use crate::error::{Error, ErrorKind, Result};

/// Most redirects within the origin that a read follows.
const HOPS: usize = 3;

/// Most bytes that are set aside for an answer before they come.
const MOST_ROOM: usize = 4 * 1024 * 1024;

/// The wait before the first repeat; it doubles from there.
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// The wait that a server with too much to do asks all requests for.
fn asked_wait(error: &Error) -> Option<Duration> {
    error.retry_after().filter(|_| is_refusal(error))
}

/// Whether the server has too much to do.
fn is_refusal(error: &Error) -> bool {
    matches!(error.status(), Some(429 | 503))
}

/// What an attempt tells of the server's load.
fn heard<T>(request: &Request, result: &Result<T>, took: Duration) -> Heard {
    let timed = || match request.slow {
        true => Heard::Answer,
        false => Heard::In(request.pattern(), took),
    };
    let Err(error) = result else { return timed() };
    match (error.status(), error.kind()) {
        _ if is_refusal(error) => Heard::Refusal(asked_wait(error)),
        // A gateway's answer, or none, says nothing of the server behind it.
        (Some(502 | 504), _) => Heard::Nothing,
        (Some(_), _) => Heard::Answer,
        (None, ErrorKind::Timeout) if !request.slow => timed(),
        (None, _) => Heard::Nothing,
    }
}

/// A request that did not start, or not again: what the server said last, or why.
fn not_started(endpoint: &str, held: &Held, last: Option<Error>) -> Error {
    let (error, attempts) = match (held, last) {
        (Held::For(_), Some(last)) => return last,
        (Held::For(wait), None) => {
            let seconds = wait.as_secs_f32().ceil();
            let message = format!("not sent, since the server asks to wait; seconds: {seconds}");
            let error = Error::new(ErrorKind::RateLimited, message)
                .with_retry_after(Some(*wait))
                .with_next_step(format!("try again in {seconds} s"));
            (error, None)
        }
        (Held::Stopped, last) => {
            let message = "the run was stopped while the server asked to wait";
            let error = Error::new(ErrorKind::Cancelled, message)
                .with_next_step("run it again; the server had refused it or was not asked");
            (error, last.and_then(|last| last.report().attempts))
        }
    };
    let error = error.with_endpoint(endpoint);
    match attempts {
        Some(attempts) => error.with_attempts(attempts),
        None => error,
    }
}

impl Transport {
    /// Send, and send again while that is harmless and within the limits.
    pub(super) async fn execute<B: Body>(&self, request: &Request) -> Result<Answer<B>> {
        let endpoint = request.endpoint();
        let url = request.path.url(&self.base).map_err(|e| e.with_endpoint(endpoint.clone()))?;
        let url = with_query(url, &request.query);
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(FIRST_DELAY)
            .with_jitter()
            .with_max_times(self.limits.retries as usize)
            .build();
        let mut attempts = 0;
        // Attempts and the waits between them; not the time in the line.
        let mut spent = Duration::ZERO;
        let mut last: Option<Error> = None;
        loop {
            let patience = self.limits.retry_time.saturating_sub(spent);
            let slot = match self.pace.slot(patience, request.stop.as_ref()).await {
                Ok(slot) => slot,
                Err(held) => return Err(not_started(&endpoint, &held, last)),
            };
            spent = spent.saturating_add(slot.waited);
            attempts += 1;
            let started = Instant::now();
            let result = self.attempt(request, &endpoint, url.clone()).await;
            let took = started.elapsed();
            slot.heard(&heard(request, &result, took));
            let error = match result {
                Ok(answer) => return Ok(answer.at(endpoint)),
                Err(error) => error.with_attempts(attempts),
            };
            if !request.may_repeat(&error) {
                return Err(error);
            }
            let Some(delay) = delays.next() else { return Err(error) };
            let wait = error.retry_after().unwrap_or(delay);
            spent = spent.saturating_add(took);
            if spent.saturating_add(wait) > self.limits.retry_time {
                return Err(error);
            }
            tracing::debug!(%endpoint, attempts, ?wait, kind = %error.kind(), "will try again");
            if asked_wait(&error).is_none() {
                tokio::time::sleep(wait).await;
                spent = spent.saturating_add(wait);
            }
            // What the server asked all requests to wait for, the next slot waits for.
            last = Some(error);
        }
    }

    /// One attempt, within the whole-call deadline.
    async fn attempt<B: Body>(
        &self,
        request: &Request,
        endpoint: &str,
        url: Url,
    ) -> Result<Answer<B>> {
        let attempt =
            tokio::time::timeout(self.limits.call_timeout, self.once(request, endpoint, url));
        attempt.await.unwrap_or_else(|_| {
            let seconds = self.limits.call_timeout.as_secs();
            Err(Error::new(ErrorKind::Timeout, format!("no answer within {seconds} s"))
                .with_endpoint(endpoint)
                .with_retryable(true)
                .with_next_step("try again later, or allow more time"))
        })
    }

    async fn once<B: Body>(
        &self,
        request: &Request,
        endpoint: &str,
        mut url: Url,
    ) -> Result<Answer<B>> {
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
        let builder = self
            .http
            .request(request.method.clone(), url)
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json");
        Ok(match &request.body {
            None => builder,
            Some(Content::Json(value)) => builder.json(value),
            Some(Content::Text(text)) => {
                builder.header(CONTENT_TYPE, "application/json").body(text.clone())
            }
        })
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

    async fn read<B: Body>(
        &self,
        request: &Request,
        endpoint: &str,
        response: reqwest::Response,
    ) -> Result<Answer<B>> {
        let status = response.status();
        let headers = response.headers().clone();
        // What the server announces is room that need not grow, and no promise.
        let announced = response.content_length().and_then(|bytes| usize::try_from(bytes).ok());
        let mut body = Vec::with_capacity(announced.unwrap_or(0).min(MOST_ROOM));
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

    fn parse<B: Body>(
        &self,
        request: &Request,
        endpoint: &str,
        status: StatusCode,
        body: &[u8],
    ) -> Result<Answer<B>> {
        let trimmed = body.trim_ascii();
        if trimmed.is_empty() {
            return Ok(Answer::new(status.as_u16(), B::nothing()));
        }
        if trimmed.starts_with(b"<") {
            return Err(self.web_page(endpoint, status, trimmed));
        }
        match B::read(trimmed) {
            Ok(value) => Ok(Answer::new(status.as_u16(), value)),
            // A write that the server accepted is done, whatever words it found for it.
            Err(_) if !request.repeatable => Ok(Answer::new(status.as_u16(), B::nothing())),
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

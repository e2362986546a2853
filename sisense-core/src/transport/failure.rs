//! Turns what went wrong on the wire, or in the server's own words, into typed errors.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::Transport;

use crate::error::{Error, ErrorKind};
use crate::redact;
use secrecy::ExposeSecret;

/// What the server's error body says, whichever of the three generations wrote it.
#[derive(Debug, Default, PartialEq)]
struct Envelope {
    message: Option<String>,
    code: Option<i64>,
    title: Option<String>,
}

impl Envelope {
    /// v0.9 and v1: `{error: {code, message, status}}`; v2: `{title, detail, sub}`; query service:
    /// `{error: true, details}`. Several may be there at once.
    fn read(body: &Value) -> Self {
        let text = |value: Option<&Value>| {
            value.and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned)
        };
        let error = body.get("error");
        let nested = error.filter(|e| e.is_object());
        let sub_error = nested
            .and_then(|e| e.get("subErrors"))
            .and_then(|list| list.get(0))
            .and_then(|first| text(first.pointer("/error/message")));
        let message = text(nested.and_then(|e| e.get("message")))
            .map(|message| match sub_error {
                Some(sub) => format!("{message}: {sub}"),
                None => message,
            })
            .or_else(|| text(body.get("detail")))
            .or_else(|| text(body.get("details")))
            .or_else(|| text(error))
            .or_else(|| text(body.get("message")))
            .or_else(|| text(body.get("title")));
        let code =
            nested.and_then(|e| e.get("code")).or_else(|| body.get("sub")).and_then(Value::as_i64);
        Envelope { message, code, title: text(body.get("title")) }
    }
}

impl Transport {
    /// An answer with a status that is not a success.
    pub(super) fn refused(
        &self,
        endpoint: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Error {
        let text = String::from_utf8_lossy(body);
        let json = serde_json::from_str::<Value>(&text).unwrap_or(Value::Null);
        let envelope = Envelope::read(&json);
        let no_route = status == StatusCode::NOT_FOUND && text.contains("Cannot ");
        let kind = kind_of(status, &envelope, no_route);
        let message = match envelope.message {
            Some(said) => format!("{}: {}", sentence(kind), self.clean(&said)),
            None => sentence(kind).to_owned(),
        };
        // The envelope's words are in the message already; other bodies leave a piece of themselves.
        let snippet = json.is_null().then(|| redact::snippet(&text, self.token.expose_secret()));
        let after = retry_after(headers);
        Error::new(kind, message)
            .with_endpoint(endpoint)
            .with_status(status.as_u16())
            .with_code(envelope.code)
            .with_request_id(request_id(headers))
            .with_snippet(snippet)
            .with_retryable(matches!(status.as_u16(), 429 | 502 | 503 | 504))
            .with_next_step(next_step(kind, after))
            .with_retry_after(after)
    }

    /// A web page where JSON should be.
    pub(super) fn web_page(&self, endpoint: &str, status: StatusCode, body: &[u8]) -> Error {
        let text = String::from_utf8_lossy(body);
        let lower = text.to_lowercase();
        let login = ["login", "log in", "sign in", "signin", "password"];
        let kind = if login.iter().any(|word| lower.contains(word)) {
            ErrorKind::Unauthenticated
        } else {
            ErrorKind::Decode
        };
        let message = match kind {
            ErrorKind::Unauthenticated => "the server answered with a login page",
            _ => "the server answered with a web page in place of data",
        };
        Error::new(kind, message)
            .with_endpoint(endpoint)
            .with_status(status.as_u16())
            .with_snippet(Some(redact::snippet(&text, self.token.expose_secret())))
            .with_next_step("check the token, and that the URL is that of the deployment itself")
    }

    /// A request that got no answer, or an answer that broke off.
    pub(super) fn broken(&self, endpoint: &str, error: reqwest::Error) -> Error {
        let error = error.without_url();
        let (kind, message) = if error.is_timeout() && !error.is_connect() {
            (ErrorKind::Timeout, "the server did not answer in time")
        } else if error.is_timeout() {
            (ErrorKind::Connect, "no connection in time")
        } else if error.is_connect() {
            (ErrorKind::Connect, "no connection")
        } else if error.is_builder() {
            (ErrorKind::InvalidInput, "the request cannot be formed")
        } else {
            (ErrorKind::Connect, "the connection broke")
        };
        let never_sent = error.is_connect() || error.is_builder();
        let next = match kind {
            ErrorKind::Timeout => "try again later, or allow more time",
            _ => "check the URL, the network and that the server runs",
        };
        let cause = self.clean(&root_cause(&error));
        Error::new(kind, format!("{message}: {cause}"))
            .with_endpoint(endpoint)
            .with_retryable(kind != ErrorKind::InvalidInput)
            .with_next_step(next)
            .with_source(Cause { never_sent, text: cause })
    }
}

/// Whether the request can not have reached the server.
pub(super) fn never_sent(error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|e| e.downcast_ref::<Cause>());
    match cause {
        Some(cause) => cause.never_sent,
        // Refused before sending: bad arguments, a planned id, a pass for another deployment.
        None => error.status().is_none() && error.kind() != ErrorKind::Timeout,
    }
}

/// What lay under a broken request, in clean words.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Cause {
    never_sent: bool,
    text: String,
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(next) = deepest.source() {
        deepest = next;
    }
    deepest.to_string()
}

fn kind_of(status: StatusCode, envelope: &Envelope, no_route: bool) -> ErrorKind {
    let exists =
        envelope.code == Some(2004) || envelope.title.as_deref() == Some("ElasticubeAlreadyExists");
    match status.as_u16() {
        _ if exists => ErrorKind::Conflict,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        404 | 405 if no_route || status.as_u16() == 405 => ErrorKind::Unsupported,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        409 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        400..=499 => ErrorKind::InvalidInput,
        _ => ErrorKind::Server,
    }
}

fn sentence(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthenticated => "the server does not accept the token",
        ErrorKind::Forbidden => "the server refuses this to the token's user",
        ErrorKind::NotFound => "the server does not know this",
        ErrorKind::Conflict => "the server says it is there already or busy",
        ErrorKind::RateLimited => "the server asks to slow down",
        ErrorKind::Unsupported => "this server lacks the call",
        ErrorKind::Timeout => "the server gave up waiting",
        ErrorKind::InvalidInput => "the server does not accept the request",
        _ => "the server failed",
    }
}

fn next_step(kind: ErrorKind, after: Option<Duration>) -> String {
    let step = match kind {
        ErrorKind::Unauthenticated => "get a new API token and set it for this deployment",
        ErrorKind::Forbidden => "use the token of an admin, or of somebody who has the right",
        ErrorKind::NotFound => "check the name or id",
        ErrorKind::Conflict => "look at what is there",
        ErrorKind::Unsupported => "check the URL and the deployment's version",
        ErrorKind::InvalidInput => "check the arguments",
        ErrorKind::RateLimited => {
            return match after {
                Some(after) => format!("try again in {} s", after.as_secs()),
                None => "try again later".to_owned(),
            };
        }
        _ => "try again later; if it stays, look at the server's log",
    };
    step.to_owned()
}

/// `Retry-After` as seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let when = rfc2822::parse(text).ok()?.timestamp();
    let wait = when.duration_since(Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-request-id", "x-correlation-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
        .map(|id| id.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_envelopes_of_all_generations() {
        let v1 = json!({"error": {"code": 101, "message": "Access denied", "status": 403}});
        assert_eq!(Envelope::read(&v1).message.as_deref(), Some("Access denied"));
        assert_eq!(Envelope::read(&v1).code, Some(101));
        let v2 = json!({"title": "EcmApiError", "detail": "Variable x", "sub": 1012});
        assert_eq!(Envelope::read(&v2).message.as_deref(), Some("Variable x"));
        assert_eq!(Envelope::read(&v2).code, Some(1012));
        let query = json!({"error": true, "details": "no such table"});
        assert_eq!(Envelope::read(&query).message.as_deref(), Some("no such table"));
        let sub = json!({"error": {"code": 1, "message": "Validation Error",
            "subErrors": [{"error": {"message": "id is bad"}}]}});
        assert_eq!(Envelope::read(&sub).message.as_deref(), Some("Validation Error: id is bad"));
        assert_eq!(Envelope::read(&json!(null)), Envelope::default());
    }

    #[test]
    fn a_taken_name_is_a_conflict_whatever_the_status() {
        let taken = Envelope::read(&json!({"error": {"code": 2004, "message": "exists"}}));
        assert_eq!(kind_of(StatusCode::BAD_REQUEST, &taken, false), ErrorKind::Conflict);
        let title = Envelope::read(&json!({"title": "ElasticubeAlreadyExists", "status": 400}));
        assert_eq!(kind_of(StatusCode::BAD_REQUEST, &title, false), ErrorKind::Conflict);
    }

    #[test]
    fn reads_retry_after_as_seconds_and_as_a_past_date() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "7".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        headers.insert(RETRY_AFTER, "Wed, 21 Oct 2015 07:28:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::ZERO));
        headers.insert(RETRY_AFTER, "soon".parse().unwrap());
        assert_eq!(retry_after(&headers), None);
    }
}

//! Errors of models. None holds a key, a prompt, or what a server said: servers quote prompts.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use sisense_core::{Error, ErrorKind};

/// Longest wait that a server may ask for. One that asks for more is told to the caller at once.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(60);

/// Longest code of a server that an error shows.
const MAX_CODE: usize = 64;

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether the same request may be sent again.
    pub(super) again: bool,
    /// How long the server asked to wait.
    pub(super) wait: Option<Duration>,
    /// What the server said, for choosing another way of saying it. Never shown.
    pub(super) said: Option<(u16, ServerSaid)>,
}

impl Failure {
    pub(super) fn last(error: Error) -> Self {
        Failure { error, again: false, wait: None, said: None }
    }

    pub(super) fn again(error: Error) -> Self {
        Failure { again: true, ..Failure::last(error) }
    }
}

/// What a refusing server said, in lower case.
#[derive(Clone, Default)]
pub(super) struct ServerSaid {
    pub(super) code: String,
    pub(super) param: String,
    pub(super) message: String,
}

impl std::fmt::Debug for ServerSaid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSaid").field("code", &self.plain_code()).finish_non_exhaustive()
    }
}

impl ServerSaid {
    /// Read it from the body of an error: `{"error": {…}}` as OpenAI has it, or flat.
    pub(super) fn read(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let message = String::from_utf8_lossy(body).to_lowercase();
            return ServerSaid { message, ..ServerSaid::default() };
        };
        let inner = value.get("error").unwrap_or(&value);
        let text = |keys: &[&str]| {
            let found = keys.iter().find_map(|key| inner.get(*key).and_then(Value::as_str));
            found.unwrap_or_default().to_lowercase()
        };
        let mut said = ServerSaid {
            code: text(&["code", "type", "error_code"]),
            param: text(&["param"]),
            message: text(&["message", "detail"]),
        };
        if said.message.is_empty() {
            // FastAPI and others put the message elsewhere; all of it is searched.
            said.message = inner.to_string().to_lowercase();
        }
        said
    }

    /// The code, when it is a plain word: everything else may quote a prompt.
    fn plain_code(&self) -> Option<&str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let code = self.code.as_str();
        (!code.is_empty() && code.len() <= MAX_CODE && code.chars().all(plain)).then_some(code)
    }

    /// Whether the provider's filter stopped the request.
    pub(super) fn is_filter(&self) -> bool {
        ["content_filter", "content_policy_violation", "responsibleaipolicyviolation"]
            .iter()
            .any(|word| self.code.contains(word) || self.message.contains(word))
    }
}

/// A refusal by its status.
pub(super) fn refused(status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
    let said = ServerSaid::read(body);
    let broke = status == 429 && said.code.contains("insufficient_quota");
    let (kind, message, next) = match status {
        401 => (
            ErrorKind::Unauthenticated,
            "the model's server does not accept the key",
            "check the key of the model",
        ),
        403 => (
            ErrorKind::Forbidden,
            "the model's server refuses this caller",
            "ask whoever runs the model for access",
        ),
        404 => (
            ErrorKind::NotFound,
            "the model's server does not know this address or model",
            "check the endpoint and the name of the model",
        ),
        413 => (
            ErrorKind::InvalidInput,
            "the request is too large for the model's server",
            "ask for less at once",
        ),
        429 if broke => (
            ErrorKind::RateLimited,
            "the account of the model has no quota left",
            "ask whoever pays for the model",
        ),
        429 => (ErrorKind::RateLimited, "the model's server asks to slow down", "try again later"),
        408 | 504 => (ErrorKind::Timeout, "the model's server gave up waiting", "try again later"),
        500.. => (ErrorKind::Server, "the model's server failed", "try again later"),
        300..=399 => (
            ErrorKind::Config,
            "the model's server answers from another address",
            "set the address that it redirects to",
        ),
        _ => (
            ErrorKind::InvalidInput,
            "the model's server refuses the request",
            "check that the configured model can chat",
        ),
    };
    let message = match said.plain_code() {
        Some(code) => format!("{message}, code {code}"),
        None => message.to_owned(),
    };
    let again = matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 529) && !broke;
    Failure {
        error: Error::new(kind, message).with_status(status).with_next_step(next),
        again,
        wait: asked_wait(headers, Timestamp::now()),
        said: Some((status, said)),
    }
}

/// How long a server asks to wait: in milliseconds, in seconds, or until a date.
pub(super) fn asked_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim().to_owned());
    if let Some(wait) = text("retry-after-ms").and_then(|text| text.parse::<u64>().ok()) {
        return Some(Duration::from_millis(wait));
    }
    let text = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = rfc2822::parse(&text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// No connection, or one that broke.
pub(super) fn broken(error: reqwest::Error) -> Failure {
    let (kind, message) = if error.is_timeout() {
        (ErrorKind::Timeout, "no answer of the model's server in time")
    } else if error.is_connect() {
        (ErrorKind::Connect, "no connection to the model's server")
    } else {
        (ErrorKind::Connect, "the connection to the model's server broke")
    };
    let error = Error::new(kind, message)
        .with_next_step("check the address of the model and the network")
        // The address may hold a version, and says nothing that the error does not.
        .with_source(error.without_url());
    Failure::again(error)
}

/// An answer that is none.
pub(super) fn unreadable(what: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("the model's server gave an answer that is none: {what}"))
        .with_next_step("check that the address is that of a server with chat completions")
}

/// A failure that the server tells with a status of success.
pub(super) fn failed_inside() -> Error {
    Error::new(ErrorKind::Server, "the model's server failed while it answered")
        .with_next_step("try again later")
}

/// The caller stopped the call.
pub(super) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the call of the model was stopped")
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn wait(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        asked_wait(&headers, "2026-11-21T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn reads_every_form_of_a_wait() {
        assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("retry-after", "0.25"), Some(Duration::from_millis(250)));
        assert_eq!(wait("retry-after-ms", "40"), Some(Duration::from_millis(40)));
        assert_eq!(
            wait("retry-after", "Sat, 21 Nov 2026 10:00:09 GMT"),
            Some(Duration::from_secs(9))
        );
        assert_eq!(wait("retry-after", "Sat, 21 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["-1", "soon", "1e400", "NaN"] {
            assert_eq!(wait("retry-after", nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn an_error_shows_a_plain_code_and_nothing_else_that_the_server_said() {
        let body =
            br#"{"error":{"code":"quota_exceeded","message":"you wrote: the secret words"}}"#;
        let failure = refused(429, &HeaderMap::new(), body);
        assert_eq!(
            failure.error.to_string(),
            "the model's server asks to slow down, code quota_exceeded (status 429); next: try again later"
        );
        assert!(!format!("{failure:?}").contains("secret words"));
        let body = br#"{"error":{"code":"you wrote secret words"}}"#;
        let failure = refused(400, &HeaderMap::new(), body);
        assert!(!format!("{failure:?} {}", failure.error).contains("secret words"));
    }

    #[test]
    fn an_empty_account_is_not_asked_again() {
        let body = br#"{"error":{"type":"insufficient_quota","message":"pay"}}"#;
        assert!(!refused(429, &HeaderMap::new(), body).again);
        assert!(refused(429, &HeaderMap::new(), b"").again);
    }
}

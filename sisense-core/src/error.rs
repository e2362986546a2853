//! The one public error of this crate.
//!
//! Every error names what was asked (the operation, the asset, the endpoint), what came back
//! (the status, a redacted piece of the body) and what to do next.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, coarsely. Programs branch on this; people read the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was set up wrongly: a bad URL, a missing token, an unreadable certificate.
    Config,
    /// The arguments are not acceptable: refused here before anything was sent, or by the server
    /// (400, 422).
    InvalidInput,
    /// More than one asset fits the reference. The candidates are listed.
    Ambiguous,
    /// The server does not know the caller (401, or a login page in place of an answer).
    Unauthenticated,
    /// The server knows the caller and refuses (403).
    Forbidden,
    /// The asset is not there.
    NotFound,
    /// The asset is there already, with other values.
    Conflict,
    /// The server asks to slow down (429) and did so until the retries ended.
    RateLimited,
    /// No answer before the deadline.
    Timeout,
    /// No connection, or one that broke.
    Connect,
    /// The server failed (5xx).
    Server,
    /// The answer is not what the contract says.
    Decode,
    /// This deployment lacks the call, or the operation does not apply to this asset.
    Unsupported,
    /// The caller stopped the run.
    Cancelled,
    /// A change was not in the approved preview.
    NotApproved,
    /// An asset changed between the preview and the write.
    Drifted,
    /// A write was sent and its outcome is not known. Look before repeating it.
    UnknownOutcome,
    /// A bug or an impossible state.
    Unexpected,
}

impl ErrorKind {
    /// All kinds, for bindings that map each to an exception class.
    pub const ALL: [ErrorKind; 18] = [
        ErrorKind::Config,
        ErrorKind::InvalidInput,
        ErrorKind::Ambiguous,
        ErrorKind::Unauthenticated,
        ErrorKind::Forbidden,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::RateLimited,
        ErrorKind::Timeout,
        ErrorKind::Connect,
        ErrorKind::Server,
        ErrorKind::Decode,
        ErrorKind::Unsupported,
        ErrorKind::Cancelled,
        ErrorKind::NotApproved,
        ErrorKind::Drifted,
        ErrorKind::UnknownOutcome,
        ErrorKind::Unexpected,
    ];

    /// The word used in JSON, in Python, in Node and over MCP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Config => "config",
            ErrorKind::InvalidInput => "invalid_input",
            ErrorKind::Ambiguous => "ambiguous",
            ErrorKind::Unauthenticated => "unauthenticated",
            ErrorKind::Forbidden => "forbidden",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::RateLimited => "rate_limited",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Connect => "connect",
            ErrorKind::Server => "server",
            ErrorKind::Decode => "decode",
            ErrorKind::Unsupported => "unsupported",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::NotApproved => "not_approved",
            ErrorKind::Drifted => "drifted",
            ErrorKind::UnknownOutcome => "unknown_outcome",
            ErrorKind::Unexpected => "unexpected",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error with its context. Small to move; the parts are behind one box.
///
/// The message never holds a token, a password or a query string.
#[derive(Debug)]
pub struct Error(Box<Inner>);

/// The parts of an [`Error`] as data, for JSON answers, journals and bindings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorReport {
    /// What went wrong, coarsely.
    pub kind: ErrorKind,
    /// One sentence for a person.
    pub message: String,
    /// The operation's id, such as `access.get_user`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// The asset, such as `group "Analysts"`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asset: Option<String>,
    /// The method and path that was called, without its query.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub endpoint: Option<String>,
    /// The HTTP status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<u16>,
    /// Sisense's own number for the error, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<i64>,
    /// How often the request was sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempts: Option<u32>,
    /// The request id that the server gave.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// A redacted piece of the answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub snippet: Option<String>,
    /// What fits, when the reference was ambiguous or nearly right.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub candidates: Vec<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_step: Option<String>,
}

#[derive(Debug)]
struct Inner {
    report: ErrorReport,
    retryable: bool,
    retry_after: Option<Duration>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Make an error of a kind with a message: lower case, no trailing period, value last.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            report: ErrorReport {
                kind,
                message: message.into(),
                operation: None,
                asset: None,
                endpoint: None,
                status: None,
                code: None,
                attempts: None,
                request_id: None,
                snippet: None,
                candidates: Vec::new(),
                next_step: None,
            },
            retryable: false,
            retry_after: None,
            source: None,
        }))
    }

    /// An error about the arguments; nothing was sent.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::InvalidInput, message)
    }

    /// An asset that is not there: the kind of asset and the reference as given.
    #[must_use]
    pub fn not_found(kind: &str, reference: &str) -> Self {
        Error::new(ErrorKind::NotFound, format!("no {kind} fits this reference: {reference}"))
            .with_asset(format!("{kind} \"{reference}\""))
    }

    /// A reference that fits several assets, with what fits.
    #[must_use]
    pub fn ambiguous(kind: &str, reference: &str, candidates: Vec<String>) -> Self {
        Error::new(
            ErrorKind::Ambiguous,
            format!("{} {kind}s fit this reference: {reference}", candidates.len()),
        )
        .with_asset(format!("{kind} \"{reference}\""))
        .with_candidates(candidates)
        .with_next_step("name one of the candidates by its id")
    }

    /// Name the operation, unless it is named already.
    #[must_use]
    pub fn with_operation(mut self, operation: &str) -> Self {
        self.0.report.operation.get_or_insert_with(|| operation.to_owned());
        self
    }

    /// Name the asset, unless it is named already.
    #[must_use]
    pub fn with_asset(mut self, asset: impl Into<String>) -> Self {
        self.0.report.asset.get_or_insert_with(|| asset.into());
        self
    }

    /// Name the endpoint: method and path, no query.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.0.report.endpoint.get_or_insert_with(|| endpoint.into());
        self
    }

    /// Give the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.report.status = Some(status);
        self
    }

    /// Give Sisense's own error number.
    #[must_use]
    pub fn with_code(mut self, code: Option<i64>) -> Self {
        self.0.report.code = code;
        self
    }

    /// Give the number of times the request was sent.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.report.attempts = Some(attempts);
        self
    }

    /// Give the server's request id.
    #[must_use]
    pub fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.report.request_id = id;
        self
    }

    /// Keep a piece of the answer. The caller has redacted it.
    #[must_use]
    pub fn with_snippet(mut self, snippet: Option<String>) -> Self {
        self.0.report.snippet = snippet.filter(|s| !s.is_empty());
        self
    }

    /// List what fits.
    #[must_use]
    pub fn with_candidates(mut self, candidates: Vec<String>) -> Self {
        self.0.report.candidates = candidates;
        self
    }

    /// Say what to do next, unless it is said already.
    #[must_use]
    pub fn with_next_step(mut self, next: impl Into<String>) -> Self {
        self.0.report.next_step.get_or_insert_with(|| next.into());
        self
    }

    /// Say another next step than the one that was said, when more is known.
    #[must_use]
    pub fn with_other_step(mut self, next: impl Into<String>) -> Self {
        self.0.report.next_step = Some(next.into());
        self
    }

    /// Keep the cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    pub(crate) fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.report.kind = kind;
        self
    }

    /// What went wrong, coarsely.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.report.kind
    }

    /// The HTTP status of the last answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.report.status
    }

    /// The operation's id.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.report.operation.as_deref()
    }

    /// The candidates of an ambiguous or nearly right reference.
    #[must_use]
    pub fn candidates(&self) -> &[String] {
        &self.0.report.candidates
    }

    /// Whether the same request may be sent again later without harm.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether no answer came, or only a gateway's: a write may have been applied or not.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self.kind(), ErrorKind::Timeout | ErrorKind::Connect)
            || matches!(self.status(), Some(502 | 504))
    }

    /// How long the server asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// All parts as data.
    #[must_use]
    pub fn report(&self) -> &ErrorReport {
        &self.0.report
    }

    /// All parts as data, by value.
    #[must_use]
    pub fn into_report(self) -> ErrorReport {
        self.0.report
    }
}

impl From<ErrorReport> for Error {
    fn from(report: ErrorReport) -> Self {
        Error(Box::new(Inner { report, retryable: false, retry_after: None, source: None }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.report.fmt(f)
    }
}

impl fmt::Display for ErrorReport {
    /// One paragraph: operation, message, endpoint and status, attempts, snippet, candidates, next step.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.message)?;
        match (&self.endpoint, self.status) {
            (Some(endpoint), Some(status)) => write!(f, " ({endpoint} answered {status}")?,
            (Some(endpoint), None) => write!(f, " ({endpoint}")?,
            (None, Some(status)) => write!(f, " (status {status}")?,
            (None, None) => {}
        }
        if self.endpoint.is_some() || self.status.is_some() {
            if let Some(code) = self.code {
                write!(f, ", code {code}")?;
            }
            if let Some(attempts) = self.attempts.filter(|n| *n > 1) {
                write!(f, ", {attempts} attempts")?;
            }
            if let Some(id) = &self.request_id {
                write!(f, ", request {id}")?;
            }
            f.write_str(")")?;
        }
        if let Some(snippet) = &self.snippet {
            write!(f, ": {snippet}")?;
        }
        if !self.candidates.is_empty() {
            write!(f, "; candidates: {}", self.candidates.join(", "))?;
        }
        if let Some(next) = &self.next_step {
            write!(f, "; next: {next}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_part_in_one_paragraph() {
        let error = Error::new(ErrorKind::RateLimited, "the server asks to slow down")
            .with_operation("access.get_user")
            .with_endpoint("GET /api/v1/users")
            .with_status(429)
            .with_attempts(4)
            .with_next_step("try again in 30 s");
        assert_eq!(
            error.to_string(),
            "access.get_user: the server asks to slow down \
             (GET /api/v1/users answered 429, 4 attempts); next: try again in 30 s"
        );
    }

    #[test]
    fn every_kind_has_the_same_word_in_json() {
        for kind in ErrorKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}

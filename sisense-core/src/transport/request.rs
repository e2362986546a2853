//! One request, and what may be done with it.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::path::{ApiPath, Query};
use crate::error::{Error, ErrorKind};

/// What a request sends.
#[derive(Clone)]
pub(crate) enum Content {
    Json(Value),
    /// JSON that is written already.
    Text(Bytes),
}

impl From<Value> for Content {
    fn from(value: Value) -> Self {
        Content::Json(value)
    }
}

/// One request.
pub(crate) struct Request {
    pub(super) method: Method,
    pub(super) path: ApiPath,
    pub(super) query: Query,
    pub(super) body: Option<Content>,
    pub(super) repeatable: bool,
    pub(super) slow: bool,
    pub(super) stop: Option<CancellationToken>,
}

impl Request {
    pub(crate) fn new(method: Method, path: ApiPath) -> Self {
        Request {
            method,
            path,
            query: Vec::new(),
            body: None,
            repeatable: false,
            slow: false,
            stop: None,
        }
    }

    pub(crate) fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Content>) -> Self {
        self.body = Some(body.into());
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

    /// It does not wait for a time that the server named when this is cancelled.
    pub(crate) fn until(mut self, stop: CancellationToken) -> Self {
        self.stop = Some(stop);
        self
    }

    pub(super) fn endpoint(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What its time can be compared with.
    pub(super) fn pattern(&self) -> String {
        format!("{} {}", self.method, self.path.pattern())
    }

    pub(super) fn may_repeat(&self, error: &Error) -> bool {
        let lost_patience = self.slow && error.kind() == ErrorKind::Timeout;
        // Also a write: nothing was done. A 503 may come from a gateway that had passed it on.
        let refused_before_any_work = error.status() == Some(429) && error.retry_after().is_some();
        let harmless = self.repeatable && error.is_retryable() && !lost_patience;
        harmless || refused_before_any_work
    }
}

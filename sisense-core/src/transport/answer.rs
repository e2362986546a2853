//! A good answer.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};

/// What the server answered to a request that it accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    status: u16,
    body: Value,
    endpoint: String,
}

impl Answer {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Answer { status, body, endpoint: String::new() }
    }

    /// The stand-in for an answer, where a look has shown the id that it would have told.
    pub(crate) fn made(id: &str) -> Self {
        Answer::new(200, serde_json::json!({ "oid": id }))
    }

    pub(super) fn at(mut self, endpoint: String) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body; `null` when it was empty or, after a write, no JSON.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// The body, by value.
    #[must_use]
    pub fn into_body(self) -> Value {
        self.body
    }

    /// A part of this answer, for decoding.
    pub(crate) fn with_body(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    /// The id that a new asset got: `oid` or `_id` of the body. What has both is known by the first.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        ["oid", "_id"].iter().find_map(|key| self.body.get(key).and_then(Value::as_str))
    }

    /// An error about this answer's shape.
    pub(crate) fn misshaped(&self, wanted: &str) -> Error {
        let found = match &self.body {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Error::new(ErrorKind::Decode, format!("the answer should be {wanted} and is {found}"))
            .with_endpoint(self.endpoint.clone())
            .with_status(self.status)
            .with_next_step("check that the URL is that of a Sisense deployment of a known version")
    }

    /// An error that this answer tells in spite of its status.
    pub(crate) fn refused(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).with_endpoint(self.endpoint.clone()).with_status(self.status)
    }

    /// Decode the body.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the path to the member that does not fit.
    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<T> {
        let (endpoint, status) = (self.endpoint, self.status);
        serde_path_to_error::deserialize(self.body).map_err(|e| {
            let path = e.path().to_string();
            Error::new(ErrorKind::Decode, format!("a member of the answer does not fit: {path}"))
                .with_endpoint(endpoint)
                .with_status(status)
                .with_source(e.into_inner())
                .with_next_step("report this answer's shape; the deployment's version may be new")
        })
    }

    /// Decode a list; an object that holds the list as `items` is a list too.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when it is neither, or when an item does not fit.
    pub(crate) fn decode_list<T: DeserializeOwned>(mut self) -> Result<Vec<T>> {
        if let Some(items) = self.body.get_mut("items").filter(|items| items.is_array()) {
            self.body = items.take();
        }
        if !self.body.is_array() {
            return Err(self.misshaped("a list"));
        }
        self.decode()
    }
}

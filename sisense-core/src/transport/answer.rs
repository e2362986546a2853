//! A good answer.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// What the body of an answer is read as.
pub(crate) trait Body: Sized {
    /// What stands for no body.
    fn nothing() -> Self;

    fn read(text: &[u8]) -> serde_json::Result<Self>;
}

/// A list of which the items are not read yet: their text takes less room than what is read from all
/// of them.
pub(crate) enum Items {
    List(Vec<Box<RawValue>>),
    Other(Value),
}

impl Body for Items {
    fn nothing() -> Self {
        Items::Other(Value::Null)
    }

    fn read(text: &[u8]) -> serde_json::Result<Self> {
        match text.first() {
            Some(b'[') => serde_json::from_slice(text).map(Items::List),
            _ => serde_json::from_slice(text).map(Items::Other),
        }
    }
}

impl Body for Value {
    fn nothing() -> Self {
        Value::Null
    }

    fn read(text: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }
}

use crate::error::{Error, ErrorKind, Result};

/// What the server answered to a request that it accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<B = Value> {
    status: u16,
    body: B,
    endpoint: String,
}

impl<B> Answer<B> {
    pub(crate) fn new(status: u16, body: B) -> Self {
        Answer { status, body, endpoint: String::new() }
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

    /// The body; of JSON `null` when it was empty or, after a write, no JSON.
    #[must_use]
    pub fn body(&self) -> &B {
        &self.body
    }

    /// The body, by value.
    #[must_use]
    pub fn into_body(self) -> B {
        self.body
    }

    /// An error that this answer tells in spite of its status.
    pub(crate) fn refused(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).with_endpoint(self.endpoint.clone()).with_status(self.status)
    }
}

impl Answer {
    /// The stand-in for an answer, where a look has shown the id that it would have told.
    pub(crate) fn made(id: &str) -> Self {
        Answer::new(200, serde_json::json!({ "oid": id }))
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

    /// Decode the body.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] with the path to the member that does not fit.
    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<T> {
        let Answer { status, body, endpoint } = self;
        let misfit = |e: serde_path_to_error::Error<serde_json::Error>| {
            misfit(&endpoint, status, &e.path().to_string()).with_source(e.into_inner())
        };
        serde_path_to_error::deserialize(body).map_err(misfit)
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

impl Answer<Items> {
    /// Decode the items, one after the other; an object that holds the list as `items` is a list too.
    ///
    /// # Errors
    /// As [`Answer::decode_list`].
    pub(crate) fn decode_items<T: DeserializeOwned>(self) -> Result<Vec<T>> {
        let Answer { status, body, endpoint } = self;
        let items = match body {
            Items::List(items) => items,
            Items::Other(body) => return Answer { status, body, endpoint }.decode_list(),
        };
        let decode = |(at, item): (usize, Box<RawValue>)| {
            let mut json = serde_json::Deserializer::from_str(item.get());
            serde_path_to_error::deserialize(&mut json).map_err(|e| {
                let path = match e.path().to_string() {
                    path if path == "." => format!("[{at}]"),
                    path if path.starts_with('[') => format!("[{at}]{path}"),
                    path => format!("[{at}].{path}"),
                };
                misfit(&endpoint, status, &path).with_source(e.into_inner())
            })
        };
        items.into_iter().enumerate().map(decode).collect()
    }

    /// The texts of a list of objects, or of the only one.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when it is something else than what is `wanted`.
    pub(crate) fn into_objects(self, wanted: &str) -> Result<Vec<Box<RawValue>>> {
        let Answer { status, body, endpoint } = self;
        let odd = |body| Answer { status, body, endpoint }.misshaped(wanted);
        match body {
            Items::List(items) => match items.iter().all(|item| item.get().starts_with('{')) {
                true => Ok(items),
                false => Err(odd(Value::Array(Vec::new()))),
            },
            Items::Other(one) if one.is_object() => {
                to_raw_value(&one).map(|text| vec![text]).map_err(|_| odd(one))
            }
            Items::Other(other) => Err(odd(other)),
        }
    }
}

fn misfit(endpoint: &str, status: u16, path: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("a member of the answer does not fit: {path}"))
        .with_endpoint(endpoint)
        .with_status(status)
        .with_next_step("report this answer's shape; the deployment's version may be new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_decoded_as_the_whole_list_is() {
        for text in [
            r#"[{"a":{"b":[1,2]}},{"a":{"b":[1,"x"]}}]"#,
            r#"[1]"#,
            r#"[[]]"#,
            r#"[{}]"#,
            r#"[{"a":{"b":[3]}}]"#,
            r#"{"items":[{"a":{"b":[3]}}]}"#,
            r#"{"items":3}"#,
            "null",
            "[]",
        ] {
            #[derive(Debug, PartialEq, serde::Deserialize)]
            struct Row {
                a: std::collections::BTreeMap<String, Vec<u8>>,
            }
            let value = Answer::<Value>::new(200, Body::read(text.as_bytes()).unwrap());
            let items = Answer::<Items>::new(200, Body::read(text.as_bytes()).unwrap());
            let told = |result: Result<Vec<Row>>| result.map_err(|error| error.to_string());
            assert_eq!(told(items.decode_items()), told(value.decode_list()), "{text}");
        }
    }
}

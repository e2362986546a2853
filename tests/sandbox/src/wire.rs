//! One request as a handler sees it, and the answers that a handler can give.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::auth::Caller;

/// A decoded request.
pub(crate) struct Call {
    pub(crate) params: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) caller: Caller,
    pub(crate) token: String,
}

impl Call {
    /// A path parameter, decoded.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A query parameter that is there and not blank.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// A boolean query parameter.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A comma-separated query parameter.
    pub(crate) fn csv(&self, name: &str) -> Option<Vec<String>> {
        self.query(name).map(split)
    }

    /// A path parameter that must be a 24-hex id: the pattern is checked before anything else.
    pub(crate) fn object_id(&self, name: &str) -> Result<String, Reply> {
        let id = self.param(name);
        if is_object_id(id) {
            Ok(id.to_ascii_lowercase())
        } else {
            Err(Reply::invalid(
                601,
                &format!("'{name}' must match the pattern ^[0-9a-fA-F]{{24}}$"),
            ))
        }
    }

    /// A path parameter that must be a UUID, by the rules of the second API generation.
    pub(crate) fn uuid(&self, name: &str) -> Result<String, Reply> {
        match uuid::Uuid::parse_str(self.param(name)) {
            Ok(id) => Ok(id.hyphenated().to_string()),
            Err(_) => Err(Reply::problem(
                StatusCode::BAD_REQUEST,
                "EcmApiError",
                1012,
                "Variable \"$elasticubeOid\" got invalid value; Expected type UUID",
            )),
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Reply> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Reply::error(StatusCode::BAD_REQUEST, 300, &error.to_string()))
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Reply> {
        match self.json()? {
            Value::Object(map) => Ok(map),
            _ => Err(Reply::invalid(300, "the body must be an object")),
        }
    }

    /// The body as a JSON array.
    pub(crate) fn array(&self) -> Result<Vec<Value>, Reply> {
        match self.json()? {
            Value::Array(items) => Ok(items),
            _ => Err(Reply::error(StatusCode::BAD_REQUEST, 2002, "the body must be an array")),
        }
    }
}

/// Splits a comma-separated list.
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether a text is a 24-hex id.
pub(crate) fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A handler's result: success and failure have the same shape on the wire.
pub(crate) type Answer = Result<Reply, Reply>;

enum Payload {
    Empty,
    Json(Value),
    Text(String),
    Bytes(&'static str, Vec<u8>),
}

/// An answer.
pub(crate) struct Reply {
    status: StatusCode,
    payload: Payload,
}

impl Reply {
    /// Status 200 with JSON.
    pub(crate) fn ok(value: impl Into<Value>) -> Self {
        Self::json(StatusCode::OK, value.into())
    }

    /// Status 201 with JSON.
    pub(crate) fn created(value: impl Into<Value>) -> Self {
        Self::json(StatusCode::CREATED, value.into())
    }

    /// Any status with JSON.
    pub(crate) fn json(status: StatusCode, value: Value) -> Self {
        Self { status, payload: Payload::Json(value) }
    }

    /// Status 204.
    pub(crate) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, payload: Payload::Empty }
    }

    /// Status 200 without a body.
    pub(crate) fn blank() -> Self {
        Self { status: StatusCode::OK, payload: Payload::Empty }
    }

    /// Plain text.
    pub(crate) fn text(status: StatusCode, text: &str) -> Self {
        Self { status, payload: Payload::Text(text.to_owned()) }
    }

    /// A file.
    pub(crate) fn bytes(content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, payload: Payload::Bytes(content_type, bytes) }
    }

    /// The error envelope of the first API generations.
    pub(crate) fn error(status: StatusCode, code: u32, message: &str) -> Self {
        Self::json(status, json!({ "error": envelope(status, code, message) }))
    }

    /// Status 401.
    pub(crate) fn unauthorized() -> Self {
        Self::error(StatusCode::UNAUTHORIZED, 401, "Invalid or missing access token")
    }

    /// Status 403, code 101.
    pub(crate) fn forbidden() -> Self {
        Self::error(StatusCode::FORBIDDEN, 101, "Access denied")
    }

    /// Status 404 with the kind and name of what is missing.
    pub(crate) fn not_found(code: u32, kind: &str, name: &str) -> Self {
        let status = StatusCode::NOT_FOUND;
        let mut error = envelope(status, code, &format!("{kind} not found"));
        if let Some(members) = error.as_object_mut() {
            members.insert("resourceType".to_owned(), json!(kind));
            members.insert("resourceName".to_owned(), json!(name));
        }
        Self::json(status, json!({ "error": error }))
    }

    /// Status 422 with one sub-error.
    pub(crate) fn invalid(code: u32, message: &str) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut error = envelope(status, code, "Validation Error");
        if let Some(members) = error.as_object_mut() {
            members.insert(
                "subErrors".to_owned(),
                json!([{ "error": envelope(status, code, message) }]),
            );
        }
        Self::json(status, json!({ "error": error }))
    }

    /// The problem object of the second API generation.
    pub(crate) fn problem(status: StatusCode, title: &str, sub: u32, detail: &str) -> Self {
        let kind = if title == "ValidationError" { "validation-error" } else { "general-error" };
        Self::json(
            status,
            json!({
                "type": format!("https://errors.sisense.dev/http/{kind}"),
                "title": title,
                "status": status.as_u16(),
                "sub": sub,
                "detail": detail,
            }),
        )
    }
}

fn envelope(status: StatusCode, code: u32, message: &str) -> Value {
    json!({
        "code": code,
        "message": message,
        "status": status.as_u16(),
        "httpMessage": status.canonical_reason().unwrap_or("Error"),
    })
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let (content_type, bytes) = match self.payload {
            Payload::Empty => return self.status.into_response(),
            // A Value always has string keys, so it can always be written.
            Payload::Json(value) => {
                ("application/json; charset=utf-8", serde_json::to_vec(&value).unwrap_or_default())
            }
            Payload::Text(text) => ("text/plain; charset=utf-8", text.into_bytes()),
            Payload::Bytes(content_type, bytes) => (content_type, bytes),
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }
}

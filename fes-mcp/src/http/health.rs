//! `/health`: whether the process answers. It tells nothing else.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Say that the process answers.
pub async fn health() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(serde_json::json!({ "status": "ok" })))
        .into_response()
}

//! The sandbox's own endpoints under `/__sandbox/`, for programs that are not in this process.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::config::Variants;
use crate::faults::Fault;
use crate::seed;
use crate::server::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/__sandbox/info", get(info))
        .route("/__sandbox/state", get(state))
        .route("/__sandbox/requests", get(requests))
        .route("/__sandbox/counts", get(counts))
        .route("/__sandbox/reset", post(reset))
        .route("/__sandbox/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/__sandbox/latency", post(latency))
        .route("/__sandbox/variants", get(variants).post(set_variants))
        .route("/__sandbox/load", post(load))
}

async fn info(State(app): State<App>) -> Json<Value> {
    let config = app.config();
    let deployment = app.deployment();
    Json(json!({
        "name": config.name,
        "seed": config.seed,
        "latency_ms": app.latency_ms(),
        "tokens": deployment.tokens,
        "counts": {
            "users": deployment.users.len(),
            "groups": deployment.groups.len(),
            "folders": deployment.folders.len(),
            "dashboards": deployment.dashboards.len(),
            "models": deployment.models.len(),
        },
    }))
}

async fn state(State(app): State<App>) -> Json<Value> {
    Json(app.deployment().dump())
}

async fn requests(State(app): State<App>) -> Response {
    Json(app.log().entries()).into_response()
}

async fn counts(State(app): State<App>) -> Response {
    Json(app.log().counts()).into_response()
}

async fn reset(State(app): State<App>) -> Response {
    match seed::build(app.config()) {
        Ok(deployment) => {
            app.restart(deployment);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refuse(&error),
    }
}

async fn faults(State(app): State<App>) -> Response {
    Json(app.faults().list()).into_response()
}

async fn add_faults(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let rules = if body.is_array() { body } else { json!([body]) };
    match serde_json::from_value::<Vec<Fault>>(rules) {
        Ok(rules) => {
            let mut faults = app.faults();
            rules.into_iter().for_each(|rule| faults.add(rule));
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refuse(&error),
    }
}

async fn clear_faults(State(app): State<App>) -> StatusCode {
    app.faults().clear();
    StatusCode::NO_CONTENT
}

async fn latency(State(app): State<App>, Json(body): Json<Value>) -> Response {
    match body.get("ms").and_then(Value::as_u64) {
        Some(ms) => {
            app.set_latency_ms(ms);
            StatusCode::NO_CONTENT.into_response()
        }
        None => refuse(&"'ms' must be a number"),
    }
}

async fn variants(State(app): State<App>) -> Response {
    let variants = app.deployment().variants;
    Json(variants).into_response()
}

async fn set_variants(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let mut deployment = app.deployment();
    match merged(deployment.variants, &body) {
        Ok(variants) => {
            deployment.variants = variants;
            Json(variants).into_response()
        }
        Err(error) => refuse(&error),
    }
}

fn merged(old: Variants, changes: &Value) -> Result<Variants, serde_json::Error> {
    let mut all = serde_json::to_value(old)?;
    if let (Some(all), Some(changes)) = (all.as_object_mut(), changes.as_object()) {
        all.extend(changes.clone());
    }
    serde_json::from_value(all)
}

async fn load(State(app): State<App>, Json(body): Json<Value>) -> Response {
    match app.deployment().load(vec![body]) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &dyn std::fmt::Display) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error.to_string() }))).into_response()
}

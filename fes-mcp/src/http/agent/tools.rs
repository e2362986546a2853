//! `GET /tools`: what can be asked for, as functions of a language model and as a registry.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};
use sisense_core::Operation;

use super::AgentApi;

/// All tools that the policy permits.
pub async fn tools(State(api): State<Arc<AgentApi>>) -> Json<Value> {
    let operations = api.agent().operations();
    let functions: Vec<Value> = operations.iter().map(|operation| function(operation)).collect();
    let registry: Map<String, Value> =
        operations.iter().map(|operation| (operation.id.clone(), row(operation))).collect();
    Json(json!({ "tools": functions, "registry": registry }))
}

fn function(operation: &Operation) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": operation.id,
            "description": operation.summary,
            "parameters": operation.input_schema,
        },
    })
}

fn row(operation: &Operation) -> Value {
    json!({
        "module": operation.domain(),
        "mutates": operation.effect.writes(),
        "description": operation.summary,
        "example": operation.ask.first(),
        "effect": operation.effect,
        "risk": operation.risk,
        "scope": operation.scope,
        "output": operation.output_schema,
    })
}

//! `GET /openapi.json`: this interface, described for programs.

use axum::Json;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use super::body::{ApproveBody, CancelBody, TurnBody};

/// The description.
pub async fn document() -> Json<Value> {
    Json(describe())
}

fn describe() -> Value {
    let mut generator = SchemaSettings::openapi3().into_generator();
    let turn = body::<TurnBody>(&mut generator);
    let approve = body::<ApproveBody>(&mut generator);
    let cancel = body::<CancelBody>(&mut generator);
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Result".to_owned(), result());
    schemas.insert("Error".to_owned(), error());
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "FES agent",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Ask for things in words, approve what would change, follow what is \
                            done. Where the server has a bearer token, every request carries it.",
        },
        "paths": {
            "/agent/turn": { "post": {
                "summary": "Say something in a session; without a session_id a new one begins.",
                "requestBody": turn,
                "responses": answers(),
            }},
            "/agent/approve": { "post": {
                "summary": "Approve or reject what waits; what is approved runs at once.",
                "requestBody": approve,
                "responses": answers(),
            }},
            "/agent/cancel": { "post": {
                "summary": "Stop what a session is at: a turn at once, a run between two changes.",
                "requestBody": cancel,
                "responses": { "200": json_answer("Whether there was something to stop.", &json!({
                    "type": "object",
                    "required": ["cancelled", "session_id"],
                    "properties": {
                        "cancelled": { "type": "boolean" },
                        "session_id": { "type": "string" },
                    },
                })), "404": failure() },
            }},
            "/agent/events": { "get": {
                "summary": "The events of a turn again, from a number on, until it ends. Events \
                            are kept for ten minutes after that.",
                "parameters": [
                    parameter("session_id", true, "string", "The session."),
                    parameter("turn", false, "string",
                              "The turn; or send the last event's id as Last-Event-ID."),
                    parameter("after", false, "integer", "The number of the last event seen."),
                ],
                "responses": { "200": events(), "404": failure() },
            }},
            "/tools": { "get": {
                "summary": "What can be asked for.",
                "responses": { "200": json_answer(
                    "`tools`: functions for a language model; `registry`: rows by tool id.",
                    &json!({ "type": "object" }),
                ) },
            }},
            "/health": { "get": {
                "summary": "Whether the server answers.",
                "responses": { "200": json_answer("It does.", &json!({ "type": "object" })) },
            }},
        },
        "components": { "schemas": schemas },
    })
}

fn body<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let schema = generator.subschema_for::<T>();
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn answers() -> Value {
    let mut whole = events();
    whole["description"] = json!("What came out; as events where the client accepts a stream.");
    whole["content"]["application/json"] =
        json!({ "schema": { "$ref": "#/components/schemas/Result" } });
    json!({ "200": whole, "403": failure(), "404": failure(), "409": failure(), "422": failure() })
}

fn events() -> Value {
    json!({
        "description": "Events `status` (phase started, completed or cancelled), `progress`, \
                        `result`, `error` and `keepalive`; each with an id to go on after.",
        "content": { "text/event-stream": { "schema": { "type": "string" } } },
    })
}

fn json_answer(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn failure() -> Value {
    json_answer("Why not.", &json!({ "$ref": "#/components/schemas/Error" }))
}

fn parameter(name: &str, required: bool, kind: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": required, "description": description,
        "schema": { "type": kind },
    })
}

fn result() -> Value {
    json!({
        "type": "object",
        "required": ["kind", "reply", "session_id", "turn"],
        "properties": {
            "kind": { "type": "string",
                      "enum": ["answer", "approval", "question", "decline", "rejected"] },
            "reply": { "type": "string", "description": "What a person reads." },
            "tool_result": { "nullable": true, "type": "object",
                             "description": "The last step's result, or what waits." },
            "step_results": { "type": "array", "items": { "type": "object" } },
            "session_id": { "type": "string" },
            "turn": { "type": "string" },
            "trace_id": { "type": "string" },
            "approval": { "type": "object", "description": "What waits for a person." },
            "question": { "type": "object", "description": "What has to be said first." },
            "report": { "type": "object", "description": "What happened, step by step." },
            "display_hints": { "type": "object" },
            "tried": { "type": "array", "items": { "type": "object" },
                       "description": "What failed before another plan was made." },
            "usage": { "type": "object",
                       "description": "What the language model took: tokens_in, tokens_out, cost \
                                       where prices are known, calls, uncounted." },
        },
    })
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["ok", "error", "error_type"],
        "properties": {
            "ok": { "type": "boolean" },
            "error": { "type": "string" },
            "error_type": { "type": "string" },
            "detail": { "type": "string" },
            "next_step": { "type": "string", "nullable": true },
            "candidates": { "type": "array", "items": { "type": "string" } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reference leads somewhere.
    #[test]
    fn the_document_is_whole() {
        let document = describe();
        fn walk(value: &Value, document: &Value) {
            match value {
                Value::Object(map) => {
                    if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                        let pointer = reference.strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{reference}");
                    }
                    map.values().for_each(|value| walk(value, document));
                }
                Value::Array(items) => items.iter().for_each(|value| walk(value, document)),
                _ => {}
            }
        }
        walk(&document, &document);
        assert!(document["components"]["schemas"]["TurnBody"]["properties"]["mode"].is_object());
    }
}

//! Models against servers that answer as the real ones do, and as broken ones do.

mod config;
mod endings;
mod fallback;
mod providers;
mod retries;
mod streams;

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request as Got, ResponseTemplate};

use super::*;
use crate::privacy::{Prompt, Role};

/// What no error and no printout may hold.
const KEY: &str = "key-4711-very-secret";
const WORDS: &str = "the words of the prompt";

fn config(vars: &[(&str, &str)]) -> Result<Option<LlmConfig>> {
    let vars: HashMap<String, String> =
        vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    LlmConfig::from_lookup(&move |name| vars.get(name).cloned())
}

/// A model of an OpenAI-compatible server, with no wait between attempts.
fn model(base: &str) -> HttpModel {
    let mut config = config(&[
        ("LLM_PROVIDER", "openai"),
        ("OPENAI_BASE_URL", base),
        ("OPENAI_API_KEY", KEY),
        ("OPENAI_MODEL", "gpt-test"),
        ("LLM_PRICE_INPUT", "2"),
        ("LLM_PRICE_OUTPUT", "8"),
    ])
    .unwrap()
    .unwrap();
    config.limits.first_delay = Duration::from_millis(1);
    HttpModel::new(config).unwrap()
}

fn prompt() -> Prompt {
    Prompt::sample(&[(Role::System, "You plan."), (Role::User, WORDS)], None)
}

fn shaped() -> Prompt {
    let schema = json!({ "type": "object", "properties": { "n": { "type": "integer" } },
                         "required": ["n"], "additionalProperties": false });
    Prompt::sample(&[(Role::System, "You plan."), (Role::User, WORDS)], Some(schema))
}

fn said(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(answer(text, "stop"))
}

fn answer(text: &str, finish: &str) -> Value {
    json!({
        "id": "1", "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": finish,
                      "message": { "role": "assistant", "content": text, "refusal": null } }],
        "usage": { "prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500 }
    })
}

/// A server that answers each request with the next of these, and the last one from then on.
async fn server(answers: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let last = answers.len();
    for (at, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(any()).respond_with(answer);
        match at + 1 == last {
            true => mock.mount(&server).await,
            false => mock.up_to_n_times(1).mount(&server).await,
        }
    }
    server
}

/// The requests as they came, as data: what does not depend on the machine.
async fn recorded(server: &MockServer) -> Value {
    let requests = server.received_requests().await.unwrap();
    Value::Array(requests.iter().map(shown).collect())
}

fn shown(request: &Got) -> Value {
    let kept = ["accept", "api-key", "authorization", "content-type"];
    let headers: serde_json::Map<String, Value> = kept
        .iter()
        .filter_map(|name| {
            let value = request.headers.get(*name)?.to_str().unwrap();
            Some(((*name).to_owned(), json!(value)))
        })
        .collect();
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    json!({
        "request": format!("{} {}{query}", request.method, request.url.path()),
        "headers": headers,
        "body": serde_json::from_slice::<Value>(&request.body).unwrap(),
    })
}

/// Nothing that is printed of an error tells a secret.
fn assert_tells_nothing(error: &sisense_core::Error) {
    let mut all = format!("{error} {error:?} {:?}", error.report());
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        all.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    for secret in [KEY, WORDS, "said back"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

//! The bodies of chat completions, both ways. Pure.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Ending;
use super::config::Sampling;
use super::dialect::{Dialect, Structured, allows_strict};
use crate::privacy::Prompt;

/// The body of a request.
pub(super) fn body(
    prompt: &Prompt,
    model: Option<&str>,
    sampling: Sampling,
    dialect: Dialect,
    stream: bool,
) -> Value {
    let mut body = Map::new();
    if let Some(model) = model {
        body.insert("model".into(), json!(model));
    }
    let messages: Vec<Value> = prompt
        .messages()
        .iter()
        .map(|message| json!({ "role": message.role().as_str(), "content": message.text() }))
        .collect();
    body.insert("messages".into(), Value::Array(messages));
    let limit = if dialect.completion_limit { "max_completion_tokens" } else { "max_tokens" };
    body.insert(limit.into(), json!(sampling.max_tokens));
    if dialect.temperature {
        body.insert("temperature".into(), json!(sampling.temperature));
    }
    if let Some(shape) = prompt.shape() {
        let (name, about, schema) = (shape.name(), shape.description(), shape.schema());
        match dialect.structured {
            Structured::Strict | Structured::Schema => {
                let strict = dialect.structured == Structured::Strict && allows_strict(schema);
                let format = json!({ "type": "json_schema", "json_schema": {
                    "name": name, "description": about, "strict": strict, "schema": schema } });
                body.insert("response_format".into(), format);
            }
            Structured::Tool => {
                let tool = json!({ "type": "function", "function": {
                    "name": name, "description": about, "parameters": schema } });
                body.insert("tools".into(), json!([tool]));
                let choice = json!({ "type": "function", "function": { "name": name } });
                body.insert("tool_choice".into(), choice);
            }
            Structured::Words => {}
        }
    }
    if stream {
        body.insert("stream".into(), json!(true));
        if dialect.stream_usage {
            body.insert("stream_options".into(), json!({ "include_usage": true }));
        }
    }
    Value::Object(body)
}

/// An answer, or one piece of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    #[serde(default)]
    pub(super) usage: Option<Counts>,
    #[serde(default)]
    pub(super) error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    /// Of a whole answer it is called `message`.
    #[serde(default, alias = "message")]
    pub(super) delta: Option<Said>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

/// What the model said.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

/// A text, or the parts that some of Databricks' models answer with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ToolCall {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Debug, Deserialize)]
struct Function {
    #[serde(default)]
    arguments: Option<Arguments>,
}

/// JSON in a string, as the protocol has it, or plain, as some servers answer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Arguments {
    Text(String),
    Plain(Map<String, Value>),
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Counts {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
}

impl Counts {
    pub(super) fn both(self) -> Option<(u64, u64)> {
        self.prompt_tokens.zip(self.completion_tokens)
    }
}

/// What was said so far.
#[derive(Default)]
pub(super) struct Gathered {
    text: String,
    arguments: String,
    refused: bool,
    finish: Option<String>,
    pub(super) counts: Option<(u64, u64)>,
}

impl Gathered {
    /// The answer of a provider whose filter stopped the request.
    pub(super) fn filtered() -> Self {
        Gathered { finish: Some("content_filter".to_owned()), ..Gathered::default() }
    }

    /// Take in an answer or a piece of one. Gives back the new text.
    pub(super) fn take(&mut self, answer: Answer) -> String {
        if let Some(counts) = answer.usage.and_then(Counts::both) {
            self.counts = Some(counts);
        }
        // One choice is asked for; more would be other answers to the same question.
        let Some(choice) = answer.choices.into_iter().next() else { return String::new() };
        if let Some(reason) = choice.finish_reason {
            self.finish = Some(reason);
        }
        let Some(said) = choice.delta else { return String::new() };
        self.refused |= said.refusal.is_some_and(|text| !text.is_empty());
        for call in said.tool_calls.into_iter().flatten() {
            // One function is offered. A second call of it would be a second answer.
            if call.index.unwrap_or(0) == 0 || self.arguments.is_empty() {
                match call.function.and_then(|function| function.arguments) {
                    Some(Arguments::Text(text)) => self.arguments.push_str(&text),
                    Some(Arguments::Plain(map)) => {
                        self.arguments.push_str(&Value::Object(map).to_string());
                    }
                    None => {}
                }
            }
        }
        let new = match said.content {
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
            None => String::new(),
        };
        self.text.push_str(&new);
        new
    }

    /// Whether the model has said how it ended.
    pub(super) fn is_over(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether anything was said.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.arguments.is_empty() && !self.refused && self.finish.is_none()
    }

    /// The whole text, and how it ended.
    pub(super) fn end(self) -> (String, Ending) {
        let ending = match self.finish.as_deref() {
            _ if self.refused => Ending::Refused,
            Some("length" | "max_tokens") => Ending::Cut,
            Some("content_filter") => Ending::Filtered,
            _ => Ending::Done,
        };
        let text = if self.arguments.is_empty() { self.text } else { self.arguments };
        (text, ending)
    }
}

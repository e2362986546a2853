//! What clients send, checked before anything is done.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use sisense_core::{Error, Result};

use super::tenants::{MigrationConfig, TenantConfig};

/// Longest request in words, in characters.
pub const LONGEST_TEXT: usize = 8_000;

/// One turn of a conversation.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct TurnBody {
    /// The session, as the first turn's answer gave it. Without one a new session begins.
    #[serde(default)]
    pub session_id: Option<String>,
    /// The messages so far, each with `role` and `content`. Only the newest of the user counts: what
    /// was said before is known here.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// The request in words; used when it is not empty, before `messages`.
    #[serde(default)]
    pub user_input: Option<String>,
    /// `chat`, which works on one deployment, or `migration`, which works between two.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// The deployment that a new session works on, by its name here.
    #[serde(default)]
    pub deployment: Option<String>,
    /// The deployment that a new session migrates to, by its name here.
    #[serde(default)]
    pub target: Option<String>,
    /// The calls that a person has approved, as pairs of tool and arguments: those that the answer
    /// before showed, and no others.
    #[serde(default)]
    pub approved_keys: Option<Vec<(String, Value)>>,
    /// Whether results may be told by a language model in this turn. Without it they are not; the
    /// operator's rules are an upper bound.
    #[serde(default)]
    pub allow_summarization: Option<bool>,
    /// A deployment with a token of the client's own, where the operator listed its origin. It is
    /// kept in memory until the session is idle for long; sent with each turn, it is always there.
    #[serde(default)]
    #[schemars(with = "Option<TenantConfig>")]
    pub tenant_config: Option<Value>,
    /// The same for a migration: a source and a target.
    #[serde(default)]
    #[schemars(with = "Option<MigrationConfig>")]
    pub migration_config: Option<Value>,
}

/// A message of a conversation.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Message {
    /// Who said it: `user`, `assistant`, `system` or `tool`.
    pub role: String,
    /// What was said.
    #[serde(default)]
    pub content: Option<Value>,
}

/// What a session works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One deployment.
    Chat,
    /// A source and a target.
    Migration,
}

/// A person's decision about what waits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveBody {
    /// The session.
    pub session_id: String,
    /// The approval's id, as the turn's answer gave it.
    pub approval: String,
    /// What the person decided.
    pub decision: Decision,
    /// Whether the report may be told by a language model; as in a turn.
    #[serde(default)]
    pub allow_summarization: Option<bool>,
    /// What the person typed, where the approval asks for a name to be typed.
    #[serde(default)]
    pub typed: Option<String>,
    /// The operator's approval code, where the server has one.
    #[serde(default)]
    pub code: Option<String>,
}

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Do it.
    Approve,
    /// Do not.
    Reject,
}

/// A session whose turn or run is to be stopped.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// The session.
    pub session_id: String,
}

impl TurnBody {
    /// The request in words; empty when there is none.
    ///
    /// # Errors
    /// When it is too long.
    pub fn text(&self) -> Result<String> {
        let typed = self.user_input.as_deref().unwrap_or_default().trim();
        let text = match typed.is_empty() {
            false => typed.to_owned(),
            true => self.newest(),
        };
        let count = text.chars().count();
        if count > LONGEST_TEXT {
            let message = format!("the request has {count} characters; at most {LONGEST_TEXT}");
            return Err(Error::invalid(message).with_next_step("ask for one thing at a time"));
        }
        Ok(text)
    }

    fn newest(&self) -> String {
        let newest = self.messages.iter().rev().find(|message| message.role == "user");
        match newest.and_then(|message| message.content.as_ref()) {
            Some(Value::String(text)) => text.trim().to_owned(),
            // A list of parts, of which the texts count.
            Some(Value::Array(parts)) => {
                let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
                texts.collect::<Vec<_>>().join("\n").trim().to_owned()
            }
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sisense_core::ErrorKind;

    use super::*;

    fn text(body: Value) -> Result<String> {
        serde_json::from_value::<TurnBody>(body).unwrap().text()
    }

    #[test]
    fn the_newest_words_of_the_user_count() {
        let messages = json!([
            { "role": "user", "content": "old" },
            { "role": "user", "content": [{ "type": "text", "text": " new " }, { "image": 1 }] },
            { "role": "assistant", "content": "answer" }
        ]);
        assert_eq!(text(json!({ "messages": messages })).unwrap(), "new");
        assert_eq!(text(json!({ "messages": messages, "user_input": "typed" })).unwrap(), "typed");
        assert_eq!(text(json!({})).unwrap(), "");
    }

    #[test]
    fn endless_texts_are_refused() {
        let long = json!({ "user_input": "x".repeat(LONGEST_TEXT + 1) });
        assert_eq!(text(long).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

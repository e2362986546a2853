//! What a server has shown not to understand, remembered for the process.

use serde_json::Value;

use super::failure::ServerSaid;

/// How the form of an answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Structured {
    /// With a JSON Schema that the server enforces to the letter, where the schema allows it.
    Strict,
    /// With a JSON Schema.
    Schema,
    /// As the arguments of a function that has to be called.
    Tool,
    /// In words: the prompt says it too.
    Words,
}

/// What a server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) structured: Structured,
    /// Whether the limit is called `max_completion_tokens`, as newer models want it.
    pub(super) completion_limit: bool,
    /// Whether a temperature may be given.
    pub(super) temperature: bool,
    /// Whether a stream may be asked to end with counts.
    pub(super) stream_usage: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect {
            structured: Structured::Strict,
            completion_limit: false,
            temperature: true,
            stream_usage: true,
        }
    }
}

/// How often the dialect can become simpler: a bound for repeated requests.
pub(super) const MOST_STEPS: u32 = 6;

impl Dialect {
    /// A simpler dialect after a refusal that names what was not understood. Nothing when it names
    /// none of the things that can be said in another way.
    pub(super) fn simpler(mut self, status: u16, said: &ServerSaid) -> Option<Self> {
        if !matches!(status, 400 | 404 | 415 | 422 | 501) {
            return None;
        }
        let names = |word: &str| said.param == word || said.message.contains(word);
        if self.stream_usage && names("stream_options") {
            self.stream_usage = false;
        } else if !self.completion_limit && names("max_tokens") && unsupported(said) {
            self.completion_limit = true;
        } else if self.temperature && names("temperature") {
            self.temperature = false;
        } else if self.structured < Structured::Tool
            && ["response_format", "json_schema", "structured output", "guided"]
                .into_iter()
                .any(names)
        {
            // A server that knows schemas but not this one, strictly, may take it less strictly.
            let about_schema =
                said.message.contains("invalid schema") || said.message.contains("strict");
            self.structured = match (self.structured, about_schema) {
                (Structured::Strict, true) => Structured::Schema,
                _ => Structured::Tool,
            };
        } else if self.structured == Structured::Tool && names("tool") {
            self.structured = Structured::Words;
        } else {
            return None;
        }
        Some(self)
    }
}

/// Whether a parameter is refused as such and not merely its value.
fn unsupported(said: &ServerSaid) -> bool {
    said.code == "unsupported_parameter"
        || ["max_completion_tokens", "not supported", "unsupported"]
            .iter()
            .any(|words| said.message.contains(words))
}

/// Whether a schema can be enforced to the letter: every object has to say that it has no other
/// members and that all of its members are required.
pub(super) fn allows_strict(schema: &Value) -> bool {
    match schema {
        Value::Array(items) => items.iter().all(allows_strict),
        Value::Object(map) => {
            let object = map.get("type").is_some_and(|kind| match kind {
                Value::Array(kinds) => kinds.iter().any(|kind| kind == "object"),
                kind => kind == "object",
            });
            let closed = map.get("additionalProperties") == Some(&Value::Bool(false));
            let required = |name: &String| {
                let list = map.get("required").and_then(Value::as_array);
                list.is_some_and(|list| list.iter().any(|one| one == name.as_str()))
            };
            let all = map
                .get("properties")
                .and_then(Value::as_object)
                .is_some_and(|members| members.keys().all(required));
            (!object || (closed && all)) && map.values().all(allows_strict)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(param: &str, message: &str) -> ServerSaid {
        ServerSaid { param: param.into(), message: message.into(), ..ServerSaid::default() }
    }

    #[test]
    fn a_refused_way_of_saying_it_is_dropped_one_at_a_time_and_never_taken_up_again() {
        let mut dialect = Dialect::default();
        let refusals = [
            said("stream_options", "unknown"),
            said("max_tokens", "unsupported parameter, use max_completion_tokens"),
            said("temperature", "only 1"),
            said("", "invalid schema for response_format"),
            said("response_format", ""),
            said("", "this model does not know tools"),
        ];
        for refusal in &refusals {
            dialect = dialect.simpler(400, refusal).unwrap();
        }
        assert_eq!(dialect.structured, Structured::Words);
        assert!(dialect.completion_limit && !dialect.temperature && !dialect.stream_usage);
        assert!(refusals.len() <= MOST_STEPS as usize);
        for refusal in &refusals {
            assert_eq!(dialect.simpler(400, refusal), None);
        }
    }

    #[test]
    fn other_refusals_change_nothing() {
        let dialect = Dialect::default();
        assert_eq!(dialect.simpler(400, &said("messages", "too long")), None);
        assert_eq!(dialect.simpler(400, &said("max_tokens", "must be at most 100")), None);
        assert_eq!(dialect.simpler(401, &said("response_format", "")), None);
        assert_eq!(dialect.simpler(500, &said("response_format", "")), None);
    }

    #[test]
    fn only_closed_objects_are_enforced_to_the_letter() {
        let member = json!({ "type": "string" });
        let closed = json!({ "type": "object", "properties": { "a": member }, "required": ["a"],
                             "additionalProperties": false });
        assert!(allows_strict(&closed));
        for (change, value) in [("additionalProperties", json!(true)), ("required", json!([]))] {
            let mut open = closed.clone();
            open[change] = value;
            assert!(!allows_strict(&open), "{change}");
            assert!(!allows_strict(&json!({ "anyOf": [open] })), "{change} within");
        }
        assert!(!allows_strict(&json!({ "type": "object" })));
    }
}

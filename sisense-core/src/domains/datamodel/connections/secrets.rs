//! Parameters of a connection in which every secret is typed as one.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::clean;
use crate::redact::MARK;
use crate::run::{Secret, fingerprint};

/// The parameters of a connection. A value is a secret when its key or its text reads like one, or
/// when it is said to be: it is then printed and serialised as `***`, and only the request that
/// makes the connection holds it.
#[derive(Clone, Default)]
pub struct ConnectionParameters(BTreeMap<String, Parameter>);

#[derive(Clone)]
enum Parameter {
    Plain(Value),
    /// A text, or another value as JSON.
    Hidden {
        secret: Secret,
        is_text: bool,
    },
}

impl Parameter {
    fn hidden(value: Value) -> Self {
        match value {
            Value::String(text) => Parameter::Hidden { secret: Secret::new(text), is_text: true },
            other => Parameter::Hidden { secret: Secret::new(other.to_string()), is_text: false },
        }
    }

    fn exposed(&self) -> Value {
        match self {
            Parameter::Plain(value) => value.clone(),
            Parameter::Hidden { secret, is_text: true } => Value::from(secret.expose()),
            Parameter::Hidden { secret, is_text: false } => {
                serde_json::from_str(secret.expose()).unwrap_or_default()
            }
        }
    }
}

impl ConnectionParameters {
    /// Take parameters, and find the secrets among them.
    #[must_use]
    pub fn new(given: Map<String, Value>) -> Self {
        let clean = clean::parameters(given.clone());
        let typed = given.into_iter().map(|(key, value)| {
            let parameter = if clean.get(&key) == Some(&value) {
                Parameter::Plain(value)
            } else {
                Parameter::hidden(value)
            };
            (key, parameter)
        });
        ConnectionParameters(typed.collect())
    }

    /// Say that a parameter is a secret, whatever its key. An unknown or empty one is left.
    pub(super) fn hide(&mut self, key: &str) {
        if let Some(parameter) = self.0.get_mut(key) {
            let value = parameter.exposed();
            let is_empty = value.is_null() || value.as_str() == Some("");
            if matches!(parameter, Parameter::Plain(_)) && !is_empty {
                *parameter = Parameter::hidden(value);
            }
        }
    }

    pub(super) fn set(&mut self, key: &str, value: Value) {
        let one = Map::from_iter([(key.to_owned(), value)]);
        self.0.append(&mut ConnectionParameters::new(one).0);
    }

    /// Take a parameter out, with its real value.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key).map(|parameter| parameter.exposed())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The names of the secrets.
    #[must_use]
    pub fn secret_names(&self) -> Vec<String> {
        let secrets = self.0.iter().filter(|(_, one)| matches!(one, Parameter::Hidden { .. }));
        secrets.map(|(key, _)| key.clone()).collect()
    }

    /// The parameters that are no secrets.
    pub(super) fn plain(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().filter_map(|(key, parameter)| match parameter {
            Parameter::Plain(value) => Some((key.as_str(), value)),
            Parameter::Hidden { .. } => None,
        })
    }

    /// The real values, for the one request that sends them.
    pub(super) fn exposed(&self) -> Map<String, Value> {
        self.0.iter().map(|(key, parameter)| (key.clone(), parameter.exposed())).collect()
    }

    /// What a change holds: a fingerprint in place of each secret.
    pub(super) fn fingerprints(&self) -> Map<String, Value> {
        let told = |(key, parameter): (&String, &Parameter)| {
            let value = match parameter {
                Parameter::Plain(value) => value.clone(),
                Parameter::Hidden { secret, .. } => fingerprint(secret.expose()),
            };
            (key.clone(), value)
        };
        self.0.iter().map(told).collect()
    }

    /// The names of values that somebody has masked: with these nobody could sign in.
    pub(super) fn masked(&self) -> Vec<&str> {
        let is_masked = |(_, one): &(&String, &Parameter)| holds_mark(&one.exposed());
        self.0.iter().filter(is_masked).map(|(key, _)| key.as_str()).collect()
    }

    /// Every text of every secret.
    pub(super) fn secret_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for parameter in self.0.values() {
            if let Parameter::Hidden { secret, is_text } = parameter {
                texts.push(secret.expose().to_owned());
                if !is_text {
                    strings(&parameter.exposed(), &mut texts);
                }
            }
        }
        texts
    }
}

fn holds_mark(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(MARK),
        Value::Array(items) => items.iter().any(holds_mark),
        Value::Object(map) => map.values().any(holds_mark),
        _ => false,
    }
}

fn strings(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(map) => map.values().for_each(|inner| strings(inner, texts)),
        _ => {}
    }
}

impl fmt::Debug for ConnectionParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Serialize for ConnectionParameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = self.0.iter().map(|(key, parameter)| match parameter {
            Parameter::Plain(value) => (key, value.clone()),
            Parameter::Hidden { .. } => (key, Value::from(MARK)),
        });
        serializer.collect_map(shown)
    }
}

impl<'de> Deserialize<'de> for ConnectionParameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(ConnectionParameters::new)
    }
}

impl JsonSchema for ConnectionParameters {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConnectionParameters".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        if generator.contract().is_deserialize() {
            // What is marked like this is kept by nobody who stores arguments.
            json_schema!({ "type": "object", "writeOnly": true })
        } else {
            json_schema!({ "type": "object" })
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn parameters(value: Value) -> ConnectionParameters {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn secrets_are_found_by_key_and_by_text_and_shown_nowhere() {
        let given = json!({
            "Server": "h", "Port": 5439, "Password": "hunter2", "pin": "1234",
            "AdditionalParameters": "ssl=true;PWD=hunter3", "oauth": {"client_secret": "hunter4"},
        });
        let mut typed = parameters(given.clone());
        typed.hide("pin");
        typed.hide("absent");
        assert_eq!(typed.secret_names(), ["AdditionalParameters", "Password", "oauth", "pin"]);
        assert_eq!(Value::Object(typed.exposed()), given);
        let shown = [
            serde_json::to_string(&typed).unwrap(),
            Value::Object(typed.fingerprints()).to_string(),
            format!("{typed:?}"),
        ];
        for shown in shown {
            assert!(!shown.contains("hunter") && !shown.contains("1234"), "{shown}");
        }
        assert!(typed.secret_texts().contains(&"hunter4".to_owned()));
    }

    #[test]
    fn empty_values_are_no_secrets_and_masks_are_found_at_every_depth() {
        let typed =
            parameters(json!({"Password": "", "a": "***", "b": {"c": ["x***"]}, "d": "**"}));
        assert!(!typed.secret_names().contains(&"Password".to_owned()));
        assert_eq!(typed.masked(), ["a", "b"]);
    }
}

//! The normal form of a document's parts, written as canonical JSON (RFC 8785) without a copy of what
//! it says. Pure code.

use std::collections::HashMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::meaning::{MADE, SERVERS};
use crate::documents::DataSource;

/// Writes values with names in place of the ids that servers make.
pub(super) struct Normal<'a> {
    names: &'a HashMap<String, String>,
    out: String,
}

impl<'a> Normal<'a> {
    pub(super) fn new(names: &'a HashMap<String, String>) -> Self {
        Normal { names, out: String::new() }
    }

    /// The digest of a widget.
    pub(super) fn digest_of(&mut self, widget: &Value) -> String {
        match widget {
            Value::Object(members) => self.digest(members.iter()),
            _ => {
                self.out.clear();
                self.value(widget);
                self.told()
            }
        }
    }

    /// The digest of these members of a dashboard or a widget.
    pub(super) fn digest<'v>(
        &mut self,
        members: impl Iterator<Item = (&'v String, &'v Value)>,
    ) -> String {
        self.out.clear();
        self.object(members, true);
        self.told()
    }

    fn told(&self) -> String {
        hex::encode(Sha256::digest(self.out.as_bytes()))
    }

    /// `top`: the members are those of a dashboard or a widget itself.
    fn object<'v>(&mut self, members: impl Iterator<Item = (&'v String, &'v Value)>, top: bool) {
        let left_out = |key: &str| MADE.contains(&key) || (top && SERVERS.contains(&key));
        let mut members: Vec<(&String, &Value)> =
            members.filter(|(key, _)| !left_out(key.as_str())).collect();
        members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        self.out.push('{');
        let first = self.out.len();
        for (key, member) in members {
            let start = self.out.len();
            if start > first {
                self.out.push(',');
            }
            self.text(key);
            self.out.push(':');
            let from = self.out.len();
            self.member(key, member);
            // An empty member says the same as one that is not there.
            if matches!(&self.out[from..], "null" | "\"\"" | "[]" | "{}") {
                self.out.truncate(start);
            }
        }
        self.out.push('}');
    }

    fn member(&mut self, key: &str, member: &Value) {
        let source = (key == "datasource").then(|| DataSource::from_value(member)).flatten();
        match source {
            Some(source) => match source.title {
                Some(title) => self.text(&title),
                None => self.out.push_str("null"),
            },
            None => self.value(member),
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(members) => self.object(members.iter(), false),
            Value::Array(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.out.push(',');
                    }
                    self.value(item);
                }
                self.out.push(']');
            }
            Value::String(text) => {
                let names = self.names;
                self.text(names.get(text).unwrap_or(text));
            }
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Number(_) => self.out.push_str(&canonical(value)),
        }
    }

    /// A text in quotes.
    fn text(&mut self, text: &str) {
        let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        if text.bytes().all(plain) {
            self.out.push('"');
            self.out.push_str(text);
            self.out.push('"');
        } else {
            self.out.push_str(&canonical(&Value::from(text)));
        }
    }
}

fn canonical(value: &Value) -> String {
    // Numbers and texts always have a canonical form.
    serde_json_canonicalizer::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// The members of an object; none of anything else.
pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::run::digest;

    /// The same, as a copy that is then digested.
    fn normal(names: &HashMap<String, String>, value: &Value, top: bool) -> Value {
        match value {
            Value::Object(members) => {
                let mut kept = Map::new();
                for (key, member) in members {
                    if MADE.contains(&key.as_str()) || (top && SERVERS.contains(&key.as_str())) {
                        continue;
                    }
                    let member = match DataSource::from_value(member) {
                        Some(source) if key == "datasource" => json!(source.title),
                        _ => normal(names, member, false),
                    };
                    let empty = [json!(null), json!(""), json!([]), json!({})];
                    if !empty.contains(&member) {
                        kept.insert(key.to_owned(), member);
                    }
                }
                Value::Object(kept)
            }
            Value::Array(items) => items.iter().map(|item| normal(names, item, false)).collect(),
            Value::String(text) => {
                names.get(text).map_or_else(|| value.clone(), |name| json!(name))
            }
            _ => value.clone(),
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(json!("5f01")),
            Just(json!("")),
        ];
        let key = prop_oneof![
            any::<String>(),
            Just("datasource".to_owned()),
            Just("_id".to_owned()),
            Just("owner".to_owned()),
            Just("\u{e000}".to_owned()),
            Just("\u{1f600}".to_owned()),
        ];
        leaf.prop_recursive(5, 60, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec((key.clone(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_has_the_digest_of_the_copy(value in any_value()) {
            let names = HashMap::from([("5f01".to_owned(), "this \"dashboard\"".to_owned())]);
            let document = json!({ "owner": "x", "deep": value, "datasource": value });
            let written = Normal::new(&names).digest(members(&document));
            prop_assert_eq!(written, digest(&normal(&names, &document, true)));
        }
    }
}

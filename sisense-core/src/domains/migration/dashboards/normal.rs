//! The normal form of a document's parts, written as canonical JSON (RFC 8785) without a copy of what
//! it says. Pure code.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::meaning::{MADE, SERVERS};
use crate::documents::title_of;

/// A part of a document that borrows its texts from the text that was read.
pub(super) type Node<'a> = serde_json_borrow::Value<'a>;

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
    pub(super) fn digest_of(&mut self, widget: &Node<'_>) -> String {
        match widget {
            Node::Object(_) => self.digest(members(widget)),
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
        members: impl Iterator<Item = (&'v str, &'v Node<'v>)>,
    ) -> String {
        self.out.clear();
        self.object(members, true);
        self.told()
    }

    fn told(&self) -> String {
        hex::encode(Sha256::digest(self.out.as_bytes()))
    }

    /// `top`: the members are those of a dashboard or a widget itself.
    fn object<'v>(&mut self, members: impl Iterator<Item = (&'v str, &'v Node<'v>)>, top: bool) {
        let left_out = |key: &str| MADE.contains(&key) || (top && SERVERS.contains(&key));
        let mut members: Vec<(&str, &Node<'v>)> =
            members.filter(|(key, _)| !left_out(key)).collect();
        members.sort_by(|(one, _), (other, _)| in_order(one, other));
        self.out.push('{');
        let first = self.out.len();
        for (at, (key, member)) in members.iter().enumerate() {
            // Of members of one name the last one counts.
            if members.get(at + 1).is_some_and(|(next, _)| next == key) {
                continue;
            }
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

    fn member(&mut self, key: &str, member: &Node<'_>) {
        let title = match member {
            _ if key != "datasource" => return self.value(member),
            Node::Str(name) => title_of(None, Some(name)),
            Node::Object(_) => title_of(text_of(member, "title"), text_of(member, "fullname")),
            _ => return self.value(member),
        };
        match title {
            Some(title) => self.text(title),
            None => self.out.push_str("null"),
        }
    }

    fn value(&mut self, value: &Node<'_>) {
        match value {
            Node::Object(_) => self.object(members(value), false),
            Node::Array(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.out.push(',');
                    }
                    self.value(item);
                }
                self.out.push(']');
            }
            Node::Str(text) => {
                let names = self.names;
                self.text(names.get(text.as_ref()).map_or(text, String::as_str));
            }
            Node::Null => self.out.push_str("null"),
            Node::Bool(true) => self.out.push_str("true"),
            Node::Bool(false) => self.out.push_str("false"),
            Node::Number(_) => self.out.push_str(&canonical(&value.into())),
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

/// The order of member names in canonical JSON: that of their UTF-16 units.
fn in_order(one: &str, other: &str) -> Ordering {
    // Below U+E000 it is that of the bytes.
    let plain = |name: &str| name.bytes().all(|byte| byte < 0xEE);
    match plain(one) && plain(other) {
        true => one.cmp(other),
        false => one.encode_utf16().cmp(other.encode_utf16()),
    }
}

/// The members of an object, also those that a later one of the same name replaces; none of anything
/// else.
pub(super) fn members<'v>(value: &'v Node<'v>) -> impl Iterator<Item = (&'v str, &'v Node<'v>)> {
    let members = value.as_object().map(|object| object.as_vec().iter());
    members.into_iter().flatten().map(|(key, member)| (key.as_ref(), member))
}

/// A member of an object: of several of one name the last.
pub(super) fn member<'v>(value: &'v Node<'v>, key: &str) -> Option<&'v Node<'v>> {
    members(value).filter(|(name, _)| *name == key).last().map(|(_, member)| member)
}

/// A member that is a text.
pub(super) fn text_of<'v>(value: &'v Node<'v>, key: &str) -> Option<&'v str> {
    member(value, key)?.as_str()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::documents::DataSource;
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
            let text = document.to_string();
            let read: Node<'_> = serde_json::from_str(&text).unwrap();
            let written = Normal::new(&names).digest(members(&read));
            prop_assert_eq!(written, digest(&normal(&names, &document, true)));
        }

        #[test]
        fn names_are_in_the_order_of_their_utf16_units(one in any::<String>(), other in any::<String>()) {
            prop_assert_eq!(in_order(&one, &other), one.encode_utf16().cmp(other.encode_utf16()));
        }
    }

    #[test]
    fn of_members_of_one_name_the_last_counts() {
        let digest = |text: &str| {
            let read: Node<'_> = serde_json::from_str(text).unwrap();
            Normal::new(&HashMap::new()).digest(members(&read))
        };
        assert_eq!(
            digest(r#"{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}"#),
            digest(r#"{"a": 3, "b": {"c": 2}}"#)
        );
        let read: Node<'_> = serde_json::from_str(r#"{"a": 1, "a": "x"}"#).unwrap();
        assert_eq!(text_of(&read, "a"), Some("x"));
    }
}

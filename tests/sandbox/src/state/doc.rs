//! Small readers and writers for JSON documents.

use serde_json::{Map, Value};

use crate::config::NameFilter;

/// A text member, blank when it is missing.
pub(crate) fn text<'a>(doc: &'a Value, key: &str) -> &'a str {
    doc.get(key).and_then(Value::as_str).unwrap_or("")
}

/// A list member, empty when it is missing.
pub(crate) fn list<'a>(doc: &'a Value, key: &str) -> &'a [Value] {
    doc.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Sets a member of an object.
pub(crate) fn set(doc: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(members) = doc.as_object_mut() {
        members.insert(key.to_owned(), value.into());
    }
}

/// Removes members of an object, keeping the order of the others.
pub(crate) fn remove(doc: &mut Value, keys: &[&str]) {
    if let Some(members) = doc.as_object_mut() {
        members.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

/// Overwrites members of an object, all but the protected ones.
pub(crate) fn merge(doc: &mut Value, changes: &Map<String, Value>, protected: &[&str]) {
    if let Some(members) = doc.as_object_mut() {
        for (key, value) in changes {
            if !protected.contains(&key.as_str()) {
                members.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Compares a name with a filter as the variant says.
pub(crate) fn named(name: &str, wanted: &str, how: NameFilter) -> bool {
    match how {
        NameFilter::Exact => name == wanted,
        NameFilter::Partial => name.contains(wanted),
        NameFilter::CaseBlind => name.to_lowercase() == wanted.to_lowercase(),
    }
}

/// The present moment as the server writes it.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

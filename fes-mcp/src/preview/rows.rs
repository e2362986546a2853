//! The fields of a change, now and after it: only what differs in full, the rest in a word.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sisense_core::run::{Action, Change};

/// What stands where nothing is.
pub const NOTHING: &str = "—";

/// One field of an asset, now and after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The field; empty when the asset is shown as one value.
    pub field: String,
    /// Its value now.
    pub before: String,
    /// Its value after the change.
    pub after: String,
    /// Whether the two differ.
    pub changed: bool,
}

/// The fields that a change names, changed ones first.
pub fn rows(change: &Change) -> Vec<Row> {
    let empty = Map::new();
    let mut rows = match (&change.before, &change.after) {
        (Value::Null, Value::Null) => Vec::new(),
        (Value::Object(before), Value::Object(after)) => fields(change.action, "", before, after),
        (Value::Null, Value::Object(after)) => fields(change.action, "", &empty, after),
        (Value::Object(before), Value::Null) => fields(change.action, "", before, &empty),
        (before, after) => vec![row(String::new(), Some(before), Some(after))],
    };
    rows.retain(|row| row.changed || row.before != NOTHING);
    rows.sort_by_key(|row| !row.changed);
    rows
}

fn fields(
    action: Action,
    within: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Vec<Row> {
    // An update names only what it changes; what it does not name stays and need not be read.
    let counts = |key: &&String| {
        after.contains_key(*key)
            || after.is_empty()
            || matches!(action, Action::Overwrite | Action::Delete)
    };
    let mut seen = BTreeSet::new();
    let keys = after.keys().chain(before.keys().filter(counts)).filter(|key| seen.insert(*key));
    let empty = Map::new();
    let mut rows = Vec::new();
    for key in keys {
        let name = if within.is_empty() { key.clone() } else { format!("{within}.{key}") };
        match (before.get(key), after.get(key)) {
            // Records within are opened once, so that what differs in them can be seen.
            (Some(Value::Object(old)), Some(Value::Object(new)))
                if within.is_empty() && !is_secret(old) && !is_secret(new) =>
            {
                rows.extend(fields(Action::Overwrite, &name, old, new));
            }
            (Some(Value::Object(old)), None) if within.is_empty() && !is_secret(old) => {
                rows.extend(fields(Action::Delete, &name, old, &empty));
            }
            (old, new) => rows.push(row(name, old, new)),
        }
    }
    rows
}

fn row(field: String, before: Option<&Value>, after: Option<&Value>) -> Row {
    let none = Value::Null;
    let (old, new) = (before.unwrap_or(&none), after.unwrap_or(&none));
    let changed = old != new;
    let (before, after) = match (old, new) {
        (Value::Array(old), Value::Array(new)) if changed => lists(old, new),
        _ => (plain(old), plain(new)),
    };
    Row { field, before, after, changed }
}

/// Two lists: what is only in one of them, and how many items stay.
fn lists(old: &[Value], new: &[Value]) -> (String, String) {
    let stay = old.iter().filter(|item| new.contains(item)).count();
    let show = |mine: &[Value], other: &[Value]| {
        let differ: Vec<String> =
            mine.iter().filter(|item| !other.contains(item)).map(plain).collect();
        match (differ.is_empty(), stay) {
            (true, 0) => "(none)".to_owned(),
            (true, n) => format!("{n} that stay"),
            (false, 0) => differ.join("\n"),
            (false, n) => format!("{}\nand {n} that stay", differ.join("\n")),
        }
    };
    // The order alone may be what changes.
    if stay == old.len() && stay == new.len() {
        return (whole(old), whole(new));
    }
    (show(old, new), show(new, old))
}

fn whole(items: &[Value]) -> String {
    items.iter().map(plain).collect::<Vec<_>>().join("\n")
}

/// A value as a person reads it: texts without quotes, records in a line, the rest as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => "(none)".to_owned(),
        Value::Array(items) if items.iter().all(is_single) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => whole(items),
        Value::Object(map) if is_secret(map) => "(a secret)".to_owned(),
        Value::Object(map) if map.values().all(is_single) => {
            let parts = map.iter().map(|(key, value)| format!("{key}: {}", plain(value)));
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Object(_) => format!("{value:#}"),
        Value::Number(number) => number.to_string(),
    }
}

fn is_single(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// What stands for a secret in a change: its fingerprint.
fn is_secret(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.contains_key("secret")
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;
    use sisense_core::run::{Asset, AssetKind};

    use super::*;

    fn change(action: Action, before: Value, after: Value) -> Change {
        let asset = Asset {
            deployment: "prod".into(),
            kind: AssetKind::User,
            id: None,
            name: "ann@example.com".into(),
        };
        Change::new("access.update_user", asset, action, "Change Ann").before(before).after(after)
    }

    fn shown(action: Action, before: Value, after: Value) -> Vec<(String, String, String)> {
        let rows = rows(&change(action, before, after));
        rows.into_iter().map(|row| (row.field, row.before, row.after)).collect()
    }

    fn row(field: &str, before: &str, after: &str) -> (String, String, String) {
        (field.into(), before.into(), after.into())
    }

    #[test]
    fn an_update_leaves_out_what_it_does_not_name() {
        let before = json!({"role": "viewer", "created": "2024"});
        let rows = shown(Action::Update, before, json!({"role": "admin"}));
        assert_eq!(rows, [row("role", "viewer", "admin")]);
    }

    #[test]
    fn a_deletion_shows_all_that_goes_with_records_opened() {
        let before =
            json!({"user": {"email": "ann@example.com", "groups": ["A", "B"]}, "owns": []});
        assert_eq!(
            shown(Action::Delete, before, Value::Null),
            [
                row("user.email", "ann@example.com", "—"),
                row("user.groups", "A, B", "—"),
                row("owns", "(none)", "—"),
            ]
        );
    }

    #[test]
    fn of_lists_only_what_differs_is_shown() {
        let share = |id: &str, rule: &str| json!({"id": id, "rule": rule});
        let before = json!({"shares": [share("a", "view"), share("b", "edit")]});
        let after = json!({"shares": [share("a", "view"), share("b", "view"), share("c", "edit")]});
        assert_eq!(
            shown(Action::Share, before, after),
            [row(
                "shares",
                "id: b, rule: edit\nand 1 that stay",
                "id: b, rule: view\nid: c, rule: edit\nand 1 that stay"
            )]
        );
        let order = shown(Action::Update, json!({"l": ["a", "b"]}), json!({"l": ["b", "a"]}));
        assert_eq!(order, [row("l", "a\nb", "b\na")]);
    }

    #[test]
    fn a_secret_is_not_shown() {
        let after = json!({"password": {"secret": "0123"}});
        let rows = shown(Action::Update, json!({"password": {"secret": "4567"}}), after);
        assert_eq!(rows, [row("password", "(a secret)", "(a secret)")]);
    }
}

//! A result as header facts and one table, for whoever draws it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::host::clip;

/// Most columns of a table; further ones are left out and counted.
const MAX_COLUMNS: usize = 40;

/// How many names of a nested list are shown.
const FIRST_NAMES: usize = 3;

/// Longest text of a nested value, in characters.
const MAX_NESTED: usize = 200;

/// Lists that are what a result is about, however long its other lists are.
const FIRST_LISTS: [&str; 1] = ["findings"];

/// A result as header facts and one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// What is known of the whole: single values of the result.
    pub facts: Vec<Fact>,
    /// What the rows are called, such as `columns`; absent when the result is a list itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The columns. Empty when the result has no list.
    pub columns: Vec<Column>,
    /// The rows, each with one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// How many columns were left out.
    #[serde(default)]
    pub columns_left_out: usize,
}

/// One value of the header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// The member's name in the result.
    pub key: String,
    /// The name that a person reads.
    pub label: String,
    /// The value.
    pub value: Cell,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// The member's name in the rows.
    pub key: String,
    /// The name that a person reads.
    pub label: String,
    /// Whether all its values are numbers.
    pub numeric: bool,
}

/// One cell: a plain value, or a nested one in few words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing is known.
    Empty,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Cell::Empty => Ok(()),
            Cell::Flag(true) => f.write_str("yes"),
            Cell::Flag(false) => f.write_str("no"),
            Cell::Number(number) => write!(f, "{number}"),
            Cell::Text(text) => f.write_str(text),
        }
    }
}

/// Turn any result into header facts and one table.
///
/// A list becomes the table. Of an object, its findings or else the longest list of records becomes
/// the table and all else the facts. Nested lists are counted, with the first names.
#[must_use]
pub fn table(result: &Value) -> Table {
    let (title, rows) = match main_list(result) {
        Some((title, rows)) => (title.map(str::to_owned), rows),
        None => (None, &[][..]),
    };
    let mut table = Table { facts: facts(result, title.as_deref()), title, ..Table::default() };
    let (keys, left_out) = keys(rows);
    table.columns_left_out = left_out;
    // A column in which nothing stands tells nothing.
    let keys: Vec<String> = keys.into_iter().filter(|key| says_something(rows, key)).collect();
    table.columns = keys
        .iter()
        .map(|key| Column { key: key.clone(), label: label(key), numeric: numeric(rows, key) })
        .collect();
    let cell_of = |row, key: &String| match member(row, key) {
        Some(value) if !is_blank(value) => cell(value),
        _ => Cell::Empty,
    };
    table.rows =
        rows.iter().map(|row| keys.iter().map(|key| cell_of(row, key)).collect()).collect();
    table
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn says_something(rows: &[Value], key: &str) -> bool {
    rows.iter().filter_map(|row| member(row, key)).any(|value| !is_blank(value))
}

/// The rows of a result: the result itself when it is a list, else its longest list of records.
pub(super) fn main_list(result: &Value) -> Option<(Option<&str>, &[Value])> {
    match result {
        Value::Array(rows) => Some((None, rows)),
        Value::Object(map) => {
            // An empty list may be one of plain words; only the schema knows. See `empty_list`.
            let records = |rows: &[Value]| !rows.is_empty() && rows.iter().all(Value::is_object);
            let first = FIRST_LISTS.iter().find_map(|key| {
                let rows = map.get(*key)?.as_array().filter(|rows| records(rows))?;
                Some((Some(*key), rows.as_slice()))
            });
            if first.is_some() {
                return first;
            }
            let mut best: Option<(&str, &[Value])> = None;
            for (key, value) in map {
                if let Value::Array(rows) = value
                    && records(rows)
                    && best.is_none_or(|(_, known)| rows.len() > known.len())
                {
                    best = Some((key, rows));
                }
            }
            best.map(|(key, rows)| (Some(key), rows))
        }
        _ => None,
    }
}

/// Whether a result without rows has a list of records, by its schema, that is empty.
pub(super) fn empty_list(result: &Value, schema: &Value) -> bool {
    let Some(map) = result.as_object() else { return false };
    map.iter().filter(|(_, value)| value.as_array().is_some_and(Vec::is_empty)).any(|(key, _)| {
        let root = target(schema, schema);
        let items = root
            .get("properties")
            .and_then(|properties| properties.get(key))
            .map(|property| target(property, schema))
            .and_then(|property| property.get("items"))
            .map(|items| target(items, schema));
        items.is_some_and(|items| items.get("properties").is_some())
    })
}

/// What a schema refers to, or the schema itself.
fn target<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| root.pointer(pointer))
        .unwrap_or(schema)
}

fn facts(result: &Value, table: Option<&str>) -> Vec<Fact> {
    let one = |key: &str, value: &Value| Fact {
        key: key.to_owned(),
        label: label(key),
        value: cell(value),
    };
    match result {
        Value::Object(map) => {
            let mut facts = Vec::new();
            for (key, value) in map.iter().filter(|(key, _)| Some(key.as_str()) != table) {
                match value {
                    // One level of nesting is opened, so that a record within reads as facts too.
                    Value::Object(inner) if !inner.is_empty() => {
                        // `group.group_name` would say it twice.
                        let full = |name: &str| match name.starts_with(&format!("{key}_")) {
                            true => name.to_owned(),
                            false => format!("{key}.{name}"),
                        };
                        facts.extend(inner.iter().map(|(name, value)| one(&full(name), value)));
                    }
                    value => facts.push(one(key, value)),
                }
            }
            facts
        }
        Value::Array(_) | Value::Null => Vec::new(),
        value => vec![one("value", value)],
    }
}

/// The members of all rows, in the order in which they first occur.
fn keys(rows: &[Value]) -> (Vec<String>, usize) {
    let mut keys: Vec<String> = Vec::new();
    let mut seen: HashMap<&str, ()> = HashMap::new();
    let mut plain = false;
    for row in rows {
        match row {
            Value::Object(map) => {
                for key in map.keys() {
                    if seen.insert(key, ()).is_none() {
                        keys.push(key.clone());
                    }
                }
            }
            _ => plain = true,
        }
    }
    if plain && !keys.iter().any(|key| key == "value") {
        keys.insert(0, "value".to_owned());
    }
    let left_out = keys.len().saturating_sub(MAX_COLUMNS);
    keys.truncate(MAX_COLUMNS);
    (keys, left_out)
}

fn member<'a>(row: &'a Value, key: &str) -> Option<&'a Value> {
    match row {
        Value::Object(map) => map.get(key),
        plain if key == "value" => Some(plain),
        _ => None,
    }
}

fn numeric(rows: &[Value], key: &str) -> bool {
    let mut values = rows.iter().filter_map(|row| member(row, key)).filter(|v| !v.is_null());
    let mut any = false;
    values.all(|value| {
        any = true;
        value.is_number()
    }) && any
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Bool(flag) => Cell::Flag(*flag),
        Value::Number(number) => Cell::Number(number.clone()),
        Value::String(text) => Cell::Text(text.clone()),
        Value::Array(items) => Cell::Text(list(items)),
        Value::Object(map) => Cell::Text(record(map)),
    }
}

/// A nested list: its count and the first names, each once.
fn list(items: &[Value]) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in items.iter().map(name) {
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > FIRST_NAMES {
            break;
        }
    }
    let more = names.len() > FIRST_NAMES;
    names.truncate(FIRST_NAMES);
    let text = match (items.len(), names.join(", ")) {
        (0, _) => "0".to_owned(),
        (n, names) if more => format!("{n}: {names}, …"),
        (n, names) => format!("{n}: {names}"),
    };
    clip(&text, MAX_NESTED)
}

/// Members that name a record, the best first.
const NAMES: [&str; 10] = [
    "name",
    "title",
    "dashboard_title",
    "email",
    "table_name",
    "table",
    "column",
    "datamodel_name",
    "what",
    "check",
];

fn name(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let text = NAMES.iter().find_map(|key| map.get(*key).and_then(Value::as_str));
            text.map_or_else(|| record(map), str::to_owned)
        }
        Value::Array(items) => format!("({})", items.len()),
        other => cell(other).to_string(),
    }
}

fn record(map: &Map<String, Value>) -> String {
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    if let (Some(kind), Some(title)) = (text("kind"), text("title")) {
        return clip(&format!("{kind} \"{title}\""), MAX_NESTED);
    }
    let parts: Vec<String> = map
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| match value {
            Value::Array(items) => format!("{key}: ({})", items.len()),
            Value::Object(inner) => format!("{key}: {{{}}}", inner.len()),
            plain => format!("{key}: {}", cell(plain)),
        })
        .collect();
    clip(&parts.join(", "), MAX_NESTED)
}

/// `last_build_time` reads as `Last build time`.
fn label(key: &str) -> String {
    let words = key.replace(['_', '.'], " ");
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

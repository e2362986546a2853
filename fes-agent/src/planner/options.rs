//! Options of an operation that words set: "with its shares", "overwrite", "except the samples".

use serde_json::{Value, json};
use sisense_core::Operation;

use super::fill::{Fill, Reading, unused};
use super::find::Form;
use crate::catalogue::text::Piece;

/// Words before what is left out.
const EXCEPT: [&str; 6] = ["except", "excluding", "without", "besides", "excluded", "but"];

/// Words that add something to what is asked for.
const BESIDE: [&str; 7] = ["with", "and", "including", "plus", "its", "their", "incl"];

/// Words that say that something stays as it is.
const KEEP: [&str; 5] = ["skip", "keep", "leave", "ignore", "preserve"];

/// Set a parameter by what the request says of it. Whether it was set.
pub(super) fn option(
    fill: &mut Fill,
    operation: &Operation,
    name: &str,
    reading: &Reading<'_>,
) -> bool {
    let Some(schema) = operation.input_schema.pointer(&format!("/properties/{name}")) else {
        return false;
    };
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(kind)) => vec![kind.as_str()],
        _ => Vec::new(),
    };
    let items = schema.get("items").map(consts).unwrap_or_default();
    let values = consts(schema);
    let value = if kinds.contains(&"boolean") {
        let on = switch(name, reading);
        fill.limited |= on == Some(false);
        on.map(Value::Bool)
    } else if !values.is_empty() {
        choice(&values, reading).map(|value| json!(value))
    } else if !items.is_empty() {
        let said: Vec<&str> = items.into_iter().filter(|item| says(reading, item)).collect();
        (!said.is_empty()).then(|| json!(said))
    } else if kinds.contains(&"array") {
        // A list of objects that need nothing but a name takes the names.
        let member = schema.pointer("/items/required").and_then(Value::as_array);
        let member = member.and_then(|required| match required.as_slice() {
            [one] => one.as_str(),
            _ => None,
        });
        let texts = list(fill, name, reading);
        (!texts.is_empty()).then(|| match member {
            Some(member) => texts.iter().map(|text| json!({ member: text })).collect(),
            None => json!(texts),
        })
    } else {
        None
    };
    let Some(value) = value else { return false };
    fill.words += 1;
    fill.args.insert(name.to_owned(), value);
    true
}

/// The values of an enum, wherever the schema has them.
fn consts(schema: &Value) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        found.extend(values.iter().filter_map(Value::as_str));
    }
    for key in ["oneOf", "anyOf"] {
        for one in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
            found.extend(one.get("const").and_then(Value::as_str));
            found.extend(consts(one));
        }
    }
    found
}

/// A switch is on when what it is about is said after "with", and off after "without" or "leave".
fn switch(name: &str, reading: &Reading<'_>) -> Option<bool> {
    let about: &[&str] = match name {
        "migrate_share" | "shares" | "include_shares" => &["shared"],
        "change_ownership" => &["owner"],
        "change_dashboard_ownership" => &["dashboard"],
        _ => return None,
    };
    let at = reading.pieces.iter().position(|piece| about.iter().any(|word| piece.is(word)))?;
    let before = reading.pieces.get(at.saturating_sub(4)..at)?;
    let off = before.iter().any(|piece| {
        let lower = piece.lower();
        EXCEPT.contains(&lower.as_str()) || ["not", "leave", "no"].contains(&lower.as_str())
    });
    let beside = before.iter().any(|piece| BESIDE.contains(&piece.lower().as_str()));
    (off || beside || name == "change_dashboard_ownership").then_some(!off)
}

/// One of several values, by its word.
fn choice<'a>(values: &[&'a str], reading: &Reading<'_>) -> Option<&'a str> {
    let keep = values.iter().find(|value| **value == "skip");
    let keeps = reading.pieces.iter().any(|piece| KEEP.contains(&piece.lower().as_str()));
    if let (Some(keep), true) = (keep, keeps) {
        return Some(keep);
    }
    values.iter().find(|value| says(reading, value)).copied()
}

/// Whether a value's own word is said: "dataSecurity" as "data security" too.
fn says(reading: &Reading<'_>, value: &str) -> bool {
    let mut words = String::new();
    for c in value.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    // "all" says how many are meant, not which.
    if words == "all" {
        return false;
    }
    let stem = words.strip_suffix("ies").or(words.strip_suffix('s')).unwrap_or(&words).to_owned();
    let security = words == "data security" && reading.pieces.iter().any(|p| p.is("security"));
    security || reading.pieces.iter().any(|piece| piece.lower().starts_with(&stem))
}

/// A list of texts: tables after their noun, ids by where they stand, what is left out.
fn list(fill: &mut Fill, name: &str, reading: &Reading<'_>) -> Vec<String> {
    let places = match name {
        "tables" => joined(reading, fill, |piece| piece.is("table")),
        "exclude" => {
            let left_out = joined(reading, fill, |p| EXCEPT.contains(&p.lower().as_str()));
            fill.limited |= !left_out.is_empty();
            left_out
        }
        name if name.ends_with("_ids") => ids(reading, fill, name),
        _ => return Vec::new(),
    };
    let texts: Vec<String> = places
        .iter()
        .filter_map(|place| reading.mentions.get(*place))
        .map(|mention| mention.text.clone())
        .collect();
    fill.used.extend(places);
    texts
}

/// The mentions after a word, with those that are joined to the first.
fn joined(reading: &Reading<'_>, fill: &Fill, word: impl Fn(&Piece) -> bool) -> Vec<usize> {
    let Some(start) = reading.pieces.iter().position(word) else { return Vec::new() };
    let mut end: Option<usize> = None;
    let mut places = Vec::new();
    for (place, mention) in unused(reading, fill).filter(|(_, m)| m.at.start > start) {
        let between = reading.pieces.get(end.unwrap_or(start + 1)..mention.at.start);
        let near = between.is_some_and(|between| {
            between.iter().all(|piece| {
                let lower = piece.lower();
                ["and", "the", "called", "named", "data model", "model", "table", "tables"]
                    .contains(&lower.as_str())
            })
        });
        if !near {
            break;
        }
        end = Some(mention.at.end);
        places.push(place);
    }
    places
}

/// The ids for a parameter: those before "to" for a source, those after it for a target, else all.
fn ids(reading: &Reading<'_>, fill: &Fill, name: &str) -> Vec<usize> {
    let is_to = |piece: &Piece| ["to", "onto", "-"].contains(&piece.lower().as_str());
    let form = if name.contains("datamodel") { Form::Uuid } else { Form::ObjectId };
    let to = reading.pieces.iter().rposition(is_to);
    let fits = |start: usize| match (name, to) {
        (name, Some(to)) if name.starts_with("source_") => start < to,
        (name, Some(to)) if name.starts_with("target_") => start > to,
        (name, None) => !name.starts_with("source_") && !name.starts_with("target_"),
        _ => true,
    };
    unused(reading, fill)
        .filter(|(_, mention)| mention.form == form && fits(mention.at.start))
        .map(|(place, _)| place)
        .collect()
}

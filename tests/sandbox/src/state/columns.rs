//! Columns as bodies bring them and as answers show them.

use serde_json::{Value, json};

use super::datasets::{invalid, not_an_id};
use super::doc::{now, set, text};
use super::ids::Ids;
use crate::wire::Reply;

/// Reads a complete list of columns: those with an id are known ones, those without are new,
/// and known ones that are not listed go.
pub(super) fn columns(
    ids: &mut Ids,
    known: &[Value],
    posted: &[Value],
) -> Result<Vec<Value>, Reply> {
    let mut made: Vec<Value> = Vec::new();
    for column in posted {
        let old = match column.get("oid").filter(|oid| !oid.is_null()) {
            None => None,
            Some(oid) => {
                let oid = oid.as_str().and_then(|oid| uuid::Uuid::parse_str(oid).ok());
                let oid = oid.ok_or_else(|| not_an_id("columnOid"))?.hyphenated().to_string();
                let old = known.iter().find(|old| text(old, "oid") == oid);
                Some(old.ok_or_else(|| invalid("'columns' names an unknown oid"))?)
            }
        };
        let next = read(ids, old, column)?;
        let twin = |one: &Value| ["oid", "name"].iter().any(|key| one[key] == next[key]);
        if made.iter().any(twin) {
            let name = text(&next, "name");
            return Err(invalid(&format!("the column '{name}' occurs twice")));
        }
        made.push(next);
    }
    Ok(made)
}

fn read(ids: &mut Ids, old: Option<&Value>, posted: &Value) -> Result<Value, Reply> {
    if !posted.is_object() {
        return Err(invalid("a column must be an object"));
    }
    let mut column = match old {
        Some(old) => old.clone(),
        None if text(posted, "id").trim().is_empty() => {
            return Err(invalid("a column's 'id' is required"));
        }
        None if !posted["type"].is_i64() => {
            return Err(invalid("a column's 'type' must be a type code"));
        }
        None => fresh(ids, text(posted, "id")),
    };
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let code = |value: &Value| value.as_i64().is_some_and(|code| (0..100).contains(&code));
    type Check<'a> = (&'a str, &'a dyn Fn(&Value) -> bool, bool);
    let checks: [Check<'_>; 12] = [
        ("id", &filled, false),
        ("name", &filled, false),
        ("type", &code, false),
        ("size", &Value::is_i64, true),
        ("precision", &Value::is_i64, true),
        ("scale", &Value::is_i64, true),
        ("hidden", &Value::is_boolean, false),
        ("indexed", &Value::is_boolean, false),
        ("isUpsertBy", &Value::is_boolean, false),
        ("description", &Value::is_string, true),
        ("import", &Value::is_boolean, true),
        ("isCustom", &Value::is_boolean, true),
    ];
    for (key, fits, or_null) in checks {
        let Some(value) = posted.get(key) else { continue };
        if !(fits(value) || or_null && value.is_null()) {
            return Err(invalid(&format!("a column's '{key}' does not fit")));
        }
        // The older code for texts comes in and is stored as the present one.
        let value = if key == "type" && *value == 22 { json!(18) } else { value.clone() };
        set(&mut column, key, value);
    }
    match posted.get("expression") {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) if column["isCustom"] == true => {
            let text = text.clone();
            set(&mut column, "expression", formula(ids, &text));
        }
        Some(Value::String(_)) => {
            return Err(invalid("only a custom column has an expression"));
        }
        // What comes out as an object goes in as a text.
        Some(_) => return Err(invalid("a column's 'expression' must be a text")),
    }
    if column["isCustom"] == true && column["expression"].is_null() {
        return Err(invalid("a custom column needs an expression"));
    }
    if old.is_none_or(|old| *old != column) {
        set(&mut column, "lastUpdated", now());
    }
    Ok(column)
}

/// A plain column of text.
pub(super) fn fresh(ids: &mut Ids, id: &str) -> Value {
    json!({
        "id": id, "name": id, "displayName": null, "semanticIndex": null,
        "aiGeneratedDescription": null, "oid": ids.uuid(), "type": 18, "size": null,
        "precision": null, "scale": null, "hidden": false, "indexed": false, "isUpsertBy": false,
        "lastUpdated": now(), "description": null, "expression": null, "import": null,
        "isCustom": null,
    })
}

/// An expression as answers show it: every change makes a new one.
pub(super) fn formula(ids: &mut Ids, text: &str) -> Value {
    json!({ "oid": ids.uuid(), "expression": text, "lastUpdated": now() })
}

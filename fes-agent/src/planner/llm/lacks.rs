//! Which required values a call lacks, also within its objects, and how one is put in. A value within
//! an object is named by its path, such as `user_data.email`.

use serde_json::{Map, Value, json};
use sisense_core::Operation;
use sisense_core::redact::is_secret_key;

/// Deepest object within an object that is looked into.
const MAX_DEPTH: usize = 4;

/// The required values that arguments do not give: absent, null, or empty. A secret is never among
/// them: nobody is asked for one in words.
pub(super) fn lacks(operation: &Operation, args: &Map<String, Value>) -> Vec<String> {
    let mut missing = Vec::new();
    let root = &operation.input_schema;
    within(root, root, Some(args), "", 0, &mut missing);
    missing
}

fn within(
    root: &Value,
    schema: &Value,
    args: Option<&Map<String, Value>>,
    path: &str,
    depth: usize,
    missing: &mut Vec<String>,
) {
    let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
    let given = args.into_iter().flat_map(Map::keys).map(String::as_str);
    let others = given.filter(|name| !required.contains(name));
    for name in required.iter().copied().chain(others) {
        let Some(member) = member(root, schema, name) else { continue };
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let needed = required.contains(&name);
        match args.and_then(|args| args.get(name)) {
            Some(Value::Object(inner)) if !inner.contains_key("$") && depth < MAX_DEPTH => {
                within(root, member, Some(inner), &path, depth + 1, missing);
            }
            value if needed && is_empty(value) => {
                // "Which e-mail?" can be answered, "which user data?" cannot.
                if depth < MAX_DEPTH && list(member, "required").next().is_some() {
                    within(root, member, None, &path, depth + 1, missing);
                } else if depth == 0 || !is_secret(name, member) {
                    missing.push(path);
                }
            }
            _ => {}
        }
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

fn is_secret(name: &str, schema: &Value) -> bool {
    is_secret_key(name) || schema.get("writeOnly").and_then(Value::as_bool) == Some(true)
}

fn list<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The schema of an object's member.
fn member<'a>(root: &'a Value, schema: &'a Value, name: &str) -> Option<&'a Value> {
    let member = schema.get("properties")?.get(name)?;
    let target = member.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    Some(target.and_then(|path| root.pointer(path)).unwrap_or(member))
}

/// The schema of a value by its path.
pub(super) fn schema_at<'a>(operation: &'a Operation, path: &str) -> Option<&'a Value> {
    let root = &operation.input_schema;
    path.split('.').try_fold(root, |schema, name| member(root, schema, name))
}

/// The word for a value that is asked for: the last name of its path.
pub(super) fn word(path: &str) -> String {
    path.rsplit('.').next().unwrap_or(path).replace('_', " ")
}

/// Put a value where its path says.
pub(super) fn put(args: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((head, rest)) = path.split_once('.') else {
        args.insert(path.to_owned(), value);
        return;
    };
    let inner = args.entry(head).or_insert_with(|| json!({}));
    if !inner.is_object() {
        *inner = json!({});
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

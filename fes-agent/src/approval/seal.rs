//! Takes secrets out of a plan before anything of it is kept.

use serde_json::{Map, Value};
use sisense_core::Operation;
use sisense_core::redact::{self, is_secret_key};
use sisense_core::run::fingerprint;

use crate::host::Tools;
use crate::plan::{Call, Loop, Plan, Resolved, Step};

/// A plan in which every secret is a fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    /// The plan without its secrets.
    pub plan: Plan,
    /// Whether there was one.
    pub held_secret: bool,
}

/// Replace every secret of a plan by its fingerprint.
///
/// A value is a secret when the operation's schema says so (`format: password`, `writeOnly`) or
/// when its key reads like one. Equal secrets have equal fingerprints within one process only, so
/// the digest of a sealed plan binds its secrets without keeping them.
#[must_use]
pub fn seal(plan: &Plan, tools: &dyn Tools) -> Sealed {
    seal_texts(plan, &[], tools).0
}

/// As [`seal`], with texts in which the plan's secrets are replaced too.
pub(crate) fn seal_texts(plan: &Plan, texts: &[&str], tools: &dyn Tools) -> (Sealed, Vec<String>) {
    let mut secrets = Vec::new();
    let steps = seal_steps(&plan.steps, tools, &mut secrets);
    let held_secret = !secrets.is_empty();
    let goal = seal_text(&plan.goal, &secrets);
    let texts = texts.iter().map(|text| seal_text(text, &secrets)).collect();
    (Sealed { plan: Plan { goal, steps }, held_secret }, texts)
}

fn seal_steps(steps: &[Step], tools: &dyn Tools, secrets: &mut Vec<String>) -> Vec<Step> {
    steps
        .iter()
        .map(|step| match step {
            Step::Call(call) => {
                let (args, found) = seal_args(tools.find(&call.tool), &call.args);
                secrets.extend(found);
                Step::Call(Call { args, ..call.clone() })
            }
            Step::Loop(inner) => Step::Loop(Loop {
                steps: seal_steps(&inner.steps, tools, secrets),
                ..inner.clone()
            }),
        })
        .collect()
}

/// Replace every secret of a call's arguments by its fingerprint, and say what they were.
#[must_use]
pub fn seal_args(
    operation: Option<&Operation>,
    args: &Map<String, Value>,
) -> (Map<String, Value>, Vec<String>) {
    let schema = operation.map_or(&Value::Null, |operation| &operation.input_schema);
    let mut secrets = Vec::new();
    let mut sealed = Value::Object(args.clone());
    walk(&mut sealed, &[schema], schema, 0, &mut secrets);
    match sealed {
        Value::Object(map) => (map, secrets),
        // The arguments as a whole are marked as secret: nothing of them is kept.
        other => (Map::from_iter([("arguments".to_owned(), other)]), secrets),
    }
}

/// What the expressions of a plan came out as, with every secret as a fingerprint, and whether there
/// was one.
pub(crate) fn seal_resolved(
    resolved: &Resolved,
    plan: &Plan,
    tools: &dyn Tools,
) -> (Resolved, bool) {
    let mut sealed = resolved.clone();
    let mut held = false;
    for (path, args) in &mut sealed.arguments {
        let id = path.rsplit('.').next().unwrap_or(path);
        let call = plan.calls().into_iter().find(|call| call.id == id);
        let (clean, secrets) = seal_args(call.and_then(|call| tools.find(&call.tool)), args);
        held |= !secrets.is_empty();
        *args = clean;
    }
    for item in sealed.loops.values_mut().flatten() {
        let mut secrets = Vec::new();
        walk(item, &[], &Value::Null, 0, &mut secrets);
        held |= !secrets.is_empty();
    }
    (sealed, held)
}

/// Deepest nesting that is looked into; what lies deeper is treated as secret.
const MAX_DEPTH: usize = 32;

/// `schemas` are those that describe this very value; several when a schema offers choices.
fn walk(
    value: &mut Value,
    schemas: &[&Value],
    root: &Value,
    depth: usize,
    secrets: &mut Vec<String>,
) {
    let schemas = spread(schemas, root);
    if depth > MAX_DEPTH || schemas.iter().any(|schema| marked(schema)) {
        hide(value, secrets);
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                if is_secret_key(key) {
                    hide(inner, secrets);
                    continue;
                }
                let below: Vec<&Value> = schemas
                    .iter()
                    .filter_map(|schema| {
                        schema
                            .get("properties")
                            .and_then(|p| p.get(key))
                            .or_else(|| schema.get("additionalProperties"))
                    })
                    .collect();
                walk(inner, &below, root, depth + 1, secrets);
            }
        }
        Value::Array(items) => {
            let below: Vec<&Value> =
                schemas.iter().filter_map(|schema| schema.get("items")).collect();
            for item in items {
                walk(item, &below, root, depth + 1, secrets);
            }
        }
        _ => {}
    }
}

/// A schema with what it refers to and what it offers as choices.
fn spread<'a>(schemas: &[&'a Value], root: &'a Value) -> Vec<&'a Value> {
    let mut all: Vec<&Value> = Vec::new();
    let mut open: Vec<&Value> = schemas.to_vec();
    while let Some(schema) = open.pop() {
        if all.iter().any(|known| std::ptr::eq(*known, schema)) {
            continue;
        }
        all.push(schema);
        if let Some(pointer) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = pointer.strip_prefix('#').and_then(|p| root.pointer(p))
        {
            open.push(target);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(list) = schema.get(choice).and_then(Value::as_array) {
                open.extend(list);
            }
        }
    }
    all
}

fn marked(schema: &Value) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("password")
        || schema.get("writeOnly").and_then(Value::as_bool) == Some(true)
}

fn hide(value: &mut Value, secrets: &mut Vec<String>) {
    let text = match &*value {
        Value::Null => return,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    *value = fingerprint(&text);
    strings(&text, secrets);
}

/// Remember a secret, and the texts within it, so that they can be taken out of the goal too.
fn strings(text: &str, secrets: &mut Vec<String>) {
    secrets.push(text.to_owned());
    if let Ok(Value::Object(map)) = serde_json::from_str::<Value>(text) {
        secrets.extend(map.values().filter_map(Value::as_str).map(str::to_owned));
    }
}

/// Take secrets out of words: those that are known, and what follows a word like "password".
pub(crate) fn seal_text(text: &str, secrets: &[String]) -> String {
    let mut sealed = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.chars().count() >= 3) {
        sealed = sealed.replace(secret.as_str(), "***");
    }
    redact::typed(&sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_after_password_are_taken_out_of_the_goal() {
        let sealed = seal_text("create ann with password hunter2 and token: abc", &[]);
        assert_eq!(sealed, "create ann with password *** and token: ***");
        assert_eq!(seal_text("use blue42 twice: blue42", &["blue42".into()]), "use *** twice: ***");
    }

    #[test]
    fn a_schema_hides_what_it_marks_through_references_and_choices() {
        let schema = json!({
            "properties": { "data": { "anyOf": [ { "$ref": "#/$defs/Data" }, { "type": "null" } ] } },
            "$defs": { "Data": { "properties": {
                "pin": { "type": "string", "format": "password" },
                "parameters": { "type": "object", "writeOnly": true },
                "list": { "items": { "$ref": "#/$defs/Data" } }
            } } }
        });
        let mut value = json!({ "data": {
            "pin": "1234", "parameters": { "host": "h" }, "list": [{ "pin": "5678" }], "name": "n"
        } });
        let mut secrets = Vec::new();
        walk(&mut value, &[&schema], &schema, 0, &mut secrets);
        let text = value.to_string();
        for secret in ["1234", "5678", "host"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(value["data"]["name"], "n");
        assert!(secrets.contains(&"1234".to_owned()));
    }
}

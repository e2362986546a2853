//! Joins the operations with the schemas of their types.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::model::{Domain, Place, Problem};
use super::parse::unlink;
use crate::{Result, repo};

/// What `emit_schemas` prints: id → schemas.
pub type Emitted = BTreeMap<String, Schemas>;

/// The schemas of one operation.
#[derive(Debug, Clone, Deserialize)]
pub struct Schemas {
    pub input: Value,
    pub output: Value,
}

/// Build and run the small program of `sisense-core` that prints the schemas. It is built without
/// the generated code, so a broken generated file does not stop it.
pub fn emit() -> Result<Emitted> {
    let output = repo::cargo()
        .args(["run", "--quiet", "-p", "sisense-core", "--no-default-features"])
        .args(["--bin", "emit_schemas"])
        .output()?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{told}\nthe schemas cannot be had; mend what is told above").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Give every operation its schemas. Every operation has them, and nothing else does.
pub fn join(domains: &mut [Domain], mut emitted: Emitted) -> Vec<Problem> {
    let mut problems = Vec::new();
    for domain in domains.iter_mut() {
        for operation in &mut domain.operations {
            let Some(schemas) = emitted.remove(&operation.id) else {
                let params = operation.method.params.as_deref().unwrap_or("()");
                problems.push(Problem {
                    place: operation.method.place.clone(),
                    message: format!(
                        "{id} has no schemas; add `schemas.add::<{params}, {result}>(\"{id}\");` to \
                         `schemas` in domains/{domain}/mod.rs",
                        id = operation.id,
                        result = operation.method.result,
                        domain = domain.name,
                    ),
                });
                continue;
            };
            let wanted = operation.method.params.as_deref();
            let found = title(&schemas.input);
            if wanted.is_some() && wanted != found {
                problems.push(Problem {
                    place: operation.method.place.clone(),
                    message: format!(
                        "{} takes {}, but its schemas are of {}; mend `schemas` in \
                         domains/{}/mod.rs",
                        operation.id,
                        wanted.unwrap_or_default(),
                        found.unwrap_or("another type"),
                        domain.name,
                    ),
                });
            }
            if title(&schemas.output).is_some_and(|title| title.starts_with("Partial")) {
                problems.push(Problem {
                    place: operation.method.place.clone(),
                    message: format!(
                        "the schemas of {} are of `Partial<…>`; give the type inside it",
                        operation.id
                    ),
                });
            }
            if wanted.is_some() {
                problems.extend(loose(&schemas.input).into_iter().map(|message| Problem {
                    place: operation.method.place.clone(),
                    message: format!("{}: {message}", operation.id),
                }));
            }
            operation.input_schema =
                if wanted.is_some() { input(schemas.input) } else { no_arguments() };
            operation.output_schema = output(schemas.output);
        }
    }
    problems.extend(emitted.into_keys().map(|id| {
        let domain = id.split('.').next().unwrap_or_default();
        Problem {
            place: Place { file: format!("sisense-core/src/domains/{domain}/mod.rs"), line: 1 },
            message: format!(
                "schemas of {id} are there, but no operation; write the method or remove the line"
            ),
        }
    }));
    problems
}

/// What a schema of arguments must not leave open.
fn loose(schema: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if schema.get("additionalProperties") != Some(&json!(false)) {
        wrong.push("its params take unknown arguments; add `#[serde(deny_unknown_fields)]`".into());
    }
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, member) in members.filter(|(_, member)| member.get("description").is_none()) {
        let kind = member.get("type").and_then(Value::as_str).unwrap_or("value");
        wrong.push(format!("the argument `{name}` ({kind}) is not told; document the field"));
    }
    wrong
}

fn title(schema: &Value) -> Option<&str> {
    schema.get("title").and_then(Value::as_str)
}

fn no_arguments() -> Value {
    json!({ "type": "object", "properties": {}, "additionalProperties": false })
}

/// The schema of arguments: always an object. The words on the struct itself are for Rust readers.
fn input(schema: Value) -> Value {
    let mut schema = clean(schema);
    if let Value::Object(members) = &mut schema {
        members.shift_remove("title");
        members.shift_remove("description");
        members.entry("type").or_insert_with(|| json!("object"));
        members.entry("properties").or_insert_with(|| json!({}));
    }
    schema
}

fn output(schema: Value) -> Value {
    let mut schema = clean(schema);
    if let Value::Object(members) = &mut schema {
        members.shift_remove("title");
    }
    schema
}

/// Formats that only Rust knows.
const NOISE: [&str; 14] = [
    "uint", "uint8", "uint16", "uint32", "uint64", "uint128", "int", "int8", "int16", "int32",
    "int64", "int128", "float", "double",
];

/// Remove what tells a reader nothing. Names of members are left alone, whatever they are.
fn clean(schema: Value) -> Value {
    let Value::Object(members) = schema else { return schema };
    let mut out = Map::new();
    for (key, value) in members {
        let value = match (key.as_str(), value) {
            ("format", Value::String(format)) if NOISE.contains(&format.as_str()) => continue,
            ("default", Value::Null) => continue,
            ("description", Value::String(text)) => json!(flow(&text)),
            ("properties" | "$defs" | "patternProperties", Value::Object(named)) => {
                named.into_iter().map(|(name, schema)| (name, clean(schema))).collect()
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.into_iter().map(clean).collect()
            }
            ("items" | "additionalProperties" | "not", schema) => clean(schema),
            (_, value) => value,
        };
        out.insert(key, value);
    }
    Value::Object(out)
}

/// Doc comments are wrapped; a schema's reader has lines of another length.
fn flow(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let lines: Vec<&str> = paragraph.lines().map(str::trim_end).collect();
        let listed = lines.iter().any(|line| line.trim_start().starts_with(['-', '|', '*']));
        lines.join(if listed { "\n" } else { " " })
    });
    unlink(&paragraphs.collect::<Vec<_>>().join("\n\n"))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn noise_goes_and_members_of_the_same_name_stay() {
        let schema = json!({
            "title": "GetUser", "description": "Arguments of [`super::Access::get_user`].",
            "type": "object",
            "properties": {
                "format": {"type": "integer", "format": "uint32", "minimum": 0},
                "default": {"type": ["string", "null"], "default": null, "description": "One\nline."},
                "when": {"type": "string", "format": "date-time"},
                "list": {"type": "array", "items": {"type": "number", "format": "double"}}
            }
        });
        assert_eq!(
            input(schema),
            json!({
                "type": "object",
                "properties": {
                    "format": {"type": "integer", "minimum": 0},
                    "default": {"type": ["string", "null"], "description": "One line."},
                    "when": {"type": "string", "format": "date-time"},
                    "list": {"type": "array", "items": {"type": "number"}}
                }
            })
        );
    }

    #[test]
    fn every_operation_has_the_schemas_of_its_own_types_and_nothing_else_has() {
        let operation = |name: &str, params: Option<&str>| {
            let mut operation = crate::registry::model::Operation::sample("access", name);
            operation.method.params = params.map(str::to_owned);
            operation
        };
        let mut domains = vec![Domain {
            name: "access".into(),
            summary: String::new(),
            takes_target: false,
            operations: vec![
                operation("lost", Some("Lost")),
                operation("other", Some("Other")),
                operation("part", None),
                operation("open", Some("Loose")),
            ],
        }];
        let schemas = |input: &str, output: &str| Schemas {
            input: json!({
                "title": input,
                "additionalProperties": input == "Loose",
                "properties": if input == "Loose" { json!({"n": {"type": "integer"}}) } else { json!({}) },
            }),
            output: json!({ "title": output }),
        };
        let emitted = Emitted::from([
            ("access.other".into(), schemas("Another", "User")),
            ("access.part".into(), schemas("null", "Partial2")),
            ("access.open".into(), schemas("Loose", "User")),
            ("access.extra".into(), schemas("Extra", "User")),
        ]);
        let problems: Vec<String> =
            join(&mut domains, emitted).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(problems.join("\n"));
        assert_eq!(domains[0].operations[2].input_schema, no_arguments());
    }
}

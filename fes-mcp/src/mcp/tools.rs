//! Operations as MCP tools: names, titles, schemas and hints.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};
use sisense_core::{Effect, Operation, Scope};

/// Longest description of a tool, in characters: a client's model reads them all.
const LONGEST_DESCRIPTION: usize = 700;

/// The tools of this server, in the order of their names.
#[derive(Debug)]
pub struct Toolbox {
    operations: Vec<Operation>,
    tools: Vec<Tool>,
}

impl Toolbox {
    /// Offer these operations.
    pub fn new(mut operations: Vec<Operation>) -> Self {
        operations.sort_by(|a, b| a.id.cmp(&b.id));
        let tools = operations.iter().map(tool).collect();
        Toolbox { operations, tools }
    }

    /// The tools.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// The operation of that name, in dotted or underscore form, or by an alias.
    pub fn find(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.is_called(name))
    }

    /// The tool of that name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.operations
            .iter()
            .position(|operation| operation.is_called(name))
            .map(|i| &self.tools[i])
    }

    /// The operations, in the same order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

fn tool(operation: &Operation) -> Tool {
    let title = title(operation);
    let writes = operation.effect.writes();
    let destroys = matches!(operation.effect, Effect::Update | Effect::Delete | Effect::Execute);
    let annotations = ToolAnnotations::new()
        .read_only(!writes)
        .destructive(destroys)
        .idempotent(operation.idempotent || !writes)
        // The world of a deployment is closed: its users, groups, dashboards and models.
        .open_world(false);
    Tool::new(operation.id.replace('.', "_"), description(operation), input_schema(operation))
        .with_title(title)
        .with_raw_output_schema(output_schema(operation))
        .with_annotations(annotations)
}

/// `access.get_user` as `Get user`.
fn title(operation: &Operation) -> String {
    let method = operation.id.split_once('.').map_or(operation.id.as_str(), |(_, method)| method);
    let words = method.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn description(operation: &Operation) -> String {
    let mut text = operation.summary.clone();
    // What follows the first heading is for programmers.
    let prose = operation.description.lines().take_while(|line| !line.starts_with('#'));
    let prose = prose.collect::<Vec<_>>().join("\n");
    if !prose.trim().is_empty() {
        text.push_str("\n\n");
        text.push_str(prose.trim());
    }
    if text.chars().count() > LONGEST_DESCRIPTION {
        text = text.chars().take(LONGEST_DESCRIPTION).collect();
        text.push('…');
    }
    if operation.effect.writes() {
        text.push_str(
            "\n\nChanges the deployment: the first call changes nothing and answers with a preview \
             and a link; once a person has approved there, repeat the same call.",
        );
    }
    if operation.scope == Scope::SourceTarget {
        text.push_str(
            " Works between the source and the target that this server was started with.",
        );
    }
    text
}

fn input_schema(operation: &Operation) -> Arc<JsonObject> {
    let mut schema = object(&operation.input_schema);
    tidy_object(&mut schema, &|schema| drop_noise(schema));
    schema.insert("type".to_owned(), json!("object"));
    schema.entry("properties").or_insert_with(|| json!({}));
    Arc::new(schema)
}

/// The result under `result`, beside what else an answer may hold. Clients check every answer
/// against this schema, previews and errors too, so no member is required.
fn output_schema(operation: &Operation) -> Arc<JsonObject> {
    let mut result = object(&operation.output_schema);
    // Two thirds of a list of tools would be words about results, which a model sees anyway.
    tidy_object(&mut result, &|schema| {
        drop_noise(schema);
        schema.shift_remove("description");
    });
    let shared = result.shift_remove("$defs");
    let mut properties = Map::new();
    properties.insert("result".to_owned(), Value::Object(result));
    let mut member = |name: &str, schema: Value| {
        properties.insert(name.to_owned(), schema);
    };
    if operation.partial {
        member(
            "missing",
            json!({
                "type": "array", "items": { "type": "object" },
                "description": "What could not be loaded: the result is a part."
            }),
        );
    }
    if operation.effect.writes() {
        member("status", json!({ "enum": ["done", "incomplete", "already_so", "needs_approval"] }));
        member("preview", json!({ "type": "array", "items": { "type": "object" } }));
        member("left_out", json!({ "type": "integer" }));
        member("steps", json!({ "type": "array", "items": { "type": "object" } }));
        member("approve_url", json!({ "type": "string" }));
        member("expires", json!({ "type": "string" }));
        member("approval", json!({ "type": "string" }));
    }
    member("error", json!({ "type": "object" }));
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if let Some(shared) = shared {
        // References point to the root, so the definitions live there.
        schema.insert("$defs".to_owned(), shared);
    }
    Arc::new(schema)
}

fn object(schema: &Value) -> JsonObject {
    schema.as_object().cloned().unwrap_or_default()
}

/// Leave out what costs a model's attention and upsets strict clients: dialects, titles, and
/// formats of numbers that the standard does not know.
fn drop_noise(schema: &mut JsonObject) {
    schema.shift_remove("$schema");
    schema.shift_remove("title");
    let number_format = schema.get("format").and_then(Value::as_str).is_some_and(|format| {
        matches!(format, "float" | "double")
            || format.starts_with("int")
            || format.starts_with("uint")
    });
    if number_format {
        schema.shift_remove("format");
    }
}

/// Do something to a schema and to every schema within.
fn tidy_object(schema: &mut JsonObject, tidy_one: &dyn Fn(&mut JsonObject)) {
    tidy_one(schema);
    for (key, value) in schema.iter_mut() {
        match key.as_str() {
            // Members of these are named by the author: a property may be called `title`.
            "properties" | "$defs" | "patternProperties" => {
                if let Value::Object(named) = value {
                    named.values_mut().for_each(|value| tidy(value, tidy_one));
                }
            }
            "default" | "enum" | "const" | "examples" => {}
            _ => tidy(value, tidy_one),
        }
    }
}

fn tidy(value: &mut Value, tidy_one: &dyn Fn(&mut JsonObject)) {
    match value {
        Value::Object(schema) => tidy_object(schema, tidy_one),
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, tidy_one)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn operation(id: &str, effect: &str, partial: bool) -> Operation {
        serde_json::from_value(json!({
            "id": id, "aliases": ["access.fetch_user"], "summary": "Get one user.",
            "description": "Returns the user.\n\n# Errors\n`not_found`", "ask": [],
            "effect": effect, "idempotent": false, "scope": "deployment", "risk": "low",
            "streams": false, "partial": partial,
            "input_schema": {
                "$schema": "x", "title": "GetUser", "type": "object",
                "properties": { "title": { "type": "string", "title": "Title" },
                                "limit": { "type": "integer", "format": "uint32" } }
            },
            "output_schema": { "type": "array", "items": { "$ref": "#/$defs/User" },
                               "$defs": { "User": { "type": "object", "title": "User", "description": "A user.",
                    "properties": { "description": { "type": "string" } } } } }
        }))
        .unwrap()
    }

    #[test]
    fn a_read_is_a_tool_with_every_hint() {
        let tool = tool(&operation("access.get_user", "read", true));
        assert_eq!(tool.name, "access_get_user");
        assert_eq!(tool.title.as_deref(), Some("Get user"));
        assert_eq!(tool.description.as_deref(), Some("Get one user.\n\nReturns the user."));
        assert_eq!(
            serde_json::to_value(tool.annotations).unwrap(),
            json!({ "readOnlyHint": true, "destructiveHint": false,
                    "idempotentHint": true, "openWorldHint": false })
        );
        assert_eq!(
            Value::Object(tool.input_schema.as_ref().clone()),
            json!({ "type": "object", "properties": {
                "title": { "type": "string" }, "limit": { "type": "integer" } } })
        );
        let output = Value::Object(tool.output_schema.unwrap().as_ref().clone());
        assert_eq!(output["properties"]["result"]["items"]["$ref"], "#/$defs/User");
        assert_eq!(
            output["$defs"]["User"],
            json!({ "type": "object", "properties": { "description": { "type": "string" } } })
        );
        assert!(output["properties"]["missing"].is_object());
    }

    #[test]
    fn a_write_says_what_the_first_call_does() {
        let tool = tool(&operation("access.delete_user", "delete", false));
        let annotations = tool.annotations.unwrap();
        assert_eq!(annotations.read_only_hint, Some(false));
        assert_eq!(annotations.destructive_hint, Some(true));
        assert!(tool.description.unwrap().contains("repeat the same call"));
        assert!(tool.output_schema.unwrap()["properties"]["approve_url"].is_object());
    }

    #[test]
    fn finds_by_every_form() {
        let operations = vec![
            operation("dashboard.get_all_dashboards", "read", false),
            operation("access.get_user", "read", false),
        ];
        let toolbox = Toolbox::new(operations);
        let names: Vec<&str> = toolbox.tools().iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, ["access_get_user", "dashboard_get_all_dashboards"]);
        for name in ["access.get_user", "access_get_user", "access.fetch_user"] {
            assert_eq!(toolbox.find(name).unwrap().id, "access.get_user");
            assert!(toolbox.tool(name).is_some());
        }
        assert!(toolbox.find("access.drop_user").is_none());
    }
}

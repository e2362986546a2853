//! The tools of a server as operations.

use std::collections::HashMap;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Value, json};
use sisense_core::run::digest;
use sisense_core::{Effect, Error, ErrorKind, Operation, Result, generated};

use super::failure::{Failure, clean};
use super::session::{Follow, Sessions};
use crate::host::clip;

/// Most tools of a server.
const MOST_TOOLS: usize = 2_000;
/// Most pages of a list.
const MOST_PAGES: usize = 100;
/// Longest schema of a tool, in bytes.
const LONGEST_SCHEMA: usize = 256 * 1024;
/// Longest name of a tool, as the specification has it.
const LONGEST_NAME: usize = 128;
/// Longest first line of a description, in characters.
const LONGEST_SUMMARY: usize = 80;
/// Longest description, in characters.
const LONGEST_DESCRIPTION: usize = 1_000;

/// How a tool is called, and what it takes.
pub(super) struct Known {
    /// Its name there.
    pub(super) name: String,
    /// The digest of what the server says of it.
    pub(super) digest: String,
    /// Whether this program knows the operation itself.
    pub(super) built_in: bool,
    arguments: Option<Validator>,
}

/// The tools that the server had when it was asked first.
pub(super) struct Toolset {
    pub(super) operations: Vec<Operation>,
    known: HashMap<String, Known>,
}

impl Toolset {
    /// Read a list. Of a server of ours the operations are those that this program knows.
    pub(super) fn new(tools: &[Value], ours: bool) -> Result<Self> {
        let mut toolset = Toolset { operations: Vec::new(), known: HashMap::new() };
        for tool in tools {
            let Some(name) = name(tool) else {
                tracing::warn!("a tool of the tools server has no name that can be used");
                continue;
            };
            let schema = &tool["inputSchema"];
            let built_in = ours.then(|| generated::find(name)).flatten();
            let operation = match built_in {
                Some(operation) => ours_as(operation, tool),
                None => foreign(name, tool)?,
            };
            let arguments = validator(schema).map_err(|why| unusable(name, &why))?;
            let known = Known {
                name: name.to_owned(),
                digest: definition(tool),
                built_in: built_in.is_some(),
                arguments: Some(arguments),
            };
            if toolset.known.insert(operation.id.clone(), known).is_some() {
                return Err(unusable(name, "two tools have this name"));
            }
            toolset.operations.push(operation);
        }
        toolset.operations.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(toolset)
    }

    pub(super) fn known(&self, id: &str) -> Option<&Known> {
        self.known.get(id)
    }

    /// The operations that a newer list no longer has as they were.
    pub(super) fn changed(&self, tools: &[Value]) -> Vec<String> {
        let now: HashMap<&str, String> =
            tools.iter().filter_map(|tool| Some((name(tool)?, definition(tool)))).collect();
        let other = |known: &Known| now.get(known.name.as_str()) != Some(&known.digest);
        let changed = self.known.iter().filter(|(_, known)| other(known));
        changed.map(|(id, _)| id.clone()).collect()
    }
}

impl Known {
    /// Whether arguments fit, by the schema that the server gave. Values are not told.
    pub(super) fn check(&self, args: &Value) -> Result<()> {
        let Some(error) = self.arguments.as_ref().and_then(|schema| schema.validate(args).err())
        else {
            return Ok(());
        };
        let path = error.instance_path().to_string();
        let said = clip(&error.masked_with("it").to_string(), LONGEST_SUMMARY * 2);
        let message = match path.is_empty() {
            true => format!("the arguments do not fit: {said}"),
            false => format!("the argument `{}` does not fit: {said}", clip(&path, LONGEST_NAME)),
        };
        Err(Error::invalid(message).with_next_step("see the operation's input schema"))
    }
}

/// All pages of the list.
pub(super) async fn list(sessions: &Sessions) -> Result<Vec<Value>, Failure> {
    let mut tools: Vec<Value> = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let params =
            cursor.as_ref().map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
        let page = sessions.read("tools/list", |_| Ok(params.clone()), Follow::default()).await?;
        let Some(more) = page["tools"].as_array() else {
            return Err(Failure::garbage("its list of tools is none"));
        };
        tools.extend(more.iter().cloned());
        if tools.len() > MOST_TOOLS {
            return Err(too_many(&format!("more than {MOST_TOOLS} tools")));
        }
        let next = page["nextCursor"].as_str().map(str::to_owned);
        if next.is_none() {
            return Ok(tools);
        }
        if next == cursor {
            return Err(Failure::garbage("its list of tools goes round in a circle"));
        }
        cursor = next;
    }
    Err(too_many(&format!("more than {MOST_PAGES} pages of tools")))
}

fn too_many(what: &str) -> Failure {
    let message = format!("the tools server has {what}");
    Failure::unsent(
        Error::new(ErrorKind::Unsupported, message)
            .with_next_step("let the server offer fewer: an fes-mcp server has --allow"),
    )
}

/// The name of a tool, when it is one.
fn name(tool: &Value) -> Option<&str> {
    let name = tool["name"].as_str()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    (!name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(plain)).then_some(name)
}

/// What a call and its person rest on.
fn definition(tool: &Value) -> String {
    digest(&json!([tool["name"], tool["inputSchema"], tool["annotations"], tool["description"]]))
}

fn unusable(name: &str, why: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("the tool {name} cannot be used: {}", clean(why)))
        .with_next_step("mend it at the tools server, or let the server leave it out")
}

/// A schema that is bounded, fetches nothing, and whose patterns take linear time.
fn validator(schema: &Value) -> Result<Validator, String> {
    if !schema.is_object() {
        return Err("it has no schema of its arguments".to_owned());
    }
    if schema.to_string().len() > LONGEST_SCHEMA {
        return Err(format!("its schema is longer than {LONGEST_SCHEMA} bytes"));
    }
    jsonschema::options()
        .offline()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| format!("its schema is none: {}", error.masked()))
}

fn reads_only(tool: &Value) -> bool {
    tool.pointer("/annotations/readOnlyHint") == Some(&Value::Bool(true))
}

/// An operation that this program knows, with the arguments that the server takes. Where the two do
/// not agree on whether it only reads, it does not.
fn ours_as(operation: &Operation, tool: &Value) -> Operation {
    let mut operation = operation.clone();
    operation.input_schema = tool["inputSchema"].clone();
    if !reads_only(tool) && !operation.effect.writes() {
        operation.effect = Effect::Execute;
    }
    operation
}

/// A tool of which nothing is known but what the server says.
fn foreign(name: &str, tool: &Value) -> Result<Operation> {
    let description = tool["description"].as_str().unwrap_or_default();
    let first = description.lines().map(str::trim).find(|line| !line.is_empty());
    let title = tool["title"].as_str().or_else(|| tool.pointer("/annotations/title")?.as_str());
    let reads = reads_only(tool);
    let operation = json!({
        "id": name,
        "aliases": [],
        "summary": clip(&clean(first.or(title).unwrap_or(name)), LONGEST_SUMMARY),
        "description": clip(description, LONGEST_DESCRIPTION),
        "ask": title.map(clean).into_iter().collect::<Vec<_>>(),
        "effect": if reads { "read" } else { "execute" },
        "idempotent": reads,
        "scope": "deployment",
        "risk": if reads { "low" } else { "high" },
        "streams": true,
        "partial": false,
        "input_schema": tool["inputSchema"],
        "output_schema": tool.get("outputSchema").cloned().unwrap_or_else(|| json!({})),
    });
    serde_json::from_value(operation).map_err(|error| unusable(name, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> Value {
        json!({ "name": name, "description": "Say it.\nAt length.", "inputSchema": {
            "type": "object", "required": ["text"],
            "properties": { "text": { "type": "string" }, "password": { "type": "integer" } } } })
    }

    #[test]
    fn a_tool_that_does_not_say_that_it_reads_writes() {
        let mut reads = tool("read_it");
        reads["annotations"] = json!({ "readOnlyHint": true });
        let toolset = Toolset::new(&[tool("say-it"), reads], false).unwrap();
        let [read, say] = toolset.operations.as_slice() else { panic!("two tools") };
        assert_eq!((read.id.as_str(), read.effect.as_str()), ("read_it", "read"));
        assert_eq!((say.effect.as_str(), say.summary.as_str()), ("execute", "Say it."));
        assert_eq!(say.risk, sisense_core::Risk::High);
    }

    #[test]
    fn arguments_are_checked_and_their_values_not_told() {
        let toolset = Toolset::new(&[tool("say")], false).unwrap();
        let known = toolset.known("say").unwrap();
        assert!(known.check(&json!({ "text": "x" })).is_ok());
        assert!(known.check(&json!({})).unwrap_err().to_string().contains("text"));
        let error = known.check(&json!({ "text": "x", "password": "hunter2" })).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("/password") && !told.contains("hunter2"), "{told}");
    }

    #[test]
    fn what_cannot_be_used_is_told_at_once() {
        let error = |tools: &[Value]| Toolset::new(tools, false).err().unwrap().to_string();
        assert!(error(&[tool("a"), tool("a")]).contains("two tools"));
        assert!(error(&[json!({ "name": "a" })]).contains("no schema"));
        let fetches = json!({ "name": "a", "inputSchema": { "$ref": "http://127.0.0.1:1/x" } });
        assert!(error(&[fetches]).contains("cannot be used"));
        assert!(
            Toolset::new(&[json!({ "name": "a b", "inputSchema": {} })], false)
                .unwrap()
                .operations
                .is_empty()
        );
    }

    #[test]
    fn a_tool_that_became_another_one_is_noticed() {
        let toolset = Toolset::new(&[tool("a"), tool("b")], false).unwrap();
        let mut other = tool("b");
        other["annotations"] = json!({ "readOnlyHint": true });
        assert_eq!(toolset.changed(&[tool("a"), other]), ["b"]);
        assert_eq!(toolset.changed(&[tool("b")]), ["a"]);
    }

    #[test]
    fn ours_are_the_ones_that_are_known_and_the_more_careful_wins() {
        let hint = |reads| {
            json!({ "name": "access_get_user", "inputSchema": { "type": "object" },
            "annotations": { "readOnlyHint": reads } })
        };
        let effect = |reads| Toolset::new(&[hint(reads)], true).unwrap().operations[0].effect;
        assert_eq!((effect(true), effect(false)), (Effect::Read, Effect::Execute));
        let toolset = Toolset::new(&[hint(true)], true).unwrap();
        assert!(
            toolset.operations[0].id == "access.get_user"
                && toolset.known("access.get_user").is_some()
        );
    }
}

//! Which calls are made.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sisense_core::{Client, Effect, Operation, Run, generated};

use crate::Result;

/// One call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The operation's id, or another name of it.
    pub operation: String,
    /// Its arguments.
    pub args: Map<String, Value>,
    /// What a person answers to the changes; nobody is asked when it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approve: Option<bool>,
    /// Call by id, since the typed method would not take such arguments.
    #[serde(default)]
    pub by_id: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    arguments: Map<String, Value>,
    calls: Vec<Call>,
}

/// Every operation that reads, and the further calls of `calls.json`.
pub async fn all(client: &Client) -> Result<Vec<Call>> {
    planned(&filled(client, TEXT).await?)
}

const TEXT: &str = include_str!("../calls.json");

fn planned(text: &str) -> Result<Vec<Call>> {
    let wanted: Wanted = serde_json::from_str(text)?;
    let mut calls = Vec::new();
    let mut without = Vec::new();
    for operation in generated::operations().iter().filter(|o| o.effect == Effect::Read) {
        match arguments(operation, &wanted.arguments) {
            Some(args) => calls.push(Call {
                operation: operation.id.clone(),
                args,
                approve: None,
                by_id: false,
            }),
            None if wanted.calls.iter().any(|call| operation.is_called(&call.operation)) => {}
            None => without.push(operation.id.as_str()),
        }
    }
    if !without.is_empty() {
        return Err(format!(
            "no good arguments are known for {}; add them to `arguments` or a call to `calls` in \
             bindings/parity/calls.json",
            without.join(", ")
        )
        .into());
    }
    calls.extend(wanted.calls);
    Ok(calls)
}

/// A good value for each required argument; `None` when one is not known.
fn arguments(operation: &Operation, known: &Map<String, Value>) -> Option<Map<String, Value>> {
    let required = operation.input_schema.get("required").and_then(Value::as_array);
    let names = required.into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| Some((name.to_owned(), known.get(name)?.clone()))).collect()
}

/// Ids are not known before the deployment is there.
async fn filled(client: &Client, text: &str) -> Result<String> {
    let run = Run::reads().start();
    let all = generated::call(client, &run, "dashboard.get_all_dashboards", json!({})).await?;
    let rows = all.result.as_array().ok_or("the dashboards are no list")?;
    let title =
        |row: &Value| row.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
    let alone = |row: &&Value| rows.iter().filter(|other| title(other) == title(row)).count() == 1;
    let first = rows.iter().find(alone).ok_or("no dashboard has a title of its own")?;
    let id = first.get("dashboard_id").and_then(Value::as_str).ok_or("a dashboard has no id")?;
    let quoted = serde_json::to_string(&title(first))?;
    Ok(text.replace("\"{dashboard_title}\"", &quoted).replace("{dashboard_id}", id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_that_reads_has_a_call() {
        let calls = planned(TEXT).unwrap();
        assert!(calls.iter().any(|call| call.operation == "access.get_user"));
    }
}

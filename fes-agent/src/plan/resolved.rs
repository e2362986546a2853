//! What the expressions of a plan came out as when it was previewed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sisense_core::Result;

/// What the expressions of a plan came out as when it was previewed, by the path of their step:
/// `drop`, or `idle[3].drop` within the fourth round of a loop.
///
/// It holds what rests on reads that come before the first write. What rests on a write is only
/// known when that write is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resolved {
    /// The conditions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<String, bool>,
    /// The arguments of calls that have references.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, Map<String, Value>>,
    /// The items of loops.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub loops: BTreeMap<String, Vec<Value>>,
    /// Reads that come after a write and decide what is written: the preview saw the state from
    /// before that write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub early: Vec<String>,
}

impl Resolved {
    /// Whether there is nothing in it: every argument of the plan is a literal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Resolved::default()
    }
}

/// Put a value in the place of each reference.
pub(crate) fn substitute(
    args: &Map<String, Value>,
    value_of: &mut dyn FnMut(&str) -> Result<Value>,
) -> Result<Map<String, Value>> {
    args.iter().map(|(key, value)| Ok((key.clone(), replace(value, value_of)?))).collect()
}

fn replace(value: &Value, value_of: &mut dyn FnMut(&str) -> Result<Value>) -> Result<Value> {
    match value {
        Value::Object(map) => match map.get("$").and_then(Value::as_str) {
            Some(source) => value_of(source),
            None => substitute(map, value_of).map(Value::Object),
        },
        Value::Array(items) => items
            .iter()
            .map(|item| replace(item, value_of))
            .collect::<Result<_>>()
            .map(Value::Array),
        other => Ok(other.clone()),
    }
}

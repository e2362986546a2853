//! The steps of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// One step: a call, or a repetition of steps.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Step {
    /// One call of one operation.
    Call(Call),
    /// Steps that are repeated for each item of a list.
    Loop(Loop),
}

impl Step {
    /// The step's id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Step::Call(call) => &call.id,
            Step::Loop(inner) => &inner.id,
        }
    }
}

/// One call of one operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The step's id: letters, digits and underscores, once in the plan.
    pub id: String,
    /// The operation's id.
    pub tool: String,
    /// The arguments: literals, or `{"$": "<expression>"}` over the results of earlier steps.
    #[serde(default)]
    pub args: Map<String, Value>,
    /// A condition over the results of earlier steps; the step is left out when it is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

impl Call {
    /// A call with literal arguments and no condition.
    #[must_use]
    pub fn new(id: &str, tool: &str, args: Map<String, Value>) -> Self {
        Call { id: id.to_owned(), tool: tool.to_owned(), args, when: None }
    }

    /// The arguments as one JSON value.
    #[must_use]
    pub fn arguments(&self) -> Value {
        Value::Object(self.args.clone())
    }
}

/// Steps that are repeated for each item of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loop {
    /// The step's id: letters, digits and underscores, once in the plan.
    pub id: String,
    /// The list, as an expression over the results of earlier steps.
    pub for_each: String,
    /// The name that an item has within the repeated steps.
    #[serde(rename = "as")]
    pub item: String,
    /// The repeated steps.
    #[serde(rename = "do")]
    pub steps: Vec<Step>,
    /// A condition over the results of earlier steps; the loop is left out when it is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

impl<'de> Deserialize<'de> for Step {
    /// A step with `for_each` is a loop, every other one a call, so that an error names the
    /// member that is wrong and not merely "no variant fits".
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let step = if value.get("for_each").is_some() {
            serde_json::from_value(value).map(Step::Loop)
        } else {
            serde_json::from_value(value).map(Step::Call)
        };
        step.map_err(serde::de::Error::custom)
    }
}

/// The expressions that arguments refer to, with where each stands, such as `shares[0].name`.
#[must_use]
pub fn references(args: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, value) in args {
        walk(value, key.clone(), &mut found);
    }
    found
}

fn walk(value: &Value, at: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            if let Some(expression) = map.get("$") {
                let text =
                    expression.as_str().map_or_else(|| expression.to_string(), str::to_owned);
                found.push((at, text));
                return;
            }
            for (key, inner) in map {
                walk(inner, format!("{at}.{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                walk(inner, format!("{at}[{index}]"), found);
            }
        }
        _ => {}
    }
}

//! Plans: what is to be done, as data. Pure: nothing here calls anything.

mod arguments;
mod check;
mod explain;
mod flow;
mod names;
mod order;
mod problem;
mod resolved;
mod step;

pub use check::{MAX_EXPRESSIONS, MAX_LOOP_DEPTH, MAX_PLAN_BYTES, MAX_STEPS, check};
pub use explain::explain;
pub(crate) use flow::{Flow, call_sources, writes};
pub(crate) use order::is_between;
pub use problem::{Problem, ProblemKind, problems_as_error};
pub use resolved::Resolved;
pub(crate) use resolved::substitute;
pub use step::{Call, Loop, Step, references};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sisense_core::run::digest;

use crate::host::Place;

/// What is to be done: a goal in words and the steps that reach it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the person wants, in words.
    pub goal: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// A plan of one call.
    #[must_use]
    pub fn single(goal: impl Into<String>, tool: &str, args: Map<String, Value>) -> Self {
        Plan { goal: goal.into(), steps: vec![Step::Call(Call::new("call", tool, args))] }
    }

    /// The calls of the plan, in order, those within loops too.
    #[must_use]
    pub fn calls(&self) -> Vec<&Call> {
        fn walk<'a>(steps: &'a [Step], calls: &mut Vec<&'a Call>) {
            for step in steps {
                match step {
                    Step::Call(call) => calls.push(call),
                    Step::Loop(inner) => walk(&inner.steps, calls),
                }
            }
        }
        let mut calls = Vec::new();
        walk(&self.steps, &mut calls);
        calls
    }

    /// A digest over what is executed, and where: the steps, the deployment and the target if there
    /// is one. The goal is words for people and does not count.
    #[must_use]
    pub fn digest(&self, place: Place<'_>) -> String {
        // Steps are plain data with string keys, so they always have a JSON form.
        let steps = serde_json::to_value(&self.steps).unwrap_or(Value::Null);
        let mut whole = json!({ "deployment": place.source, "steps": steps });
        if let Some(target) = place.target {
            whole["target"] = json!(target);
        }
        digest(&whole)
    }

    /// The JSON Schema of a plan, for whoever writes one.
    #[must_use]
    pub fn schema() -> Value {
        schemars::schema_for!(Plan).to_value()
    }
}

#[cfg(test)]
mod tests;

//! Operations and tools for unit tests.

use async_trait::async_trait;
use serde_json::{Value, json};
use sisense_core::{Error, Operation, Outcome, Result, Run};

use crate::host::{Kind, Name, Tools};

pub(crate) fn operation(id: &str, effect: &str, risk: &str) -> Operation {
    operation_with(id, effect, risk, json!({ "type": "object" }))
}

pub(crate) fn operation_with(id: &str, effect: &str, risk: &str, schema: Value) -> Operation {
    serde_json::from_value(json!({
        "id": id, "aliases": [], "summary": format!("Do {id}."), "description": "", "ask": [],
        "effect": effect, "idempotent": false, "scope": "deployment", "risk": risk,
        "streams": false, "partial": false, "input_schema": schema, "output_schema": {}
    }))
    .unwrap()
}

/// Tools that know operations and call nothing.
pub(crate) struct Known(pub(crate) Vec<Operation>);

#[async_trait]
impl Tools for Known {
    fn operations(&self) -> &[Operation] {
        &self.0
    }

    fn deployments(&self) -> Vec<String> {
        vec!["prod".into()]
    }

    fn check(&self, id: &str, args: &Value) -> Result<()> {
        let operation = self.find(id).ok_or_else(|| Error::not_found("operation", id))?;
        let required = operation.input_schema["required"].as_array().cloned().unwrap_or_default();
        match required.iter().filter_map(Value::as_str).find(|key| args.get(key).is_none()) {
            Some(key) => Err(Error::invalid(format!("the argument `{key}` is missing"))),
            None => Ok(()),
        }
    }

    async fn call(&self, _: &str, _: &Run, id: &str, _: Value) -> Result<Outcome> {
        Err(Error::not_found("operation", id))
    }

    async fn names(&self, _: &str, _: Kind) -> Result<Vec<Name>> {
        Ok(Vec::new())
    }
}

/// The operations of the product, and fixtures for those that it does not have yet.
pub(crate) fn operations() -> Vec<Operation> {
    let fixtures = include_str!("../tests/fixtures/operations.json");
    let mut all: Vec<Operation> = serde_json::from_str(fixtures).unwrap();
    let real = sisense_core::generated::operations();
    all.retain(|fixture| !real.iter().any(|operation| operation.id == fixture.id));
    all.extend(real.iter().cloned());
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

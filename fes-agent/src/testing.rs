//! Operations and tools for unit tests.

use async_trait::async_trait;
use serde_json::{Value, json};
use sisense_core::{Error, Operation, Outcome, Result, Run};

use crate::host::{Kind, Name, Place, Tools};

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

    async fn call(&self, _: Place<'_>, _: &Run, id: &str, _: Value) -> Result<Outcome> {
        Err(Error::not_found("operation", id))
    }

    async fn names(&self, _: &str, _: Kind) -> Result<Vec<Name>> {
        Ok(Vec::new())
    }
}

/// The operations of the product.
pub(crate) fn operations() -> Vec<Operation> {
    sisense_core::generated::operations().to_vec()
}

/// A deployment with names, for planners. Its kinds in `broken` cannot be listed.
pub(crate) struct World {
    pub(crate) operations: Vec<Operation>,
    pub(crate) broken: Vec<Kind>,
    /// The operation by which names are listed.
    pub(crate) lister: Option<&'static str>,
}

impl World {
    pub(crate) fn new() -> Self {
        World { operations: operations(), broken: Vec::new(), lister: None }
    }
}

#[async_trait]
impl Tools for World {
    fn operations(&self) -> &[Operation] {
        &self.operations
    }

    fn deployments(&self) -> Vec<String> {
        vec!["prod".into()]
    }

    fn check(&self, id: &str, args: &Value) -> Result<()> {
        sisense_core::generated::check(id, args)
    }

    async fn call(&self, _: Place<'_>, _: &Run, id: &str, _: Value) -> Result<Outcome> {
        Err(Error::not_found("operation", id))
    }

    fn lists(&self, _: Kind) -> Option<&str> {
        self.lister
    }

    async fn names(&self, _: &str, kind: Kind) -> Result<Vec<Name>> {
        if self.broken.contains(&kind) {
            return Err(Error::new(sisense_core::ErrorKind::Forbidden, "no right to list"));
        }
        let id = |n: usize| format!("5f{n:022}");
        let named = |names: &[&str]| -> Vec<Name> {
            names.iter().enumerate().map(|(n, name)| Name::new(Some(&id(n)), *name)).collect()
        };
        Ok(match kind {
            Kind::User => ["ann Ann Lee", "bob Bob Ray", "carla Carla Diaz", "carl Carl Diaz"]
                .iter()
                .map(|who| {
                    let mut words = who.split(' ');
                    let mut word = || words.next().unwrap_or_default().to_owned();
                    let (login, first, last) = (word(), word(), word());
                    Name::new(Some("5f"), format!("{login}@example.com"))
                        .also(format!("{first} {last}"))
                        .also(first)
                        .also(last)
                })
                .collect(),
            Kind::Group => named(&["Analysts", "Sales", "Research and Development", "Admins"]),
            Kind::Dashboard => {
                named(&["Pipeline", "Sales Overview", "Twin", "Twin", "Users", "Orders 2026"])
            }
            Kind::Datamodel => named(&[
                "Sample ECommerce",
                "Sales",
                "Healthcare",
                "Lead Generation",
                "Orders 2026",
            ]),
        })
    }
}

/// An approval that waits.
pub(crate) fn pending(id: &str) -> crate::approval::Pending {
    serde_json::from_value(json!({
        "id": id, "session": "s1", "principal": "ann", "deployment": "prod",
        "plan": { "goal": "", "steps": [] }, "plan_digest": "", "changes": [],
        "preview_digest": "", "needs_same_call": true, "created": "2026-01-01T00:00:00Z",
        "expires": "2026-01-01T00:15:00Z", "state": "pending"
    }))
    .unwrap()
}

//! What a plan is about.

use serde_json::Value;
use sisense_core::Operation;

use crate::catalogue::{Slot, slots};
use crate::host::Kind;
use crate::plan::Plan;
use crate::planner::find::noun;

/// Things of one kind that a plan names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// The lexicon's noun.
    pub(super) noun: &'static str,
    /// Their names or ids.
    pub(super) names: Vec<String>,
}

impl Subject {
    /// As words of a request.
    pub(super) fn told(&self) -> String {
        let noun = if self.noun == "datamodel" { "data model" } else { self.noun };
        let is_id = |name: &str| name.len() == 24 && name.chars().all(|c| c.is_ascii_hexdigit());
        let told = |name: &String| match name {
            name if self.noun == "user" && name.contains('@') => name.clone(),
            name if is_id(name) => format!("{noun} {name}"),
            name => format!("{noun} \"{name}\""),
        };
        self.names.iter().map(told).collect::<Vec<_>>().join(" and ")
    }
}

/// What the calls of a plan name: first what each is about, then with whom something is shared.
pub(super) fn subjects(plan: &Plan, operations: &[&Operation]) -> Vec<Subject> {
    let mut found: Vec<Subject> = Vec::new();
    let mut beside: Vec<Subject> = Vec::new();
    for call in plan.calls() {
        let Some(operation) = operations.iter().find(|operation| operation.is_called(&call.tool))
        else {
            continue;
        };
        for (name, slot, _) in slots(operation) {
            let Some(value) = call.args.get(&name) else { continue };
            match slot {
                Slot::DashboardShares | Slot::DatamodelShares => {
                    for share in value.as_array().into_iter().flatten() {
                        let noun = if share["type"] == "group" { "group" } else { "user" };
                        put(&mut beside, noun, &share["name"]);
                    }
                }
                Slot::NewUser => put(&mut found, "user", &value["email"]),
                Slot::NewName => put(&mut found, "datamodel", value),
                Slot::Folder => put(&mut found, "folder", value),
                Slot::Labelled("connection") => put(&mut found, "connection", value),
                slot => {
                    if let Some(kind) = slot.kind() {
                        many(&mut found, kind, value);
                    }
                }
            }
        }
    }
    for subject in beside {
        for name in subject.names {
            put(&mut found, subject.noun, &Value::String(name));
        }
    }
    found
}

fn many(found: &mut Vec<Subject>, kind: Kind, value: &Value) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| put(found, noun(kind), value)),
        value => put(found, noun(kind), value),
    }
}

fn put(found: &mut Vec<Subject>, noun: &'static str, value: &Value) {
    let Some(name) = value.as_str().filter(|name| *name != "*") else { return };
    match found.iter_mut().find(|subject| subject.noun == noun) {
        Some(subject) if subject.names.iter().any(|known| known == name) => {}
        Some(subject) => subject.names.push(name.to_owned()),
        None => found.push(Subject { noun, names: vec![name.to_owned()] }),
    }
}

//! From a skill and what it was told to a plan.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value};
use sisense_core::{Error, Result};

use super::{Role, Skill};
use crate::host::Tools;
use crate::plan::{Call, Flow, Loop, Plan, Step, writes};

impl Skill {
    /// The plan of this skill. For somebody whose role is too small it is the part that only reads,
    /// and its goal says who can do the rest.
    ///
    /// # Errors
    /// `invalid_input` when a parameter is missing or not known.
    pub fn plan(
        &self,
        values: &BTreeMap<String, String>,
        role: Option<Role>,
        tools: &dyn Tools,
    ) -> Result<Plan> {
        let front = self.front();
        let missing: Vec<String> = front
            .parameters
            .iter()
            .filter(|(name, _)| values.get(*name).is_none_or(|value| value.trim().is_empty()))
            .map(|(name, parameter)| format!("{name} ({})", parameter.description))
            .collect();
        if !missing.is_empty() {
            let message = format!("the skill {} needs {}", front.name, missing.join(" and "));
            return Err(Error::invalid(message));
        }
        if let Some(name) = values.keys().find(|name| !front.parameters.contains_key(*name)) {
            let known: Vec<String> = front.parameters.keys().cloned().collect();
            let message = format!("the skill {} has no parameter {name}", front.name);
            return Err(Error::invalid(message).with_candidates(known));
        }
        let told: Vec<String> =
            values.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let mut goal = front.description.clone();
        if !told.is_empty() {
            goal = format!("{goal} ({})", told.join(", "));
        }
        let plan = Plan { goal, steps: fill(&self.file.steps, values) };
        match front.requires_role {
            Some(needed) if role.is_none_or(|role| role < needed) => reads_of(plan, needed, tools),
            _ => Ok(plan),
        }
    }
}

/// The steps that read, and need nothing of those that write.
fn reads_of(plan: Plan, needed: Role, tools: &dyn Tools) -> Result<Plan> {
    let flow = Flow::of(&plan)?;
    let mut gone: HashSet<String> = HashSet::new();
    let mut steps = Vec::new();
    for step in plan.steps {
        if writes(&step, tools) || flow.needs(&step).iter().any(|name| gone.contains(name)) {
            gone.insert(step.id().to_owned());
        } else {
            steps.push(step);
        }
    }
    if steps.is_empty() {
        let message =
            format!("this needs the role {}, and all of it changes something", word(needed));
        return Err(Error::new(sisense_core::ErrorKind::Forbidden, message)
            .with_next_step("ask somebody with that role"));
    }
    if gone.is_empty() {
        return Ok(Plan { goal: plan.goal, steps });
    }
    let goal = format!(
        "{}: only the part that reads; the rest needs the role {}, so hand it to somebody who has it",
        plan.goal,
        word(needed)
    );
    Ok(Plan { goal, steps })
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::DataDesigner => "data designer",
        Role::Admin => "admin",
        Role::SysAdmin => "system admin",
    }
}

/// The steps with their parameters put in.
pub(super) fn fill(steps: &[Step], values: &BTreeMap<String, String>) -> Vec<Step> {
    steps
        .iter()
        .map(|step| match step {
            Step::Call(call) => Step::Call(Call {
                args: fill_map(&call.args, values),
                when: call.when.as_deref().map(|when| insert(when, values)),
                ..call.clone()
            }),
            Step::Loop(inner) => Step::Loop(Loop {
                for_each: insert(&inner.for_each, values),
                when: inner.when.as_deref().map(|when| insert(when, values)),
                steps: fill(&inner.steps, values),
                ..inner.clone()
            }),
        })
        .collect()
}

fn fill_map(map: &Map<String, Value>, values: &BTreeMap<String, String>) -> Map<String, Value> {
    map.iter().map(|(key, value)| (key.clone(), fill_value(value, values))).collect()
}

fn fill_value(value: &Value, values: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(map) => match map.get("$").and_then(Value::as_str) {
            Some(source) => {
                // A parameter by itself is a literal.
                let alone = source.trim().strip_prefix("params.").and_then(|name| values.get(name));
                match alone {
                    Some(value) => Value::String(value.clone()),
                    None => serde_json::json!({ "$": insert(source, values) }),
                }
            }
            None => Value::Object(fill_map(map, values)),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill_value(item, values)).collect())
        }
        other => other.clone(),
    }
}

/// An expression with each `params.name` as a text of the language. JSON's texts are also CEL's.
fn insert(source: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    each_piece(source, |piece| match piece {
        Piece::Parameter(name) => match values.get(name) {
            Some(value) => filled.push_str(&Value::String(value.clone()).to_string()),
            None => filled.push_str(&format!("params.{name}")),
        },
        Piece::Other(text) => filled.push_str(text),
    });
    filled
}

/// The names of the parameters that steps use.
pub(super) fn parameters(steps: &[Step]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut look = |source: &str| {
        each_piece(source, |piece| {
            if let Piece::Parameter(name) = piece {
                found.insert(name.to_owned());
            }
        });
    };
    fn walk(steps: &[Step], look: &mut dyn FnMut(&str)) {
        for step in steps {
            match step {
                Step::Call(call) => {
                    crate::plan::call_sources(call).iter().for_each(|source| look(source));
                }
                Step::Loop(inner) => {
                    look(&inner.for_each);
                    inner.when.iter().for_each(|when| look(when));
                    walk(&inner.steps, look);
                }
            }
        }
    }
    walk(steps, &mut look);
    found
}

enum Piece<'a> {
    Parameter(&'a str),
    Other(&'a str),
}

/// Take an expression apart: parameters, and what stands around them. Texts in quotes are no place
/// for a parameter.
fn each_piece<'a>(source: &'a str, mut take: impl FnMut(Piece<'a>)) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = source;
    let mut quote: Option<char> = None;
    let mut before: Option<char> = None;
    while let Some(first) = rest.chars().next() {
        if quote.is_none()
            && before.is_none_or(|c| !word(c) && c != '.')
            && let Some(after) = rest.strip_prefix("params.")
        {
            let end = after.find(|c: char| !word(c)).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            take(Piece::Parameter(name));
            (rest, before) = (after, name.chars().last());
            continue;
        }
        let mut length = first.len_utf8();
        match (quote, first) {
            (Some(_), '\\') => length += rest.chars().nth(1).map_or(0, char::len_utf8),
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => quote = Some(first),
            _ => {}
        }
        let (piece, after) = rest.split_at(length);
        take(Piece::Other(piece));
        (rest, before) = (after, Some(first));
    }
}

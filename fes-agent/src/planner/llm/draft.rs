//! Questions about a plan that a model began, and how their answers go into it: in code, so that no
//! name that a person chooses from a menu is shown to the model.

use serde_json::{Value, json};
use sisense_core::Operation;

use super::super::question::{Draft, MissingValue, Question, Why, answers_itself};
use super::super::things::{SHOWN as NAMES, near, not_given};
use super::super::{Answer, Request};
use super::judge::{permitted, problems, unmended};
use super::lacks::{lacks, put, schema_at, word};
use super::no;
use crate::catalogue::{Slot, slots};
use crate::host::Kind;
use crate::plan::{Plan, Step};

/// Most words of a parameter that is one of a few words that a question names.
const SHOWN: usize = 5;

/// What becomes of an answer to a question.
pub(super) enum Taken {
    /// The plan is whole, or something is still asked.
    Answer(Box<Answer>),
    /// What the person typed, in all, for the model to plan.
    Typed(String),
    /// The question is not one of this planner.
    NotMine,
}

/// Ask for the values that a step lacks, with the valid ones counted.
pub(super) async fn question(
    request: &Request<'_>,
    typed: &str,
    operation: &Operation,
    plan: Plan,
    step: &str,
    missing: &[String],
) -> Question {
    let mut values = Vec::new();
    for name in missing {
        values.push(missing_value(request, operation, name).await);
    }
    let draft = Draft { plan: Some(plan), step: step.to_owned() };
    Question { draft: Some(draft), ..Question::new(typed.trim(), &operation.id, values) }
}

/// What a parameter stands for.
fn slot(operation: &Operation, name: &str) -> Slot {
    let found = slots(operation).into_iter().find(|(parameter, ..)| parameter == name);
    found.map_or(Slot::Other, |(_, slot, _)| slot)
}

/// The kind of thing that fills a parameter with its name alone.
fn kind(slot: Slot) -> Option<Kind> {
    match slot {
        Slot::NewUser => None,
        slot => slot.kind(),
    }
}

/// A missing value, with what there is to choose from.
pub(super) async fn missing_value(
    request: &Request<'_>,
    operation: &Operation,
    name: &str,
) -> MissingValue {
    if let Some(kind) = kind(slot(operation, name)) {
        request.directory.load(&[kind]).await;
        return not_given(name, kind, request.directory);
    }
    let missing = MissingValue::new(name, &word(name), Why::NotGiven);
    match choices(operation, name) {
        choices if choices.is_empty() => missing,
        choices => {
            let some = choices.iter().take(SHOWN).cloned().collect();
            missing.options(Some(choices.len()), some)
        }
    }
}

/// The values of a parameter that is one of a few words.
fn choices(operation: &Operation, name: &str) -> Vec<String> {
    let Some(member) = schema_at(operation, name) else { return Vec::new() };
    let words = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    match (member.get("enum"), member.get("oneOf").and_then(Value::as_array)) {
        (Some(list), _) => words(list),
        (None, Some(any)) => {
            any.iter().filter_map(|one| one.get("const")?.as_str()).map(str::to_owned).collect()
        }
        (None, None) => Vec::new(),
    }
}

/// Take up the answer to a question.
pub(super) async fn take_up(asked: &Question, request: &Request<'_>) -> Taken {
    let typed = request.text.trim();
    let Some(draft) = &asked.draft else { return Taken::NotMine };
    if answers_itself(typed) && !is_choice(asked, request).await {
        return Taken::Typed(typed.to_owned());
    }
    let Some(plan) = &draft.plan else {
        // The question was not about a parameter: there was no menu, so the person typed this.
        return Taken::Typed(format!("{}\n{typed}", asked.request));
    };
    let Some(operation) = permitted(request, &asked.tool) else {
        return Taken::Answer(Box::new(no(format!("{} may not run any more.", asked.tool))));
    };
    let Some(parts) = parts(typed, asked.missing.len()) else {
        let first: Vec<String> =
            asked.missing.iter().take(1).map(|missing| missing.parameter.clone()).collect();
        // One thing at a time, when all at once was not understood.
        let again =
            question(request, &asked.request, operation, plan.clone(), &draft.step, &first).await;
        return Taken::Answer(Box::new(Answer::Question(again)));
    };
    let mut plan = plan.clone();
    let mut open = Vec::new();
    for (missing, part) in asked.missing.iter().zip(parts) {
        let name = missing.parameter.as_str();
        match value(request, operation, name, &part).await {
            Valued::Value(value) => put_in(&mut plan, &draft.step, name, &value),
            Valued::Unclear(missing) => open.push(missing),
            Valued::Model => return Taken::Typed(format!("{}\n{name}: {part}", asked.request)),
        }
    }
    // What was left out when one thing was asked for at a time.
    for name in left_out(operation, &plan, &draft.step) {
        if !open.iter().any(|missing: &MissingValue| missing.parameter == name) {
            open.push(missing_value(request, operation, &name).await);
        }
    }
    if !open.is_empty() {
        let draft = Draft { plan: Some(plan), step: draft.step.clone() };
        let again = Question::new(&asked.request, &operation.id, open);
        let again = Question { draft: Some(draft), ..again };
        return Taken::Answer(Box::new(Answer::Question(again)));
    }
    let problems = problems(request, &plan);
    Taken::Answer(Box::new(match problems.is_empty() {
        true => Answer::Plan(plan),
        false => Answer::Decline(unmended(&problems)),
    }))
}

/// Whether an answer is the name of something, though it reads like a request.
async fn is_choice(asked: &Question, request: &Request<'_>) -> bool {
    let typed = request.text.trim().trim_matches('"').to_lowercase();
    if asked.missing.iter().flat_map(|missing| &missing.some).any(|one| one.to_lowercase() == typed)
    {
        return true;
    }
    let Some(operation) = permitted(request, &asked.tool) else { return false };
    for missing in &asked.missing {
        let Some(kind) = kind(slot(operation, &missing.parameter)) else { continue };
        request.directory.load(&[kind]).await;
        let names = request.directory.names(kind).unwrap_or_default();
        if names.iter().any(|one| one.name.to_lowercase() == typed) {
            return true;
        }
    }
    false
}

/// An answer cut into as many values as were asked for.
fn parts(typed: &str, count: usize) -> Option<Vec<String>> {
    let plain = |text: &str| text.trim().trim_matches('"').trim().to_owned();
    if count == 1 {
        return Some(vec![plain(typed)]);
    }
    let parts: Vec<String> = typed.split([',', ';', '\n']).map(plain).collect();
    (parts.len() == count && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

enum Valued {
    Value(Value),
    Unclear(MissingValue),
    /// It is no plain value; the person typed it, since there is no menu for it.
    Model,
}

/// The value that an answer stands for.
async fn value(request: &Request<'_>, operation: &Operation, name: &str, text: &str) -> Valued {
    let slot = slot(operation, name);
    let list = is_a(operation, name, "array");
    let wrapped = |value: Value| if list { json!([value]) } else { value };
    if let Some(kind) = kind(slot) {
        request.directory.load(&[kind]).await;
        let Some(names) = request.directory.names(kind) else {
            // The names could not be loaded: the operation itself looks the name up.
            return Valued::Value(wrapped(json!(text)));
        };
        let named = |value: &str| value.to_lowercase() == text.to_lowercase();
        let exact: Vec<_> = names
            .iter()
            .filter(|one| {
                one.id.as_deref() == Some(text)
                    || named(&one.name)
                    || one.also.iter().any(|a| named(a))
                    || one.id.as_ref().is_some_and(|id| named(&format!("{} ({id})", one.name)))
            })
            .collect();
        return match exact.as_slice() {
            [one] => Valued::Value(wrapped(json!(match (slot, &one.id) {
                (Slot::DashboardId, Some(id)) => id,
                _ => &one.name,
            }))),
            [] => {
                let near = near(text, names);
                let why = if near.is_empty() { Why::NotThere } else { Why::NotSure };
                let from: Vec<&_> = if near.is_empty() { names.iter().collect() } else { near };
                let some = from.iter().take(NAMES).map(|name| name.name.clone()).collect();
                let missing = MissingValue::new(name, kind.as_str(), why).given(text);
                Valued::Unclear(missing.options(Some(from.len()), some))
            }
            several => {
                let told = |one: &&&crate::host::Name| match &one.id {
                    Some(id) => format!("{} ({id})", one.name),
                    None => one.name.clone(),
                };
                let some = several.iter().take(NAMES).map(|one| told(&one)).collect();
                let missing = MissingValue::new(name, kind.as_str(), Why::Ambiguous).given(text);
                Valued::Unclear(missing.options(Some(several.len()), some))
            }
        };
    }
    let choices = choices(operation, name);
    if !choices.is_empty() {
        let found = choices.iter().find(|choice| choice.to_lowercase() == text.to_lowercase());
        return match found {
            Some(choice) => Valued::Value(wrapped(json!(choice))),
            None => Valued::Unclear(missing_value(request, operation, name).await),
        };
    }
    if is_a(operation, name, "string") {
        return Valued::Value(json!(text));
    }
    let plain = ["integer", "number", "boolean"].iter().any(|kind| is_a(operation, name, kind));
    match serde_json::from_str::<Value>(&text.to_lowercase()) {
        Ok(value) if plain && (value.is_number() || value.is_boolean()) => Valued::Value(value),
        _ => Valued::Model,
    }
}

/// Whether a parameter takes values of a JSON type.
fn is_a(operation: &Operation, name: &str, kind: &str) -> bool {
    let member = schema_at(operation, name).and_then(|member| member.get("type"));
    member.is_some_and(|member| match member {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    })
}

fn put_in(plan: &mut Plan, step: &str, name: &str, value: &Value) {
    for one in &mut plan.steps {
        if let Step::Call(call) = one
            && call.id == step
        {
            put(&mut call.args, name, value.clone());
        }
    }
}

/// What a step lacks.
fn left_out(operation: &Operation, plan: &Plan, step: &str) -> Vec<String> {
    let call = plan.calls().into_iter().find(|call| call.id == step);
    call.map(|call| lacks(operation, &call.args)).unwrap_or_default()
}

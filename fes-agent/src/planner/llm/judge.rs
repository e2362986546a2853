//! What is made of a model's answer: nothing of it is believed.

use serde_json::Value;
use sisense_core::Operation;

use super::super::question::{Draft, Question};
use super::super::{Answer, Decline, Request};
use super::answer::{Asked, ModelAnswer};
use super::draft::question;
use super::lacks::{lacks, schema_at};
use super::no;
use crate::approval::seal;
use crate::catalogue::text::MAX_REQUEST;
use crate::host::clip;
use crate::llm::{Ending, Reply};
use crate::plan::{Call, Plan, Problem, ProblemKind, Step, check};
use crate::privacy::without_secrets;
use crate::report::inert;

/// Longest text of a model that a person is shown, in characters.
const MAX_TEXT: usize = 400;

/// Most problems that a person is told.
const TOLD: usize = 3;

/// What a model is told whose plan holds a secret.
const NO_SECRET: &str = "a plan holds no password, token or key";

/// A model's answer, judged.
pub(super) enum Judged {
    /// It can be used.
    Good(Answer),
    /// It cannot, and this is why.
    Wrong(Vec<Problem>),
}

/// Judge an answer to what was typed.
pub(super) async fn judge(request: &Request<'_>, typed: &str, reply: &Reply) -> Judged {
    match reply.ending {
        Ending::Done => {}
        Ending::Refused => return Judged::Good(no("The model would not answer this.")),
        Ending::Filtered => {
            return Judged::Good(no("The model's provider does not let this request through."));
        }
        Ending::Cut => {
            let text = "The model's answer was too long and was cut. Ask for less at once, or set \
                        LLM_MAX_TOKENS higher.";
            return Judged::Good(no(text));
        }
    }
    let answer = match ModelAnswer::read(&reply.text) {
        Ok(answer) => answer,
        Err(why) => return Judged::Wrong(vec![problem(None, why)]),
    };
    match answer {
        ModelAnswer::Plan(inner) => plan(request, typed, inner).await,
        ModelAnswer::Question(inner) => asked(request, typed, inner).await,
        ModelAnswer::Decline(text) => {
            let text = inert(&text, MAX_TEXT);
            Judged::Good(match text.is_empty() {
                true => no("The model found nothing to do."),
                false => no(text),
            })
        }
    }
}

/// A plan: what the person typed stays its goal, whatever the model calls it.
async fn plan(request: &Request<'_>, typed: &str, plan: Plan) -> Judged {
    let plan = Plan { goal: clip(typed.trim(), MAX_REQUEST), ..plan };
    if let Some(question) = lacking(request, typed, &plan).await {
        return Judged::Good(Answer::Question(question));
    }
    let problems = problems(request, &plan);
    match problems.is_empty() {
        true => Judged::Good(Answer::Plan(plan)),
        false => Judged::Wrong(problems),
    }
}

/// Everything that is wrong with a plan that a model wrote.
pub(super) fn problems(request: &Request<'_>, plan: &Plan) -> Vec<Problem> {
    let mut problems = check(plan, request.tools, request.policy);
    // The request holds no secret, or it would not have come here: the model made it up.
    if problems.is_empty() && holds_secret(request, plan) {
        problems.push(problem(None, NO_SECRET));
    }
    problems
}

fn problem(step: Option<&str>, why: impl Into<String>) -> Problem {
    Problem::new(step, ProblemKind::BadArguments, why)
}

/// A plan of one call that lacks required values, and nothing else, is a question to the person.
async fn lacking(request: &Request<'_>, typed: &str, plan: &Plan) -> Option<Question> {
    let [Step::Call(call)] = plan.steps.as_slice() else { return None };
    let operation = permitted(request, &call.tool)?;
    let missing = lacks(operation, &call.args);
    if missing.is_empty() {
        return None;
    }
    Some(question(request, typed, operation, plan.clone(), &call.id, &missing).await)
}

/// A question of the model. One about parameters is put in our words, with what there is to choose
/// from; any other one in the model's.
async fn asked(request: &Request<'_>, typed: &str, asked: Asked) -> Judged {
    let operation = asked.tool.as_deref().and_then(|tool| permitted(request, tool));
    if let Some(operation) = operation {
        let mut call = Call::new("call", &operation.id, asked.args.unwrap_or_default());
        let mut missing = lacks(operation, &call.args);
        for name in asked.missing.unwrap_or_default() {
            let within = format!("{name}.");
            let known = missing.iter().any(|one| *one == name || one.starts_with(&within));
            if !known && schema_at(operation, &name).is_some() {
                missing.push(name);
            }
        }
        call.args.retain(|name, _| !missing.contains(name));
        if !missing.is_empty() {
            let goal = clip(typed.trim(), MAX_REQUEST);
            let plan = Plan { goal, steps: vec![Step::Call(call)] };
            // It is kept until the person answers.
            if holds_secret(request, &plan) {
                return Judged::Wrong(vec![problem(None, NO_SECRET)]);
            }
            let question = question(request, typed, operation, plan, "call", &missing).await;
            return Judged::Good(Answer::Question(question));
        }
    }
    let text = inert(&asked.text.unwrap_or_default(), MAX_TEXT);
    if text.is_empty() {
        return Judged::Wrong(vec![problem(None, "the question asks for nothing")]);
    }
    if asks_secret(&text) {
        return Judged::Wrong(vec![problem(None, "a question never asks for a password or a key")]);
    }
    Judged::Good(Answer::Question(Question {
        request: clip(typed.trim(), MAX_REQUEST),
        tool: operation.map(|operation| operation.id.clone()).unwrap_or_default(),
        missing: Vec::new(),
        text,
        draft: Some(Draft::words()),
    }))
}

/// Whether a plan holds what is, or looks like, a secret.
fn holds_secret(request: &Request<'_>, plan: &Plan) -> bool {
    fn looks(value: &Value) -> bool {
        match value {
            Value::String(text) => without_secrets(text) != *text,
            Value::Array(items) => items.iter().any(looks),
            Value::Object(map) => map.values().any(looks),
            _ => false,
        }
    }
    seal(plan, request.tools).held_secret
        || plan.calls().iter().any(|call| call.args.values().any(looks))
}

/// Whether a text may make somebody type a secret.
fn asks_secret(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["password", "passwort", "token", "api key", "api-key", "apikey", "secret", "credential"]
        .iter()
        .any(|word| lower.contains(word))
}

/// An operation that exists and that the policy permits.
pub(super) fn permitted<'a>(request: &Request<'a>, tool: &str) -> Option<&'a Operation> {
    request.operations.iter().find(|operation| operation.is_called(tool)).copied()
}

/// What a person is told when a plan could not be mended.
pub(super) fn unmended(problems: &[Problem]) -> Decline {
    let told: Vec<String> =
        problems.iter().take(TOLD).map(|problem| inert(&problem.to_string(), MAX_TEXT)).collect();
    let more = problems.len().saturating_sub(told.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Decline::new(format!(
        "The model's plan cannot run, so nothing was done: {}{more}. Say it in other words, or ask \
         for one thing at a time.",
        told.join("; ")
    ))
}

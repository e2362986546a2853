//! Validation before anything runs.

use std::collections::HashSet;

use serde_json::Value;
use sisense_core::ErrorKind;

use super::{Call, Plan, Problem, ProblemKind, Step, references};
use crate::host::{Tools, unknown_operation};
use crate::policy::{Decision, Policy};

/// Most steps of one plan, those within loops counted.
pub const MAX_STEPS: usize = 60;

/// Most bytes of one plan as JSON.
pub const MAX_PLAN_BYTES: usize = 1024 * 1024;

/// Everything that is wrong with a plan; empty when it may run.
///
/// A plan may run when each of its tools exists and is not denied, each call's arguments are
/// literals that the operation takes, and ids are plain and unique. References, conditions and
/// loops are understood and refused as not supported yet.
#[must_use]
pub fn check(plan: &Plan, tools: &dyn Tools, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    if plan.steps.is_empty() {
        problems.push(Problem::new(None, ProblemKind::Empty, "the plan has no step"));
    }
    let bytes = serde_json::to_string(plan).map_or(usize::MAX, |text| text.len());
    if bytes > MAX_PLAN_BYTES {
        let message = format!("the plan has {bytes} bytes; at most {MAX_PLAN_BYTES} are allowed");
        problems.push(Problem::new(None, ProblemKind::TooLarge, message));
        return problems;
    }
    let count = count(&plan.steps);
    if count > MAX_STEPS {
        let message = format!("the plan has {count} steps; at most {MAX_STEPS} are allowed");
        problems.push(Problem::new(None, ProblemKind::TooLarge, message));
        return problems;
    }
    steps(&plan.steps, tools, policy, &mut HashSet::new(), &mut problems);
    problems
}

fn count(steps: &[Step]) -> usize {
    steps
        .iter()
        .map(|step| match step {
            Step::Call(_) => 1,
            Step::Loop(inner) => 1 + count(&inner.steps),
        })
        .sum()
}

fn steps<'a>(
    all: &'a [Step],
    tools: &dyn Tools,
    policy: &Policy,
    seen: &mut HashSet<&'a str>,
    problems: &mut Vec<Problem>,
) {
    for step in all {
        let id = step.id();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
            let message = "a step's id is letters, digits and underscores, at most 64";
            problems.push(Problem::new(Some(id), ProblemKind::BadId, message));
        }
        if !seen.insert(id) {
            let message = "another step has the same id";
            problems.push(Problem::new(Some(id), ProblemKind::DuplicateId, message));
        }
        match step {
            Step::Call(call) => self::call(call, tools, policy, problems),
            Step::Loop(inner) => {
                problems.push(not_yet(id, "loops (for_each)"));
                steps(&inner.steps, tools, policy, seen, problems);
            }
        }
    }
}

fn call(call: &Call, tools: &dyn Tools, policy: &Policy, problems: &mut Vec<Problem>) {
    let at = Some(call.id.as_str());
    let Some(operation) = tools.find(&call.tool) else {
        let error = unknown_operation(tools.operations(), &call.tool);
        let message = error.report().message.clone();
        problems.push(
            Problem::new(at, ProblemKind::UnknownTool, message).with_candidates(error.candidates()),
        );
        return;
    };
    let verdict = policy.decide(Some(operation));
    if verdict.decision == Decision::Deny {
        let message = format!("{} is denied: {}", operation.id, verdict.reasons.join("; "));
        problems.push(Problem::new(at, ProblemKind::Denied, message));
        return;
    }
    if call.when.is_some() {
        problems.push(not_yet(&call.id, "conditions (when)"));
    }
    let references = references(&call.args);
    if let Some((place, _)) = references.first() {
        problems.push(not_yet(&call.id, &format!("references to earlier results (at {place})")));
        return;
    }
    if let Err(error) = tools.check(&operation.id, &Value::Object(call.args.clone())) {
        let kind = match error.kind() {
            ErrorKind::NotFound => ProblemKind::UnknownTool,
            _ => ProblemKind::BadArguments,
        };
        let message = error.report().message.clone();
        problems.push(Problem::new(at, kind, message).with_candidates(error.candidates()));
    }
}

fn not_yet(step: &str, what: &str) -> Problem {
    let message = format!("{what} are not supported yet");
    Problem::new(Some(step), ProblemKind::NotSupportedYet, message)
}

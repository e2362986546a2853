//! Validation before anything runs.

use std::collections::HashSet;

use serde_json::Value;
use sisense_core::ErrorKind;

use super::names::{Names, can_be_named, result_of};
use super::{Call, Loop, Plan, Problem, ProblemKind, Step, arguments, references};
use crate::expression::{Misfit, Shape};
use crate::host::{Tools, unknown_operation};
use crate::policy::{Decision, Policy};

/// Most steps of one plan, those within loops counted.
pub const MAX_STEPS: usize = 60;

/// Most bytes of one plan as JSON.
pub const MAX_PLAN_BYTES: usize = 1024 * 1024;

/// Most expressions of one plan.
pub const MAX_EXPRESSIONS: usize = 200;

/// Deepest nesting of loops: a loop, and one within it.
pub const MAX_LOOP_DEPTH: usize = 2;

/// Everything that is wrong with a plan; empty when it may run.
///
/// A plan may run when each of its tools exists and is not denied, each call's arguments are what
/// the operation takes, ids are plain and unique, and each expression names what comes before it
/// and has a shape that goes where it stands. Only what is certainly wrong is a problem: what an
/// expression comes out as is seen when the plan is previewed.
#[must_use]
pub fn check(plan: &Plan, tools: &dyn Tools, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    if plan.steps.is_empty() {
        problems.push(Problem::new(None, ProblemKind::Empty, "the plan has no step"));
    }
    let bytes = serde_json::to_string(plan).map_or(usize::MAX, |text| text.len());
    for (count, most, what) in [
        (bytes, MAX_PLAN_BYTES, "bytes"),
        (count(&plan.steps), MAX_STEPS, "steps"),
        (expressions(&plan.steps), MAX_EXPRESSIONS, "expressions"),
    ] {
        if count > most {
            let message = format!("the plan has {count} {what}; at most {most} are allowed");
            problems.push(Problem::new(None, ProblemKind::TooLarge, message));
            return problems;
        }
    }
    let names = Names::of(&plan.steps);
    let mut checking = Checking { tools, policy, names, seen: HashSet::new(), problems };
    checking.steps(&plan.steps, 0);
    checking.problems
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

fn expressions(steps: &[Step]) -> usize {
    steps
        .iter()
        .map(|step| match step {
            Step::Call(call) => references(&call.args).len() + usize::from(call.when.is_some()),
            Step::Loop(inner) => 1 + usize::from(inner.when.is_some()) + expressions(&inner.steps),
        })
        .sum()
}

struct Checking<'a> {
    tools: &'a dyn Tools,
    policy: &'a Policy,
    names: Names<'a>,
    seen: HashSet<&'a str>,
    problems: Vec<Problem>,
}

impl<'a> Checking<'a> {
    fn problem(&mut self, step: &str, kind: ProblemKind, message: impl Into<String>) {
        self.problems.push(Problem::new(Some(step), kind, message));
    }

    /// Check steps in order. At the end the results of all of them are known.
    fn steps(&mut self, all: &'a [Step], depth: usize) {
        for step in all {
            let id = step.id();
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
                let message = "a step's id is letters, digits and underscores, at most 64";
                self.problem(id, ProblemKind::BadId, message);
            }
            if !self.seen.insert(id) {
                self.problem(id, ProblemKind::DuplicateId, "another step has the same id");
            }
            let shape = match step {
                Step::Call(call) => {
                    self.call(call);
                    result_of(call, self.tools)
                }
                Step::Loop(inner) => self.repeat(inner, depth + 1),
            };
            self.names.learn(id, shape);
        }
    }

    fn call(&mut self, call: &'a Call) {
        if let Some(when) = &call.when {
            self.condition(&call.id, when);
        }
        let at = Some(call.id.as_str());
        let Some(operation) = self.tools.find(&call.tool) else {
            let error = unknown_operation(self.tools.operations(), &call.tool);
            let message = error.report().message.clone();
            self.problems.push(
                Problem::new(at, ProblemKind::UnknownTool, message)
                    .with_candidates(error.candidates()),
            );
            return;
        };
        let verdict = self.policy.decide(Some(operation));
        if verdict.decision == Decision::Deny {
            let message = format!("{} is denied: {}", operation.id, verdict.reasons.join("; "));
            self.problem(&call.id, ProblemKind::Denied, message);
            return;
        }
        if !references(&call.args).is_empty() {
            arguments::check(call, operation, self.tools, &self.names, &mut self.problems);
            return;
        }
        if let Err(error) = self.tools.check(&operation.id, &Value::Object(call.args.clone())) {
            let kind = match error.kind() {
                ErrorKind::NotFound => ProblemKind::UnknownTool,
                _ => ProblemKind::BadArguments,
            };
            let message = error.report().message.clone();
            self.problems.push(Problem::new(at, kind, message).with_candidates(error.candidates()));
        }
    }

    /// Check a loop; the shape of its results.
    fn repeat(&mut self, inner: &'a Loop, depth: usize) -> Shape {
        let id = inner.id.as_str();
        if depth > MAX_LOOP_DEPTH {
            let message = format!("loops are nested deeper than {MAX_LOOP_DEPTH}");
            self.problem(id, ProblemKind::TooDeep, message);
        }
        if inner.steps.is_empty() {
            self.problem(id, ProblemKind::Empty, "the loop has no step");
        }
        let item = inner.item.as_str();
        if !can_be_named(item) {
            let message = "the name of an item (as) is a word: letters, digits and underscores, \
                           no digit first, and none that CEL keeps for itself";
            self.problem(id, ProblemKind::BadId, message);
        } else if self.names.is_step(item) || self.names.is_known(item) {
            let message = format!("the name of an item (as), {item}, is taken");
            self.problem(id, ProblemKind::DuplicateId, message);
        }
        if let Some(when) = &inner.when {
            self.condition(id, when);
        }
        let items = self.expression(id, "for_each", &inner.for_each, &Shape::list(Shape::any()));
        self.names.learn(item, items.map_or_else(Shape::any, |list| list.items()));
        self.steps(&inner.steps, depth);
        self.names.forget(item);
        let mut round = Vec::new();
        for step in &inner.steps {
            round.push((step.id().to_owned(), self.names.result(step.id())));
            self.names.forget(step.id());
        }
        Shape::list(Shape::object(round))
    }

    fn condition(&mut self, step: &str, when: &str) {
        self.expression(step, "when", when, &Shape::boolean());
    }

    /// Check an expression that must have a shape.
    fn expression(&mut self, step: &str, at: &str, source: &str, needed: &Shape) -> Option<Shape> {
        let checked = self.names.check(step, at, source).and_then(|shape| {
            let wrong = |misfit: Misfit| {
                let message = format!("{at}: {}", misfit.reason);
                Problem::new(Some(step), ProblemKind::WrongShape, message)
                    .with_candidates(&misfit.candidates)
            };
            shape.fits(needed).map_err(wrong).map(|()| shape)
        });
        match checked {
            Ok(shape) => Some(shape),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }
}

//! Arguments that hold references: each reference must have a shape that goes where it stands, and
//! the literals beside it must be what the operation takes.

use serde_json::{Map, Value};
use sisense_core::Operation;

use super::names::Names;
use super::{Call, Problem, ProblemKind};
use crate::expression::{Misfit, Shape};
use crate::host::Tools;

/// Check the arguments of a call that has references.
pub(super) fn check(
    call: &Call,
    operation: &Operation,
    tools: &dyn Tools,
    names: &Names<'_>,
    problems: &mut Vec<Problem>,
) {
    let mut arguments =
        Arguments { step: &call.id, names, literals: Vec::new(), references: Vec::new() };
    let needed = Shape::of_arguments(&operation.input_schema);
    let sample = arguments.object(&call.args, &needed, "args");
    // An operation may take other names than its schema tells, and a sample may not be what it
    // takes: a literal is wrong where both say so.
    if tools.check(&operation.id, &sample).is_err() {
        problems.append(&mut arguments.literals);
    }
    problems.append(&mut arguments.references);
}

struct Arguments<'a> {
    step: &'a str,
    names: &'a Names<'a>,
    /// What is wrong with literals and with names.
    literals: Vec<Problem>,
    /// What is wrong with references.
    references: Vec<Problem>,
}

impl Arguments<'_> {
    fn misfit(&self, kind: ProblemKind, at: &str, misfit: &Misfit) -> Problem {
        let message = format!("{at}{}: {}", misfit.path, misfit.reason);
        Problem::new(Some(self.step), kind, message).with_candidates(&misfit.candidates)
    }

    /// Check an object of arguments; the same object with a sample in the place of each reference.
    fn object(&mut self, object: &Map<String, Value>, needed: &Shape, at: &str) -> Value {
        for misfit in needed.misfits_of_names(object.keys().map(String::as_str)) {
            let problem = self.misfit(ProblemKind::BadArguments, at, &misfit);
            self.literals.push(problem);
        }
        let members = object.iter().map(|(name, value)| {
            (name.clone(), self.value(value, &needed.field(name), &format!("{at}.{name}")))
        });
        Value::Object(members.collect())
    }

    fn value(&mut self, value: &Value, needed: &Shape, at: &str) -> Value {
        if let Value::Object(object) = value
            && object.contains_key("$")
        {
            if let Err(problem) = self.reference(object, needed, at) {
                self.references.push(problem);
            }
            return needed.sample();
        }
        match value {
            Value::Object(object) if needed.takes(value) => self.object(object, needed, at),
            Value::Array(items) if needed.takes(value) => {
                let needed = needed.items();
                let items = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.value(item, &needed, &format!("{at}[{index}]")));
                Value::Array(items.collect())
            }
            literal => {
                if let Err(misfit) = Shape::of_value(literal).fits(needed) {
                    let problem = self.misfit(ProblemKind::BadArguments, at, &misfit);
                    self.literals.push(problem);
                }
                literal.clone()
            }
        }
    }

    fn reference(
        &self,
        object: &Map<String, Value>,
        needed: &Shape,
        at: &str,
    ) -> Result<(), Problem> {
        let bad = |reason: &str| {
            let message = format!("{at}: {reason}");
            Problem::new(Some(self.step), ProblemKind::BadExpression, message)
        };
        let Some(Value::String(source)) = object.get("$") else {
            return Err(bad("a reference is text: {\"$\": \"<expression>\"}"));
        };
        if object.len() > 1 {
            return Err(bad("a reference has no member but `$`"));
        }
        let shape = self.names.check(self.step, at, source)?;
        shape.fits(needed).map_err(|misfit| self.misfit(ProblemKind::WrongShape, at, &misfit))
    }
}

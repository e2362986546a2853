//! What is wrong with a plan, as data: a planner repairs by it, a person reads it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::{Error, ErrorKind};

/// What is wrong, coarsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The plan has no step.
    Empty,
    /// The plan has more steps, or more text, than is allowed.
    TooLarge,
    /// A step's id is not a plain word.
    BadId,
    /// Two steps have the same id.
    DuplicateId,
    /// No operation has this id.
    UnknownTool,
    /// The policy denies the operation.
    Denied,
    /// The operation does not take these arguments.
    BadArguments,
    /// An expression is not one, or uses what plans do not have.
    BadExpression,
    /// An expression names a step or an item that is not there.
    UnknownName,
    /// An expression names a step that comes later, or one within a loop.
    ForwardReference,
    /// An expression names a field that the result does not have.
    UnknownField,
    /// A value is of another shape than is needed where it goes.
    WrongShape,
    /// Loops within loops, deeper than is allowed.
    TooDeep,
}

/// One thing that is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The step's id, when it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What is wrong, coarsely.
    pub kind: ProblemKind,
    /// One sentence.
    pub message: String,
    /// What was perhaps meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

impl Problem {
    pub(crate) fn new(step: Option<&str>, kind: ProblemKind, message: impl Into<String>) -> Self {
        Problem {
            step: step.map(str::to_owned),
            kind,
            message: message.into(),
            candidates: Vec::new(),
        }
    }

    pub(crate) fn with_candidates(mut self, candidates: &[String]) -> Self {
        self.candidates = candidates.to_vec();
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(step) = &self.step {
            write!(f, "step {step}: ")?;
        }
        f.write_str(&self.message)?;
        if !self.candidates.is_empty() {
            write!(f, "; candidates: {}", self.candidates.join(", "))?;
        }
        Ok(())
    }
}

/// All problems as one error. Its kind is that of the gravest: denied, then invalid.
#[must_use]
pub fn problems_as_error(problems: &[Problem]) -> Error {
    let has = |kind| problems.iter().any(|problem| problem.kind == kind);
    let (kind, next) = if has(ProblemKind::Denied) {
        (ErrorKind::Forbidden, "ask the operator, or leave the denied step out")
    } else {
        (ErrorKind::InvalidInput, "mend the plan and give it again")
    };
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let error = Error::new(kind, format!("the plan cannot run: {}", text.join("; ")));
    error.with_next_step(next)
}

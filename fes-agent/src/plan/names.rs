//! What can be named at each place of a plan, and the shapes of what is named.
//!
//! A step's result is known to the steps after it, under the step's id. Within a loop the item is
//! known under its name, and so are the results of earlier steps of the same round. After the loop
//! its id names a list with one object for each round, whose members are the results of the steps
//! within: `idle.map(r, r.drop)`. A call that is left out by its condition has the result null, a
//! loop that is left out an empty list.

use std::collections::HashMap;

use super::{Call, Problem, ProblemKind, Step};
use crate::expression::{Expression, Fault, FaultKind, Shape, Shapes};
use crate::host::Tools;

/// Words that CEL keeps for itself, so that nothing can be named so.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// What a name of the plan is.
#[derive(Clone, Copy, Debug)]
enum Thing<'a> {
    /// A step, and the loop around it.
    Step(Option<&'a str>),
    /// The item of a loop.
    Item(&'a str),
}

/// The names of a plan, and the shapes of those that are known at the place that is checked.
pub(super) struct Names<'a> {
    things: HashMap<&'a str, Thing<'a>>,
    shapes: Shapes,
}

impl<'a> Names<'a> {
    pub(super) fn of(steps: &'a [Step]) -> Self {
        let mut things = HashMap::new();
        collect(steps, None, &mut things);
        Names { things, shapes: Shapes::new() }
    }

    /// From here on a step's result is known.
    pub(super) fn learn(&mut self, name: &str, shape: Shape) {
        self.shapes.set(name, shape);
    }

    /// From here on a name is not known any more.
    pub(super) fn forget(&mut self, name: &str) {
        self.shapes.remove(name);
    }

    /// The shape of a result that is known.
    pub(super) fn result(&self, name: &str) -> Shape {
        self.shapes.get(name).cloned().unwrap_or_else(Shape::any)
    }

    /// Whether a step has this id.
    pub(super) fn is_step(&self, name: &str) -> bool {
        matches!(self.things.get(name), Some(Thing::Step(_)))
    }

    /// Whether this is the name of an item here.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.shapes.get(name).is_some()
    }

    /// The shape of an expression that stands at a place of a step.
    pub(super) fn check(&self, step: &str, at: &str, source: &str) -> Result<Shape, Problem> {
        let expression = Expression::parse(source).map_err(|fault| problem(step, at, &fault))?;
        for name in expression.names() {
            if self.is_known(name) {
                continue;
            }
            if let Some(why) = self.why_not(step, name) {
                let message = format!("{at}: `{name}` is not known here: {why}");
                return Err(Problem::new(Some(step), ProblemKind::ForwardReference, message));
            }
        }
        expression.check(&self.shapes).map_err(|fault| problem(step, at, &fault))
    }

    /// Why a name of the plan is not known at a step.
    fn why_not(&self, step: &str, name: &str) -> Option<String> {
        Some(match self.things.get(name)? {
            Thing::Step(_) if name == step => "a step cannot refer to itself".into(),
            Thing::Step(Some(around)) if self.is_known(around) => format!(
                "it is a step within the loop {around}, whose results are `{around}.map(r, r.{name})`"
            ),
            Thing::Step(Some(around)) => format!("it is a step within the loop {around}"),
            Thing::Step(None) => {
                "it is a step that comes later; refer to earlier steps only".into()
            }
            Thing::Item(around) => format!("it is the item of the loop {around}"),
        })
    }
}

fn collect<'a>(
    steps: &'a [Step],
    around: Option<&'a str>,
    things: &mut HashMap<&'a str, Thing<'a>>,
) {
    for step in steps {
        if let Step::Loop(inner) = step {
            things.entry(&inner.item).or_insert(Thing::Item(&inner.id));
            collect(&inner.steps, Some(&inner.id), things);
        }
        things.insert(step.id(), Thing::Step(around));
    }
}

/// Whether an expression can name it.
pub(super) fn can_be_named(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name)
}

/// The shape of a call's result.
pub(super) fn result_of(call: &Call, tools: &dyn Tools) -> Shape {
    let shape = tools
        .find(&call.tool)
        .map_or_else(Shape::any, |operation| Shape::of_result(&operation.output_schema));
    if call.when.is_some() { shape.or_null() } else { shape }
}

/// What is wrong with an expression, as a problem of its step.
pub(super) fn problem(step: &str, at: &str, fault: &Fault) -> Problem {
    let kind = match fault.kind {
        FaultKind::UnknownName => ProblemKind::UnknownName,
        FaultKind::UnknownField => ProblemKind::UnknownField,
        FaultKind::WrongKind => ProblemKind::WrongShape,
        _ => ProblemKind::BadExpression,
    };
    Problem::new(Some(step), kind, format!("{at}: {}", fault.message))
        .with_candidates(&fault.candidates)
}

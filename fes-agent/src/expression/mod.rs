//! Expressions of plans: what a reference, a condition or a loop says over earlier results.
//!
//! The language is CEL, as far as a plan needs it: literals, names, fields, indexes, operators,
//! `filter`, `map`, `all`, `exists`, `exists_one`, `has`, optionals (`.?field.orValue(x)`), and
//! the functions of a fixed table. Whoever wrote an expression is not trusted: its size is bounded,
//! it is parsed and evaluated on a thread with a deep stack, and each evaluation has a budget of
//! steps, bytes and time that nothing in the language can absorb.
//!
//! Where JSON and CEL differ, JSON wins: whole numbers are whole however they are written, whole
//! numbers and doubles mix in arithmetic, objects are gone through by the order of their names,
//! and `.?field` of null is empty.
//!
//! ```
//! use fes_agent::expression::{Data, Expression, Limits, Scope};
//! use serde_json::json;
//!
//! let users = Data::from_json(&json!([{ "email": "ann@example.com", "age": 41 }]))?;
//! let scope = Scope::new().with("users", users);
//! let expression = Expression::parse("users.filter(u, u.age > 40).map(u, u.email)")?;
//! let value = expression.evaluate(&scope, &Limits::default())?;
//! assert_eq!(value, json!(["ann@example.com"]));
//! # Ok::<(), fes_agent::expression::Fault>(())
//! ```
//!
//! Faults never hold a value of the data.

mod ast;
mod budget;
mod evaluate;
mod fault;
mod function;
mod keep;
mod limits;
mod names;
mod parse;
mod shape;
mod text;
mod thread;
mod value;

pub use fault::{Fault, FaultKind, MAX_CANDIDATES, MAX_FAULT_CHARS};
pub use limits::{
    Limits, MAX_DEPTH, MAX_INPUT_BYTES, MAX_ITEMS, MAX_NODES, MAX_SOURCE_BYTES, MAX_VALUE_DEPTH,
};
pub use shape::{Misfit, Shape, Shapes};
pub use value::{Data, Scope};

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use evaluate::Evaluator;
use parse::Tree;
use value::Val;

/// An expression that was read. Cloning shares.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Arc<str>,
    tree: Arc<Tree>,
}

impl Expression {
    /// Read an expression. Blocks for some milliseconds at most.
    ///
    /// # Errors
    /// What is wrong with the text: its syntax, its size, a function that is not there.
    pub fn parse(source: &str) -> Result<Expression, Fault> {
        let tree = thread::on_a_deep_stack(|| parse::parse(source))?;
        Ok(Expression { source: source.into(), tree: Arc::new(tree) })
    }

    /// The text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names that the scope must give; not those that `filter(x, …)` and the like bind.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        names::names(&self.tree.root)
    }

    /// What the value will be, from what is known of the values that it names.
    ///
    /// # Errors
    /// What is certainly wrong: an unknown name or field, a value of a kind that cannot go there.
    pub fn check(&self, shapes: &Shapes) -> Result<Shape, Fault> {
        thread::on_a_deep_stack(|| shape::infer(&self.source, &self.tree.root, shapes))
    }

    /// The value. Blocks for as long as the limits allow: call it where blocking is allowed.
    ///
    /// # Errors
    /// What is wrong where, or which limit was reached.
    pub fn evaluate(&self, scope: &Scope, limits: &Limits) -> Result<Value, Fault> {
        self.run(scope, limits, |val| self.json(&val, limits))
    }

    /// The value of a condition: exactly a boolean.
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; `wrong_kind` when it is anything else.
    pub fn evaluate_condition(&self, scope: &Scope, limits: &Limits) -> Result<bool, Fault> {
        self.run(scope, limits, |val| match val {
            Val::Bool(bool) => Ok(bool),
            other => {
                Err(self.wrong(&format!("a condition is true or false, not {}", other.kind())))
            }
        })
    }

    /// The items of a list that a loop goes through.
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; `wrong_kind` when it is no list, `too_large` when it has more
    /// items than a loop may go through.
    pub fn evaluate_list(&self, scope: &Scope, limits: &Limits) -> Result<Vec<Value>, Fault> {
        self.run(scope, limits, |val| {
            let Val::List(items) = &val else {
                let found = val.kind();
                return Err(self.wrong(&format!("a loop goes through a list, not {found}")));
            };
            if items.len() > limits.items {
                let reason = format!(
                    "the list has {} items; a loop goes through at most {}",
                    items.len(),
                    limits.items
                );
                return Err(self.whole(FaultKind::TooLarge, &reason));
            }
            match self.json(&val, limits)? {
                Value::Array(items) => Ok(items),
                _ => Err(self.wrong("a loop goes through a list")),
            }
        })
    }

    fn run<T: Send>(
        &self,
        scope: &Scope,
        limits: &Limits,
        then: impl FnOnce(Val) -> Result<T, Fault> + Send,
    ) -> Result<T, Fault> {
        thread::on_a_deep_stack(|| {
            let mut evaluator = Evaluator::new(scope, limits, self.tree.kept);
            let val = evaluator
                .node(&self.tree.root)
                .map_err(|stop| stop.into_fault(&self.source, scope))?;
            then(val)
        })
    }

    fn json(&self, val: &Val, limits: &Limits) -> Result<Value, Fault> {
        val.to_json(limits.result_bytes).map_err(|(kind, reason)| self.whole(kind, &reason))
    }

    fn wrong(&self, reason: &str) -> Fault {
        self.whole(FaultKind::WrongKind, reason)
    }

    /// A fault of the expression as a whole.
    fn whole(&self, kind: FaultKind, reason: &str) -> Fault {
        Fault::at(&self.source, self.tree.root.span, kind, reason)
    }
}

#[cfg(test)]
mod tests;

//! How much an evaluation has taken, and what ends it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::ast::Span;
use super::fault::{Fault, FaultKind, MAX_NAME_CHARS};
use super::limits::{Limits, STEPS_PER_LOOK};
use super::value::Scope;
use crate::host::clip;

/// Why an evaluation ended without a value. Told in words only when it is not absorbed.
#[derive(Debug)]
pub(super) struct Stop {
    span: Span,
    why: Why,
}

/// The reason of a [`Stop`]. It holds names of the expression, never a value of the data.
#[derive(Debug)]
pub(super) enum Why {
    /// The scope has no such value.
    NoName(Arc<str>),
    /// An object with so many fields does not have this one.
    NoField(Option<Arc<str>>, usize),
    /// A field of something that has none.
    NoFields(Arc<str>, &'static str),
    /// A list with so many items has none at this place.
    NoItem(usize),
    /// What needs which kind, and what there is.
    Kind { what: &'static str, needs: &'static str, found: &'static str },
    /// An operator between kinds that it does not go with.
    Operands(&'static str, &'static str, &'static str),
    /// Anything else.
    Says(FaultKind, Cow<'static, str>),
}

impl Stop {
    pub(super) fn new(span: Span, why: Why) -> Self {
        Stop { span, why }
    }

    pub(super) fn says(span: Span, kind: FaultKind, reason: impl Into<Cow<'static, str>>) -> Self {
        Stop { span, why: Why::Says(kind, reason.into()) }
    }

    /// Whether `||`, `&&` and the like may go on without the value. What is over the budget may not.
    pub(super) fn may_be_absorbed(&self) -> bool {
        !matches!(
            self.why,
            Why::Says(FaultKind::Budget | FaultKind::Cancelled | FaultKind::TooLarge, _)
        )
    }

    /// The fault, in words.
    pub(super) fn into_fault(self, source: &str, scope: &Scope) -> Fault {
        let says = |kind, reason: &str| Fault::at(source, self.span, kind, reason);
        let count = |count, thing| {
            if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
        };
        match &self.why {
            Why::NoName(name) => {
                let reason = format!("unknown name `{}`", clip(name, MAX_NAME_CHARS));
                says(FaultKind::UnknownName, &reason).offering(name, scope.names())
            }
            Why::NoField(Some(name), fields) => {
                let (name, fields) = (clip(name, MAX_NAME_CHARS), count(*fields, "field"));
                let reason = format!(
                    "no field `{name}` in this object of {fields}; where it may be missing write \
                     `.?{name}.orValue(…)`"
                );
                says(FaultKind::UnknownField, &reason)
            }
            Why::NoField(None, fields) => says(
                FaultKind::UnknownField,
                &format!("no such field in this object of {}", count(*fields, "field")),
            ),
            Why::NoFields(name, found) => {
                let name = clip(name, MAX_NAME_CHARS);
                says(FaultKind::WrongKind, &format!("no field `{name}` in {found}"))
            }
            Why::NoItem(0) => says(FaultKind::NoValue, "the list is empty"),
            Why::NoItem(items) => says(
                FaultKind::NoValue,
                &format!("no item at this index: the list has {}", count(*items, "item")),
            ),
            Why::Kind { what, needs, found } => {
                says(FaultKind::WrongKind, &format!("{what} needs {needs}, not {found}"))
            }
            Why::Operands(operator, left, right) => says(
                FaultKind::WrongKind,
                &format!("`{operator}` does not go between {left} and {right}"),
            ),
            Why::Says(kind, reason) => says(*kind, reason),
        }
    }
}

/// What is left of the limits.
pub(super) struct Budget<'a> {
    limits: &'a Limits,
    steps: u64,
    bytes: u64,
    next_look: u64,
    end: Option<Instant>,
}

impl<'a> Budget<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        // A time so long that there is no such moment is no deadline.
        let end = Instant::now().checked_add(limits.time);
        Budget { limits, steps: 0, bytes: 0, next_look: 0, end }
    }

    /// Count steps, and stop when there are too many, at the deadline, or when cancelled.
    pub(super) fn step(&mut self, span: Span, steps: usize) -> Result<(), Stop> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.limits.steps {
            let reason = format!(
                "the evaluation takes more than {} steps: go through shorter lists",
                self.limits.steps
            );
            return Err(Stop::says(span, FaultKind::Budget, reason));
        }
        if self.steps >= self.next_look {
            self.next_look = self.steps.saturating_add(STEPS_PER_LOOK);
            if self.limits.is_cancelled() {
                let reason = "the evaluation was cancelled";
                return Err(Stop::says(span, FaultKind::Cancelled, reason));
            }
            if self.end.is_some_and(|end| Instant::now() > end) {
                let reason = format!(
                    "the evaluation takes longer than {} ms: go through shorter lists",
                    self.limits.time.as_millis()
                );
                return Err(Stop::says(span, FaultKind::Budget, reason));
            }
        }
        Ok(())
    }

    /// Count bytes of values that are made.
    pub(super) fn charge(&mut self, span: Span, bytes: usize) -> Result<(), Stop> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > self.limits.bytes {
            let reason = format!(
                "the evaluation makes more than {} MiB of values: make shorter lists and texts",
                self.limits.bytes / (1024 * 1024)
            );
            return Err(Stop::says(span, FaultKind::Budget, reason));
        }
        Ok(())
    }
}

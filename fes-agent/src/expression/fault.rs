//! What is wrong with an expression, as data: a planner repairs by it, a person reads it.

use std::fmt;

use sisense_core::{Error, ErrorKind};

use super::ast::Span;
use crate::host::clip;

/// Most characters of a fault's text.
pub const MAX_FAULT_CHARS: usize = 400;

/// Most names that a fault offers.
pub const MAX_CANDIDATES: usize = 12;

/// Most characters of a name in a fault.
pub(super) const MAX_NAME_CHARS: usize = 60;

/// Most characters of the quoted part of the expression.
const MAX_FRAGMENT_CHARS: usize = 60;

/// What is wrong, coarsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// The text is not an expression.
    Syntax,
    /// The expression uses something of CEL that plans do not have.
    NotAllowed,
    /// The expression, a value or the result is larger or deeper than is allowed.
    TooLarge,
    /// No value has this name.
    UnknownName,
    /// No such field.
    UnknownField,
    /// No such function, or not with these arguments.
    UnknownFunction,
    /// A value is of another kind than is needed.
    WrongKind,
    /// There is no value: an empty list, an index out of range, an empty optional.
    NoValue,
    /// A number is too large, or divided by zero.
    Arithmetic,
    /// The evaluation took more steps, memory or time than is allowed.
    Budget,
    /// The evaluation was cancelled.
    Cancelled,
    /// The evaluation could not be started, or broke off.
    Internal,
}

/// What is wrong with an expression: where, and why. It never holds a value of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, coarsely.
    pub kind: FaultKind,
    /// First and last character of the expression that it concerns, counted from 1.
    pub columns: Option<(usize, usize)>,
    /// One line: where, the quoted part, and the reason. With the candidates, as it is displayed,
    /// it has at most [`MAX_FAULT_CHARS`] characters.
    pub message: String,
    /// What there is instead, the nearest first, at most [`MAX_CANDIDATES`].
    pub candidates: Vec<String>,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl AsRef<str>) -> Self {
        let message = clip(message.as_ref(), MAX_FAULT_CHARS - 1);
        Fault { kind, columns: None, message, candidates: Vec::new() }
    }

    /// A fault at a place of an expression.
    pub(super) fn at(source: &str, span: Span, kind: FaultKind, reason: &str) -> Self {
        let (start, end) = (span.start as usize, span.end as usize);
        let fragment: String = source.chars().skip(start).take(end.saturating_sub(start)).collect();
        let fragment = fragment.split_whitespace().collect::<Vec<_>>().join(" ");
        let fragment = clip(&fragment, MAX_FRAGMENT_CHARS);
        let columns = (start + 1, end.max(start + 1));
        let place = if columns.0 == columns.1 {
            format!("column {}", columns.0)
        } else {
            format!("columns {}-{}", columns.0, columns.1)
        };
        let message = if fragment.is_empty() {
            format!("{place}: {reason}")
        } else {
            format!("{place} `{fragment}`: {reason}")
        };
        Fault { columns: Some(columns), ..Fault::new(kind, message) }
    }

    /// Offer the names that are nearest to one that is not there, as far as the text has room.
    pub(super) fn offering<'a>(
        mut self,
        wanted: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut room = MAX_FAULT_CHARS.saturating_sub(self.message.chars().count() + 15);
        for name in nearest(wanted, names) {
            let Some(rest) = room.checked_sub(name.chars().count() + 2) else { break };
            room = rest;
            self.candidates.push(name);
        }
        self
    }
}

/// Names by their likeness to one, then by the alphabet.
fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(MAX_CANDIDATES).map(|(_, name)| clip(name, MAX_NAME_CHARS)).collect()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.candidates.is_empty() {
            write!(f, "; available: {}", self.candidates.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let kind = match fault.kind {
            FaultKind::Internal => ErrorKind::Unexpected,
            FaultKind::Cancelled => ErrorKind::Cancelled,
            _ => ErrorKind::InvalidInput,
        };
        Error::new(kind, fault.message.clone())
            .with_candidates(fault.candidates.clone())
            .with_source(fault)
    }
}

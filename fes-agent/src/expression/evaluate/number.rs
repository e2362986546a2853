//! Numbers: whole ones and doubles mix freely; nothing overflows silently.

use std::cmp::Ordering;

use super::super::ast::{Binary, Span};
use super::super::budget::{Stop, Why};
use super::super::fault::FaultKind;
use super::super::value::Val;

const TOO_LARGE: &str = "the number is too large";

/// Whole numbers beyond this are no doubles exactly, and no integers of ours.
const LARGEST_WHOLE: f64 = 1e30;

/// A whole number within the range of what JSON readers keep exactly.
pub(super) fn int(value: i128, span: Span) -> Result<Val, Stop> {
    if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value) {
        Ok(Val::Int(value))
    } else {
        Err(Stop::says(span, FaultKind::Arithmetic, TOO_LARGE))
    }
}

/// A finite double.
pub(super) fn double(value: f64, span: Span) -> Result<Val, Stop> {
    if value.is_finite() {
        Ok(Val::Double(value))
    } else {
        Err(Stop::says(span, FaultKind::Arithmetic, "the result is not a finite number"))
    }
}

/// The double as a whole number, if it is one.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn whole(value: f64) -> Option<i128> {
    (value.trunc() == value && value.abs() < LARGEST_WHOLE).then_some(value as i128)
}

#[expect(clippy::cast_precision_loss, reason = "what arithmetic with a double means")]
fn as_double(value: &Val) -> Option<f64> {
    match value {
        Val::Int(int) => Some(*int as f64),
        Val::Double(double) => Some(*double),
        _ => None,
    }
}

pub(super) fn negate(value: &Val, span: Span) -> Result<Val, Stop> {
    match value {
        Val::Int(value) => int(-value, span),
        Val::Double(value) => Ok(Val::Double(-value)),
        other => Err(super::kind(span, "`-`", "a number", other)),
    }
}

pub(super) fn arithmetic(
    operator: Binary,
    left: &Val,
    right: &Val,
    span: Span,
) -> Result<Val, Stop> {
    if let (Val::Int(a), Val::Int(b)) = (left, right) {
        let result = match operator {
            Binary::Add => a.checked_add(*b),
            Binary::Subtract => a.checked_sub(*b),
            Binary::Multiply => a.checked_mul(*b),
            Binary::Divide | Binary::Remainder if *b == 0 => {
                return Err(Stop::says(span, FaultKind::Arithmetic, "a division by zero"));
            }
            Binary::Divide => a.checked_div(*b),
            _ => a.checked_rem(*b),
        };
        return match result {
            Some(result) => int(result, span),
            None => Err(Stop::says(span, FaultKind::Arithmetic, TOO_LARGE)),
        };
    }
    let (Some(a), Some(b)) = (as_double(left), as_double(right)) else {
        return Err(Stop::new(span, Why::Operands(operator.as_str(), left.kind(), right.kind())));
    };
    let result = match operator {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide | Binary::Remainder if b == 0.0 => {
            return Err(Stop::says(span, FaultKind::Arithmetic, "a division by zero"));
        }
        Binary::Divide => a / b,
        _ => a % b,
    };
    double(result, span)
}

/// The order of two numbers, exactly.
pub(super) fn order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
        (Val::Double(a), Val::Double(b)) => a.partial_cmp(b),
        (Val::Int(a), Val::Double(b)) => Some(mixed(*a, *b)),
        (Val::Double(a), Val::Int(b)) => Some(mixed(*b, *a).reverse()),
        _ => None,
    }
}

fn mixed(int: i128, double: f64) -> Ordering {
    match whole(double.floor()) {
        Some(floor) => int
            .cmp(&floor)
            .then_with(|| if double > double.floor() { Ordering::Less } else { Ordering::Equal }),
        None if double > 0.0 => Ordering::Less,
        None => Ordering::Greater,
    }
}

/// A number that a text says.
pub(super) fn to_int(value: &Val, span: Span) -> Result<Val, Stop> {
    match value {
        Val::Int(_) => Ok(value.clone()),
        Val::Double(double) => match whole(double.trunc()) {
            Some(value) => int(value, span),
            None => Err(Stop::says(span, FaultKind::Arithmetic, TOO_LARGE)),
        },
        Val::Text(text) => match text.parse::<i128>() {
            Ok(value) => int(value, span),
            Err(_) => Err(Stop::says(span, FaultKind::WrongKind, "this text is no whole number")),
        },
        other => Err(super::kind(span, "`int`", "a number or text", other)),
    }
}

/// A double that a text says.
pub(super) fn to_double(value: &Val, span: Span) -> Result<Val, Stop> {
    match (value, as_double(value)) {
        (_, Some(number)) => Ok(Val::Double(number)),
        (Val::Text(text), None) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Val::Double(number)),
            _ => Err(Stop::says(span, FaultKind::WrongKind, "this text is no number")),
        },
        (other, None) => Err(super::kind(span, "`double`", "a number or text", other)),
    }
}

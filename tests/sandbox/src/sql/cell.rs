//! One value of a row, and what SQL does with values.

use std::cmp::Ordering;

use serde_json::{Value, json};

/// A value. Dates are texts in ISO form, which sort as the dates do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// A value as part of a key: numbers of equal value are equal, whatever their type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Null,
    Bool(bool),
    Int(i64),
    Bits(u64),
    Text(String),
}

/// An operator between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sum {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether a condition with this result lets a row through.
    pub(crate) fn holds(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The value as it goes over the wire.
    pub(crate) fn json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::Float(value) => json!(value),
            Self::Text(value) => Value::String(value),
        }
    }

    /// The value as data-security rules write their members.
    pub(crate) fn member(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::Text(value) => Some(value.clone()),
        }
    }

    pub(crate) fn key(&self) -> Key {
        match self {
            Self::Null => Key::Null,
            Self::Bool(value) => Key::Bool(*value),
            Self::Int(value) => Key::Int(*value),
            Self::Float(value) if is_whole(*value) => Key::Int(*value as i64),
            Self::Float(value) => Key::Bits(value.to_bits()),
            Self::Text(value) => Key::Text(value.clone()),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(value) => value.trim().parse().ok(),
            Self::Null | Self::Bool(_) => None,
        }
    }

    /// Compares as SQL does: nothing compares with null, and a text compares with a number only
    /// when it spells one.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Int(left), Self::Int(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) => Some(left.cmp(right)),
            (Self::Bool(left), Self::Bool(right)) => Some(left.cmp(right)),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    /// An order over all values, nulls first.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let rank = |cell: &Self| match cell {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Int(_) | Self::Float(_) => 2,
            Self::Text(_) => 3,
        };
        rank(self).cmp(&rank(other)).then_with(|| self.compare(other).unwrap_or(Ordering::Equal))
    }

    /// Calculates. Null with anything is null, and so is what cannot be calculated; two texts
    /// are joined by a plus.
    pub(crate) fn calculate(&self, sum: Sum, other: &Self) -> Self {
        if let (Self::Text(left), Sum::Add, Self::Text(right)) = (self, sum, other) {
            return Self::Text(format!("{left}{right}"));
        }
        if let (Self::Int(left), Self::Int(right)) = (self, other) {
            let whole = match sum {
                Sum::Add => left.checked_add(*right),
                Sum::Subtract => left.checked_sub(*right),
                Sum::Multiply => left.checked_mul(*right),
                Sum::Remainder => return left.checked_rem(*right).map_or(Self::Null, Self::Int),
                Sum::Divide => None,
            };
            if let Some(whole) = whole {
                return Self::Int(whole);
            }
        }
        let (Some(left), Some(right)) = (self.number(), other.number()) else { return Self::Null };
        let result = match sum {
            Sum::Add => left + right,
            Sum::Subtract => left - right,
            Sum::Multiply => left * right,
            Sum::Divide => left / right,
            Sum::Remainder => left % right,
        };
        if result.is_finite() { Self::Float(tidy(result)) } else { Self::Null }
    }

    /// Whether a text fits a pattern of `%` and `_`.
    pub(crate) fn like(&self, pattern: &Self) -> Self {
        let (Some(text), Some(pattern)) = (self.member(), pattern.member()) else {
            return Self::Null;
        };
        let text: Vec<char> = text.chars().collect();
        let pattern: Vec<char> = pattern.chars().collect();
        Self::Bool(fits(&text, &pattern))
    }
}

fn is_whole(value: f64) -> bool {
    // Beyond this, floats do not hold every whole number.
    value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0
}

/// Takes the dust of binary fractions off.
pub(crate) fn tidy(value: f64) -> f64 {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded.is_finite() { rounded } else { value }
}

/// Goes back to the last `%` only, so that the work stays within length times length.
fn fits(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut want, mut star) = (0, 0, None);
    while at < text.len() {
        match pattern.get(want) {
            Some('%') => {
                star = Some((want, at));
                want += 1;
            }
            Some(letter) if *letter == '_' || *letter == text[at] => {
                at += 1;
                want += 1;
            }
            _ => {
                let Some((back, from)) = star else { return false };
                star = Some((back, from + 1));
                want = back + 1;
                at = from + 1;
            }
        }
    }
    pattern[want..].iter().all(|letter| *letter == '%')
}

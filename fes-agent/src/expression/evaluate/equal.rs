//! Equality, order and membership. Each costs as many steps as there are parts to look at.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::super::ast::Span;
use super::super::budget::Stop;
use super::super::limits::HASHED_FROM;
use super::super::value::Val;
use super::{Evaluator, PLACE_BYTES, kind, number};

/// Most lists whose set of scalars is kept.
const MAX_SETS: usize = 8;

/// A value by which it is found: equal values have equal keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Null,
    Bool(bool),
    Int(i128),
    /// The bits of a double that is no whole number.
    Double(u64),
    Text(Arc<str>),
    List(Vec<Key>),
    Object(Vec<(Arc<str>, Key)>),
    Optional(Option<Box<Key>>),
}

/// The lists that were looked through by hash, the oldest first.
#[derive(Default)]
pub(super) struct Sets(Vec<Set>);

struct Set {
    of: Arc<Vec<Val>>,
    /// Nothing when the list holds more than scalars.
    keys: Option<HashSet<Key>>,
}

fn scalar(val: &Val) -> Option<Key> {
    Some(match val {
        Val::Null => Key::Null,
        Val::Bool(bool) => Key::Bool(*bool),
        Val::Int(int) => Key::Int(*int),
        Val::Double(double) => {
            number::whole(*double).map_or(Key::Double(double.to_bits()), Key::Int)
        }
        Val::Text(text) => Key::Text(text.clone()),
        Val::List(_) | Val::Object(_) | Val::Optional(_) => return None,
    })
}

impl Evaluator<'_> {
    /// The key of any value.
    pub(super) fn key(&mut self, val: &Val, span: Span) -> Result<Key, Stop> {
        if let Some(key) = scalar(val) {
            self.budget.step(span, 1)?;
            return Ok(key);
        }
        match val {
            Val::List(items) => {
                self.budget.charge(span, items.len() * PLACE_BYTES)?;
                items
                    .iter()
                    .map(|item| self.key(item, span))
                    .collect::<Result<_, _>>()
                    .map(Key::List)
            }
            Val::Object(fields) => {
                self.budget.charge(span, fields.len() * 2 * PLACE_BYTES)?;
                let keys: Result<_, _> = fields
                    .iter()
                    .map(|(name, field)| Ok((name.clone(), self.key(field, span)?)))
                    .collect();
                keys.map(Key::Object)
            }
            Val::Optional(Some(inner)) => Ok(Key::Optional(Some(Box::new(self.key(inner, span)?)))),
            _ => Ok(Key::Optional(None)),
        }
    }

    pub(super) fn equal(&mut self, left: &Val, right: &Val, span: Span) -> Result<bool, Stop> {
        self.budget.step(span, 1)?;
        Ok(match (left, right) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (Val::Int(_) | Val::Double(_), Val::Int(_) | Val::Double(_)) => {
                number::order(left, right) == Some(Ordering::Equal)
            }
            (Val::Text(a), Val::Text(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                self.budget.step(span, a.len() / 64)?;
                a == b
            }
            (Val::List(a), Val::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.iter().zip(b.iter()) {
                    if !self.equal(a, b, span)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Val::Object(a), Val::Object(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for ((name, a), (other, b)) in a.iter().zip(b.iter()) {
                    if name != other || !self.equal(a, b, span)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Val::Optional(Some(a)), Val::Optional(Some(b))) => self.equal(a, b, span)?,
            (Val::Optional(None), Val::Optional(None)) => true,
            _ => false,
        })
    }

    /// The order of two numbers, two texts or two booleans.
    pub(super) fn compare(
        &mut self,
        left: &Val,
        right: &Val,
        span: Span,
    ) -> Result<Option<Ordering>, Stop> {
        Ok(match (left, right) {
            (Val::Text(a), Val::Text(b)) => {
                self.budget.step(span, 1 + a.len().min(b.len()) / 64)?;
                Some(a.cmp(b))
            }
            (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
            _ => number::order(left, right),
        })
    }

    /// `left in right`
    pub(super) fn within(&mut self, left: &Val, right: &Val, span: Span) -> Result<Val, Stop> {
        match right {
            Val::List(items) => {
                if items.len() > HASHED_FROM
                    && let Some(key) = scalar(left)
                    && let Some(found) = self.hashed(&key, items, span)?
                {
                    return Ok(Val::Bool(found));
                }
                for item in items.iter() {
                    if self.equal(left, item, span)? {
                        return Ok(Val::Bool(true));
                    }
                }
                Ok(Val::Bool(false))
            }
            Val::Object(fields) => match left {
                Val::Text(name) => Ok(Val::Bool(fields.contains_key(name))),
                other => Err(kind(span, "`in` on an object", "text", other)),
            },
            other => Err(kind(span, "`in`", "a list or an object", other)),
        }
    }

    /// Whether a list of scalars has a value; nothing when it holds more than scalars.
    fn hashed(
        &mut self,
        key: &Key,
        items: &Arc<Vec<Val>>,
        span: Span,
    ) -> Result<Option<bool>, Stop> {
        if let Some(set) = self.sets.0.iter().find(|set| Arc::ptr_eq(&set.of, items)) {
            return Ok(set.keys.as_ref().map(|keys| keys.contains(key)));
        }
        self.budget.step(span, items.len())?;
        let all = items.iter().all(|item| scalar(item).is_some());
        let keys: Option<HashSet<Key>> = if all {
            self.budget.charge(span, items.len() * (PLACE_BYTES + size_of::<Key>()))?;
            Some(items.iter().filter_map(scalar).collect())
        } else {
            None
        };
        let found = keys.as_ref().map(|keys| keys.contains(key));
        if self.sets.0.len() >= MAX_SETS {
            self.sets.0.remove(0);
        }
        self.sets.0.push(Set { of: items.clone(), keys });
        Ok(found)
    }
}

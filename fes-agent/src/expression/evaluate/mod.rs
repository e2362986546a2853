//! The evaluator: walks the tree, counts each step.

mod call;
mod each;
mod equal;
mod number;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{Binary, Element, Entry, Kind, Node, Span};
use super::budget::{Budget, Stop, Why};
use super::fault::FaultKind;
use super::limits::Limits;
use super::value::{Scope, Val};
use equal::Sets;

/// Bytes that are charged for a place in a list.
const PLACE_BYTES: usize = size_of::<Val>();

/// Bytes that are charged for a field of an object.
const FIELD_BYTES: usize = PLACE_BYTES + 32;

pub(super) struct Evaluator<'a> {
    scope: &'a Scope,
    locals: Vec<Val>,
    kept: Vec<Option<Val>>,
    sets: Sets,
    pub(super) budget: Budget<'a>,
}

type Evaluated = Result<Val, Stop>;

impl<'a> Evaluator<'a> {
    pub(super) fn new(scope: &'a Scope, limits: &'a Limits, kept: usize) -> Self {
        Evaluator {
            scope,
            locals: Vec::new(),
            kept: vec![None; kept],
            sets: Sets::default(),
            budget: Budget::new(limits),
        }
    }

    pub(super) fn node(&mut self, node: &Node) -> Evaluated {
        self.budget.step(node.span, 1)?;
        let span = node.span;
        match &node.kind {
            Kind::Literal(val) => Ok(val.clone()),
            Kind::Name(name) => match self.scope.get(name) {
                Some(data) => Ok(data.0.clone()),
                None => Err(Stop::new(span, Why::NoName(name.clone()))),
            },
            Kind::Local(place) => match self.locals.get(*place) {
                Some(val) => Ok(val.clone()),
                None => Err(Stop::says(span, FaultKind::Internal, "a name without a value")),
            },
            Kind::List(elements) => self.list(elements, span),
            Kind::Object(entries) => self.object(entries, span),
            Kind::Field { of, name, optional } => {
                let of = self.node(of)?;
                field(&of, name, *optional, span)
            }
            Kind::Index { of, index, optional } => {
                let of = self.node(of)?;
                let index = self.node(index)?;
                item(&of, &index, *optional, span)
            }
            Kind::Has { of, name } => match self.node(of)? {
                Val::Object(fields) => Ok(Val::Bool(fields.contains_key(name))),
                Val::Optional(None) => Ok(Val::Bool(false)),
                Val::Optional(Some(inner)) => match inner.as_ref() {
                    Val::Object(fields) => Ok(Val::Bool(fields.contains_key(name))),
                    other => Err(Stop::new(span, Why::NoFields(name.clone(), other.kind()))),
                },
                other => Err(Stop::new(span, Why::NoFields(name.clone(), other.kind()))),
            },
            Kind::Not(of) => Ok(Val::Bool(!self.bool(of, "`!`")?)),
            Kind::Negate(of) => {
                let val = self.node(of)?;
                number::negate(&val, span)
            }
            Kind::Binary(operator, pair) => self.binary(*operator, pair, span),
            Kind::And(pair) => self.logic(pair, "`&&`", false),
            Kind::Or(pair) => self.logic(pair, "`||`", true),
            Kind::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                if self.bool(condition, "`? :`")? { self.node(yes) } else { self.node(no) }
            }
            Kind::Each(each) => self.each(each, span),
            Kind::Call { function, args } => self.call(*function, args, span),
            Kind::Kept(slot, inner) => {
                if let Some(Some(val)) = self.kept.get(*slot) {
                    return Ok(val.clone());
                }
                let val = self.node(inner)?;
                if let Some(place) = self.kept.get_mut(*slot) {
                    *place = Some(val.clone());
                }
                Ok(val)
            }
        }
    }

    /// A node whose value must be a boolean.
    fn bool(&mut self, node: &Node, what: &'static str) -> Result<bool, Stop> {
        match self.node(node)? {
            Val::Bool(bool) => Ok(bool),
            other => Err(kind(node.span, what, "a boolean", &other)),
        }
    }

    /// `&&` and `||`: the side that decides alone does so even where the other has no value.
    fn logic(&mut self, pair: &[Node; 2], what: &'static str, decides: bool) -> Evaluated {
        let [left, right] = pair;
        let stop = match self.bool(left, what) {
            Ok(bool) if bool == decides => return Ok(Val::Bool(decides)),
            Ok(_) => None,
            Err(stop) if stop.may_be_absorbed() => Some(stop),
            Err(stop) => return Err(stop),
        };
        match (self.bool(right, what), stop) {
            (Ok(bool), _) if bool == decides => Ok(Val::Bool(decides)),
            (Err(second), Some(_)) if !second.may_be_absorbed() => Err(second),
            (_, Some(first)) => Err(first),
            (Ok(_), None) => Ok(Val::Bool(!decides)),
            (Err(second), None) => Err(second),
        }
    }

    fn list(&mut self, elements: &[Element], span: Span) -> Evaluated {
        self.budget.charge(span, elements.len() * PLACE_BYTES)?;
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            let val = self.node(&element.value)?;
            items.extend(given(val, element.optional, element.value.span)?);
        }
        Ok(Val::list(items))
    }

    fn object(&mut self, entries: &[Entry], span: Span) -> Evaluated {
        self.budget.charge(span, entries.len() * FIELD_BYTES)?;
        let mut fields = BTreeMap::new();
        for entry in entries {
            let name = match self.node(&entry.key)? {
                Val::Text(name) => name,
                other => return Err(kind(entry.key.span, "the name of a field", "text", &other)),
            };
            let val = self.node(&entry.value)?;
            if let Some(val) = given(val, entry.optional, entry.value.span)?
                && fields.insert(name, val).is_some()
            {
                let reason = "the object has this field already";
                return Err(Stop::says(entry.key.span, FaultKind::WrongKind, reason));
            }
        }
        Ok(Val::Object(Arc::new(fields)))
    }

    fn binary(&mut self, operator: Binary, pair: &[Node; 2], span: Span) -> Evaluated {
        let left = self.node(&pair[0])?;
        let right = self.node(&pair[1])?;
        match operator {
            Binary::Equal => Ok(Val::Bool(self.equal(&left, &right, span)?)),
            Binary::NotEqual => Ok(Val::Bool(!self.equal(&left, &right, span)?)),
            Binary::In => self.within(&left, &right, span),
            Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
                let Some(order) = self.compare(&left, &right, span)? else {
                    let why = Why::Operands(operator.as_str(), left.kind(), right.kind());
                    return Err(Stop::new(span, why));
                };
                Ok(Val::Bool(match operator {
                    Binary::Less => order.is_lt(),
                    Binary::LessOrEqual => order.is_le(),
                    Binary::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Binary::Add => match (&left, &right) {
                (Val::Text(a), Val::Text(b)) => {
                    self.budget.charge(span, a.len() + b.len())?;
                    self.budget.step(span, (a.len() + b.len()) / 64)?;
                    Ok(Val::Text(format!("{a}{b}").into()))
                }
                (Val::List(a), Val::List(b)) => {
                    self.budget.charge(span, (a.len() + b.len()) * PLACE_BYTES)?;
                    self.budget.step(span, a.len() + b.len())?;
                    Ok(Val::list(a.iter().chain(b.iter()).cloned().collect()))
                }
                _ => number::arithmetic(operator, &left, &right, span),
            },
            Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder => {
                number::arithmetic(operator, &left, &right, span)
            }
        }
    }
}

/// A value of the wrong kind.
fn kind(span: Span, what: &'static str, needs: &'static str, found: &Val) -> Stop {
    Stop::new(span, Why::Kind { what, needs, found: found.kind() })
}

/// The value of an element that may be left out.
fn given(val: Val, optional: bool, span: Span) -> Result<Option<Val>, Stop> {
    match (optional, val) {
        (false, val) => Ok(Some(val)),
        (true, Val::Optional(inner)) => Ok(inner.map(|inner| inner.as_ref().clone())),
        (true, other) => Err(kind(span, "`?`", "an optional", &other)),
    }
}

fn some(val: Val) -> Val {
    Val::Optional(Some(Arc::new(val)))
}

/// A field of an object. Fields of an optional are optional; null has none, which is no fault where
/// the field is asked for as an optional.
fn field(of: &Val, name: &Arc<str>, optional: bool, span: Span) -> Evaluated {
    match of {
        Val::Object(fields) => match (fields.get(name), optional) {
            (Some(val), false) => Ok(val.clone()),
            (Some(val), true) => Ok(some(val.clone())),
            (None, true) => Ok(Val::Optional(None)),
            (None, false) => Err(Stop::new(span, Why::NoField(Some(name.clone()), fields.len()))),
        },
        Val::Optional(None) => Ok(Val::Optional(None)),
        Val::Optional(Some(inner)) => field(inner, name, true, span),
        Val::Null if optional => Ok(Val::Optional(None)),
        other => Err(Stop::new(span, Why::NoFields(name.clone(), other.kind()))),
    }
}

/// An item of a list, or a field of an object by an evaluated name.
fn item(of: &Val, index: &Val, optional: bool, span: Span) -> Evaluated {
    match (of, index) {
        (Val::List(items), Val::Int(_) | Val::Double(_)) => {
            let place = match index {
                Val::Int(place) => usize::try_from(*place).ok(),
                Val::Double(place) => number::whole(*place).and_then(|p| usize::try_from(p).ok()),
                _ => None,
            };
            match (place.and_then(|place| items.get(place)), optional) {
                (Some(val), false) => Ok(val.clone()),
                (Some(val), true) => Ok(some(val.clone())),
                (None, true) => Ok(Val::Optional(None)),
                (None, false) => Err(Stop::new(span, Why::NoItem(items.len()))),
            }
        }
        (Val::Object(fields), Val::Text(name)) => match (fields.get(name), optional) {
            (Some(val), false) => Ok(val.clone()),
            (Some(val), true) => Ok(some(val.clone())),
            (None, true) => Ok(Val::Optional(None)),
            (None, false) => Err(Stop::new(span, Why::NoField(None, fields.len()))),
        },
        (Val::Optional(None), _) => Ok(Val::Optional(None)),
        (Val::Optional(Some(inner)), _) => item(inner, index, true, span),
        (Val::Null, _) if optional => Ok(Val::Optional(None)),
        (Val::List(_), other) => Err(kind(span, "an index of a list", "a number", other)),
        (Val::Object(_), other) => Err(kind(span, "an index of an object", "text", other)),
        (other, _) => Err(kind(span, "`[…]`", "a list or an object", other)),
    }
}

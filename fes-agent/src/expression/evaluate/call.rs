//! The functions.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::ast::{Binary, Node, Span};
use super::super::budget::{Stop, Why};
use super::super::fault::FaultKind;
use super::super::function::Function;
use super::super::value::Val;
use super::{Evaluated, Evaluator, PLACE_BYTES, kind, number};

impl Evaluator<'_> {
    pub(super) fn call(&mut self, function: Function, args: &[Node], span: Span) -> Evaluated {
        let Some((on, rest)) = args.split_first() else {
            return Err(Stop::says(span, FaultKind::Internal, "a function without an argument"));
        };
        let of = self.node(on)?;
        // The default is worked out only where it is needed.
        if matches!(function, Function::OrValue | Function::Or) {
            return match (of, rest.first(), function) {
                (Val::Optional(Some(inner)), _, Function::OrValue) => Ok(inner.as_ref().clone()),
                (Val::Optional(None), Some(default), _) => self.node(default),
                (of @ Val::Optional(_), ..) => Ok(of),
                (other, ..) => Err(kind(on.span, named(function), "an optional", &other)),
            };
        }
        let mut values = Vec::with_capacity(rest.len());
        for arg in rest {
            values.push(self.node(arg)?);
        }
        match function {
            Function::Size => self.size(&of, on.span),
            Function::StartsWith | Function::EndsWith | Function::Contains => {
                self.part(function, &of, values.first(), span)
            }
            Function::Lower | Function::Upper | Function::Trim => self.text(function, &of, span),
            Function::ToText => self.as_text(&of, span),
            Function::ToInt => number::to_int(&of, span),
            Function::ToDouble => number::to_double(&of, span),
            Function::HasValue | Function::Value => match (of, function) {
                (Val::Optional(inner), Function::HasValue) => Ok(Val::Bool(inner.is_some())),
                (Val::Optional(Some(inner)), _) => Ok(inner.as_ref().clone()),
                (Val::Optional(None), _) => {
                    Err(Stop::says(span, FaultKind::NoValue, "the optional is empty"))
                }
                (other, _) => Err(kind(on.span, named(function), "an optional", &other)),
            },
            _ => match of {
                Val::List(items) => self.of_list(function, &items, &values, span),
                other => Err(kind(on.span, named(function), "a list", &other)),
            },
        }
    }

    fn size(&mut self, of: &Val, span: Span) -> Evaluated {
        let size = match of {
            Val::Text(text) => {
                self.budget.step(span, text.len() / 64)?;
                text.chars().count()
            }
            Val::List(items) => items.len(),
            Val::Object(fields) => fields.len(),
            other => return Err(kind(span, "`size`", "a list, an object or text", other)),
        };
        number::int(i128::try_from(size).unwrap_or(i128::MAX), span)
    }

    /// Whether a text has a part.
    fn part(&mut self, what: Function, of: &Val, part: Option<&Val>, span: Span) -> Evaluated {
        let (Val::Text(text), Some(part)) = (of, part) else {
            return Err(kind(span, named(what), "text", of));
        };
        let Val::Text(part) = part else { return Err(kind(span, named(what), "text", part)) };
        // The search takes time in the sum of both lengths, at worst.
        self.budget.step(span, (text.len() + part.len()) / 16)?;
        Ok(Val::Bool(match what {
            Function::StartsWith => text.starts_with(part.as_ref()),
            Function::EndsWith => text.ends_with(part.as_ref()),
            _ => text.contains(part.as_ref()),
        }))
    }

    fn text(&mut self, what: Function, of: &Val, span: Span) -> Evaluated {
        let Val::Text(text) = of else { return Err(kind(span, named(what), "text", of)) };
        self.budget.charge(span, text.len())?;
        self.budget.step(span, text.len() / 16)?;
        Ok(Val::text(&match what {
            Function::Lower => text.to_ascii_lowercase(),
            Function::Upper => text.to_ascii_uppercase(),
            _ => text.trim().to_owned(),
        }))
    }

    fn as_text(&mut self, of: &Val, span: Span) -> Evaluated {
        let text = match of {
            Val::Text(_) => return Ok(of.clone()),
            Val::Bool(bool) => bool.to_string(),
            Val::Int(int) => int.to_string(),
            Val::Double(double) => double.to_string(),
            other => return Err(kind(span, "`string`", "a number, a boolean or text", other)),
        };
        self.budget.charge(span, text.len())?;
        Ok(Val::text(&text))
    }

    fn of_list(
        &mut self,
        function: Function,
        items: &Arc<Vec<Val>>,
        values: &[Val],
        span: Span,
    ) -> Evaluated {
        let empty = || Stop::new(span, Why::NoItem(0));
        if matches!(function, Function::First) {
            return items.first().cloned().ok_or_else(empty);
        }
        if matches!(function, Function::Last) {
            return items.last().cloned().ok_or_else(empty);
        }
        self.budget.step(span, items.len())?;
        match function {
            Function::Sum => {
                let mut sum = Val::Int(0);
                for item in items.iter() {
                    if !matches!(item, Val::Int(_) | Val::Double(_)) {
                        return Err(kind(span, "`sum`", "numbers", item));
                    }
                    sum = number::arithmetic(Binary::Add, &sum, item, span)?;
                }
                Ok(sum)
            }
            Function::Min | Function::Max => self.most(function, items, span),
            Function::Sort => {
                self.budget.charge(span, items.len() * 3 * PLACE_BYTES)?;
                let keyed = items.iter().map(|item| (item.clone(), item.clone())).collect();
                self.sorted(keyed, span)
            }
            Function::Reverse => {
                self.budget.charge(span, items.len() * PLACE_BYTES)?;
                Ok(Val::list(items.iter().rev().cloned().collect()))
            }
            Function::Slice => self.slice(items, values, span),
            Function::Distinct => {
                let mut seen = HashSet::new();
                let mut kept = Vec::new();
                for item in items.iter() {
                    self.budget.charge(span, 3 * PLACE_BYTES)?;
                    if seen.insert(self.key(item, span)?) {
                        kept.push(item.clone());
                    }
                }
                Ok(Val::list(kept))
            }
            Function::Flatten => self.flatten(items, span),
            Function::Join => self.join(items, values.first(), span),
            _ => Err(Stop::says(span, FaultKind::Internal, "this function takes no list")),
        }
    }

    fn most(&mut self, what: Function, items: &[Val], span: Span) -> Evaluated {
        let mut best: Option<&Val> = None;
        for item in items {
            if !matches!(item, Val::Int(_) | Val::Double(_) | Val::Text(_)) {
                return Err(kind(span, named(what), "numbers or texts", item));
            }
            let Some(known) = best else {
                best = Some(item);
                continue;
            };
            let Some(order) = self.compare(item, known, span)? else {
                let why = Why::Kind {
                    what: named(what),
                    needs: "only numbers or only texts",
                    found: "both",
                };
                return Err(Stop::new(span, why));
            };
            if if what == Function::Min { order.is_lt() } else { order.is_gt() } {
                best = Some(item);
            }
        }
        best.cloned().ok_or_else(|| Stop::new(span, Why::NoItem(0)))
    }

    /// `slice(from, to)`: the end is not included. What is beyond the list is left out.
    fn slice(&mut self, items: &[Val], values: &[Val], span: Span) -> Evaluated {
        let mut places = [0_usize; 2];
        for (place, value) in places.iter_mut().zip(values) {
            let Val::Int(value) = value else {
                return Err(kind(span, "`slice`", "whole numbers", value));
            };
            let Ok(value) = usize::try_from(*value) else {
                let reason = "`slice` needs numbers from 0 on";
                return Err(Stop::says(span, FaultKind::NoValue, reason));
            };
            *place = value.min(items.len());
        }
        let part = items.get(places[0]..places[1]).unwrap_or_default();
        self.budget.charge(span, part.len() * PLACE_BYTES)?;
        Ok(Val::list(part.to_vec()))
    }

    /// Lists within the list, by one level.
    fn flatten(&mut self, items: &[Val], span: Span) -> Evaluated {
        let mut flat = Vec::new();
        for item in items {
            let inner = if let Val::List(inner) = item {
                inner.as_slice()
            } else {
                std::slice::from_ref(item)
            };
            self.budget.step(span, inner.len())?;
            self.budget.charge(span, inner.len() * PLACE_BYTES)?;
            flat.extend(inner.iter().cloned());
        }
        Ok(Val::list(flat))
    }

    fn join(&mut self, items: &[Val], between: Option<&Val>, span: Span) -> Evaluated {
        let between = match between {
            None => "",
            Some(Val::Text(between)) => between.as_ref(),
            Some(other) => return Err(kind(span, "`join`", "text", other)),
        };
        let mut joined = String::new();
        for (index, item) in items.iter().enumerate() {
            let Val::Text(text) = item else { return Err(kind(span, "`join`", "texts", item)) };
            self.budget.charge(span, text.len() + between.len())?;
            self.budget.step(span, (text.len() + between.len()) / 64)?;
            if index > 0 {
                joined.push_str(between);
            }
            joined.push_str(text);
        }
        Ok(Val::Text(joined.into()))
    }
}

/// The name of a function, for a fault.
fn named(function: Function) -> &'static str {
    function.as_str()
}

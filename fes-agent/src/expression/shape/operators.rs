//! The shapes that operators and functions need and give.

use super::super::ast::{Binary, Node, Span};
use super::super::fault::{Fault, FaultKind};
use super::super::function::Function;
use super::infer::Inference;
use super::{BOOL, DOUBLE, INT, LIST, NULL, NUMBER, OBJECT, OPTIONAL, Shape, TEXT};

impl Inference<'_> {
    pub(super) fn binary(
        &mut self,
        operator: Binary,
        pair: &[Node; 2],
        span: Span,
    ) -> Result<Shape, Fault> {
        let left = self.node(&pair[0])?;
        let right = self.node(&pair[1])?;
        let both = |kinds: u8| left.may_be(kinds) && right.may_be(kinds);
        match operator {
            Binary::Equal | Binary::NotEqual => {
                if never_equal(&left, &right) {
                    let never =
                        if operator == Binary::Equal { "never true" } else { "always true" };
                    let reason = format!("`{}` is {never}: {left} and {right}", operator.as_str());
                    return Err(self.fault(span, FaultKind::WrongKind, &reason));
                }
                Ok(Shape::of(BOOL))
            }
            Binary::In => {
                if !right.may_be(LIST | OBJECT) {
                    return Err(self.wrong(pair[1].span, "`in`", "a list or an object", &right));
                }
                let never = if right.is_open() {
                    false
                } else if right.kinds & LIST == 0 {
                    !left.may_be(TEXT)
                } else {
                    right.kinds & OBJECT == 0 && never_equal(&left, &right.item())
                };
                if never {
                    let reason = format!("`in` is never true: {left} in {right}");
                    return Err(self.fault(span, FaultKind::WrongKind, &reason));
                }
                Ok(Shape::of(BOOL))
            }
            Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
                if [NUMBER, TEXT, BOOL].into_iter().any(both) {
                    return Ok(Shape::of(BOOL));
                }
                Err(self.operands(operator, &left, &right, span))
            }
            Binary::Add => {
                let mut shape = Shape::nothing();
                if both(NUMBER) {
                    shape = shape.or(number(&left, &right));
                }
                if both(TEXT) {
                    shape = shape.or(Shape::of(TEXT));
                }
                if both(LIST) {
                    shape = shape.or(Shape::list(left.item().or(right.item())));
                }
                if shape.kinds == 0 {
                    return Err(self.operands(operator, &left, &right, span));
                }
                Ok(if left.is_open() && right.is_open() { Shape::any() } else { shape })
            }
            Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder => {
                if both(NUMBER) {
                    return Ok(number(&left, &right));
                }
                Err(self.operands(operator, &left, &right, span))
            }
        }
    }

    fn operands(&self, operator: Binary, left: &Shape, right: &Shape, span: Span) -> Fault {
        let reason = format!("`{}` does not go between {left} and {right}", operator.as_str());
        self.fault(span, FaultKind::WrongKind, &reason)
    }

    pub(super) fn call(
        &mut self,
        function: Function,
        args: &[Node],
        span: Span,
    ) -> Result<Shape, Fault> {
        let Some((on, rest)) = args.split_first() else { return Ok(Shape::any()) };
        let name = format!("`{}`", function.as_str());
        let (kinds, needs) = on_what(function);
        let of = self.needs(on, kinds, &name, needs)?;
        let mut others = Vec::with_capacity(rest.len());
        for arg in rest {
            let (kinds, needs) = match function {
                Function::StartsWith | Function::EndsWith | Function::Contains | Function::Join => {
                    (TEXT, "text")
                }
                Function::Slice => (NUMBER, "whole numbers"),
                Function::Or => (OPTIONAL, "an optional"),
                _ => (u8::MAX, "anything"),
            };
            others.push(self.needs(arg, kinds, &name, needs)?);
        }
        let other = others.into_iter().next().unwrap_or_else(Shape::any);
        let item = if of.is_open() { Shape::any() } else { of.item() };
        let items = |kinds: u8, needs: &str| {
            if item.may_be(kinds) {
                Ok(())
            } else {
                Err(self.wrong(span, &name, needs, &Shape::list(item.clone())))
            }
        };
        Ok(match function {
            Function::Size | Function::ToInt => Shape::of(INT),
            Function::ToDouble => Shape::of(DOUBLE),
            Function::StartsWith | Function::EndsWith | Function::Contains | Function::HasValue => {
                Shape::of(BOOL)
            }
            Function::Lower | Function::Upper | Function::Trim | Function::ToText => {
                Shape::of(TEXT)
            }
            Function::First | Function::Last => item,
            Function::Sum => {
                items(NUMBER, "a list of numbers")?;
                if item.is_open() { Shape::of(NUMBER) } else { Shape::of(item.kinds & NUMBER) }
            }
            Function::Min | Function::Max => {
                items(NUMBER | TEXT, "a list of numbers or of texts")?;
                item
            }
            Function::Sort => {
                items(NUMBER | TEXT, "a list of numbers or of texts")?;
                Shape::list(item)
            }
            Function::Join => {
                items(TEXT, "a list of texts")?;
                Shape::of(TEXT)
            }
            Function::Reverse | Function::Slice | Function::Distinct => Shape::list(item),
            Function::Flatten => {
                if item.is_open() {
                    return Ok(Shape::list(Shape::any()));
                }
                if item.kinds & LIST == 0 {
                    return Ok(Shape::list(item));
                }
                let inner = item.item();
                let beside = Shape { items: None, kinds: item.kinds & !LIST, ..item };
                Shape::list(if beside.kinds == 0 { inner } else { inner.or(beside) })
            }
            Function::OrValue => {
                if of.is_open() {
                    Shape::any()
                } else {
                    of.held().or(other)
                }
            }
            Function::Or => of.or(other),
            Function::Value => {
                if of.is_open() {
                    Shape::any()
                } else {
                    of.held()
                }
            }
        })
    }
}

/// What a function may be called on.
fn on_what(function: Function) -> (u8, &'static str) {
    match function {
        Function::Size => (LIST | OBJECT | TEXT, "a list, an object or text"),
        Function::StartsWith
        | Function::EndsWith
        | Function::Contains
        | Function::Lower
        | Function::Upper
        | Function::Trim => (TEXT, "text"),
        Function::ToText => (NUMBER | BOOL | TEXT, "a number, a boolean or text"),
        Function::ToInt | Function::ToDouble => (NUMBER | TEXT, "a number or text"),
        Function::OrValue | Function::Or | Function::HasValue | Function::Value => {
            (OPTIONAL, "an optional")
        }
        _ => (LIST, "a list"),
    }
}

/// The kind of number that arithmetic gives.
fn number(left: &Shape, right: &Shape) -> Shape {
    let whole = |shape: &Shape| !shape.is_open() && shape.kinds & DOUBLE == 0;
    Shape::of(if whole(left) && whole(right) { INT } else { NUMBER })
}

/// Whether two values are certainly different. Null is left out: whether a value may be missing is
/// not always known.
fn never_equal(left: &Shape, right: &Shape) -> bool {
    if left.is_open() || right.is_open() || (left.kinds | right.kinds) & NULL != 0 {
        return false;
    }
    let spread = |kinds: u8| if kinds & NUMBER == 0 { kinds } else { kinds | NUMBER };
    let common = spread(left.kinds) & spread(right.kinds);
    match (&left.texts, &right.texts) {
        (Some(a), Some(b)) if common == TEXT => a.is_disjoint(b),
        _ => common == 0,
    }
}

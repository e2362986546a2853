//! Which values are worked out once, although they stand within a loop.
//!
//! `users.filter(u, u.id in dashboards.map(d, d.owner))` names the same list of owners for each
//! user. What is costly and reads no name of an enclosing loop is marked; its value is kept for the
//! rest of the evaluation.

use super::ast::{Kind, Node};

/// Mark what is kept; how many there are.
pub(super) fn keep(root: &mut Node) -> usize {
    let mut kept = 0;
    mark(root, 0, &mut kept);
    kept
}

/// Mark the costly nodes of a tree that reads none of the `bound` names around it. Whether the
/// tree is such a one: the outermost name that it reads, or `usize::MAX`.
fn mark(node: &mut Node, bound: usize, kept: &mut usize) -> usize {
    let mut outermost = usize::MAX;
    let mut costly = false;
    match &mut node.kind {
        Kind::Literal(_) | Kind::Name(_) => {}
        Kind::Local(place) => outermost = *place,
        Kind::List(elements) => {
            for element in elements {
                outermost = outermost.min(mark(&mut element.value, bound, kept));
            }
        }
        Kind::Object(entries) => {
            for entry in entries {
                outermost = outermost.min(mark(&mut entry.key, bound, kept));
                outermost = outermost.min(mark(&mut entry.value, bound, kept));
            }
        }
        Kind::Field { of, .. } | Kind::Has { of, .. } | Kind::Not(of) | Kind::Negate(of) => {
            outermost = mark(of, bound, kept);
        }
        Kind::Index { of, index, .. } => {
            outermost = mark(of, bound, kept).min(mark(index, bound, kept));
        }
        Kind::Binary(_, pair) | Kind::And(pair) | Kind::Or(pair) => {
            for part in pair.iter_mut() {
                outermost = outermost.min(mark(part, bound, kept));
            }
        }
        Kind::If(parts) => {
            for part in parts.iter_mut() {
                outermost = outermost.min(mark(part, bound, kept));
            }
        }
        Kind::Each(each) => {
            costly = true;
            outermost = mark(&mut each.over, bound, kept);
            for part in each.only.iter_mut().chain([&mut each.body]) {
                let inner = mark(part, bound + 1, kept);
                if inner < bound {
                    outermost = outermost.min(inner);
                }
            }
        }
        Kind::Call { function, args } => {
            costly = function.is_costly();
            for arg in args {
                outermost = outermost.min(mark(arg, bound, kept));
            }
        }
        Kind::Kept(_, inner) => outermost = mark(inner, bound, kept),
    }
    if costly && bound > 0 && outermost == usize::MAX {
        let slot = *kept;
        *kept += 1;
        let span = node.span;
        let kind = std::mem::replace(&mut node.kind, Kind::Literal(super::value::Val::Null));
        node.kind = Kind::Kept(slot, Box::new(Node { span, kind }));
    }
    outermost
}

//! The names that an expression reads from its scope.

use std::collections::BTreeSet;

use super::ast::{Kind, Node};

pub(super) fn names(root: &Node) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    // The tree is at most as large as its limit of nodes, so the list is too.
    let mut left = vec![root];
    while let Some(node) = left.pop() {
        match &node.kind {
            Kind::Name(name) => {
                found.insert(name.as_ref());
            }
            Kind::Literal(_) | Kind::Local(_) => {}
            Kind::List(elements) => left.extend(elements.iter().map(|element| &element.value)),
            Kind::Object(entries) => {
                left.extend(entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
            }
            Kind::Field { of, .. }
            | Kind::Has { of, .. }
            | Kind::Not(of)
            | Kind::Negate(of)
            | Kind::Kept(_, of) => left.push(of),
            Kind::Index { of, index, .. } => left.extend([of.as_ref(), index.as_ref()]),
            Kind::Binary(_, pair) | Kind::And(pair) | Kind::Or(pair) => left.extend(pair.iter()),
            Kind::If(parts) => left.extend(parts.iter()),
            Kind::Each(each) => {
                left.extend([&each.over, &each.body]);
                left.extend(each.only.as_ref());
            }
            Kind::Call { args, .. } => left.extend(args),
        }
    }
    found
}

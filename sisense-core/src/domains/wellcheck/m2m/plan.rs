//! Which columns the relations of a data model join, and so have to be counted.

use std::collections::HashMap;

use crate::documents::RelationEnd;
use crate::domains::lookup::models::{Titled, never_deployed};

/// A column of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domains::wellcheck) struct KeyColumn {
    pub(in crate::domains::wellcheck) table: String,
    pub(in crate::domains::wellcheck) column: String,
    pub(super) hidden: bool,
}

/// One end of a pair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    pub(super) table: Option<String>,
    pub(super) column: Option<String>,
    /// Its place among the keys; none when the model does not have it any more.
    pub(super) key: Option<usize>,
}

/// Two columns that a relation joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) relation: Option<String>,
    pub(super) left: End,
    pub(super) right: End,
    /// Its place among the composites, where further relations join the same two tables, and
    /// whether its left end is there on the left.
    pub(super) composite: Option<(usize, bool)>,
}

/// Columns that join two tables together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Composite {
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
}

/// What is needed of a data model to judge its relations. Its document may be dropped.
#[derive(Clone, Debug, Default)]
pub(in crate::domains::wellcheck) struct Plan {
    pub(super) id: Option<String>,
    pub(super) title: String,
    pub(super) live: bool,
    pub(super) never_built: bool,
    pub(in crate::domains::wellcheck) keys: Vec<KeyColumn>,
    pub(super) pairs: Vec<Pair>,
    pub(super) composites: Vec<Composite>,
    /// Pairs of which an end is marked as dropped.
    pub(super) dropped: usize,
}

impl Plan {
    pub(in crate::domains::wellcheck) fn of(model: &Titled) -> Self {
        let document = &model.document;
        let mut plan = Plan {
            id: document.id().map(str::to_owned),
            title: model.title.clone(),
            live: document.is_live(),
            never_built: never_deployed(document),
            ..Plan::default()
        };
        let hidden: HashMap<&str, bool> =
            document.tables().map(|table| (table.name.as_str(), table.hidden)).collect();
        let mut places: HashMap<(String, String), usize> = HashMap::new();
        for relation in document.relations() {
            for (at, left) in relation.ends.iter().enumerate() {
                for right in &relation.ends[at + 1..] {
                    if left.dropped || right.dropped {
                        plan.dropped += 1;
                        continue;
                    }
                    let [left, right] =
                        [left, right].map(|end| plan.end(end, &hidden, &mut places));
                    let relation = relation.id.clone();
                    plan.pairs.push(Pair { relation, left, right, composite: None });
                }
            }
        }
        plan.compose();
        plan
    }

    /// An end with the place of its column among the keys; each column is there once.
    fn end(
        &mut self,
        end: &RelationEnd,
        hidden: &HashMap<&str, bool>,
        places: &mut HashMap<(String, String), usize>,
    ) -> End {
        let key = end.table.clone().zip(end.column.clone()).map(|(table, column)| {
            *places.entry((table.clone(), column.clone())).or_insert_with(|| {
                let hidden = hidden.get(table.as_str()).copied().unwrap_or_default();
                self.keys.push(KeyColumn { table, column, hidden });
                self.keys.len() - 1
            })
        });
        End { table: end.table.clone(), column: end.column.clone(), key }
    }

    /// Two tables that several relations join are joined by all their columns together.
    fn compose(&mut self) {
        let mut groups: Vec<((String, String), Vec<usize>)> = Vec::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            let (Some(left), Some(right)) = (pair.left.key, pair.right.key) else { continue };
            let tables = (self.keys[left].table.clone(), self.keys[right].table.clone());
            if tables.0 == tables.1 {
                continue;
            }
            let sorted = if tables.0 < tables.1 { tables } else { (tables.1, tables.0) };
            match groups.iter_mut().find(|(known, _)| *known == sorted) {
                Some((_, pairs)) => pairs.push(at),
                None => groups.push((sorted, vec![at])),
            }
        }
        for ((first, _), pairs) in groups.into_iter().filter(|(_, pairs)| pairs.len() > 1) {
            let mut composite = Composite::default();
            for at in pairs {
                let pair = &mut self.pairs[at];
                let (Some(left), Some(right)) = (pair.left.key, pair.right.key) else { continue };
                let in_order = self.keys[left].table == first;
                let (left, right) = if in_order { (left, right) } else { (right, left) };
                for (side, key) in [(&mut composite.left, left), (&mut composite.right, right)] {
                    if !side.contains(&key) {
                        side.push(key);
                    }
                }
                pair.composite = Some((self.composites.len(), in_order));
            }
            self.composites.push(composite);
        }
    }
}

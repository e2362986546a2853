//! Aggregates, and rows by group.

use std::collections::{HashMap, HashSet};

use sqlparser::ast::{
    DuplicateTreatment, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
};

use super::cell::{Sum, tidy};
use super::expr::{Here, Node, Reader};
use super::{Cell, Key, SqlError};

/// What an aggregate makes of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    Sum,
    Min,
    Max,
    Average,
}

/// One aggregate of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aggregate {
    pub(super) kind: Kind,
    /// None counts rows.
    pub(super) argument: Option<Node>,
    distinct: bool,
}

impl Reader<'_> {
    pub(super) fn aggregate(&mut self, call: &Function) -> Result<Node, SqlError> {
        let name = call.name.to_string().to_uppercase();
        let kind = match name.as_str() {
            "COUNT" => Kind::Count,
            "SUM" => Kind::Sum,
            "MIN" => Kind::Min,
            "MAX" => Kind::Max,
            "AVG" => Kind::Average,
            _ => return Err(SqlError::NoFunction(call.name.to_string())),
        };
        let unsupported = || SqlError::Unsupported(format!("this form of {name}"));
        if call.over.is_some() || call.filter.is_some() || !call.within_group.is_empty() {
            return Err(unsupported());
        }
        let FunctionArguments::List(list) = &call.args else { return Err(unsupported()) };
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        let argument = match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]
                if kind == Kind::Count && !distinct =>
            {
                None
            }
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))] => {
                // An aggregate inside an aggregate has no meaning.
                let mut inner = Reader { scope: self.scope, aggregates: None };
                Some(inner.read(expr)?)
            }
            _ => return Err(unsupported()),
        };
        let Some(aggregates) = self.aggregates.as_mut() else {
            return Err(SqlError::Unsupported(format!("{name} in this place")));
        };
        let aggregate = Aggregate { kind, argument, distinct };
        let at = aggregates.iter().position(|known| *known == aggregate);
        Ok(Node::Aggregate(at.unwrap_or_else(|| {
            aggregates.push(aggregate);
            aggregates.len() - 1
        })))
    }
}

/// What an aggregate has seen so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    values: HashSet<Key>,
    count: i64,
    total: Option<Cell>,
    least: Option<Cell>,
    most: Option<Cell>,
}

impl Seen {
    fn add(&mut self, aggregate: &Aggregate, cell: &dyn Fn(usize) -> Cell) {
        let Some(argument) = &aggregate.argument else {
            self.count += 1;
            return;
        };
        let value = argument.over(cell);
        // Aggregates pass over nulls.
        if value.is_null() || (aggregate.distinct && !self.values.insert(value.key())) {
            return;
        }
        self.count += 1;
        match aggregate.kind {
            Kind::Count => {}
            Kind::Sum | Kind::Average => {
                let total = self.total.take().unwrap_or(Cell::Int(0));
                self.total = Some(total.calculate(Sum::Add, &value));
            }
            Kind::Min if self.least.as_ref().is_none_or(|least| value.order(least).is_lt()) => {
                self.least = Some(value);
            }
            Kind::Max if self.most.as_ref().is_none_or(|most| value.order(most).is_gt()) => {
                self.most = Some(value);
            }
            Kind::Min | Kind::Max => {}
        }
    }

    fn result(self, kind: Kind) -> Cell {
        match kind {
            Kind::Count => Cell::Int(self.count),
            Kind::Sum => self.total.unwrap_or(Cell::Null),
            Kind::Average => match self.total {
                Some(total) => match total.calculate(Sum::Divide, &Cell::Int(self.count)) {
                    Cell::Float(value) => Cell::Float(tidy(value)),
                    other => other,
                },
                None => Cell::Null,
            },
            Kind::Min => self.least.unwrap_or(Cell::Null),
            Kind::Max => self.most.unwrap_or(Cell::Null),
        }
    }
}

struct Group {
    /// Any of its rows; a query without GROUP BY may have a group of none.
    row: Option<usize>,
    seen: Vec<Seen>,
}

/// A group with the results of its aggregates.
pub(super) struct Grouped {
    row: Option<usize>,
    aggregates: Vec<Cell>,
}

impl Grouped {
    /// Evaluates over the group.
    pub(super) fn value(&self, node: &Node, cell: &dyn Fn(usize, usize) -> Cell) -> Cell {
        let of = |column| self.row.map_or(Cell::Null, |row| cell(row, column));
        node.at(&Here { cell: &of, aggregates: &self.aggregates })
    }
}

/// Gathers rows into groups, which come in the order of their first rows. Without grouping
/// expressions all rows are one group, even when there are none.
pub(super) fn gather(
    rows: impl Iterator<Item = usize>,
    cell: &dyn Fn(usize, usize) -> Cell,
    by: &[Node],
    aggregates: &[Aggregate],
) -> Vec<Grouped> {
    let fresh = |row| Group { row, seen: vec![Seen::default(); aggregates.len()] };
    let mut places: HashMap<Vec<Key>, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    if by.is_empty() {
        groups.push(fresh(None));
        places.insert(Vec::new(), 0);
    }
    for row in rows {
        let of = |column| cell(row, column);
        let key: Vec<Key> = by.iter().map(|node| node.over(&of).key()).collect();
        let at = *places.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(fresh(Some(row)));
        }
        for (seen, aggregate) in groups[at].seen.iter_mut().zip(aggregates) {
            seen.add(aggregate, &of);
        }
    }
    let results = |seen: Vec<Seen>| {
        seen.into_iter().zip(aggregates).map(|(seen, known)| seen.result(known.kind)).collect()
    };
    groups
        .into_iter()
        .map(|group| Grouped { row: group.row, aggregates: results(group.seen) })
        .collect()
}

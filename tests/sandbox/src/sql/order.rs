//! Order, repeats, and the part of a result that is wanted.

use std::cmp::Ordering;
use std::collections::HashSet;

use sqlparser::ast::{
    Expr, LimitClause, OrderByExpr, OrderBySort, Query, Select, TopQuantity, Value,
};

use super::expr::{Reader, Scope, same};
use super::select::unsupported;
use super::{Cell, Key, Node, Output, SqlError, Window};

/// A row of the result with what it is sorted by.
pub(super) struct Line {
    pub(super) cells: Vec<Cell>,
    pub(super) sort: Vec<Cell>,
}

/// Expressions to sort by, each with whether it goes from high to low.
type Sorting = Vec<(Node, bool)>;

/// Expressions that may be places in the result or names of it.
pub(super) fn places<'e>(
    items: impl IntoIterator<Item = &'e Expr>,
    names: &[String],
    nodes: &[Node],
    mut read: impl FnMut(&Expr) -> Result<Node, SqlError>,
) -> Result<Vec<Node>, SqlError> {
    let mut found = Vec::new();
    for item in items {
        let node = match item {
            Expr::Value(value) => {
                let place = number(&value.value).and_then(|at| nodes.get(at.checked_sub(1)?));
                let missing = || SqlError::Syntax(format!("no such place in the result: {value}"));
                place.ok_or_else(missing)?.clone()
            }
            Expr::Identifier(name) => match names.iter().position(|own| same(own, &name.value)) {
                Some(at) => nodes[at].clone(),
                None => read(item)?,
            },
            other => read(other)?,
        };
        found.push(node);
    }
    Ok(found)
}

pub(super) fn sorting(
    order: &[OrderByExpr],
    names: &[String],
    nodes: &[Node],
    read: impl FnMut(&Expr) -> Result<Node, SqlError>,
) -> Result<Sorting, SqlError> {
    let mut falls = Vec::new();
    for item in order {
        if item.options.nulls_first.is_some() || item.with_fill.is_some() {
            return Err(unsupported("this form of ORDER BY"));
        }
        falls.push(match &item.options.sort {
            None | Some(OrderBySort::Asc) => false,
            Some(OrderBySort::Desc) => true,
            Some(OrderBySort::Using(_)) => return Err(unsupported("ORDER BY USING")),
        });
    }
    let nodes = places(order.iter().map(|item| &item.expr), names, nodes, read)?;
    Ok(nodes.into_iter().zip(falls).collect())
}

/// Sorts and cuts a whole result, whose columns go by name or place.
pub(super) fn sorted(
    whole: Output,
    order: &[OrderByExpr],
    window: Window,
) -> Result<Output, SqlError> {
    let Output { columns, rows } = whole;
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let nodes: Vec<Node> = (0..columns.len()).map(Node::Column).collect();
    let scope = Scope { columns: &columns, tables: &[] };
    let sorting =
        sorting(order, &names, &nodes, |expr| Reader { scope, aggregates: None }.read(expr))?;
    let lines = rows.into_iter().map(|cells| {
        let of = |column: usize| cells.get(column).cloned().unwrap_or(Cell::Null);
        let sort = sorting.iter().map(|(node, _)| node.over(&of)).collect();
        Line { cells, sort }
    });
    let rows = arrange(lines, &sorting, false, window);
    Ok(Output { columns, rows })
}

/// Sorts, drops repeats and cuts. Without an order only the rows of the window are made.
pub(super) fn arrange(
    lines: impl Iterator<Item = Line>,
    sorting: &Sorting,
    distinct: bool,
    window: Window,
) -> Vec<Vec<Cell>> {
    let most = window.limit.unwrap_or(usize::MAX);
    if sorting.is_empty() && !distinct {
        return lines.skip(window.offset).take(most).map(|line| line.cells).collect();
    }
    let mut lines: Vec<Line> = lines.collect();
    if distinct {
        unique(&mut lines, |line| &line.cells);
    }
    lines.sort_by(|left, right| {
        let pairs = left.sort.iter().zip(&right.sort).zip(sorting);
        let orders = pairs.map(|((left, right), (_, falls))| {
            let order = left.order(right);
            if *falls { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    lines.into_iter().skip(window.offset).take(most).map(|line| line.cells).collect()
}

pub(super) fn unique<T>(rows: &mut Vec<T>, cells: impl Fn(&T) -> &Vec<Cell>) {
    let mut known: HashSet<Vec<Key>> = HashSet::new();
    rows.retain(|row| known.insert(cells(row).iter().map(Cell::key).collect()));
}

fn number(value: &Value) -> Option<usize> {
    match value {
        Value::Number(digits, _) => digits.parse().ok(),
        _ => None,
    }
}

fn count(expr: &Expr) -> Result<usize, SqlError> {
    let found = match expr {
        Expr::Value(value) => number(&value.value),
        Expr::Nested(inner) => return count(inner),
        _ => None,
    };
    found.ok_or_else(|| SqlError::Syntax(format!("not a number of rows: {expr}")))
}

pub(super) fn top(select: &Select) -> Result<Window, SqlError> {
    let limit = match &select.top {
        None => None,
        Some(top) if top.percent || top.with_ties => return Err(unsupported("this form of TOP")),
        Some(top) => match &top.quantity {
            Some(TopQuantity::Constant(rows)) => Some(usize::try_from(*rows).unwrap_or(usize::MAX)),
            Some(TopQuantity::Expr(expr)) => Some(count(expr)?),
            None => return Err(SqlError::Syntax("TOP needs a number".to_owned())),
        },
    };
    Ok(Window { offset: 0, limit })
}

pub(super) fn own_window(query: &Query) -> Result<Window, SqlError> {
    let (limit, offset) = match &query.limit_clause {
        None => (None, None),
        Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
            (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
        Some(_) => return Err(unsupported("LIMIT BY")),
    };
    let fetch = match &query.fetch {
        None => None,
        Some(fetch) if fetch.percent || fetch.with_ties => {
            return Err(unsupported("this form of FETCH"));
        }
        Some(fetch) => fetch.quantity.as_ref().map(count).transpose()?.or(Some(1)),
    };
    let limit = limit.map(count).transpose()?.or(fetch);
    Ok(Window { offset: offset.map(count).transpose()?.unwrap_or(0), limit })
}

/// A window inside a window.
pub(super) fn within(own: Window, outer: Window) -> Window {
    let left = own.limit.map(|limit| limit.saturating_sub(outer.offset));
    Window {
        offset: own.offset.saturating_add(outer.offset),
        limit: match (left, outer.limit) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        },
    }
}

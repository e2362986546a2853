//! Answering a SELECT over its source.

use std::rc::Rc;

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, ObjectName, OrderBy, OrderByExpr, OrderByKind, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, TableFactor,
};

use super::expr::{Reader, Scope, same};
use super::group::{Aggregate, Grouped, Kind, gather};
use super::order::{Line, arrange, own_window, places, sorted, sorting, top, unique, within};
use super::{Catalog, Cell, Column, Node, Output, Skills, Source, SqlError, UNNAMED, Window};

/// What a query is answered with.
pub(super) struct Engine<'a> {
    catalog: &'a dyn Catalog,
    skills: Skills,
    /// Results that WITH gave a name.
    named: Vec<(String, Rc<Output>)>,
}

/// A source with the names that it goes by.
struct From {
    source: Rc<dyn Source>,
    names: Vec<String>,
}

impl<'a> Engine<'a> {
    pub(super) fn new(catalog: &'a dyn Catalog, skills: Skills) -> Self {
        Self { catalog, skills, named: Vec::new() }
    }

    pub(super) fn query(&self, query: &Query, window: Window) -> Result<Output, SqlError> {
        let mut inner = Self { named: self.named.clone(), ..*self };
        if let Some(with) = &query.with {
            self.needs_sub_select()?;
            if with.recursive {
                return Err(unsupported("WITH RECURSIVE"));
            }
            for part in &with.cte_tables {
                let result = inner.query(&part.query, Window::default())?;
                inner.named.push((part.alias.name.value.clone(), Rc::new(result)));
            }
        }
        if !query.locks.is_empty() || query.for_clause.is_some() || query.format_clause.is_some() {
            return Err(unsupported("a clause behind the SELECT"));
        }
        let own = own_window(query)?;
        let order = match &query.order_by {
            None => &[][..],
            Some(OrderBy { kind: OrderByKind::Expressions(items), interpolate: None }) => items,
            Some(_) => return Err(unsupported("this form of ORDER BY")),
        };
        inner.body(&query.body, order, within(own, window))
    }

    fn body(
        &self,
        body: &SetExpr,
        order: &[OrderByExpr],
        window: Window,
    ) -> Result<Output, SqlError> {
        match body {
            SetExpr::Select(select) => self.select(select, order, window),
            SetExpr::Query(query) if order.is_empty() => self.query(query, window),
            SetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier, right } => {
                let distinct = match set_quantifier {
                    SetQuantifier::All => false,
                    SetQuantifier::None | SetQuantifier::Distinct => true,
                    _ => return Err(unsupported("this form of UNION")),
                };
                let mut whole = self.body(left, &[], Window::default())?;
                let more = self.body(right, &[], Window::default())?;
                if whole.columns.len() != more.columns.len() {
                    let message = "each part of a UNION must have as many columns";
                    return Err(SqlError::Syntax(message.to_owned()));
                }
                whole.rows.extend(more.rows);
                if distinct {
                    unique(&mut whole.rows, |row| row);
                }
                sorted(whole, order, window)
            }
            _ => Err(unsupported("this form of query")),
        }
    }

    fn select(
        &self,
        select: &Select,
        order: &[OrderByExpr],
        window: Window,
    ) -> Result<Output, SqlError> {
        let unusual = select.into.is_some()
            || !select.lateral_views.is_empty()
            || !select.connect_by.is_empty()
            || !select.named_window.is_empty()
            || select.qualify.is_some()
            || select.prewhere.is_some();
        if unusual {
            return Err(unsupported("a clause of this SELECT"));
        }
        let window = within(top(select)?, window);
        let from = self.from(select)?;
        let source = from.source.as_ref();
        let scope = Scope { columns: source.columns(), tables: &from.names };
        let mut aggregates = Vec::new();
        let (columns, nodes) = projection(select, scope, &mut aggregates)?;
        let by = grouping(select, scope, &columns, &nodes)?;
        let mut read = Reader { scope, aggregates: Some(&mut aggregates) };
        let having = select.having.as_ref().map(|having| read.read(having)).transpose()?;
        let sorting = sorting(order, &columns, &nodes, |expr| read.read(expr))?;
        let mut read = Reader { scope, aggregates: None };
        let condition = select.selection.as_ref().map(|expr| read.read(expr)).transpose()?;
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return Err(unsupported("DISTINCT ON")),
        };
        let columns = typed(columns, &nodes, source.columns(), &aggregates);
        let cell = |row, column| source.cell(row, column);
        let passes = |row: &usize| {
            condition.as_ref().is_none_or(|node| node.over(&|column| cell(*row, column)).holds())
        };
        let rows = (0..source.len()).filter(passes);
        let plain = by.is_empty() && aggregates.is_empty() && having.is_none();
        let lines: Box<dyn Iterator<Item = Line>> = if plain {
            Box::new(rows.map(|row| {
                let of = |node: &Node| node.over(&|column| cell(row, column));
                Line {
                    cells: nodes.iter().map(of).collect(),
                    sort: sorting.iter().map(|(node, _)| of(node)).collect(),
                }
            }))
        } else {
            let parts = nodes.iter().chain(&having).chain(sorting.iter().map(|(node, _)| node));
            if let Some(column) = parts.filter_map(|node| node.stray(&by)).next() {
                return Err(SqlError::NotGrouped(source.columns()[column].name.clone()));
            }
            let groups = gather(rows, &cell, &by, &aggregates).into_iter();
            let stays = |group: &Grouped| {
                having.as_ref().is_none_or(|node| group.value(node, &cell).holds())
            };
            Box::new(groups.filter(stays).map(|group| Line {
                cells: nodes.iter().map(|node| group.value(node, &cell)).collect(),
                sort: sorting.iter().map(|(node, _)| group.value(node, &cell)).collect(),
            }))
        };
        let rows = arrange(lines, &sorting, distinct, window);
        Ok(Output { columns, rows })
    }

    fn from(&self, select: &Select) -> Result<From, SqlError> {
        let table = match select.from.as_slice() {
            // One row without columns, for `SELECT 1`.
            [] => {
                let one = Output { columns: Vec::new(), rows: vec![Vec::new()] };
                return Ok(From { source: Rc::new(one), names: Vec::new() });
            }
            [table] if table.joins.is_empty() => &table.relation,
            _ => return Err(unsupported("more than one table in FROM")),
        };
        let (source, alias): (Rc<dyn Source>, _) = match table {
            TableFactor::Table { name, alias, args: None, sample: None, with_hints, .. }
                if with_hints.is_empty() =>
            {
                let name = table_name(name)?;
                let source = match self.named.iter().rev().find(|(known, _)| same(known, &name)) {
                    Some((_, result)) => Rc::clone(result) as Rc<dyn Source>,
                    None => self.catalog.open(&name)?,
                };
                match alias {
                    None => return Ok(From { source, names: vec![name] }),
                    Some(_) => (source, alias),
                }
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                self.needs_sub_select()?;
                (Rc::new(self.query(subquery, Window::default())?), alias)
            }
            other => return Err(unsupported(&format!("{other} in FROM"))),
        };
        if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
            return Err(unsupported("naming columns in FROM"));
        }
        let names = alias.iter().map(|alias| alias.name.value.clone()).collect();
        Ok(From { source, names })
    }

    fn needs_sub_select(&self) -> Result<(), SqlError> {
        if self.skills.sub_select { Ok(()) } else { Err(unsupported("a SELECT inside a SELECT")) }
    }
}

pub(super) fn unsupported(what: &str) -> SqlError {
    SqlError::Unsupported(what.to_owned())
}

/// Tables belong to no schema: a dot in a name must be quoted together with it.
fn table_name(name: &ObjectName) -> Result<String, SqlError> {
    let parts: Vec<&str> =
        name.0.iter().filter_map(|part| part.as_ident().map(|name| name.value.as_str())).collect();
    match parts.as_slice() {
        [name] => Ok((*name).to_owned()),
        _ => Err(SqlError::NoTable(parts.join("."))),
    }
}

fn projection(
    select: &Select,
    scope: Scope<'_>,
    aggregates: &mut Vec<Aggregate>,
) -> Result<(Vec<String>, Vec<Node>), SqlError> {
    let mut items: Vec<(String, Node)> = Vec::new();
    let all = || {
        let named = |(at, column): (usize, &Column)| (column.name.clone(), Node::Column(at));
        scope.columns.iter().enumerate().map(named)
    };
    let mut read = Reader { scope, aggregates: Some(aggregates) };
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) if select.from.is_empty() => {
                return Err(SqlError::Syntax("* needs a table".to_owned()));
            }
            SelectItem::Wildcard(_) => items.extend(all()),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = table_name(name)?;
                if !scope.tables.iter().any(|own| same(own, &name)) {
                    return Err(SqlError::NoTable(name));
                }
                items.extend(all());
            }
            SelectItem::UnnamedExpr(expr) => {
                let node = read.read(expr)?;
                let name = match (expr, &node) {
                    (Expr::Identifier(_) | Expr::CompoundIdentifier(_), Node::Column(at)) => {
                        scope.columns[*at].name.clone()
                    }
                    _ => UNNAMED.to_owned(),
                };
                items.push((name, node));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                items.push((alias.value.clone(), read.read(expr)?));
            }
            other => return Err(unsupported(&format!("{other} in SELECT"))),
        }
    }
    Ok(items.into_iter().unzip())
}

fn grouping(
    select: &Select,
    scope: Scope<'_>,
    names: &[String],
    nodes: &[Node],
) -> Result<Vec<Node>, SqlError> {
    let GroupByExpr::Expressions(items, modifiers) = &select.group_by else {
        return Err(unsupported("GROUP BY ALL"));
    };
    if !modifiers.is_empty() {
        return Err(unsupported("this form of GROUP BY"));
    }
    // A name that is both a column and a name of the result is the column, unlike in ORDER BY.
    let column = |name: &String| scope.columns.iter().any(|column| same(&column.name, name));
    let names: Vec<String> =
        names.iter().map(|name| if column(name) { String::new() } else { name.clone() }).collect();
    let by = places(items, &names, nodes, |expr| Reader { scope, aggregates: None }.read(expr))?;
    match by.iter().find(|node| matches!(node, Node::Aggregate(_))) {
        Some(_) => Err(unsupported("an aggregate in GROUP BY")),
        None => Ok(by),
    }
}

/// Type codes: big integer, double, text, boolean.
const WHOLE: i64 = 0;
const DOUBLE: i64 = 40;
const TEXT: i64 = 18;
const BOOLEAN: i64 = 2;

fn typed(
    names: Vec<String>,
    nodes: &[Node],
    columns: &[Column],
    aggregates: &[Aggregate],
) -> Vec<Column> {
    let code = |node: &Node| code(node, columns, aggregates);
    names.into_iter().zip(nodes).map(|(name, node)| Column { name, code: code(node) }).collect()
}

fn code(node: &Node, columns: &[Column], aggregates: &[Aggregate]) -> i64 {
    match node {
        Node::Column(at) => columns.get(*at).map_or(TEXT, |column| column.code),
        Node::Value(Cell::Int(_)) => WHOLE,
        Node::Value(Cell::Float(_)) | Node::Calculate(..) => DOUBLE,
        Node::Value(_) => TEXT,
        Node::Aggregate(at) => match aggregates.get(*at) {
            Some(Aggregate { kind: Kind::Average, .. }) => DOUBLE,
            Some(Aggregate { kind: Kind::Count, .. }) | None => WHOLE,
            Some(Aggregate { argument, .. }) => {
                argument.as_ref().map_or(WHOLE, |node| code(node, columns, aggregates))
            }
        },
        _ => BOOLEAN,
    }
}

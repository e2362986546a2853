//! Expressions: from the parser's form to one that can be evaluated over a row.

use std::cmp::Ordering;

use sqlparser::ast::{BinaryOperator, Expr, Ident, UnaryOperator, Value};

use super::cell::Sum;
use super::group::Aggregate;
use super::{Cell, Column, SqlError, parse};

/// An expression over one row, or over one group of rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Value(Cell),
    Column(usize),
    /// The result of an aggregate by its place in the list.
    Aggregate(usize),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Compare(Box<Node>, Test, Box<Node>),
    Calculate(Box<Node>, Sum, Box<Node>),
    IsNull(Box<Node>),
    In(Box<Node>, Vec<Node>),
    Like(Box<Node>, Box<Node>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Test {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// What an expression is evaluated over.
pub(super) struct Here<'a> {
    pub(super) cell: &'a dyn Fn(usize) -> Cell,
    pub(super) aggregates: &'a [Cell],
}

impl Node {
    /// Evaluates over a row that has no group.
    pub(crate) fn over(&self, cell: &dyn Fn(usize) -> Cell) -> Cell {
        self.at(&Here { cell, aggregates: &[] })
    }

    pub(super) fn at(&self, here: &Here<'_>) -> Cell {
        match self {
            Self::Value(cell) => cell.clone(),
            Self::Column(at) => (here.cell)(*at),
            Self::Aggregate(at) => here.aggregates.get(*at).cloned().unwrap_or(Cell::Null),
            Self::Not(node) => not(node.at(here)),
            Self::And(left, right) => match (left.at(here), right.at(here)) {
                (Cell::Bool(false), _) | (_, Cell::Bool(false)) => Cell::Bool(false),
                (Cell::Bool(true), Cell::Bool(true)) => Cell::Bool(true),
                _ => Cell::Null,
            },
            Self::Or(left, right) => match (left.at(here), right.at(here)) {
                (Cell::Bool(true), _) | (_, Cell::Bool(true)) => Cell::Bool(true),
                (Cell::Bool(false), Cell::Bool(false)) => Cell::Bool(false),
                _ => Cell::Null,
            },
            Self::Compare(left, test, right) => {
                let order = left.at(here).compare(&right.at(here));
                order.map_or(Cell::Null, |order| Cell::Bool(test.holds(order)))
            }
            Self::Calculate(left, sum, right) => left.at(here).calculate(*sum, &right.at(here)),
            Self::IsNull(node) => Cell::Bool(node.at(here).is_null()),
            Self::In(node, list) => {
                let wanted = node.at(here);
                let mut unknown = wanted.is_null();
                for item in list {
                    match wanted.compare(&item.at(here)) {
                        Some(Ordering::Equal) => return Cell::Bool(true),
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
                if unknown { Cell::Null } else { Cell::Bool(false) }
            }
            Self::Like(node, pattern) => node.at(here).like(&pattern.at(here)),
        }
    }

    /// The first column that stands outside of every aggregate and every grouped expression.
    pub(super) fn stray(&self, grouped: &[Self]) -> Option<usize> {
        if grouped.contains(self) {
            return None;
        }
        match self {
            Self::Column(at) => Some(*at),
            Self::Value(_) | Self::Aggregate(_) => None,
            Self::Not(node) | Self::IsNull(node) => node.stray(grouped),
            Self::And(left, right)
            | Self::Or(left, right)
            | Self::Compare(left, _, right)
            | Self::Calculate(left, _, right)
            | Self::Like(left, right) => left.stray(grouped).or_else(|| right.stray(grouped)),
            Self::In(node, list) => {
                node.stray(grouped).or_else(|| list.iter().find_map(|item| item.stray(grouped)))
            }
        }
    }
}

fn not(cell: Cell) -> Cell {
    match cell {
        Cell::Bool(value) => Cell::Bool(!value),
        _ => Cell::Null,
    }
}

/// Reads an expression over columns, as custom columns hold it.
pub(crate) fn expression(sql: &str, columns: &[Column]) -> Result<Node, SqlError> {
    let scope = Scope { columns, tables: &[] };
    Reader { scope, aggregates: None }.read(&parse::expression(sql)?)
}

/// The names that an expression may use.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) columns: &'a [Column],
    /// What the table is called: its name or its alias.
    pub(super) tables: &'a [String],
}

impl Scope<'_> {
    /// A column by name: letter by letter first, then ignoring case.
    pub(super) fn find(&self, parts: &[Ident]) -> Result<usize, SqlError> {
        let Some((column, tables)) = parts.split_last() else {
            return Err(SqlError::NoColumn(String::new()));
        };
        let whole = || parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
        let known = |name: &Ident| self.tables.iter().any(|own| same(own, &name.value));
        if tables.len() > 1 || !tables.iter().all(known) {
            return Err(SqlError::NoColumn(whole()));
        }
        let exact = |own: &Column| own.name == column.value;
        let close = |own: &Column| same(&own.name, &column.value);
        for fits in [&exact as &dyn Fn(&Column) -> bool, &close] {
            let mut found = (0..self.columns.len()).filter(|at| fits(&self.columns[*at]));
            match (found.next(), found.next()) {
                (Some(_), Some(_)) => return Err(SqlError::Ambiguous(whole())),
                (Some(at), None) => return Ok(at),
                _ => {}
            }
        }
        Err(SqlError::NoColumn(whole()))
    }
}

/// Whether two names are the same but for case.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// Turns the parser's expressions into nodes, collecting aggregates where they are allowed.
pub(super) struct Reader<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) aggregates: Option<&'a mut Vec<Aggregate>>,
}

impl Reader<'_> {
    pub(super) fn read(&mut self, expr: &Expr) -> Result<Node, SqlError> {
        match expr {
            Expr::Identifier(name) => {
                Ok(Node::Column(self.scope.find(std::slice::from_ref(name))?))
            }
            Expr::CompoundIdentifier(parts) => Ok(Node::Column(self.scope.find(parts)?)),
            Expr::Value(value) => literal(&value.value),
            Expr::Nested(inner) => self.read(inner),
            Expr::UnaryOp { op, expr } => {
                let node = self.read(expr)?;
                match op {
                    UnaryOperator::Not => Ok(Node::Not(Box::new(node))),
                    UnaryOperator::Plus => Ok(node),
                    UnaryOperator::Minus => {
                        let zero = Node::Value(Cell::Int(0));
                        Ok(Node::Calculate(Box::new(zero), Sum::Subtract, Box::new(node)))
                    }
                    other => Err(SqlError::Unsupported(format!("the operator {other}"))),
                }
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::IsNull(inner) => Ok(Node::IsNull(self.boxed(inner)?)),
            Expr::IsNotNull(inner) => Ok(negated(Node::IsNull(self.boxed(inner)?), true)),
            Expr::InList { expr, list, negated: no } => {
                let items = list.iter().map(|item| self.read(item)).collect::<Result<_, _>>()?;
                Ok(negated(Node::In(self.boxed(expr)?, items), *no))
            }
            Expr::Between { expr, negated: no, low, high } => {
                let (node, low, high) = (self.boxed(expr)?, self.boxed(low)?, self.boxed(high)?);
                let above = Node::Compare(node.clone(), Test::GreaterOrEqual, low);
                let below = Node::Compare(node, Test::LessOrEqual, high);
                Ok(negated(Node::And(Box::new(above), Box::new(below)), *no))
            }
            Expr::Like { negated: no, any: false, expr, pattern, escape_char: None } => {
                Ok(negated(Node::Like(self.boxed(expr)?, self.boxed(pattern)?), *no))
            }
            Expr::Function(call) => self.aggregate(call),
            Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => {
                Err(SqlError::Unsupported("a SELECT inside an expression".to_owned()))
            }
            other => Err(SqlError::Unsupported(format!("the expression {other}"))),
        }
    }

    fn boxed(&mut self, expr: &Expr) -> Result<Box<Node>, SqlError> {
        Ok(Box::new(self.read(expr)?))
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Result<Node, SqlError> {
        let (left, right) = (self.boxed(left)?, self.boxed(right)?);
        let compare = |test| move |left, right| Node::Compare(left, test, right);
        let calculate = |sum| move |left, right| Node::Calculate(left, sum, right);
        Ok(match op {
            BinaryOperator::And => Node::And(left, right),
            BinaryOperator::Or => Node::Or(left, right),
            BinaryOperator::Eq => compare(Test::Equal)(left, right),
            BinaryOperator::NotEq => compare(Test::NotEqual)(left, right),
            BinaryOperator::Lt => compare(Test::Less)(left, right),
            BinaryOperator::LtEq => compare(Test::LessOrEqual)(left, right),
            BinaryOperator::Gt => compare(Test::Greater)(left, right),
            BinaryOperator::GtEq => compare(Test::GreaterOrEqual)(left, right),
            BinaryOperator::Plus => calculate(Sum::Add)(left, right),
            BinaryOperator::Minus => calculate(Sum::Subtract)(left, right),
            BinaryOperator::Multiply => calculate(Sum::Multiply)(left, right),
            BinaryOperator::Divide => calculate(Sum::Divide)(left, right),
            BinaryOperator::Modulo => calculate(Sum::Remainder)(left, right),
            other => return Err(SqlError::Unsupported(format!("the operator {other}"))),
        })
    }
}

fn negated(node: Node, no: bool) -> Node {
    if no { Node::Not(Box::new(node)) } else { node }
}

fn literal(value: &Value) -> Result<Node, SqlError> {
    let cell = match value {
        Value::Null => Cell::Null,
        Value::Boolean(value) => Cell::Bool(*value),
        Value::SingleQuotedString(text) | Value::NationalStringLiteral(text) => {
            Cell::Text(text.clone())
        }
        Value::Number(digits, _) => match (digits.parse::<i64>(), digits.parse::<f64>()) {
            (Ok(whole), _) => Cell::Int(whole),
            (_, Ok(number)) => Cell::Float(number),
            _ => return Err(SqlError::Syntax(format!("not a number: {digits}"))),
        },
        other => return Err(SqlError::Unsupported(format!("the literal {other}"))),
    };
    Ok(Node::Value(cell))
}

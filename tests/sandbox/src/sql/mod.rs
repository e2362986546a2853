//! A small SQL over tables in memory: enough of SELECT to answer what clients ask of a model.

mod cell;
mod expr;
mod group;
mod order;
mod parse;
mod select;
#[cfg(test)]
mod tests;

use std::rc::Rc;

pub(crate) use cell::{Cell, Key};
pub(crate) use expr::{Node, expression};

/// Header of a column that has no name.
const UNNAMED: &str = "Column";

/// A column of a table or a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Type code, as models write it.
    pub(crate) code: i64,
}

/// Something with rows. Values are made when they are asked for.
pub(crate) trait Source {
    fn columns(&self) -> &[Column];
    fn len(&self) -> usize;
    fn cell(&self, row: usize, column: usize) -> Cell;
}

/// Where tables come from.
pub(crate) trait Catalog {
    fn open(&self, table: &str) -> Result<Rc<dyn Source>, SqlError>;
}

/// A result, or a table that is held.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Source for Output {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        self.rows.get(row).and_then(|cells| cells.get(column)).cloned().unwrap_or(Cell::Null)
    }
}

/// Which rows of a result are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    pub(crate) offset: usize,
    pub(crate) limit: Option<usize>,
}

/// What the engine knows of SQL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Skills {
    /// Whether a SELECT may stand in FROM, or before the query in WITH.
    pub(crate) sub_select: bool,
}

/// Why a query has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SqlError {
    #[error("SQL compilation error: {0}")]
    Syntax(String),
    #[error("only SELECT statements are allowed")]
    NotSelect,
    #[error("exactly one statement is allowed")]
    NotOne,
    #[error("the query is too long or too deep")]
    TooLarge,
    #[error("SQL compilation error: no such table: '{0}'")]
    NoTable(String),
    #[error("SQL compilation error: no such column: '{0}'")]
    NoColumn(String),
    #[error("SQL compilation error: ambiguous column: '{0}'")]
    Ambiguous(String),
    #[error("SQL compilation error: '{0}' must be an aggregate or stand in GROUP BY")]
    NotGrouped(String),
    #[error("SQL compilation error: unknown function: '{0}'")]
    NoFunction(String),
    #[error("SQL compilation error: {0} is not supported")]
    Unsupported(String),
}

/// Answers a query. The window applies to what the query itself leaves.
pub(crate) fn run(
    sql: &str,
    catalog: &dyn Catalog,
    skills: Skills,
    window: Window,
) -> Result<Output, SqlError> {
    let query = parse::query(sql)?;
    select::Engine::new(catalog, skills).query(&query, window)
}

//! The SQL of custom tables and custom columns: which columns of the model it names.
//!
//! This is no SQL parser. It finds names, and where it cannot tell what a name stands for it says
//! so: the columns that may be meant are doubted, never taken for unused.

mod lex;
mod touch;

pub use lex::SqlText;
pub(super) use touch::touched;

use super::model::ModelDocument;

/// Whether a query has a `UNION`, outside of quotes and comments.
#[must_use]
pub fn has_union(sql: &str) -> bool {
    SqlText::read(sql).has_word("union")
}

/// Names of the model's tables that a query reads from, in the order of the model.
#[must_use]
pub fn tables_in_sql(sql: &str, model: &ModelDocument) -> Vec<String> {
    let index = model.index();
    let tables = touch::tables(&SqlText::read(sql), &index);
    index
        .table_names()
        .iter()
        .enumerate()
        .filter(|(table, _)| tables.contains(table))
        .map(|(_, name)| name.clone())
        .collect()
}

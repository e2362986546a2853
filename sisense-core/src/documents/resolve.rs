//! From a reference in a document to a column of a model.

use std::collections::HashMap;

use super::dim::Dim;
use super::model::ModelDocument;

/// A column by its place in the model document: which table, which column of that table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnKey {
    /// Index into the model's tables.
    pub table: usize,
    /// Index into the table's columns.
    pub column: usize,
}

/// The tables and columns of a model, ready to be looked up by name and by id.
#[derive(Clone, Debug, Default)]
pub struct ModelIndex {
    /// Tables by lower-case name; several when names differ by case only.
    tables: HashMap<String, Vec<usize>>,
    table_names: Vec<String>,
    /// Per table: names as written, in the order of the document.
    columns: Vec<Vec<String>>,
    by_id: HashMap<String, ColumnKey>,
    table_ids: HashMap<String, usize>,
}

impl ModelIndex {
    /// Index a model.
    #[must_use]
    pub fn new(model: &ModelDocument) -> Self {
        let mut index = ModelIndex::default();
        for (t, table) in model.tables().enumerate() {
            index.tables.entry(table.name.to_lowercase()).or_default().push(t);
            index.table_names.push(table.name.clone());
            index.columns.push(table.columns.iter().map(|column| column.name.clone()).collect());
            if let Some(id) = &table.id {
                index.table_ids.insert(id.clone(), t);
            }
            for (c, column) in table.columns.iter().enumerate() {
                if let Some(id) = &column.id {
                    index.by_id.insert(id.clone(), ColumnKey { table: t, column: c });
                }
            }
        }
        index
    }

    /// The column that a `dim` names: the text in the brackets without ` (Calendar)`, the longest
    /// table name that is its beginning, then the column, exactly or ignoring case.
    #[must_use]
    pub fn resolve(&self, dim: &str) -> Option<ColumnKey> {
        let parsed = Dim::parse(dim);
        let found = parsed.splits().find_map(|(table, column)| self.find(table, column));
        if found.is_some() || parsed.calendar.is_empty() {
            return found;
        }
        // A column may really be called "… (Calendar)"; then nothing was found without the mark.
        parsed
            .splits()
            .find_map(|(table, column)| self.find(table, &format!("{column}{}", parsed.calendar)))
    }

    /// The column of this table and column name: exactly, else ignoring case.
    #[must_use]
    pub fn find(&self, table: &str, column: &str) -> Option<ColumnKey> {
        let lower = column.to_lowercase();
        let tables = self.tables_named(table);
        let exact = |t: &usize| {
            self.columns[*t].iter().position(|name| name == column).map(|column| (*t, column))
        };
        let loose = |t: &usize| {
            let same = |name: &String| name.to_lowercase() == lower;
            self.columns[*t].iter().position(same).map(|column| (*t, column))
        };
        tables
            .iter()
            .find_map(exact)
            .or_else(|| tables.iter().find_map(loose))
            .map(|(table, column)| ColumnKey { table, column })
    }

    /// The tables of this name, ignoring case, the exact one first.
    pub(super) fn tables_named(&self, table: &str) -> Vec<usize> {
        let mut found = self.tables.get(&table.to_lowercase()).cloned().unwrap_or_default();
        found.sort_by_key(|t| self.table_names[*t] != table);
        found
    }

    /// The columns of one table that have this name, ignoring case.
    pub(super) fn columns_named(
        &self,
        table: usize,
        lower: &str,
    ) -> impl Iterator<Item = ColumnKey> {
        let columns = self.columns.get(table).map_or(&[][..], Vec::as_slice);
        let found: Vec<ColumnKey> = columns
            .iter()
            .enumerate()
            .filter(|(_, name)| name.to_lowercase() == lower)
            .map(|(column, _)| ColumnKey { table, column })
            .collect();
        found.into_iter()
    }

    /// All columns of one table.
    pub(super) fn columns_of(&self, table: usize) -> impl Iterator<Item = ColumnKey> + use<> {
        let count = self.columns.get(table).map_or(0, Vec::len);
        (0..count).map(move |column| ColumnKey { table, column })
    }

    /// All columns of the model, in its order.
    pub(super) fn all(&self) -> impl Iterator<Item = ColumnKey> {
        (0..self.columns.len()).flat_map(|table| self.columns_of(table))
    }

    /// Names of the tables, in the order of the model.
    pub(super) fn table_names(&self) -> &[String] {
        &self.table_names
    }

    /// The name of a column.
    pub(super) fn column_name(&self, key: ColumnKey) -> &str {
        self.columns.get(key.table).and_then(|c| c.get(key.column)).map_or("", String::as_str)
    }

    /// The column of this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<ColumnKey> {
        self.by_id.get(id).copied()
    }

    /// The table of this id.
    #[must_use]
    pub fn table_by_id(&self, id: &str) -> Option<usize> {
        self.table_ids.get(id).copied()
    }
}

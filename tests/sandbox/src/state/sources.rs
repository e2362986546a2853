//! The databases that connections lead to: which tables they hold, with which columns.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Deployment;
use super::doc::{list, text};

/// Columns by database, schema and table.
type Catalogue = BTreeMap<[String; 3], Vec<Value>>;

/// What there is to read, by provider: all connections of a provider lead to the same databases.
#[derive(Clone, Default)]
pub(crate) struct Sources(BTreeMap<String, Catalogue>);

impl Sources {
    /// Adds a table unless it is there already.
    pub(crate) fn add(&mut self, provider: &str, at: [&str; 3], columns: &[SourceColumn]) {
        let catalogue = self.0.entry(provider.to_owned()).or_default();
        catalogue.entry(at.map(str::to_owned)).or_insert_with(|| {
            let shown = |(order, column): (usize, &SourceColumn)| {
                json!({
                    "columnName": column.name, "dbType": column.code, "size": column.size,
                    "precision": column.precision, "scale": column.scale, "columnOrder": order + 1,
                })
            };
            columns.iter().enumerate().map(shown).collect()
        });
    }

    /// The columns of a table. Names are compared letter by letter, as most databases do. A
    /// provider that nothing is known of leads to a small database of its own.
    pub(crate) fn columns(&self, provider: &str, at: [&str; 3]) -> Option<&[Value]> {
        let catalogue = self.0.get(provider).or_else(|| self.0.get(""))?;
        catalogue.get(&at.map(str::to_owned)).map(Vec::as_slice)
    }
}

impl Sources {
    /// Whether any database of a provider holds a table of this name.
    pub(crate) fn holds(&self, provider: &str, table: &str) -> bool {
        let catalogue = self.0.get(provider).or_else(|| self.0.get(""));
        catalogue.is_some_and(|found| found.keys().any(|[_, _, name]| name == table))
    }
}

/// A column of a source table.
pub(crate) struct SourceColumn {
    pub(crate) name: String,
    pub(crate) code: i64,
    pub(crate) size: Value,
    pub(crate) precision: Value,
    pub(crate) scale: Value,
}

impl Deployment {
    /// Takes the tables of a dataset for tables of the database behind its connection.
    pub(crate) fn learn_source(&mut self, dataset: &Value) {
        let connection = &dataset["connection"];
        let provider = text(connection, "provider");
        if provider.is_empty() {
            return;
        }
        let place = |own: &str, parameter: &str| {
            let named = [text(dataset, own), text(&connection["parameters"], parameter)];
            let named = named.into_iter().find(|name| !["", "null"].contains(name));
            named.unwrap_or("null").to_owned()
        };
        let (database, schema) = (place("database", "Database"), place("schemaName", "Schema"));
        for table in list(&dataset["schema"], "tables") {
            if text(table, "type") == "custom" {
                continue;
            }
            let plain = list(table, "columns").iter().filter(|one| one["isCustom"] != true);
            let columns: Vec<SourceColumn> = plain
                .map(|column| SourceColumn {
                    name: text(column, "id").to_owned(),
                    code: column["type"].as_i64().unwrap_or(18),
                    size: column["size"].clone(),
                    precision: column["precision"].clone(),
                    scale: column["scale"].clone(),
                })
                .collect();
            self.sources.add(provider, [&database, &schema, text(table, "id")], &columns);
        }
    }
}

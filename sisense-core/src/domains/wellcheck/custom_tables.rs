//! Which tables are SQL expressions over others.

use super::each;
use super::load::{self, Also, MOST_MODELS};
use super::{CheckDatamodels, CustomTable, CustomTableCheck, Wellcheck, YesNo};
use crate::documents::{SqlText, TableKind, has_union, tables_in_sql};
use crate::domains::lookup::models::Titled;
use crate::error::Result;
use crate::run::Partial;

impl Wellcheck {
    /// List the custom tables of data models, with those that use `UNION`.
    ///
    /// One row per custom table: whether its SQL has a `UNION` outside of quotes and comments,
    /// which tables of the model it reads, and how long it is. The definition is the draft. At most
    /// 500 data models; `["*"]` means all. A reference that fits none, or several, is named and
    /// does not stop the rest. One request per data model.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, `forbidden` when the token may not read data models.
    ///
    /// # Ask
    /// - Which custom tables of Sample ECommerce use UNION?
    /// - List the custom tables of all data models
    /// - Does the cube Finance have custom SQL tables?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn check_datamodel_custom_tables(
        &self,
        params: CheckDatamodels,
    ) -> Result<Partial<CustomTableCheck>> {
        load::check("data model", &params.datamodels, MOST_MODELS)?;
        let mut rows = Vec::new();
        let read = each::model(&self.client, &params.datamodels, Also::Nothing, |model| {
            rows.extend(custom_tables(&model.titled));
        })
        .await?;
        let value = CustomTableCheck {
            union_count: rows.iter().filter(|row| row.has_union == YesNo::Yes).count(),
            custom_tables: rows,
            datamodels_checked: read.checked,
            not_found: read.not_found,
        };
        Ok(Partial { value, missing: read.missing })
    }
}

/// The custom tables of one data model.
pub(super) fn custom_tables(model: &Titled) -> Vec<CustomTable> {
    let document = &model.document;
    let custom = document.tables().filter(|table| table.kind == TableKind::Custom);
    custom
        .map(|table| {
            let sql = table.expression.as_deref().unwrap_or_default();
            CustomTable {
                datamodel_id: document.id().map(str::to_owned),
                datamodel_name: model.title.clone(),
                table_id: table.id.clone(),
                table_name: table.name.clone(),
                has_union: has_union(sql).into(),
                uses_tables: tables_in_sql(sql, document),
                sql_length: sql.chars().count(),
                sql_readable: !sql.is_empty() && !SqlText::read(sql).is_broken(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use super::*;

    fn rows(tables: Value) -> Vec<CustomTable> {
        let model =
            json!({"oid": "m", "title": "Shop", "datasets": [{"schema": {"tables": tables}}]});
        custom_tables(&Titled::from_value(model).unwrap())
    }

    fn union(sql: &str) -> YesNo {
        rows(json!([{"name": "C", "type": "custom", "expression": {"expression": sql}}]))[0]
            .has_union
    }

    #[test]
    fn a_union_counts_only_as_a_word_of_the_query() {
        for sql in [
            "SELECT a FROM A UNION SELECT a FROM B",
            "select a from A\nunion all\nselect a from B",
            "SELECT a FROM A/**/UNION/**/SELECT a FROM B",
        ] {
            assert_eq!(union(sql), YesNo::Yes, "{sql}");
        }
        for sql in [
            "SELECT 'A UNION B' FROM A",
            "SELECT a FROM A -- UNION SELECT a FROM B",
            "SELECT a /* UNION */ FROM A",
            "SELECT [Union] FROM [Credit Union]",
            "SELECT reunion, union_id FROM A",
        ] {
            assert_eq!(union(sql), YesNo::No, "{sql}");
        }
    }

    #[test]
    fn a_table_is_custom_by_type_or_by_its_sql() {
        let rows = rows(json!([
            {"oid": "1", "name": "A", "type": "base", "expression": null},
            {"oid": "2", "name": "B", "type": "Custom"},
            {"oid": "3", "name": "C", "expression": "SELECT x FROM [A], B"},
            {"oid": "4", "name": "D", "type": "custom", "expression": {"expression": "SELECT 'x"}},
        ]));
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.table_name.as_str(), row.sql_length, row.sql_readable))
            .collect();
        assert_eq!(told, [("B", 0, false), ("C", 20, true), ("D", 9, false)]);
        assert_eq!(rows[1].uses_tables, ["A", "B"]);
    }
}

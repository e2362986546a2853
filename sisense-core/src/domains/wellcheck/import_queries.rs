//! Which tables are filled by a query of their own.

use super::each;
use super::load::{self, Also, MOST_MODELS};
use super::{CheckDatamodels, ImportQueryCheck, TableImportQuery, Wellcheck, YesNo};
use crate::documents::TableKind;
use crate::domains::lookup::models::Titled;
use crate::error::Result;
use crate::run::Partial;

impl Wellcheck {
    /// Tell which tables of data models are filled by an import query.
    ///
    /// One row per base table; custom tables have none. A blank query counts as none. The queries
    /// themselves are not in the answer. The definition is the draft. At most 500 data models;
    /// `["*"]` means all. A reference that fits none, or several, is named and does not stop the
    /// rest. One request per data model.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, `forbidden` when the token may not read data models.
    ///
    /// # Ask
    /// - Which tables of Sample ECommerce have an import query?
    /// - Check the import queries of all data models
    /// - Is any table of the cube Finance filled by a custom import query?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn check_datamodel_import_queries(
        &self,
        params: CheckDatamodels,
    ) -> Result<Partial<ImportQueryCheck>> {
        load::check("data model", &params.datamodels, MOST_MODELS)?;
        let mut rows = Vec::new();
        let read = each::model(&self.client, &params.datamodels, Also::Nothing, |model| {
            rows.extend(import_queries(&model.titled));
        })
        .await?;
        let value = ImportQueryCheck {
            import_query_count: rows.iter().filter(|row| has_query(row)).count(),
            tables: rows,
            datamodels_checked: read.checked,
            not_found: read.not_found,
        };
        Ok(Partial { value, missing: read.missing })
    }
}

pub(super) fn has_query(row: &TableImportQuery) -> bool {
    row.has_import_query == YesNo::Yes
}

/// The base tables of one data model.
pub(super) fn import_queries(model: &Titled) -> Vec<TableImportQuery> {
    let mut rows = Vec::new();
    for dataset in model.document.datasets() {
        for table in dataset.tables.iter().filter(|table| table.kind == TableKind::Base) {
            let query = table.import_query.as_deref();
            rows.push(TableImportQuery {
                datamodel_id: model.document.id().map(str::to_owned),
                datamodel_name: model.title.clone(),
                dataset_name: dataset.name.clone(),
                table_id: table.id.clone(),
                table_name: table.name.clone(),
                has_import_query: query.is_some().into(),
                query_length: query.map(|query| query.chars().count()),
            });
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_query_with_something_in_it_counts() {
        let model = json!({"oid": "m", "title": "Shop", "datasets": [
            {"name": "Orders", "schema": {"tables": [
                {"name": "A", "configOptions": {"importQuery": "SELECT 1"}},
                {"name": "B", "configOptions": {"importQuery": " \n "}},
                {"name": "C", "configOptions": null},
                {"name": "D"},
                {"name": "E", "configOptions": {"Table": "orders.csv"}},
                {"name": "F", "configOptions": {"importQuery": null}}]}},
            {"name": null, "schema": {"tables": [
                {"name": "G", "type": "custom", "configOptions": {"importQuery": "SELECT 1"}}]}}]});
        let rows = import_queries(&Titled::from_value(model).unwrap());
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.table_name.as_str(), row.has_import_query, row.query_length))
            .collect();
        let no = |name| (name, YesNo::No, None);
        assert_eq!(told, [("A", YesNo::Yes, Some(8)), no("B"), no("C"), no("D"), no("E"), no("F")]);
        assert_eq!(rows[0].dataset_name.as_deref(), Some("Orders"));
    }
}

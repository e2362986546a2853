//! The columns of one data model.

use super::{ColumnRow, Datamodel, GetModelSchema};
use crate::error::Result;

impl Datamodel {
    /// List every column of a data model with its table, dataset and type.
    ///
    /// One row per column, in the order of the model. The definition is the draft.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when two titles differ only in case.
    ///
    /// # Ask
    /// - Show the schema of Sample ECommerce
    /// - Which columns and types does the model Finance have?
    /// - List the fields of the cube Sales with their data types
    /// - Show the tables, columns and types of the data model Leads
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_model_schema(&self, params: GetModelSchema) -> Result<Vec<ColumnRow>> {
        let model = self.document(&params.datamodel_name).await?;
        let kind = model.kind();
        let mut rows = Vec::new();
        for dataset in model.datasets() {
            for table in &dataset.tables {
                rows.extend(table.columns.iter().map(|column| ColumnRow {
                    datamodel_name: model.title().map(str::to_owned),
                    datamodel_type: kind.clone(),
                    dataset_name: dataset.name.clone(),
                    table_name: table.name.clone(),
                    column_name: column.name.clone(),
                    column_type: column.type_name.clone(),
                    type_code: column.type_code,
                    hidden: column.hidden,
                    table_hidden: table.hidden,
                    is_custom: column.is_custom,
                    expression: column.expression.clone(),
                    size: column.size,
                    precision: column.precision,
                    scale: column.scale,
                }));
            }
        }
        Ok(rows)
    }
}

//! The columns of one data model.

use super::{DatamodelColumn, GetDatamodelColumns};
use crate::documents::ModelDocument;
use crate::domains::access::Access;
use crate::error::Result;

impl Access {
    /// List every column of a data model with its table and type.
    ///
    /// One row per column, in the order of the model, with the ids of model, dataset, table and
    /// column. The definition is the draft. One request for an exact title.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when two titles differ only in case,
    /// `forbidden` when the token may not read data models.
    ///
    /// # Ask
    /// - List the columns of Sample ECommerce
    /// - Which fields does the cube Finance have?
    /// - Show all columns of the data model Sales
    /// - Give me every field of the model Leads with its table
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_datamodel_columns(
        &self,
        params: GetDatamodelColumns,
    ) -> Result<Vec<DatamodelColumn>> {
        let model = self.client.find_model(&params.datamodel_name).await?;
        let model = ModelDocument::from_value(model)?;
        let mut rows = Vec::new();
        for dataset in model.datasets() {
            for table in &dataset.tables {
                rows.extend(table.columns.iter().map(|column| DatamodelColumn {
                    datamodel_id: model.id().map(str::to_owned),
                    datamodel_name: model.title().map(str::to_owned),
                    dataset_id: dataset.id.clone(),
                    table_id: table.id.clone(),
                    table: table.name.clone(),
                    column_id: column.id.clone(),
                    column: column.name.clone(),
                    column_type: column.type_code,
                    type_name: column.type_name.clone(),
                    hidden: column.hidden,
                    table_hidden: table.hidden,
                    is_custom: column.is_custom,
                }));
            }
        }
        Ok(rows)
    }
}

//! The tables of one data model with where they come from.

use super::get::kind_name;
use super::{Datamodel, DescribeDatamodel, TableRow};
use crate::error::Result;

impl Datamodel {
    /// Describe a data model: one row per table with dataset and connection.
    ///
    /// Tells the table's type (`base` or `custom`) and the dataset's type apart. Connection
    /// parameters are never in the answer.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when two titles differ only in case.
    ///
    /// # Ask
    /// - Describe the data model Sample ECommerce
    /// - Which tables and connections does the cube Sales use?
    /// - Where does the model Finance get its data from?
    /// - Explain the cube Leads: its tables, datasets and connections
    /// - Which connection is behind the data model Web?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn describe_datamodel(&self, params: DescribeDatamodel) -> Result<Vec<TableRow>> {
        let model = self.document(&params.datamodel_name).await?;
        let kind = model.kind();
        let mut rows = Vec::new();
        for dataset in model.datasets() {
            let connection = dataset.connection.as_ref();
            rows.extend(dataset.tables.iter().map(|table| TableRow {
                datamodel_name: model.title().map(str::to_owned),
                datamodel_id: model.id().map(str::to_owned),
                datamodel_type: kind.clone(),
                datamodel_last_build_publish: model.last_build_or_publish().map(str::to_owned),
                datamodel_last_updated: model.text("lastUpdated").map(str::to_owned),
                dataset_id: dataset.id.clone(),
                dataset_name: dataset.name.clone(),
                dataset_type: dataset.kind.clone(),
                provider: connection.and_then(|c| c.provider.clone()),
                connection_name: connection.and_then(|c| c.name.clone()),
                table_id: table.id.clone(),
                table_name: table.name.clone(),
                table_type: kind_name(table.kind),
                hidden: table.hidden,
                column_count: table.columns.len(),
                build_behavior: table.build_behavior.clone(),
                has_import_query: table.import_query.is_some(),
            }));
        }
        Ok(rows)
    }
}

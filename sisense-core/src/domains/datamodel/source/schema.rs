//! The columns of a table in a source.

use super::{GetTableSchema, SourceColumnRow, TableSchema};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::connections::SourcePlace;
use crate::domains::lookup::required;
use crate::error::Result;

impl Datamodel {
    /// List the columns of a table in the source behind a connection.
    ///
    /// Sizes and types are those that a data model would get. The source itself is asked, which
    /// may take long; a question that takes too long is not asked again. Two requests, one more on
    /// servers that want the whole connection. Database, schema and table are spelt as in the
    /// source, case included.
    ///
    /// # Errors
    /// `not_found` for a connection, with the nearest names, and for a table that the source does
    /// not show; `ambiguous` when several connections have the name; `unsupported` when connection
    /// management is off; `timeout` when the source does not answer.
    ///
    /// # Ask
    /// - Which columns does the table orders behind the connection Warehouse have?
    /// - Describe the source table public.orders in the database dwh of the connection Warehouse
    /// - Show the columns of a physical table in the source database
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_table_schema(&self, params: GetTableSchema) -> Result<TableSchema> {
        let GetTableSchema { connection_name, database_name, schema_name, table_name } = params;
        required("the connection's name", &connection_name)?;
        required("the database", &database_name)?;
        required("the schema", &schema_name)?;
        required("the table", &table_name)?;
        let connection = self.client.find_connection(&connection_name).await?;
        let place =
            SourcePlace { database: &database_name, schema: &schema_name, table: &table_name };
        let table = self.client.source_table(&connection, place).await?;
        Ok(TableSchema {
            connection_id: connection.oid,
            connection_name: connection.name,
            provider: connection.provider,
            database: database_name,
            schema: schema_name,
            table: table_name,
            table_type: table.kind,
            columns: table.columns.into_iter().map(SourceColumnRow::from).collect(),
        })
    }
}

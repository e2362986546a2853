//! What the source says of the tables that are wanted.

use futures_util::stream::{self, StreamExt};

use super::super::Datamodel;
use crate::domains::lookup::connections::{ConnectionRecord, SourceColumn, SourcePlace};
use crate::domains::lookup::together;
use crate::error::{Error, ErrorKind, Result};

/// How many tables a source is asked about at once.
const AT_ONCE: usize = 4;

/// A table that is wanted: its database, schema and name in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) database: String,
    pub(super) schema: String,
    pub(super) table: String,
}

impl Datamodel {
    /// The columns of every table, in the order of the tables. All tables that the source does not
    /// know are named together.
    pub(super) async fn source_columns(
        &self,
        connection: &ConnectionRecord,
        wanted: &[Wanted],
    ) -> Result<Vec<Vec<SourceColumn>>> {
        // Futures in a list, and not a closure over borrowed tables: only those can be spawned.
        let asked: Vec<_> =
            wanted.iter().map(|wanted| self.columns_of(connection, wanted)).collect();
        let found: Vec<Result<Vec<SourceColumn>>> =
            stream::iter(asked).buffered(AT_ONCE).collect().await;
        let mut columns = Vec::new();
        let mut missing = Vec::new();
        for one in found {
            match one {
                Ok(one) => columns.push(one),
                Err(error) if error.kind() == ErrorKind::NotFound => missing.push(error),
                Err(error) => return Err(error),
            }
        }
        together(missing).map(|()| columns)
    }

    async fn columns_of(
        &self,
        connection: &ConnectionRecord,
        wanted: &Wanted,
    ) -> Result<Vec<SourceColumn>> {
        let Wanted { database, schema, table } = wanted;
        let place = SourcePlace { database, schema, table };
        let mut columns = self.client.source_table(connection, place).await?.columns;
        let untyped: Vec<&str> = columns
            .iter()
            .filter(|column| column.db_type.is_none())
            .map(|column| column.name.as_str())
            .collect();
        if !untyped.is_empty() {
            let message =
                format!("the source does not tell the type of columns: {}", untyped.join(", "));
            return Err(Error::new(ErrorKind::Decode, message)
                .with_asset(format!("table \"{database}.{schema}.{table}\""))
                .with_next_step("add this table on the web page"));
        }
        if columns.iter().all(|column| column.order.is_some()) {
            columns.sort_by_key(|column| column.order);
        }
        Ok(columns)
    }
}

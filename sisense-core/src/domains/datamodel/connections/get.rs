//! The connections of a name.

use super::{Connection, GetConnection};
use crate::domains::datamodel::Datamodel;
use crate::error::Result;

impl Datamodel {
    /// Get the connections of a name, without their secrets.
    ///
    /// Names need not be unique, so the answer is a list with at least one. An id, or a name in
    /// another case, is found too. Secrets among the parameters are replaced by `***`, whatever
    /// the server left in them. A connection that is not shared with the token's user is not seen.
    ///
    /// # Errors
    /// `not_found` with the nearest names; `ambiguous` when only names of other case fit, and
    /// several of them; `unsupported` when connection management is off.
    ///
    /// # Ask
    /// - Show the connection Warehouse
    /// - Which provider does the connection Warehouse use?
    /// - Who owns the connection Sales Redshift, and is it enabled?
    /// - Details of the connection ERP
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_connection(&self, params: GetConnection) -> Result<Vec<Connection>> {
        let found = self.client.find_connections(&params.connection_name).await?;
        Ok(found.into_iter().map(Connection::from).collect())
    }
}

//! Arguments of the operations about sources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::datamodel::Datamodel::get_table_schema`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetTableSchema {
    /// The connection's name or id.
    pub connection_name: String,
    /// The database, as the source spells it.
    pub database_name: String,
    /// The schema, as the source spells it.
    pub schema_name: String,
    /// The table, as the source spells it.
    pub table_name: String,
}

//! Arguments of the operations about connections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::datamodel::Datamodel::get_connection`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetConnection {
    /// The connection's name or id.
    pub connection_name: String,
}

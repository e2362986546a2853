//! Results of the operations about connections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clean;
use crate::domains::lookup::connections::ConnectionRecord;

/// A connection to a data source, without its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Connection {
    /// The connection's id.
    pub connection_id: String,
    /// The name. Several connections may have the same.
    pub name: Option<String>,
    /// The kind of the source, such as `RedShift`.
    pub provider: Option<String>,
    /// What it is for, in words.
    pub description: Option<String>,
    /// Whether it may be used.
    pub enabled: Option<bool>,
    /// The kinds of data model that may use it: `extract`, `live`.
    pub supported_model_types: Option<Vec<String>>,
    /// The id of the user who owns it.
    pub owner_id: Option<String>,
    /// Whether a person made it, and not the system.
    pub created_by_user: Option<bool>,
    /// When it last changed (ISO 8601).
    pub last_modified: Option<String>,
    /// How the source is reached. `***` stands for a secret; the server leaves some out by itself.
    pub parameters: Option<Map<String, Value>>,
}

impl From<ConnectionRecord> for Connection {
    fn from(record: ConnectionRecord) -> Self {
        let kinds = record.supported_model_types;
        Connection {
            connection_id: record.oid,
            name: record.name,
            provider: record.provider,
            description: record.description.map(|text| clean::text(&text)),
            enabled: record.enabled,
            supported_model_types: kinds
                .map(|kinds| kinds.iter().map(|kind| kind.to_lowercase()).collect()),
            owner_id: record.owner_id,
            created_by_user: record.created_by_user,
            last_modified: record.last_modified,
            parameters: record.parameters.map(clean::parameters),
        }
    }
}

/// The answer to making a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CreatedConnection {
    /// The connection, without its secrets. In a preview its id is a placeholder.
    #[serde(flatten)]
    pub connection: Connection,
    /// Whether it was made now; `false` when it was there already, and in a preview.
    pub created: bool,
    /// What else is to be known.
    pub notes: Vec<String>,
}

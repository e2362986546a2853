//! Arguments of the operations about rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most rows that one call of [`crate::domains::datamodel::Datamodel::get_data`] gives.
pub const MAX_ROWS: u64 = 50_000;
const DEFAULT_ROWS: u64 = 1_000;

/// Arguments of [`crate::domains::datamodel::Datamodel::get_data`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetData {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// The table to read. With a `query` it only tells what the query is about.
    pub table_name: String,
    /// A query in place of the whole table: one SELECT, or WITH, over tables of the model. Names go
    /// in brackets: `SELECT [Order ID] FROM [Order Lines]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Most rows to give. Default 1000, at most 50 000.
    #[serde(default = "default_rows")]
    #[schemars(range(min = 1, max = 50_000))]
    pub limit: u64,
    /// How many rows to leave out at the beginning. Default 0.
    #[serde(default)]
    pub offset: u64,
}

fn default_rows() -> u64 {
    DEFAULT_ROWS
}

/// Arguments of [`crate::domains::datamodel::Datamodel::get_row_count`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetRowCount {
    /// The data model's title or id.
    pub datamodel_name: String,
}

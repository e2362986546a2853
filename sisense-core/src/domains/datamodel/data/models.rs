//! Results of the operations about rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DataColumn {
    /// The header. One that repeats is numbered: `Column`, `Column_2`.
    pub name: String,
    /// The name of the type, where the server told it.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// Rows of a data model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DataRows {
    /// The columns, in order.
    pub columns: Vec<DataColumn>,
    /// The rows, with a value for each column.
    pub rows: Vec<Map<String, Value>>,
    /// How many rows these are.
    pub row_count: usize,
    /// Whether there are, or may be, more rows than these.
    pub truncated: bool,
    /// The `offset` that goes on where these rows end; `null` at the end.
    pub next_offset: Option<u64>,
}

/// Some rows of a long answer: values by position, so that none repeats its header.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DataPage {
    /// The columns, the same on each page.
    pub columns: Vec<DataColumn>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

/// How many rows a data model holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RowCounts {
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// The tables, in the order of the model.
    pub tables: Vec<TableRowCount>,
    /// The sum over the tables that were counted.
    pub total_row_count: u64,
    /// Whether every table was counted.
    pub complete: bool,
}

/// How many rows a table holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TableRowCount {
    /// The table.
    pub table_name: String,
    /// How many rows it has; `null` when it was not counted.
    pub row_count: Option<u64>,
    /// Whether it cannot be counted at all: it is hidden, or was added after the last build.
    pub not_queryable: bool,
    /// Why it was not counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

//! Results of the operations about sources.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::documents::type_name;
use crate::domains::lookup::connections::SourceColumn;

/// A table as its source describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TableSchema {
    /// The connection's id.
    pub connection_id: String,
    /// The connection's name.
    pub connection_name: Option<String>,
    /// The kind of the source, such as `RedShift`.
    pub provider: Option<String>,
    /// The database.
    pub database: String,
    /// The schema.
    pub schema: String,
    /// The table.
    pub table: String,
    /// What the source calls it, such as `TABLE` or `VIEW`.
    pub table_type: Option<String>,
    /// The columns, in the order of the answer.
    pub columns: Vec<SourceColumnRow>,
}

/// A column as its source describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SourceColumnRow {
    /// The column's name.
    pub name: String,
    /// The number of the type that the column gets in a data model.
    #[serde(rename = "type")]
    pub type_code: Option<i64>,
    /// The name of that type; `code <n>` for an unknown number.
    pub type_name: Option<String>,
    /// The size that the source gives.
    pub size: Option<i64>,
    /// Digits in all.
    pub precision: Option<i64>,
    /// Digits after the point.
    pub scale: Option<i64>,
    /// Its place in the table.
    pub order: Option<i64>,
}

impl From<SourceColumn> for SourceColumnRow {
    fn from(column: SourceColumn) -> Self {
        SourceColumnRow {
            name: column.name,
            type_code: column.db_type,
            type_name: column.db_type.map(type_name),
            size: column.size,
            precision: column.precision,
            scale: column.scale,
            order: column.order,
        }
    }
}

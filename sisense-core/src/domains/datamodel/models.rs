//! Results of the `datamodel` operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DatamodelShare;

/// A row of the list of data models. What the server does not tell is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatamodelRow {
    /// The data model's id: a UUID.
    pub datamodel_id: String,
    /// The title.
    pub title: Option<String>,
    /// `extract` or `live`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `building` while a build runs, else the server's word, such as `running`.
    pub status: Option<String>,
    /// Size in megabytes, rounded to two digits.
    pub size_mb: Option<f64>,
    /// When it was last built (UTC, ISO 8601).
    pub last_build_time: Option<String>,
    /// When it was last published (UTC, ISO 8601); live models only.
    pub last_publish_time: Option<String>,
    /// When its definition last changed (UTC, ISO 8601).
    pub last_updated: Option<String>,
    /// Whether the definition changed since the last build or publish.
    pub has_pending_changes: Option<bool>,
    /// The name of the person who made it.
    pub owner: Option<String>,
}

/// What a data model holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatamodelDetails {
    /// The data model's id: a UUID.
    pub datamodel_id: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// `extract` or `live`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The server that holds it.
    pub server: Option<String>,
    /// The e-mail or login of the person who made it.
    pub created_by: Option<String>,
    /// When it was last built (UTC, ISO 8601).
    pub last_build_time: Option<String>,
    /// When it was last published (UTC, ISO 8601); live models only.
    pub last_publish_time: Option<String>,
    /// When its definition last changed (UTC, ISO 8601).
    pub last_updated: Option<String>,
    /// How many datasets it has.
    pub dataset_count: usize,
    /// How many tables it has.
    pub table_count: usize,
    /// How many columns it has.
    pub column_count: usize,
    /// How many relations it has.
    pub relation_count: usize,
    /// How many of the tables are hidden.
    pub hidden_table_count: usize,
    /// The tables.
    pub tables: Vec<TableSummary>,
    /// The relations, one row for each pair of columns.
    pub relations: Vec<RelationRow>,
    /// The whole document without connection parameters, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub raw: Option<Value>,
}

/// A table of a data model, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TableSummary {
    /// The table's id.
    pub table_id: Option<String>,
    /// The table's name.
    pub name: String,
    /// `base` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of its dataset.
    pub dataset_id: Option<String>,
    /// How many columns it has.
    pub column_count: usize,
    /// Whether it is hidden. Hidden tables cannot be queried.
    pub hidden: bool,
}

/// Two columns that a relation joins. A name is `null` when its id is not in the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RelationRow {
    /// The table on one side.
    pub left_table: Option<String>,
    /// Its column.
    pub left_column: Option<String>,
    /// The table on the other side.
    pub right_table: Option<String>,
    /// Its column.
    pub right_column: Option<String>,
    /// Whether the model marks an end of it as dropped.
    pub dropped: bool,
}

/// A column of a data model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ColumnRow {
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// `extract` or `live`.
    pub datamodel_type: Option<String>,
    /// The name of the dataset; often an id-like text.
    pub dataset_name: Option<String>,
    /// The table.
    pub table_name: String,
    /// The column, as dashboards name it.
    pub column_name: String,
    /// The type's name; `code <n>` for one that is not known.
    pub column_type: Option<String>,
    /// The server's number of the type.
    pub type_code: Option<i64>,
    /// Whether the column is hidden.
    pub hidden: bool,
    /// Whether its table is hidden.
    pub table_hidden: bool,
    /// Whether the column is computed in the model.
    pub is_custom: bool,
    /// The expression of a custom column.
    pub expression: Option<String>,
    /// The size that the source gives.
    pub size: Option<i64>,
    /// Digits in all.
    pub precision: Option<i64>,
    /// Digits after the point.
    pub scale: Option<i64>,
}

/// A table of a data model with its dataset and connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TableRow {
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// The id of the data model.
    pub datamodel_id: Option<String>,
    /// `extract` or `live`.
    pub datamodel_type: Option<String>,
    /// The last build of an extract model, the last publish of a live one (UTC, ISO 8601).
    pub datamodel_last_build_publish: Option<String>,
    /// When the definition last changed (UTC, ISO 8601).
    pub datamodel_last_updated: Option<String>,
    /// The id of the dataset.
    pub dataset_id: Option<String>,
    /// The name of the dataset.
    pub dataset_name: Option<String>,
    /// `extract`, `live` or `custom`.
    pub dataset_type: Option<String>,
    /// The kind of the source, such as `CSV`; `null` for a custom dataset.
    pub provider: Option<String>,
    /// The name of the connection; `null` for a custom dataset.
    pub connection_name: Option<String>,
    /// The id of the table.
    pub table_id: Option<String>,
    /// The name of the table.
    pub table_name: String,
    /// `base` or `custom`.
    pub table_type: String,
    /// Whether the table is hidden.
    pub hidden: bool,
    /// How many columns the table has.
    pub column_count: usize,
    /// How a build treats the table, such as `sync`.
    pub build_behavior: Option<String>,
    /// Whether a query replaces the plain read of the table.
    pub has_import_query: bool,
}

/// A data model with its datasets, tables and shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatamodelDescription {
    /// The title of the data model.
    pub name: Option<String>,
    /// The id of the data model.
    pub id: Option<String>,
    /// `extract` or `live`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The last build of an extract model, the last publish of a live one (UTC, ISO 8601).
    pub datamodel_last_build_publish: Option<String>,
    /// When the definition last changed (UTC, ISO 8601).
    pub datamodel_last_updated: Option<String>,
    /// The datasets.
    pub datasets: Vec<DatasetDescription>,
    /// How many relations there are.
    pub relations_count: usize,
    /// With whom it is shared; `null` when that was not asked for or could not be loaded.
    pub shares: Option<Vec<DatamodelShare>>,
}

/// A dataset with its connection and tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatasetDescription {
    /// The id of the dataset.
    pub dataset_id: Option<String>,
    /// The name of the dataset; often an id-like text.
    pub dataset_name: Option<String>,
    /// `extract`, `live` or `custom`.
    pub dataset_type: Option<String>,
    /// The kind of the source, such as `CSV`; `null` for a custom dataset.
    pub provider: Option<String>,
    /// The name of the connection; `null` for a custom dataset.
    pub connection_name: Option<String>,
    /// The id of the connection.
    pub connection_id: Option<String>,
    /// The database of the source.
    pub database: Option<String>,
    /// The schema of the source.
    pub schema_name: Option<String>,
    /// The tables.
    pub tables: Vec<TableDescription>,
}

/// A table of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TableDescription {
    /// The id of the table.
    pub table_id: Option<String>,
    /// The name of the table.
    pub table_name: String,
    /// `base` or `custom`.
    pub table_type: String,
    /// Whether the table is hidden.
    pub hidden: bool,
    /// How many columns the table has.
    pub column_count: usize,
}

/// Which data model a reference means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ResolvedDatamodel {
    /// Whether exactly one data model is meant.
    pub success: bool,
    /// 200 for one, 404 for none, 409 for several.
    pub status_code: u16,
    /// Its id.
    pub datamodel_id: Option<String>,
    /// Its title.
    pub datamodel_title: Option<String>,
    /// `extract` or `live`.
    pub datamodel_type: Option<String>,
    /// Why it was not resolved.
    pub error: Option<String>,
    /// What fits, or nearly fits.
    pub candidates: Vec<String>,
}

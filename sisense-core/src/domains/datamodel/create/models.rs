//! Results of the operations that make data models, datasets and tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ModelType;
use crate::error::ErrorReport;

/// The answer to making a data model. In a preview ids are placeholders and `created` is `false`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CreatedDatamodel {
    /// The data model's id: a UUID.
    pub datamodel_id: String,
    /// The title.
    pub datamodel_name: String,
    /// What kind of model it is.
    pub datamodel_type: ModelType,
    /// Whether it was made now; `false` when it was there already.
    pub created: bool,
}

/// A dataset that was made, or was there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CreatedDataset {
    /// The dataset's id.
    pub dataset_id: String,
    /// Its name; in models made on the web page often an id-like text.
    pub name: Option<String>,
    /// The server's longer name of it.
    pub fullname: Option<String>,
    /// `extract` or `live`.
    #[serde(rename = "type")]
    pub kind: ModelType,
    /// The id of its data model.
    pub datamodel_id: String,
    /// The id of its connection.
    pub connection_id: String,
    /// The name of its connection.
    pub connection_name: Option<String>,
    /// The kind of the source, such as `RedShift`.
    pub provider: Option<String>,
    /// The database of the source.
    pub database: Option<String>,
    /// The schema of the database.
    pub schema_name: Option<String>,
    /// How many tables it has.
    pub table_count: usize,
    /// Whether it was made now; `false` when it was there already.
    pub created: bool,
}

/// A table that was made, or was there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CreatedTable {
    /// The table's id.
    pub table_id: String,
    /// Its name.
    pub name: String,
    /// The id of its data model.
    pub datamodel_id: String,
    /// The id of its dataset.
    pub dataset_id: String,
    /// `base` or `custom`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many columns it has.
    pub column_count: usize,
    /// The columns.
    pub columns: Vec<TableColumn>,
    /// How a build fills it, in the server's word: `sync`, `ignoreIfExists` or `accumulativeSync`.
    pub build_behavior: Option<String>,
    /// The column by which a build finds new rows.
    pub increment_column: Option<String>,
    /// The query that replaces the plain read of the table.
    pub import_query: Option<String>,
    /// Whether it was made now; `false` when it was there already.
    pub created: bool,
    /// Whether the model must be built or published before queries see the table. `null` when that
    /// cannot be told.
    pub needs_deploy: Option<bool>,
}

/// A column of a new table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TableColumn {
    /// The column's id; `null` while the table is not made, or when the server does not tell it.
    pub column_id: Option<String>,
    /// Its name.
    pub name: String,
    /// The server's number of the type.
    pub type_code: Option<i64>,
    /// The type's name; `code <n>` for one that is not known.
    pub type_name: Option<String>,
}

/// What there is of a data model that was set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SetUpDatamodel {
    /// The data model's id: a UUID.
    pub datamodel_id: String,
    /// The title.
    pub datamodel_name: String,
    /// What kind of model it is.
    pub datamodel_type: ModelType,
    /// Whether the model was made now; `false` when it was there already.
    pub created: bool,
    /// The id of the dataset for the main database and schema; `null` when no table lies there, or
    /// when it could not be made.
    pub dataset_id: Option<String>,
    /// The datasets that are there.
    pub datasets: Vec<CreatedDataset>,
    /// The tables that are there.
    pub tables: Vec<CreatedTable>,
    /// The tables that are not there, and why. The same call again makes what is missing.
    pub failed: Vec<FailedTable>,
    /// Whether the model must be built or published before queries see it. `null` when that cannot
    /// be told.
    pub needs_deploy: Option<bool>,
}

/// A table that could not be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct FailedTable {
    /// The table.
    pub table_name: String,
    /// Why it is not there.
    pub error: ErrorReport,
}

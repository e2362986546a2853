//! Arguments of the operations that make data models, datasets and tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::datamodel::Datamodel::create_datamodel`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDatamodel {
    /// The title of the new data model.
    #[serde(alias = "title")]
    pub datamodel_name: String,
    /// What kind of model it is.
    #[serde(alias = "type")]
    pub datamodel_type: ModelType,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::create_dataset`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDataset {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// The connection's name or id.
    pub connection_name: String,
    /// The database of the source.
    pub database_name: String,
    /// The schema of the database.
    pub schema_name: String,
    /// The name of the dataset. Without it the schema's name is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::create_table`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTable {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// The table's name in the source, as the source spells it; the new table has the same name.
    pub table_name: String,
    /// The database of the source. Without it that of the dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_name: Option<String>,
    /// The schema of the database. Without it that of the dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_name: Option<String>,
    /// The id or name of the dataset. Without it the only one that fits database and schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_id: Option<String>,
    /// A query in the source's SQL that replaces the plain read of the table. It must give the
    /// table's own columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_query: Option<String>,
    /// What the table holds, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Tags of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// How a build fills the table. Without it each build replaces all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_behavior_config: Option<BuildBehaviorConfig>,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::setup_datamodel`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupDatamodel {
    /// The title of the new data model.
    pub datamodel_name: String,
    /// What kind of model it is.
    pub datamodel_type: ModelType,
    /// The connection's name or id.
    pub connection_name: String,
    /// The database of the source.
    pub database_name: String,
    /// The schema of the database.
    pub schema_name: String,
    /// The tables, at least one.
    #[schemars(length(min = 1))]
    pub tables: Vec<NewTable>,
    /// The name of the dataset for `database_name` and `schema_name`. Without it the schema's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
}

/// A table that a new model is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTable {
    /// The table's name in the source, as the source spells it; the new table has the same name.
    #[serde(alias = "name")]
    pub table_name: String,
    /// Another database than that of the model; the table then gets a dataset of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_name: Option<String>,
    /// Another schema than that of the model; the table then gets a dataset of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_name: Option<String>,
    /// A query in the source's SQL that replaces the plain read of the table. It must give the
    /// table's own columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_query: Option<String>,
    /// What the table holds, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Tags of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// How a build fills the table. Without it each build replaces all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_behavior_config: Option<BuildBehaviorConfig>,
}

/// The kinds of data models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelType {
    /// An ElastiCube: a build copies the data.
    #[serde(
        alias = "EXTRACT",
        alias = "Extract",
        alias = "ec",
        alias = "elasticube",
        alias = "ElastiCube",
        alias = "elastic cube",
        alias = "elastic-cube",
        alias = "cube"
    )]
    Extract,
    /// Queries go to the source.
    #[serde(
        alias = "LIVE",
        alias = "Live",
        alias = "realtime",
        alias = "real-time",
        alias = "live model"
    )]
    Live,
}

impl ModelType {
    /// The word that the server takes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ModelType::Extract => "extract",
            ModelType::Live => "live",
        }
    }

    pub(in crate::domains::datamodel) fn read(word: &str) -> Option<Self> {
        match word.to_lowercase().as_str() {
            "extract" => Some(ModelType::Extract),
            "live" => Some(ModelType::Live),
            _ => None,
        }
    }
}

/// How a build fills a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildBehaviorConfig {
    /// What a build does with the table's rows.
    #[serde(default)]
    pub mode: BuildMode,
    /// The column by whose last value an `increment` finds new rows. Only for that mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column_name: Option<String>,
}

/// What a build does with the rows of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuildMode {
    /// Replaces all rows.
    #[default]
    #[serde(alias = "sync")]
    Replace,
    /// Reads the table once and again only when its definition has changed.
    #[serde(alias = "replace-changes", alias = "ignoreIfExists", alias = "ignore_if_exists")]
    ReplaceChanges,
    /// Adds all rows of the source to those that are there.
    #[serde(alias = "accumulativeSync", alias = "accumulate")]
    Append,
    /// Adds the rows whose column is beyond the last value that is there.
    #[serde(alias = "incremental")]
    Increment,
}

//! Arguments of the operations that build and publish data models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::datamodel::Datamodel::deploy_datamodel`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeployDatamodel {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// What a build does with the data. A live model is published and has no build type.
    #[serde(default)]
    pub build_type: DeployType,
    /// Most rows to read of each table, for a trial; without it, or 0, all. The rows beyond it are
    /// then missing for everybody who queries the model. Extract models only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_limit: Option<u64>,
    /// Which definition is built. Extract models only.
    #[serde(default)]
    pub schema_origin: SchemaOrigin,
    /// Whether to wait until the build has ended. Without it the answer comes once it is started.
    #[serde(default)]
    pub wait: bool,
    /// Longest wait in seconds, 1 to 86400; 3600 without it. The build goes on after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86400))]
    pub timeout_s: Option<u64>,
}

/// What a build does with the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeployType {
    /// Replaces all data, also rows that tables have gathered.
    #[default]
    #[serde(
        alias = "FULL",
        alias = "build",
        alias = "rebuild",
        alias = "start",
        alias = "run",
        alias = "execute",
        alias = "refresh"
    )]
    Full,
    /// Table by table, each as its own build behaviour says; gathered rows stay.
    #[serde(
        alias = "by-table",
        alias = "table-wise",
        alias = "incremental-tables",
        alias = "accumulate"
    )]
    ByTable,
    /// Only what changed in the definition since the last build.
    #[serde(alias = "schema-changes", alias = "changes-only", alias = "delta")]
    SchemaChanges,
}

impl DeployType {
    /// The word that the server takes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeployType::Full => "full",
            DeployType::ByTable => "by_table",
            DeployType::SchemaChanges => "schema_changes",
        }
    }
}

/// Which definition of the model a build takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaOrigin {
    /// The draft, as the web page shows it.
    #[default]
    Latest,
    /// That of the last good build.
    Running,
}

impl SchemaOrigin {
    /// The word that the server takes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SchemaOrigin::Latest => "latest",
            SchemaOrigin::Running => "running",
        }
    }
}

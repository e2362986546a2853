//! Arguments of the `datamodel` operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`super::Datamodel::get_datamodel`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDatamodel {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// Whether to add the whole document, without connection parameters. Default false.
    #[serde(default)]
    pub raw: bool,
}

/// Arguments of [`super::Datamodel::get_model_schema`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetModelSchema {
    /// The data model's title or id.
    pub datamodel_name: String,
}

/// Arguments of [`super::Datamodel::describe_datamodel`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeDatamodel {
    /// The data model's title or id.
    pub datamodel_name: String,
}

/// Arguments of [`super::Datamodel::describe_datamodel_raw`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeDatamodelRaw {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// Whether to tell with whom the data model is shared. Default true.
    #[serde(default = "yes")]
    pub include_shares: bool,
}

fn yes() -> bool {
    true
}

/// Arguments of [`super::Datamodel::resolve_datamodel_reference`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDatamodelReference {
    /// A title, or an id (a UUID, with or without dashes).
    pub datamodel_ref: String,
}

//! Arguments of the operations about columns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::access::Access::get_datamodel_columns`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDatamodelColumns {
    /// The data model's title or id.
    pub datamodel_name: String,
}

/// Arguments of [`crate::domains::access::Access::get_unused_columns`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetUnusedColumns {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// Whether to read every dashboard of the deployment, to find single widgets on this model in
    /// dashboards on another one. Default false: the dashboards whose data source is this model.
    #[serde(default)]
    pub include_all_dashboards: bool,
}

/// Arguments of [`crate::domains::access::Access::get_unused_columns_bulk`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetUnusedColumnsBulk {
    /// The data models' titles or ids, at least one; `["*"]` means all of them.
    #[schemars(length(min = 1, max = 500), inner(length(min = 1)))]
    pub datamodels: Vec<String>,
    /// Whether to read every dashboard of the deployment, to find single widgets on these models in
    /// dashboards on others. Default false: the dashboards whose data source is one of the models.
    #[serde(default)]
    pub include_all_dashboards: bool,
}

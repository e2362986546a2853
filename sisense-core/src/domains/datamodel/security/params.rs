//! Arguments of the operations about data security.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::datamodel::Datamodel::get_datasecurity`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDatasecurity {
    /// The data model's title or id.
    pub datamodel_name: String,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::get_datasecurity_detail`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDatasecurityDetail {
    /// The data model's title or id.
    pub datamodel_name: String,
}

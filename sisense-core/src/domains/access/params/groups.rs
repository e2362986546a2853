//! Arguments of the operations on groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::access::Access::get_group`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetGroup {
    /// The group's name; case matters only when two groups differ by nothing else.
    #[serde(alias = "group_name")]
    pub name: String,
}

/// Arguments of [`crate::domains::access::Access::users_per_group`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsersPerGroup {
    /// The group's name; case matters only when two groups differ by nothing else.
    #[serde(alias = "name")]
    pub group_name: String,
}

//! Results of the operations about shares of data models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Permission;

/// A user or group with whom a data model is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatamodelShare {
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// The id of the data model.
    pub datamodel_id: Option<String>,
    /// The name of the group, or the e-mail of the user; `null` for one that is gone.
    pub party_name: Option<String>,
    /// `user` or `group`.
    pub party_type: Option<String>,
    /// The id of the user or group.
    pub party_id: Option<String>,
    /// `EDIT`, `READ` or `USE`; another word is the server's own.
    pub permission: Option<String>,
    /// Whether the party still exists.
    pub resolved: bool,
}

/// What sharing a data model changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatamodelSharesChange {
    /// The id of the data model.
    pub datamodel_id: Option<String>,
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// Names of those with whom it was not shared before.
    pub added: Vec<String>,
    /// Those who have another permission than before.
    pub updated: Vec<UpdatedPermission>,
    /// Names of those who had it like that already.
    pub unchanged: Vec<String>,
    /// Ids on the list that are nobody's any more, and are not written again.
    pub left_out: Vec<String>,
    /// With how many users and groups it is shared now.
    pub share_count: usize,
}

/// A share with another permission than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UpdatedPermission {
    /// The name of the user or group.
    pub name: String,
    /// The permission before.
    pub from: Option<String>,
    /// The permission now.
    pub to: Permission,
}

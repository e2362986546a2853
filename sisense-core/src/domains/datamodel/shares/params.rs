//! Arguments of the operations about shares of data models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::domains::lookup::parties::PartyType;

/// What a share of a data model allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Permission {
    /// Change the data model.
    #[serde(alias = "edit", alias = "Edit")]
    Edit,
    /// See its data in dashboards of others.
    #[serde(alias = "read", alias = "Read")]
    Read,
    /// Make dashboards on it.
    #[serde(alias = "use", alias = "Use")]
    Use,
}

impl Permission {
    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::Edit => "EDIT",
            Permission::Read => "READ",
            Permission::Use => "USE",
        }
    }

    /// What a server's letter allows.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Permission::Edit, Permission::Read, Permission::Use]
            .into_iter()
            .find(|permission| permission.code() == code)
    }

    /// The server's letter. `r` is not for reading.
    pub(super) fn code(self) -> &'static str {
        match self {
            Permission::Edit => "w",
            Permission::Read => "a",
            Permission::Use => "r",
        }
    }
}

/// The word for a server's letter; an unknown one stays as it is.
pub(super) fn permission_word(code: &str) -> String {
    Permission::from_code(code).map_or(code, |permission| permission.as_str()).to_owned()
}

/// With whom to share, and what that allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDatamodelShare {
    /// E-mail or login of a user, or name of a group.
    pub name: String,
    /// Whether the name is a user's or a group's.
    #[serde(rename = "type")]
    pub kind: PartyType,
    /// What it allows.
    pub permission: Permission,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::add_datamodel_shares`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDatamodelShares {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// With whom to share. Everybody else keeps what they have.
    #[schemars(length(min = 1))]
    pub shares: Vec<NewDatamodelShare>,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::get_datamodel_shares`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDatamodelShares {
    /// The data model's title or id.
    pub datamodel_name: String,
}

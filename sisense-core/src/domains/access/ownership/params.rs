//! Arguments of giving a folder to another owner.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the former owner of a dashboard keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginalOwnerRule {
    /// To edit an own copy.
    #[default]
    Edit,
    /// To look.
    View,
}

impl OriginalOwnerRule {
    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OriginalOwnerRule::Edit => "edit",
            OriginalOwnerRule::View => "view",
        }
    }
}

/// How far the change reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnershipScope {
    /// The folder and everything below it.
    #[default]
    Subtree,
    /// The folder above it too, with everything below that one: all siblings. A folder at the top
    /// has none above, and this is then the same as `subtree`.
    WithParentAndSiblings,
}

/// Arguments of [`crate::domains::access::Access::change_folder_and_dashboard_ownership`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeFolderAndDashboardOwnership {
    /// E-mail or login of the user whose token is used. Only checked against the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executing_user: Option<String>,
    /// The folder's name, its path such as `Finance/Quarterly`, or its id.
    pub folder_name: String,
    /// E-mail, login or id of the user who becomes the owner.
    pub new_owner_name: String,
    /// What former owners of dashboards keep.
    #[serde(default)]
    pub original_owner_rule: OriginalOwnerRule,
    /// Whether the dashboards in the folders change hands too.
    #[serde(default = "yes")]
    pub change_dashboard_ownership: bool,
    /// How far the change reaches.
    #[serde(default)]
    pub scope: OwnershipScope,
}

fn yes() -> bool {
    true
}

//! Arguments of the `access` operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`super::Access::get_user`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetUser {
    /// The user's e-mail or login, ignoring case.
    #[serde(alias = "user_email")]
    pub user_name: String,
}

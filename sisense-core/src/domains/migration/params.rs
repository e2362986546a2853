//! Arguments of the migration operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`super::Migrations::migrate_groups`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrateGroups {
    /// Names of groups on the source.
    #[serde(alias = "group_names")]
    #[schemars(length(min = 1))]
    pub group_name_list: Vec<String>,
}

/// Arguments of [`super::Migrations::migrate_users`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrateUsers {
    /// E-mails (or logins) of users on the source.
    #[serde(alias = "user_emails")]
    #[schemars(length(min = 1))]
    pub user_name_list: Vec<String>,
}

//! Results of the operations on groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::User;
use crate::domains::lookup::groups::GroupRecord;
use crate::domains::lookup::roles::shown;

/// A group of users. What the server does not tell is `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Group {
    /// The group's id: 24 hexadecimal digits.
    pub group_id: String,
    /// The name.
    pub group_name: String,
    /// The role that members get by the group, as people know it.
    pub default_role: Option<String>,
    /// That role's id.
    pub role_id: Option<String>,
    /// Whether the group comes from Active Directory.
    pub is_ad: Option<bool>,
    /// Whether the system keeps the group by itself, and which one it is.
    pub built_in: BuiltIn,
    /// When the group was created (UTC, ISO 8601).
    pub created: Option<String>,
}

/// The groups that the system keeps by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuiltIn {
    /// An ordinary group.
    None,
    /// `Admins`: everybody with an admin's role is in it.
    Admins,
    /// `Everyone`: all users are in it.
    Everyone,
    /// `All users in system`: all users are in it.
    AllUsers,
}

impl From<&GroupRecord> for Group {
    fn from(record: &GroupRecord) -> Self {
        let built_in = match record {
            group if group.is_admins() => BuiltIn::Admins,
            group if group.name() == "All users in system" => BuiltIn::AllUsers,
            group if group.is_implied() => BuiltIn::Everyone,
            _ => BuiltIn::None,
        };
        Group {
            group_id: record.id.clone(),
            group_name: record.name().to_owned(),
            default_role: record.default_role.as_deref().filter(|r| !r.is_empty()).map(shown),
            role_id: record.role_id.clone(),
            is_ad: record.ad,
            built_in,
            created: record.created.clone(),
        }
    }
}

/// A group and its users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct GroupUsers {
    /// The group.
    pub group: Group,
    /// Its users.
    pub users: Vec<User>,
    /// Whether members are told by rule, not by a list: all users for `Everyone`, everybody with
    /// an admin's role for `Admins`.
    pub by_rule: bool,
}

/// One row per group: its name and the logins of its users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct GroupMembers {
    /// The group's name; `null` when users are in a group that no longer exists.
    pub group: Option<String>,
    /// The group's id.
    pub group_id: String,
    /// The logins of its users, or the e-mail where there is no login.
    pub users: Vec<String>,
    /// How many users it has.
    pub user_count: usize,
    /// Whether the group exists.
    pub resolved: bool,
}

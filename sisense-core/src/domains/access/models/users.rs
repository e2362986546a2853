//! Results of the operations on users.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domains::lookup::groups::is_implied_name;
use crate::domains::lookup::roles::shown;
use crate::domains::lookup::users::{Named, UserRecord};

/// A user of a deployment. What the server does not tell is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct User {
    /// The user's id: 24 hexadecimal digits.
    pub user_id: String,
    /// The login; often the e-mail.
    pub user_name: Option<String>,
    /// The e-mail.
    pub email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Whether the user has activated the account.
    pub is_active: Option<bool>,
    /// The role's id.
    pub role_id: Option<String>,
    /// The role's name, as people know it: `viewer`, `designer`, `dataDesigner`, `dataAdmin`,
    /// `admin`, `sysAdmin` or a custom one.
    pub role_name: Option<String>,
    /// The names of the user's groups. Groups in which everybody is are named only when there are
    /// no others.
    pub groups: Vec<String>,
    /// The ids of the same groups.
    pub group_ids: Vec<String>,
    /// When the user was created (UTC, ISO 8601).
    pub created: Option<String>,
    /// When the user last logged in (UTC, ISO 8601); `null` if never.
    pub last_login: Option<String>,
}

impl From<UserRecord> for User {
    fn from(record: UserRecord) -> Self {
        let implied = |group: &Named| group.name.as_deref().is_some_and(is_implied_name);
        let chosen = record.groups.iter().any(|group| !implied(group));
        let groups: Vec<&Named> =
            record.groups.iter().filter(|group| !chosen || !implied(group)).collect();
        User {
            user_name: record.user_name,
            email: record.email,
            first_name: record.first_name,
            last_name: record.last_name,
            is_active: record.active,
            role_id: record.role.as_ref().map(|role| role.id.clone()).or(record.role_id),
            role_name: record.role.and_then(|role| role.name).map(|name| shown(&name)),
            groups: groups.iter().map(|g| g.name.clone().unwrap_or_else(|| g.id.clone())).collect(),
            group_ids: groups.iter().map(|group| group.id.clone()).collect(),
            created: record.created,
            last_login: record.last_login,
            user_id: record.id,
        }
    }
}

/// The answer to making a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CreatedUser {
    /// The user.
    pub user: User,
    /// Whether the user was made. `false` when the same user was there already, and in a preview.
    pub created: bool,
    /// What else is to be known, such as that the account waits for activation.
    pub notes: Vec<String>,
}

/// The answer to changing a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct UpdatedUser {
    /// The user, as it is now or, in a preview, as it would be.
    pub user: User,
    /// The names of what changed. Empty when everything was as wanted already.
    pub changed: Vec<String>,
}

/// The answer to deleting a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DeletedUser {
    /// The user's id.
    pub user_id: String,
    /// The user's e-mail.
    pub email: Option<String>,
    /// Whether the user is deleted; `false` in a preview.
    pub deleted: bool,
    /// The dashboards that the user owned; they go with the user.
    pub dashboards_deleted: Vec<OwnedDashboard>,
}

/// A dashboard that a user owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnedDashboard {
    /// The dashboard's id.
    pub dashboard_id: String,
    /// Its title.
    pub title: String,
}

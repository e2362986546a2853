//! Arguments of the operations on users.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::run::Secret;

/// Arguments of [`crate::domains::access::Access::get_user`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetUser {
    /// The user's e-mail or login, ignoring case.
    #[serde(alias = "user_email")]
    pub user_name: String,
}

/// Arguments of [`crate::domains::access::Access::get_users_all`]. Without any, all users are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GetUsersAll {
    /// Only users who have activated the account, or only those who have not.
    pub active: Option<bool>,
    /// Only users with this role, such as `viewer`, `designer`, `admin` or a custom role's name.
    pub role: Option<String>,
    /// Only members of the group with this name.
    pub group: Option<String>,
}

/// Arguments of [`crate::domains::access::Access::create_user`].
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// The new user.
    pub user_data: NewUser,
}

/// A user to be made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The e-mail. Nobody else may have it.
    pub email: String,
    /// The role, such as `viewer`, `designer`, `dataDesigner`, `dataAdmin`, `admin` or a custom
    /// role's name.
    pub role: String,
    /// The login. Without it the e-mail is the login.
    #[serde(default, alias = "userName", skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The first name.
    #[serde(default, alias = "firstName", skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default, alias = "lastName", skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The names of the groups to be in.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The password. Without it the server mails an invitation, unless single sign-on is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Language and region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<UserPreferences>,
}

/// Language and region of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UserPreferences {
    /// The region, such as `en-US`.
    #[serde(rename = "localeId", alias = "locale_id", skip_serializing_if = "Option::is_none")]
    pub locale_id: Option<String>,
    /// The language of the web page, such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Arguments of [`crate::domains::access::Access::update_user`].
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUser {
    /// The user's e-mail or login, ignoring case.
    #[serde(alias = "user_email")]
    pub user_name: String,
    /// What to change. What is not named stays as it is.
    pub user_data: UserChanges,
}

/// Changes to a user. At least one is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UserChanges {
    /// The new e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The new login.
    #[serde(alias = "userName", skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The new first name.
    #[serde(alias = "firstName", skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The new last name.
    #[serde(alias = "lastName", skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The new role, such as `viewer`, `designer`, `admin` or a custom role's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The names of exactly the groups to be in; an empty list leaves all groups. Without it the
    /// groups stay as they are. Not together with `add_groups` or `remove_groups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// The names of groups to join; the others stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_groups: Vec<String>,
    /// The names of groups to leave; the others stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_groups: Vec<String>,
    /// The new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The new language and region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferences: Option<UserPreferences>,
}

impl UserChanges {
    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        let texts = [&self.email, &self.user_name, &self.first_name, &self.last_name, &self.role];
        texts.iter().all(|text| text.is_none())
            && !self.names_groups()
            && self.password.is_none()
            && self.preferences.is_none()
    }

    /// Whether the groups are asked about.
    pub(crate) fn names_groups(&self) -> bool {
        self.groups.is_some() || !self.add_groups.is_empty() || !self.remove_groups.is_empty()
    }
}

/// Arguments of [`crate::domains::access::Access::delete_user`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteUser {
    /// The user's e-mail or login, ignoring case.
    #[serde(alias = "user_email")]
    pub user_name: String,
}

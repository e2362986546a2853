//! Users: get, list, create, update, delete.

mod create;
mod delete;
mod update;
mod wish;

use futures_util::future::try_join3;

use super::{Access, GetUser, GetUsersAll, User};
use crate::domains::lookup::groups::find_group_in;
use crate::domains::lookup::roles::find_role;
use crate::domains::lookup::together;
use crate::domains::lookup::users::UserRecord;
use crate::error::Result;

impl Access {
    /// Get one user by e-mail or login.
    ///
    /// Returns the user with the names of the role and the groups. Usually one request; when no
    /// e-mail fits, all users are looked through by login.
    ///
    /// # Errors
    /// `not_found` with the nearest names when nobody fits, `ambiguous` when two users do.
    ///
    /// # Ask
    /// - Show me the user ann@example.com
    /// - What role does bob have?
    /// - Which groups is carla@example.com in?
    /// - Is the account dan@example.com active, and when was its last login?
    /// - Details of the person eli@example.com
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_user(&self, params: GetUser) -> Result<User> {
        self.client.find_user(&params.user_name).await.map(User::from)
    }

    /// List all users with their roles and groups.
    ///
    /// Returns one row per user; what the server does not tell is `null`. The list may be narrowed
    /// to active or inactive users, to a role and to a group. One request, and one more for a role
    /// and for a group.
    ///
    /// # Errors
    /// `not_found` when there is no such role, with all roles, or no such group; `forbidden` when
    /// the token may not see users, never an empty list.
    ///
    /// # Ask
    /// - List all users
    /// - Who has the role designer?
    /// - Which users never activated their account?
    /// - Show all people with their roles and groups
    /// - How many users do we have?
    /// - Which users are admins?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_users_all(&self, params: GetUsersAll) -> Result<Vec<User>> {
        let (users, roles, groups) = try_join3(
            self.client.list_users(),
            self.roles_if(params.role.is_some()),
            self.groups_if(params.group.is_some()),
        )
        .await?;
        let mut errors = Vec::new();
        let mut keep = |result| match result {
            Ok(found) => Some(found),
            Err(error) => {
                errors.push(error);
                None
            }
        };
        let role = params.role.as_deref();
        let role = role.and_then(|name| keep(find_role(&roles, name).map(|role| role.id.clone())));
        let group = params.group.as_deref();
        let group =
            group.and_then(|name| keep(find_group_in(&groups, name).map(|group| group.id.clone())));
        together(errors)?;
        let group = group.and_then(|id| groups.iter().find(|group| group.id == id));
        Ok(users
            .into_iter()
            .filter(|user| params.active.is_none_or(|active| user.active == Some(active)))
            .filter(|user| role.as_deref().is_none_or(|id| role_id(user) == Some(id)))
            .filter(|user| group.is_none_or(|group| super::groups::is_member(user, group)))
            .map(User::from)
            .collect())
    }
}

/// The id of a user's role, wherever the server told it.
fn role_id(user: &UserRecord) -> Option<&str> {
    user.role.as_ref().map(|role| role.id.as_str()).or(user.role_id.as_deref())
}

//! Groups and their users.

use std::collections::BTreeMap;

use futures_util::future::try_join;

use super::{Access, GetGroup, Group, GroupMembers, GroupUsers, User, UsersPerGroup};
use crate::domains::lookup::about;
use crate::domains::lookup::groups::GroupRecord;
use crate::domains::lookup::users::UserRecord;
use crate::error::Result;

/// The roles whose users are in the group `Admins` by nature.
const ADMIN_ROLES: [&str; 3] = ["super", "admin", "dataAdmin"];

impl Access {
    /// Get one group by name.
    ///
    /// Returns the group's id, name and default role, and whether the system keeps it by itself.
    /// Usually one request.
    ///
    /// # Errors
    /// `not_found` with the nearest names, `ambiguous` when several names differ only in case.
    ///
    /// # Ask
    /// - Show the group Analysts
    /// - What is the default role of the group Sales?
    /// - Details of the group Support
    /// - Tell me about the team Marketing
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_group(&self, params: GetGroup) -> Result<Group> {
        self.client.find_group(&params.name).await.map(|group| Group::from(&group))
    }

    /// List the users of one group.
    ///
    /// Returns the group and its users with roles and groups. `Everyone` and `All users in system`
    /// hold all users; `Admins` also holds everybody with an admin's role. Two requests.
    ///
    /// # Errors
    /// `not_found` with the nearest names, `ambiguous` when several names differ only in case.
    ///
    /// # Ask
    /// - Who is in the group Analysts?
    /// - List the members of Sales
    /// - Which users belong to the group Support?
    /// - How many people are in the team Marketing?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn users_per_group(&self, params: UsersPerGroup) -> Result<GroupUsers> {
        let group = self.client.find_group(&params.group_name).await?;
        let by_rule = group.is_implied() || group.is_admins();
        let users = if by_rule {
            self.client.list_users().await?
        } else {
            self.client
                .list_users_of_group(&group.id)
                .await
                .map_err(about("group", &params.group_name))?
        };
        // A server that ignores the filter answers with everybody.
        let users = users.into_iter().filter(|user| is_member(user, &group)).map(User::from);
        Ok(GroupUsers { group: Group::from(&group), users: users.collect(), by_rule })
    }

    /// List all groups with the logins of their users.
    ///
    /// Returns one row per group, also for groups without users. The groups in which everybody is
    /// (`Everyone`, `All users in system`) are left out; `Admins` also holds everybody with an
    /// admin's role. A group that users name and that no longer exists has a `null` name. Two
    /// requests, whatever the number of groups.
    ///
    /// # Errors
    /// `forbidden` when the token may not see users or groups, never an empty list.
    ///
    /// # Ask
    /// - List all groups with their members
    /// - Which groups are empty?
    /// - How many users does each group have?
    /// - What groups are there?
    /// - Show every group and who is in it
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn users_per_group_all(&self) -> Result<Vec<GroupMembers>> {
        let (groups, users) = try_join(self.client.list_groups(), self.client.list_users()).await?;
        let row = |group: Option<String>, group_id: &str, users: Vec<String>| GroupMembers {
            resolved: group.is_some(),
            group,
            group_id: group_id.to_owned(),
            user_count: users.len(),
            users,
        };
        let known = groups.iter().filter(|group| !group.is_implied()).map(|group| {
            let members = users.iter().filter(|user| is_member(user, group)).map(login).collect();
            row(Some(group.name().to_owned()), &group.id, members)
        });
        let mut lost: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for user in &users {
            for own in user.chosen_groups().filter(|own| groups.iter().all(|g| g.id != own.id)) {
                lost.entry(&own.id).or_default().push(login(user));
            }
        }
        let lost: Vec<_> = lost.into_iter().map(|(id, members)| row(None, id, members)).collect();
        Ok(known.chain(lost).collect())
    }
}

/// Whether a user is in a group: by the user's own list, by role for `Admins`, always for those in
/// which everybody is.
pub(super) fn is_member(user: &UserRecord, group: &GroupRecord) -> bool {
    let role = user.role.as_ref().and_then(|role| role.name.as_deref());
    group.is_implied()
        || user.groups.iter().any(|own| own.id == group.id)
        || (group.is_admins() && role.is_some_and(|role| ADMIN_ROLES.contains(&role)))
}

fn login(user: &UserRecord) -> String {
    let name = if user.login().is_empty() { user.email() } else { user.login() };
    name.to_owned()
}

//! Parties: the users and groups that a share names.

use std::collections::HashMap;

use super::groups::GroupRecord;
use super::users::UserRecord;

/// Ids to names, for showing shares.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    users: HashMap<String, String>,
    groups: HashMap<String, String>,
}

impl Parties {
    pub(crate) fn new(users: &[UserRecord], groups: &[GroupRecord]) -> Self {
        let email = |user: &UserRecord| {
            let name = if user.email().is_empty() { user.login() } else { user.email() };
            (user.id.clone(), name.to_owned())
        };
        Parties {
            users: users.iter().map(email).collect(),
            groups: groups.iter().map(|g| (g.id.clone(), g.name().to_owned())).collect(),
        }
    }

    /// The name of a party, unless it no longer exists. A row without a type is looked up as both.
    pub(crate) fn name(&self, kind: Option<&str>, id: &str) -> Option<&str> {
        let map = match kind {
            Some("user") => self.users.get(id),
            Some("group") => self.groups.get(id),
            _ => self.users.get(id).or_else(|| self.groups.get(id)),
        };
        map.map(String::as_str)
    }
}

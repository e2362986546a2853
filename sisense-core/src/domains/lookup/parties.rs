//! Parties: the users and groups that a share names.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::groups::{GroupRecord, find_group_in};
use super::nearest;
use super::users::{UserRecord, match_user};
use crate::error::{Error, ErrorKind, Result};

/// Whether a share names a user or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartyType {
    /// A user.
    User,
    /// A group.
    Group,
}

impl PartyType {
    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            PartyType::User => "user",
            PartyType::Group => "group",
        }
    }
}

/// A party of a name, and the groups of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) id: String,
    pub(crate) groups: Vec<String>,
}

/// The party of every name, in order. All names that fit nobody are named together.
pub(crate) fn resolve<'a>(
    wanted: impl IntoIterator<Item = (PartyType, &'a str)>,
    users: &[UserRecord],
    groups: &[GroupRecord],
) -> Result<Vec<Resolved>> {
    let (mut parties, mut unknown, mut near) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, name) in wanted {
        if let Some(party) = resolve_one(kind, name, users, groups)? {
            parties.push(party);
            continue;
        }
        unknown.push(format!("{} \"{name}\"", kind.as_str()));
        let names: Vec<&str> = match kind {
            PartyType::User => users.iter().map(UserRecord::email).collect(),
            PartyType::Group => groups.iter().map(GroupRecord::name).collect(),
        };
        near.extend(nearest(name, names));
    }
    if unknown.is_empty() {
        return Ok(parties);
    }
    let message = format!("these names fit nobody: {}", unknown.join(", "));
    Err(Error::new(ErrorKind::NotFound, message)
        .with_candidates(near)
        .with_next_step("nothing was changed; correct the names and ask again"))
}

fn resolve_one(
    kind: PartyType,
    name: &str,
    users: &[UserRecord],
    groups: &[GroupRecord],
) -> Result<Option<Resolved>> {
    let ids = |user: &UserRecord| user.groups.iter().map(|group| group.id.clone()).collect();
    Ok(match kind {
        PartyType::User => {
            match_user(users, name)?.map(|user| Resolved { id: user.id.clone(), groups: ids(user) })
        }
        PartyType::Group => match find_group_in(groups, name) {
            Ok(group) => Some(Resolved { id: group.id.clone(), groups: Vec::new() }),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        },
    })
}

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

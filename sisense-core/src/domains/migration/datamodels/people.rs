//! Users and groups of both sides: who is who, by e-mail and name.

use futures_util::future::try_join4;
use serde_json::{Value, json};

use super::meaning::{dependency, party_of};
use crate::domains::lookup::groups::{GroupRecord, find_group_in};
use crate::domains::lookup::parties::{Parties, PartyType};
use crate::domains::lookup::users::{UserRecord, match_user};
use crate::domains::migration::Migrations;
use crate::domains::migration::result::Unmapped;
use crate::error::Result;
use crate::run::{AssetKind, Run};

/// Everybody on both sides.
pub(super) struct People {
    users: Vec<UserRecord>,
    groups: Vec<GroupRecord>,
    here: Parties,
    pub(super) there: Parties,
}

/// What the target has for a party of the source.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mapped {
    /// It is there.
    There { name: String, id: String },
    /// An earlier step of the same plan makes it.
    Planned { name: String },
    /// It is not there.
    Missing(Unmapped),
}

impl People {
    pub(super) async fn load(migrations: &Migrations) -> Result<Self> {
        let (users_here, groups_here, users, groups) = try_join4(
            migrations.source.list_users_brief(),
            migrations.source.list_groups(),
            migrations.target.list_users_brief(),
            migrations.target.list_groups(),
        )
        .await?;
        let here = Parties::new(&users_here, &groups_here);
        let there = Parties::new(&users, &groups);
        Ok(People { users, groups, here, there })
    }

    /// The party of the target with the same e-mail or name. A name that fits several is missing:
    /// nothing is guessed.
    pub(super) fn map(&self, run: &Run, target: &str, kind: PartyType, id: &str) -> Mapped {
        let asset = match kind {
            PartyType::User => AssetKind::User,
            PartyType::Group => AssetKind::Group,
        };
        let missing = |name: &str| Mapped::Missing(Unmapped { kind: asset, name: name.to_owned() });
        let Some(name) = self.here.name(Some(kind.as_str()), id).filter(|name| !name.is_empty())
        else {
            return missing(id);
        };
        let found = match kind {
            PartyType::User => match_user(&self.users, name).ok().flatten().map(|user| &user.id),
            PartyType::Group => find_group_in(&self.groups, name).ok().map(|group| &group.id),
        };
        match found {
            Some(id) => Mapped::There { name: name.to_owned(), id: id.clone() },
            None if run.planned(target, asset, name).is_some() => {
                Mapped::Planned { name: name.to_owned() }
            }
            None => missing(name),
        }
    }

    /// The name of a party of the source.
    pub(super) fn named_here(&self, kind: &str, id: &str) -> String {
        self.here.name(Some(kind), id).unwrap_or(id).to_lowercase()
    }

    /// The name of a party of the target, or of one of the source that the target does not know.
    pub(super) fn named_there(&self, kind: &str, id: &str) -> String {
        let name = self.there.name(Some(kind), id).or_else(|| self.here.name(Some(kind), id));
        name.unwrap_or(id).to_lowercase()
    }

    /// Give the security rules of a document the target's ids, and tell who has none.
    pub(super) fn map_rules(&self, run: &Run, target: &str, document: &mut Value) -> Vec<Unmapped> {
        let mut missing = Vec::new();
        let rules = document
            .get_mut("dependencies")
            .and_then(|all| all.get_mut("dataContext"))
            .and_then(Value::as_array_mut);
        for rule in rules.into_iter().flatten() {
            let shares = rule.get_mut("shares").and_then(Value::as_array_mut);
            for share in shares.into_iter().flatten() {
                let Some((kind, id)) = party_of(share) else { continue };
                let Some(kind) = party_type(kind) else { continue };
                match self.map(run, target, kind, id) {
                    Mapped::There { id, .. } => {
                        for key in ["partyId", "party"] {
                            if let Some(member) = share.get_mut(key) {
                                *member = json!(id);
                            }
                        }
                    }
                    Mapped::Planned { .. } => {}
                    Mapped::Missing(lost) => remember(&mut missing, lost),
                }
            }
        }
        missing
    }

    /// The parties of the target's rules that the target itself does not know.
    pub(super) fn strangers(&self, rules: &[Value]) -> Vec<Unmapped> {
        let mut missing = Vec::new();
        let shares = rules.iter().filter_map(|rule| rule.get("shares")?.as_array()).flatten();
        for (kind, id) in shares.filter_map(party_of) {
            let Some(party) = party_type(kind) else { continue };
            if self.there.name(Some(kind), id).is_none() {
                let asset = match party {
                    PartyType::User => AssetKind::User,
                    PartyType::Group => AssetKind::Group,
                };
                let name = self.here.name(Some(kind), id).unwrap_or(id).to_owned();
                remember(&mut missing, Unmapped { kind: asset, name });
            }
        }
        missing
    }
}

/// Add what is not in the list yet.
pub(super) fn remember(list: &mut Vec<Unmapped>, lost: Unmapped) {
    if !list.contains(&lost) {
        list.push(lost);
    }
}

pub(super) fn party_type(kind: &str) -> Option<PartyType> {
    [PartyType::User, PartyType::Group].into_iter().find(|known| known.as_str() == kind)
}

/// Whether an export certainly brought no security rules along.
pub(super) fn has_no_rules(document: &Value) -> bool {
    let told = document.pointer("/dependencies/dataContext").is_some_and(Value::is_array);
    told && dependency(document, "dataContext").is_empty()
}

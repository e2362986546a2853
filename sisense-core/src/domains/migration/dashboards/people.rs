//! Users and groups of both sides: ids to names, and names to ids.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::create::natural;
use super::super::result::Unmapped;
use crate::client::Client;
use crate::domains::dashboard::is_owner;
use crate::domains::lookup::dashboards::ShareRecord;
use crate::domains::lookup::groups::GroupRecord;
use crate::domains::lookup::is_object_id;
use crate::domains::lookup::parties::Parties;
use crate::domains::lookup::users::UserRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{AssetKind, Run};

/// A share by name: what a preview shows and a journal keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) kind: AssetKind,
    /// An e-mail or the name of a group; an id where nobody has that id any more.
    pub(super) name: String,
    pub(super) rule: String,
    pub(super) subscribe: bool,
}

impl Grant {
    pub(super) fn is(&self, other: &Grant) -> bool {
        self.kind == other.kind && natural(&self.name) == natural(&other.name)
    }

    fn value(&self) -> Value {
        json!({
            "type": kind_word(self.kind),
            "name": self.name,
            "rule": self.rule,
            "subscribe": self.subscribe,
        })
    }

    fn from_value(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let kind = if text("type")? == "group" { AssetKind::Group } else { AssetKind::User };
        let subscribe = value.get("subscribe").and_then(Value::as_bool).unwrap_or(false);
        let (name, rule) = (text("name")?.to_owned(), text("rule")?.to_owned());
        Some(Grant { kind, name, rule, subscribe })
    }
}

fn kind_word(kind: AssetKind) -> &'static str {
    if kind == AssetKind::Group { "group" } else { "user" }
}

/// Grants as a change holds them, in an order that does not depend on the server.
pub(super) fn listed(grants: &[Grant]) -> Value {
    let mut grants: Vec<&Grant> = grants.iter().collect();
    grants.sort_by_key(|grant| (kind_word(grant.kind), natural(&grant.name)));
    grants.into_iter().map(Grant::value).collect()
}

/// The grants that a change holds.
pub(super) fn unlisted(value: &Value) -> Vec<Grant> {
    value.as_array().into_iter().flatten().filter_map(Grant::from_value).collect()
}

/// Who is on both sides.
pub(super) struct People {
    here: Parties,
    there: Parties,
    /// By natural name; `None` where several have it.
    users: HashMap<String, Option<String>>,
    groups: HashMap<String, Option<String>>,
    target: String,
}

/// What is wanted of a dashboard's shares and owner, by names that the target knows.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) grants: Vec<Grant>,
    /// The e-mail of the owner on the source, where the target has that user.
    pub(super) owner: Option<String>,
    pub(super) unmapped: Vec<Unmapped>,
}

impl People {
    pub(super) async fn of(source: &Client, target: &Client) -> Result<Self> {
        let here = futures_util::future::try_join(source.list_users_brief(), source.list_groups());
        let there = futures_util::future::try_join(target.list_users_brief(), target.list_groups());
        let (here, there) = futures_util::future::try_join(here, there).await?;
        let (users, groups) = there;
        Ok(People {
            here: Parties::new(&here.0, &here.1),
            there: Parties::new(&users, &groups),
            users: by_name(users.iter().map(|user| (login_of(user), user.id.as_str()))),
            groups: by_name(
                groups.iter().map(|group: &GroupRecord| (group.name(), group.id.as_str())),
            ),
            target: target.name().to_owned(),
        })
    }

    /// The name of somebody on the target; the id where nobody has it.
    pub(super) fn there(&self, kind: &str, id: &str) -> String {
        self.there.name(Some(kind), id).unwrap_or(id).to_owned()
    }

    /// The id of somebody on the target.
    pub(super) fn id(&self, kind: AssetKind, name: &str) -> Option<String> {
        let map = if kind == AssetKind::Group { &self.groups } else { &self.users };
        match map.get(&natural(name)) {
            Some(id) => id.clone(),
            None => is_object_id(name).then(|| name.to_owned()),
        }
    }

    /// Whether the target has somebody, or will have, by an earlier step of the same plan.
    fn maps(&self, run: &Run, kind: AssetKind, name: &str) -> bool {
        let map = if kind == AssetKind::Group { &self.groups } else { &self.users };
        map.get(&natural(name)).is_some_and(Option::is_some)
            || run.planned(&self.target, kind, name).is_some()
    }

    /// The share rows of a dashboard of the target by name, without the owner's.
    pub(super) fn grants(&self, rows: &[ShareRecord], owner: Option<&str>) -> Vec<Grant> {
        let mut grants: Vec<Grant> = Vec::new();
        for row in rows.iter().filter(|row| !is_owner(row, owner)) {
            let kind = kind_of(row.kind.as_deref());
            let grant = Grant {
                kind,
                name: self.there(kind_word(kind), &row.share_id),
                rule: row.rule.clone().unwrap_or_else(|| "view".to_owned()),
                subscribe: row.subscribe.unwrap_or(false),
            };
            if !grants.iter().any(|known| known.is(&grant)) {
                grants.push(grant);
            }
        }
        grants
    }

    /// The shares and the owner of a dashboard of the source, as far as the target has these people.
    /// Without `change_ownership` the owner becomes one of those who may edit.
    pub(super) fn wanted(
        &self,
        run: &Run,
        rows: &[ShareRecord],
        owner: Option<&str>,
        change_ownership: bool,
    ) -> Wanted {
        let mut wanted = Wanted::default();
        let mut take = |kind: AssetKind, id: &str, rule: &str, subscribe: bool, own: bool| {
            let name = self.here.name(Some(kind_word(kind)), id);
            let Some(name) = name.filter(|name| self.maps(run, kind, name)) else {
                let name = name.unwrap_or(id).to_owned();
                let lost = Unmapped { kind, name };
                if !wanted.unmapped.contains(&lost) {
                    wanted.unmapped.push(lost);
                }
                return;
            };
            if own {
                wanted.owner = Some(name.to_owned());
                return;
            }
            let (name, rule) = (name.to_owned(), rule.to_owned());
            let grant = Grant { kind, name, rule, subscribe };
            if !wanted.grants.iter().any(|known| known.is(&grant)) {
                wanted.grants.push(grant);
            }
        };
        if let Some(owner) = owner {
            take(AssetKind::User, owner, "edit", false, change_ownership);
        }
        for row in rows.iter().filter(|row| !is_owner(row, owner)) {
            let rule = row.rule.as_deref().unwrap_or("view");
            let subscribe = row.subscribe.unwrap_or(false);
            take(kind_of(row.kind.as_deref()), &row.share_id, rule, subscribe, false);
        }
        wanted
    }

    /// The rows to write: the owner's own, and the grants.
    pub(super) fn rows(&self, owner: &str, grants: &[Grant]) -> Result<Vec<Value>> {
        let mut rows = vec![json!({ "shareId": owner, "type": "user" })];
        for grant in grants {
            let Some(id) = self.id(grant.kind, &grant.name) else {
                let (kind, name) = (grant.kind, &grant.name);
                let message = format!("the target has no {kind} of this name by now: {name}");
                return Err(Error::new(ErrorKind::Drifted, message)
                    .with_next_step("look at a new preview and approve it"));
            };
            if rows.iter().all(|row| row["shareId"] != id.as_str()) {
                rows.push(json!({
                    "shareId": id,
                    "type": kind_word(grant.kind),
                    "rule": grant.rule,
                    "subscribe": grant.subscribe,
                }));
            }
        }
        Ok(rows)
    }
}

fn login_of(user: &UserRecord) -> &str {
    if user.email().is_empty() { user.login() } else { user.email() }
}

fn by_name<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> HashMap<String, Option<String>> {
    let mut map: HashMap<String, Option<String>> = HashMap::new();
    for (name, id) in all {
        map.entry(natural(name))
            .and_modify(|known| {
                // One that is listed twice is no twin.
                if known.as_deref() != Some(id) {
                    *known = None;
                }
            })
            .or_insert_with(|| Some(id.to_owned()));
    }
    map
}

fn kind_of(kind: Option<&str>) -> AssetKind {
    if kind == Some("group") { AssetKind::Group } else { AssetKind::User }
}

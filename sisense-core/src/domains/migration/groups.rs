//! Groups: made by name; members come with the users.

use futures_util::future::try_join4;
use serde_json::{Map, Value, json};

use super::create::{Kind, Wish, natural};
use super::ledger::Ledger;
use super::past::Past;
use super::result::{Item, ItemOutcome, Migration};
use super::{MigrateGroups, Migrations};
use crate::domains::lookup::groups::GroupRecord;
use crate::domains::lookup::pick;
use crate::domains::lookup::roles::{RoleRecord, shown};
use crate::error::{Error, Result};
use crate::run::{Action, AssetKind, Change, Run, Undo};
use crate::transport::ApiPath;

/// Members that a group keeps on its way. The rest belongs to the server that made it, or to its
/// directory.
const KEPT: [&str; 3] = ["name", "mail", "language"];

/// A group of the source: what is known of it, and all that its record holds.
struct Source {
    record: GroupRecord,
    raw: Map<String, Value>,
}

impl Migrations {
    /// Copy groups to another deployment, by name.
    ///
    /// A group that the target has already is skipped, with a note when its role differs. Built-in
    /// groups are never touched, and groups of a directory must come from the target's own
    /// directory. Roles are mapped by name. Members come with the users. One row per group.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, or for a source that is also the target; the errors of the
    /// four lists that are read. What goes wrong with one group is in its row.
    ///
    /// # Ask
    /// - Migrate the group QA Team
    /// - Copy the groups Sales and Support to the other deployment
    /// - Bring the group Marketing to production
    ///
    /// <!-- @effect create -->
    /// <!-- @scope source-target -->
    /// <!-- @risk normal -->
    pub async fn migrate_groups(&self, run: &Run, params: MigrateGroups) -> Result<Migration> {
        if params.group_name_list.is_empty() {
            return Err(Error::invalid("no group is named")
                .with_next_step("name at least one group of the source"));
        }
        self.groups(run, "migration.migrate_groups", Some(&params.group_name_list)).await
    }

    /// Copy all groups to another deployment, by name.
    ///
    /// As [`Migrations::migrate_groups`], for every group that is not built in.
    ///
    /// # Errors
    /// As [`Migrations::migrate_groups`].
    ///
    /// # Ask
    /// - Migrate all groups
    /// - Copy every group to the target
    /// - Bring all groups to the other server
    ///
    /// <!-- @effect create -->
    /// <!-- @scope source-target -->
    /// <!-- @risk normal -->
    /// <!-- @streams -->
    pub async fn migrate_all_groups(&self, run: &Run) -> Result<Migration> {
        self.groups(run, "migration.migrate_all_groups", None).await
    }

    async fn groups(
        &self,
        run: &Run,
        operation: &'static str,
        names: Option<&[String]>,
    ) -> Result<Migration> {
        self.check()?;
        let (source, there, roles_here, roles_there) = try_join4(
            self.source_groups(),
            self.target.list_groups(),
            self.source.list_roles(),
            self.target.list_roles(),
        )
        .await?;
        let past = Past::of(run).await?;
        let chosen = choose(&source, names);
        let mut ledger = Ledger::new(run, operation, "groups", chosen.len());
        let mut wishes = Vec::new();
        let roles = Roles { here: &roles_here, there: &roles_there };
        for (place, chosen) in chosen.into_iter().enumerate() {
            let group = match chosen {
                Ok(group) => group,
                Err(item) => {
                    ledger.settle(place, *item);
                    continue;
                }
            };
            let row = Item::new(AssetKind::Group, group.record.name(), ItemOutcome::WouldCreate)
                .of_source(&group.record.id);
            let change = self.group_change(operation, group, &roles);
            let same = |other: &&GroupRecord| natural(other.name()) == natural(&row.name);
            if let Some(other) = there.iter().find(same) {
                let own = match &change {
                    Ok(change) => self.own_work(run, &past, change, &row, &other.id).await?,
                    Err(_) => None,
                };
                ledger.settle(place, own.unwrap_or_else(|| is_there(row, group, other, &roles)));
                continue;
            }
            match change.and_then(|change| Ok((change, roles.body(group)?))) {
                Ok((change, body)) => wishes.push(Wish { place, row, change, body }),
                Err(error) => {
                    let row = row.blocked(error);
                    ledger.settle(place, row);
                }
            }
        }
        self.create(run, Kind::Groups, wishes, &mut ledger).await?;
        Ok(ledger.close())
    }

    async fn source_groups(&self) -> Result<Vec<Source>> {
        let path = ApiPath::new(["api", "v1", "groups"]);
        let rows: Vec<Value> = self.source.transport().list("all groups", path, Vec::new()).await?;
        rows.into_iter()
            .map(|row| {
                let raw = row.as_object().cloned().unwrap_or_default();
                let record = crate::transport::Answer::new(200, row).decode()?;
                Ok(Source { record, raw })
            })
            .collect()
    }

    /// The change that makes a group. A directory's group and a role that the target lacks are errors.
    fn group_change(
        &self,
        operation: &'static str,
        group: &Source,
        roles: &Roles<'_>,
    ) -> Result<Change> {
        let name = group.record.name();
        if group.record.ad == Some(true) {
            return Err(Error::invalid("a group of a directory")
                .with_next_step("add it on the target from the target's own directory"));
        }
        let mut after: Map<String, Value> =
            KEPT.iter().filter_map(|key| Some(((*key).to_owned(), group.given(key)?))).collect();
        if let Some(role) = roles.of(group)? {
            after.insert("role".to_owned(), json!(shown(&role.name)));
        }
        let asset = self.asset(AssetKind::Group, None, name);
        Ok(Change::new(operation, asset, Action::Create, format!("Create the group {name}"))
            .after(after.into())
            .undo(Undo::Yes("delete the group, while nobody is in it".to_owned())))
    }
}

impl Source {
    fn given(&self, key: &str) -> Option<Value> {
        self.raw.get(key).filter(|value| !value.is_null()).cloned()
    }
}

/// The roles of both sides.
struct Roles<'a> {
    here: &'a [RoleRecord],
    there: &'a [RoleRecord],
}

impl Roles<'_> {
    /// The target's role of the same name as that of a group of the source.
    fn of(&self, group: &Source) -> Result<Option<&RoleRecord>> {
        let id = group.record.role_id.as_ref().or(group.record.default_role.as_ref());
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
        let Some(role) = self.here.iter().find(|role| role.id == *id || role.name == *id) else {
            return Err(Error::not_found("role", id)
                .with_next_step("the source does not list the role of this group"));
        };
        match self.there.iter().find(|other| other.name == role.name) {
            Some(other) => Ok(Some(other)),
            None => Err(Error::invalid(format!("the target has no role {}", shown(&role.name)))
                .with_next_step("make the role on the target first")),
        }
    }

    fn body(&self, group: &Source) -> Result<Value> {
        let mut body: Map<String, Value> =
            KEPT.iter().filter_map(|key| Some(((*key).to_owned(), group.given(key)?))).collect();
        if let Some(role) = self.of(group)? {
            let key = if group.record.role_id.is_some() { "roleId" } else { "defaultRole" };
            body.insert(key.to_owned(), json!(role.id));
        }
        Ok(body.into())
    }
}

/// The groups that were asked for, or the rows of those that cannot be had.
fn choose<'a>(
    source: &'a [Source],
    names: Option<&[String]>,
) -> Vec<std::result::Result<&'a Source, Box<Item>>> {
    let built_in = |group: &Source| group.record.is_implied() || group.record.is_admins();
    let leave = |group: &Source| {
        let item = Item::new(AssetKind::Group, group.record.name(), ItemOutcome::Skipped);
        Box::new(item.of_source(&group.record.id).because("built in: every deployment has its own"))
    };
    let check = |group: &'a Source| if built_in(group) { Err(leave(group)) } else { Ok(group) };
    let Some(names) = names else {
        return source.iter().map(check).collect();
    };
    let mut seen = std::collections::HashSet::new();
    let names = names.iter().filter(|name| seen.insert(natural(name)));
    names
        .map(|name| {
            let row = || Item::new(AssetKind::Group, name, ItemOutcome::Failed);
            let describe = |group: &Source| group.record.name().to_owned();
            match pick("group", name, source, |group| group.record.name(), describe) {
                Ok(Some(group)) => check(group),
                Ok(None) => Err(Box::new(row().because("the source has no group of this name"))),
                Err(error) => {
                    let row = row().blocked(error);
                    Err(Box::new(row))
                }
            }
        })
        .collect()
}

/// The row of a group that the target has already.
fn is_there(row: Item, group: &Source, other: &GroupRecord, roles: &Roles<'_>) -> Item {
    let mut row = row.on_target(Some(other.id.clone())).because("the target has it already");
    row.outcome = ItemOutcome::Skipped;
    let wanted = roles.of(group).ok().flatten().map(|role| &role.id);
    let has = other.role_id.as_ref().or(other.default_role.as_ref());
    if wanted != has {
        row.differs.push("role".to_owned());
    }
    row
}

//! Users: made by e-mail, with role and groups mapped by name.

use std::collections::HashMap;

use futures_util::future::try_join3;
use serde_json::{Map, Value, json};

use super::create::{Kind, Wish, natural};
use super::ledger::Ledger;
use super::past::Past;
use super::result::{Item, ItemOutcome, Migration, Unmapped};
use super::{MigrateUsers, Migrations};
use crate::domains::lookup::groups::{GroupRecord, is_implied_name};
use crate::domains::lookup::roles::{RoleRecord, shown};
use crate::domains::lookup::users::{UserRecord, match_user};
use crate::error::{Error, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Run, Undo};

/// The language of a user whose record names none.
const LOCALE: &str = "en-US";

/// What is known of both sides.
struct Sides {
    users_here: Vec<UserRecord>,
    groups_here: Vec<GroupRecord>,
    roles_here: Vec<RoleRecord>,
    users_there: Vec<UserRecord>,
    groups_there: HashMap<String, GroupRecord>,
    roles_there: Vec<RoleRecord>,
}

/// A user of the source with role and groups as names, and what of them the target has.
struct Mapped<'a> {
    user: &'a UserRecord,
    role: &'a RoleRecord,
    /// Names of groups that the target has or, in a preview, will have; the id where it is there.
    groups: Vec<(String, Option<String>)>,
    missing: Vec<String>,
}

impl Migrations {
    /// Copy users to another deployment, by e-mail.
    ///
    /// Role and groups are mapped by name. A user that the target has already is skipped, with a note
    /// when role or groups differ. Groups that the target lacks are left out and listed: migrate
    /// groups first. Passwords do not travel; the server may mail an invitation to each new user. The
    /// system administrator is never migrated. One row per user.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, or for a source that is also the target; the errors of the
    /// lists that are read. What goes wrong with one user is in its row.
    ///
    /// # Ask
    /// - Migrate the user ann@example.com
    /// - Copy these users with their roles and groups: ann@example.com, bob@example.com
    /// - Bring the account carla@example.com to production
    ///
    /// <!-- @effect create -->
    /// <!-- @scope source-target -->
    /// <!-- @risk normal -->
    pub async fn migrate_users(&self, run: &Run, params: MigrateUsers) -> Result<Migration> {
        if params.user_name_list.is_empty() {
            return Err(Error::invalid("no user is named")
                .with_next_step("give the e-mail of at least one user of the source"));
        }
        self.users(run, "migration.migrate_users", Some(&params.user_name_list)).await
    }

    /// Copy all users to another deployment, by e-mail.
    ///
    /// As [`Migrations::migrate_users`], for everybody but the system administrator.
    ///
    /// # Errors
    /// As [`Migrations::migrate_users`].
    ///
    /// # Ask
    /// - Migrate all users
    /// - Copy every user to the target
    /// - Bring all accounts with their roles to production
    ///
    /// <!-- @effect create -->
    /// <!-- @scope source-target -->
    /// <!-- @risk high -->
    /// <!-- @streams -->
    pub async fn migrate_all_users(&self, run: &Run) -> Result<Migration> {
        self.users(run, "migration.migrate_all_users", None).await
    }

    async fn users(
        &self,
        run: &Run,
        operation: &'static str,
        names: Option<&[String]>,
    ) -> Result<Migration> {
        self.check()?;
        let sides = self.sides().await?;
        let past = Past::of(run).await?;
        let chosen = choose(&sides.users_here, names);
        let mut ledger = Ledger::new(run, operation, "users", chosen.len());
        let mut wishes = Vec::new();
        for (place, chosen) in chosen.into_iter().enumerate() {
            let user = match chosen {
                Ok(user) => user,
                Err(item) => {
                    ledger.settle(place, *item);
                    continue;
                }
            };
            let row = Item::new(AssetKind::User, user.email(), ItemOutcome::WouldCreate)
                .of_source(&user.id);
            let mapped = match self.mapped(run, &sides, user) {
                Ok(mapped) => mapped,
                Err(item) => {
                    ledger.settle(place, *item);
                    continue;
                }
            };
            let change = self.user_change(operation, &mapped);
            match match_user(&sides.users_there, user.email()) {
                Ok(None) => {}
                Ok(Some(other)) => {
                    let own = self.own_work(run, &past, &change, &row, &other.id).await?;
                    let item = own.unwrap_or_else(|| is_there(row, &mapped, other, &sides));
                    ledger.settle(place, item);
                    continue;
                }
                Err(error) => {
                    ledger.settle(place, row.blocked(error));
                    continue;
                }
            }
            let row = row_with(row, &mapped);
            wishes.push(Wish { place, row, change, body: body(&mapped) });
        }
        if !wishes.is_empty() {
            ledger.warn(format!("the server may mail invitations: {} people", wishes.len()));
        }
        self.create(run, Kind::Users, wishes, &mut ledger).await?;
        Ok(ledger.close())
    }

    async fn sides(&self) -> Result<Sides> {
        let here = try_join3(
            self.source.list_users(),
            self.source.list_groups(),
            self.source.list_roles(),
        );
        let there = try_join3(
            self.target.list_users(),
            self.target.list_groups(),
            self.target.list_roles(),
        );
        let (here, there) = futures_util::future::try_join(here, there).await?;
        let (users_here, groups_here, roles_here) = here;
        let (users_there, groups, roles_there) = there;
        let groups_there = groups.into_iter().map(|g| (natural(g.name()), g)).collect();
        Ok(Sides { users_here, groups_here, roles_here, users_there, groups_there, roles_there })
    }

    /// Role and groups by name, or the row of a user that cannot come along.
    fn mapped<'a>(
        &self,
        run: &Run,
        sides: &'a Sides,
        user: &'a UserRecord,
    ) -> std::result::Result<Mapped<'a>, Box<Item>> {
        let row =
            || Item::new(AssetKind::User, user.email(), ItemOutcome::Blocked).of_source(&user.id);
        let role = role_of(user, &sides.roles_here).ok_or_else(|| {
            let error = Error::invalid("the source does not tell the role of this user");
            Box::new(row().blocked(error))
        })?;
        if role.name == "super" {
            let mut item = row().because("the system administrator: every deployment has its own");
            item.outcome = ItemOutcome::Skipped;
            return Err(Box::new(item));
        }
        let Some(role) = sides.roles_there.iter().find(|other| other.name == role.name) else {
            let error = Error::invalid(format!("the target has no role {}", shown(&role.name)))
                .with_next_step("make the role on the target first");
            return Err(Box::new(row().blocked(error)));
        };
        let mut groups = Vec::new();
        let mut missing = Vec::new();
        for group in &user.groups {
            let known = sides.groups_here.iter().find(|known| known.id == group.id);
            let name = group.name.as_deref().or(known.map(GroupRecord::name));
            let Some(name) = name else {
                missing.push(group.id.clone());
                continue;
            };
            if is_implied_name(name) || known.is_some_and(|g| g.is_implied() || g.is_admins()) {
                continue;
            }
            match sides.groups_there.get(&natural(name)) {
                Some(there) => groups.push((there.name().to_owned(), Some(there.id.clone()))),
                None if run.planned(self.target.name(), AssetKind::Group, name).is_some() => {
                    groups.push((name.to_owned(), None));
                }
                None => missing.push(name.to_owned()),
            }
        }
        groups.sort();
        Ok(Mapped { user, role, groups, missing })
    }

    fn user_change(&self, operation: &'static str, mapped: &Mapped<'_>) -> Change {
        let email = mapped.user.email();
        let role = shown(&mapped.role.name);
        let mut after = personal(mapped.user);
        after.insert("role".to_owned(), json!(role));
        let names: Vec<&String> = mapped.groups.iter().map(|(name, _)| name).collect();
        after.insert("groups".to_owned(), json!(names));
        let asset = self.asset(AssetKind::User, None, email);
        let summary = format!("Create {email} as {role}");
        let admin = matches!(mapped.role.name.as_str(), "admin" | "dataAdmin");
        let change = Change::new(operation, asset, Action::Create, summary)
            .after(after.into())
            .note("the server may mail an invitation to this address")
            .undo(Undo::Yes("delete the user, as long as it owns nothing".to_owned()))
            .risk(if admin { Risk::High } else { Risk::Normal });
        mapped.missing.iter().fold(change, |change, name| {
            change.note(format!("the target has no group \"{name}\": not a member of it there"))
        })
    }
}

fn role_of<'a>(user: &UserRecord, roles: &'a [RoleRecord]) -> Option<&'a RoleRecord> {
    let id = user.role.as_ref().map(|role| &role.id).or(user.role_id.as_ref())?;
    roles.iter().find(|role| role.id == *id)
}

/// The members that travel as they are.
fn personal(user: &UserRecord) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("email".to_owned(), json!(user.email()));
    members.insert("firstName".to_owned(), json!(user.first_name.as_deref().unwrap_or_default()));
    members.insert("lastName".to_owned(), json!(user.last_name.as_deref().unwrap_or_default()));
    if !user.login().is_empty() && natural(user.login()) != natural(user.email()) {
        members.insert("userName".to_owned(), json!(user.login()));
    }
    let preferences = user.preferences.clone().filter(|p| !p.is_null());
    let preferences = preferences.unwrap_or_else(|| json!({ "localeId": LOCALE }));
    members.insert("preferences".to_owned(), preferences);
    members
}

fn body(mapped: &Mapped<'_>) -> Value {
    let mut body = personal(mapped.user);
    body.insert("roleId".to_owned(), json!(mapped.role.id));
    let ids: Vec<&String> = mapped.groups.iter().filter_map(|(_, id)| id.as_ref()).collect();
    body.insert("groups".to_owned(), json!(ids));
    body.into()
}

fn row_with(mut row: Item, mapped: &Mapped<'_>) -> Item {
    let lost = |name: &String| Unmapped { kind: AssetKind::Group, name: name.clone() };
    row.unmapped = mapped.missing.iter().map(lost).collect();
    row
}

/// The row of a user that the target has already.
fn is_there(row: Item, mapped: &Mapped<'_>, other: &UserRecord, sides: &Sides) -> Item {
    let mut row = row_with(row, mapped)
        .on_target(Some(other.id.clone()))
        .because("the target has this user already");
    row.outcome = ItemOutcome::Skipped;
    if role_of(other, &sides.roles_there).map(|role| &role.id) != Some(&mapped.role.id) {
        row.differs.push("role".to_owned());
    }
    let has: Vec<&str> = other.groups.iter().map(|group| group.id.as_str()).collect();
    let lacks = |(_, id): &&(String, Option<String>)| {
        id.as_ref().is_none_or(|id| !has.contains(&id.as_str()))
    };
    if mapped.groups.iter().any(|group| lacks(&group)) {
        row.differs.push("groups".to_owned());
    }
    row
}

/// The users that were asked for, or the rows of those that cannot be had.
fn choose<'a>(
    users: &'a [UserRecord],
    names: Option<&[String]>,
) -> Vec<std::result::Result<&'a UserRecord, Box<Item>>> {
    let Some(names) = names else { return users.iter().map(Ok).collect() };
    let mut seen = std::collections::HashSet::new();
    let names = names.iter().filter(|name| seen.insert(natural(name)));
    names
        .map(|name| {
            let row = || Item::new(AssetKind::User, name, ItemOutcome::Failed);
            match match_user(users, name) {
                Ok(Some(user)) => Ok(user),
                Ok(None) => Err(Box::new(row().because("the source has no user of this e-mail"))),
                Err(error) => Err(Box::new(row().blocked(error))),
            }
        })
        .collect()
}

//! Groups and who is in them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Deployment;
use super::bulk::Made;
use super::doc::{list, now, remove, set, text};
use super::listing::Listing;
use crate::import_variants::BulkCreate;
use crate::touched::{AssetKind, Change};
use crate::wire::Reply;

/// Members of a body that the server makes itself.
const OWN: [&str; 5] = ["_id", "created", "lastUpdated", "tenantId", "users"];

/// Members of a body that a group keeps; others are ignored.
const KEPT: [&str; 10] = [
    "name",
    "mail",
    "roleId",
    "defaultRole",
    "language",
    "ad",
    "dn",
    "uSNChanged",
    "objectSid",
    "ldapDomainId",
];

impl Deployment {
    /// A group by id, or 404.
    pub(crate) fn group(&self, id: &str) -> Result<&Value, Reply> {
        self.groups.get(id).ok_or_else(|| Reply::not_found(404, "group", id))
    }

    /// A group by id or name, as the oldest API generation takes them.
    pub(crate) fn group_by_any(&self, id_or_name: &str) -> Result<&Value, Reply> {
        self.groups
            .get(id_or_name)
            .or_else(|| self.groups.values().find(|group| text(group, "name") == id_or_name))
            .ok_or_else(|| Reply::not_found(404, "group", id_or_name))
    }

    /// A group as lists show it.
    pub(crate) fn group_view(&self, group: &Value, listing: &Listing) -> Value {
        let mut view = group.clone();
        if listing.expands("users") {
            let members = self.members(text(group, "_id"));
            set(&mut view, "users", members.into_iter().cloned().collect::<Vec<_>>());
        }
        if listing.expands("role")
            && let Some(role) = self.role(text(group, "roleId"))
        {
            set(&mut view, "role", role.clone());
        }
        view
    }

    /// Users whose record names the group. Members of the built-in groups for everybody are
    /// implied, so there are none here.
    pub(crate) fn members(&self, group: &str) -> Vec<&Value> {
        let named = |user: &&Value| list(user, "groups").iter().any(|id| id == group);
        self.users.values().filter(named).collect()
    }

    /// Whether a user belongs to a group, implied membership included.
    pub(crate) fn in_group(&self, user: &str, group: &str) -> bool {
        let Some(group) = self.groups.get(group) else { return false };
        if group["everyone"] == true || text(group, "name") == "All users in system" {
            return self.users.contains_key(user);
        }
        let id = text(group, "_id");
        self.users.get(user).is_some_and(|user| {
            list(user, "groups").iter().any(|own| own == id)
                || (group["admins"] == true && self.base_role(text(user, "roleId")).is_data_admin())
        })
    }

    /// Creates groups from bodies: all of them, or none, unless the variant says otherwise.
    pub(crate) fn create_groups(&mut self, bodies: &[Value]) -> Result<Made, Reply> {
        if self.variants.bulk_create == BulkCreate::UntilBad {
            return Made::until_bad(bodies, |body| self.create_all_groups(body));
        }
        self.create_all_groups(bodies).map(Made::all)
    }

    fn create_all_groups(&mut self, bodies: &[Value]) -> Result<Vec<Value>, Reply> {
        for (at, body) in bodies.iter().enumerate() {
            let name = text(body, "name");
            if name.trim().is_empty() {
                return Err(Reply::invalid(300, "'name' is mandatory"));
            }
            let taken = self.groups.values().chain(&bodies[..at]);
            if taken.into_iter().any(|group| text(group, "name") == name) {
                let message = format!("a group named '{name}' already exists");
                return Err(Reply::error(StatusCode::BAD_REQUEST, 3004, &message));
            }
            if let Some(role) = body.get("roleId").and_then(Value::as_str) {
                self.role(role).ok_or_else(|| Reply::not_found(404, "role", role))?;
            }
        }
        Ok(bodies.iter().map(|body| self.insert_group(body)).collect())
    }

    fn insert_group(&mut self, body: &Value) -> Value {
        let id = self.ids.object();
        let mut group = json!({ "_id": id, "ad": false, "created": now(), "lastUpdated": now() });
        if let Some(members) = body.as_object() {
            for (key, value) in members {
                if KEPT.contains(&key.as_str()) && !OWN.contains(&key.as_str()) {
                    set(&mut group, key, value.clone());
                }
            }
        }
        let answer = group.clone();
        set(&mut group, "tenantId", self.tenant.clone());
        self.touch_doc(AssetKind::Group, &group, Change::Created);
        self.groups.insert(id, group);
        answer
    }

    /// Deletes a group; it leaves users and shares with it.
    pub(crate) fn delete_group(&mut self, id: &str) -> Result<(), Reply> {
        let group = self.group(id)?;
        if group["admins"] == true || group["everyone"] == true {
            return Err(Reply::error(StatusCode::BAD_REQUEST, 3011, "a built-in group stays"));
        }
        if let Some(group) = self.groups.remove(id) {
            self.touch_doc(AssetKind::Group, &group, Change::Deleted);
        }
        for user in self.users.values_mut() {
            if user.get("groups").is_some() {
                let kept: Vec<Value> =
                    list(user, "groups").iter().filter(|own| *own != id).cloned().collect();
                set(user, "groups", kept);
            }
        }
        for dashboard in self.dashboards.values_mut() {
            dashboard.forget_party(id);
        }
        Ok(())
    }

    /// Adds users to a group or takes them out; answers with the ids that were touched.
    pub(crate) fn change_members(
        &mut self,
        group: &str,
        users: &[Value],
        join: bool,
    ) -> Result<Vec<Value>, Reply> {
        let mut touched = Vec::new();
        for wanted in users.iter().filter_map(Value::as_str) {
            let id = self
                .users
                .values()
                .find(|user| text(user, "_id") == wanted || text(user, "userName") == wanted)
                .map(|user| text(user, "_id").to_owned())
                .ok_or_else(|| Reply::not_found(2001, "user", wanted))?;
            touched.push(id);
        }
        for id in &touched {
            if let Some(user) = self.users.get_mut(id) {
                let mut groups: Vec<Value> =
                    list(user, "groups").iter().filter(|own| *own != group).cloned().collect();
                if join {
                    groups.push(json!(group));
                }
                set(user, "groups", groups);
            }
        }
        let name = text(self.group(group)?, "name").to_owned();
        self.touch(AssetKind::Group, group, &name, Change::Updated);
        Ok(touched.into_iter().map(Value::from).collect())
    }

    /// Renames a group or changes what else a body holds.
    pub(crate) fn update_group(&mut self, id: &str, changes: &Value) {
        if let Some(group) = self.groups.get_mut(id) {
            let mut changes = changes.clone();
            remove(&mut changes, &OWN);
            if let Some(members) = changes.as_object() {
                super::doc::merge(group, members, &[]);
            }
            set(group, "lastUpdated", now());
            let group = group.clone();
            self.touch_doc(AssetKind::Group, &group, Change::Updated);
        }
    }
}

//! Users: rules of creating, changing and deleting them.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Deployment;
use super::bulk::Made;
use super::doc::{list, merge, now, set, text};
use super::listing::Listing;
use crate::auth::Role;
use crate::import_variants::BulkCreate;
use crate::touched::{AssetKind, Change};
use crate::wire::{Reply, is_object_id};

/// Members that a body may set.
const WRITABLE: [&str; 9] = [
    "email",
    "userName",
    "firstName",
    "lastName",
    "roleId",
    "groups",
    "preferences",
    "uiSettings",
    "active",
];

impl Deployment {
    /// A user, or 404 with code 2001.
    pub(crate) fn user(&self, id: &str) -> Result<&Value, Reply> {
        self.users.get(id).ok_or_else(|| Reply::not_found(2001, "user", id))
    }

    /// A user as lists show it, with groups and role inlined when wanted.
    pub(crate) fn user_view(&self, user: &Value, listing: &Listing) -> Value {
        let mut view = user.clone();
        super::doc::remove(&mut view, &["password"]);
        if listing.expands("groups") {
            let own = list(user, "groups").iter().filter_map(Value::as_str);
            let mut groups: Vec<Value> =
                own.filter_map(|id| self.groups.get(id)).cloned().collect();
            let everyone = self.groups.values().find(|group| group["everyone"] == true);
            groups.extend(everyone.cloned());
            set(&mut view, "groups", groups);
        }
        if listing.expands("adgroups") {
            set(&mut view, "adgroups", json!([]));
        }
        if listing.expands("role")
            && let Some(role) = self.role(text(user, "roleId"))
        {
            set(
                &mut view,
                "role",
                json!({
                    "_id": role["_id"], "name": role["name"], "displayName": role["displayName"],
                }),
            );
        }
        view
    }

    /// Creates users from bodies: all of them, or none, unless the variant says otherwise.
    pub(crate) fn create_users(&mut self, bodies: &[Value]) -> Result<Made, Reply> {
        if self.variants.bulk_create == BulkCreate::UntilBad {
            return Made::until_bad(bodies, |body| self.create_all_users(body));
        }
        self.create_all_users(bodies).map(Made::all)
    }

    fn create_all_users(&mut self, bodies: &[Value]) -> Result<Vec<Value>, Reply> {
        for (at, body) in bodies.iter().enumerate() {
            self.check_new_user(body)?;
            let doubled = |other: &Value| {
                same(text(other, "email"), text(body, "email")) || same(login(other), login(body))
            };
            if bodies[..at].iter().any(doubled) {
                return Err(bad(2005, "the array holds the same user twice"));
            }
        }
        self.check_seats(bodies)?;
        bodies.iter().map(|body| self.insert_user(body)).collect()
    }

    fn check_new_user(&self, body: &Value) -> Result<(), Reply> {
        match body.get("email").and_then(Value::as_str) {
            None => return Err(Reply::invalid(2003, "'email' is mandatory")),
            Some("") => return Err(bad(2009, "'email' must not be empty")),
            Some(email) => check_email(email)?,
        }
        self.check_user_fields(body)?;
        let email = text(body, "email");
        self.check_unique(email, login(body), "")?;
        let role = self.base_role(text(body, "roleId"));
        let has_super =
            || self.users.values().any(|user| self.base_role(text(user, "roleId")) == Role::Super);
        if role == Role::Super && has_super() {
            return Err(bad(2006, "only one super user is allowed"));
        }
        Ok(())
    }

    fn check_user_fields(&self, body: &Value) -> Result<(), Reply> {
        if let Some(role) = body.get("roleId") {
            match role.as_str() {
                Some(id) if is_object_id(id) => {
                    self.role(id).ok_or_else(|| Reply::not_found(404, "role", id))?;
                }
                _ => return Err(Reply::invalid(601, "'roleId' is no valid object id")),
            }
        }
        for group in list(body, "groups") {
            match group.as_str() {
                Some(id) if is_object_id(id) => {
                    self.groups.get(id).ok_or_else(|| Reply::not_found(404, "group", id))?;
                }
                _ => return Err(Reply::invalid(601, "'groups' holds no valid object id")),
            }
        }
        if body.get("groups").is_some_and(|groups| !groups.is_array()) {
            return Err(Reply::invalid(300, "'groups' must be an array"));
        }
        Ok(())
    }

    fn check_unique(&self, email: &str, login: &str, except: &str) -> Result<(), Reply> {
        let taken = self.users.values().filter(|user| text(user, "_id") != except).any(|user| {
            let names = [text(user, "email"), text(user, "userName")];
            names.iter().any(|name| same(name, email) || same(name, login))
        });
        if taken { Err(bad(2004, "the user already exists")) } else { Ok(()) }
    }

    fn check_seats(&self, bodies: &[Value]) -> Result<(), Reply> {
        let mut used = self.seats_in_use();
        for body in bodies {
            used[seat(self.base_role(text(body, "roleId")))] += 1;
        }
        if used.iter().zip(self.seats).any(|(used, seats)| *used > seats) {
            return Err(bad(2007, "no seats left in the licence"));
        }
        Ok(())
    }

    /// Seats in use: admins, designers, viewers.
    pub(crate) fn seats_in_use(&self) -> [usize; 3] {
        let mut used = [0; 3];
        for user in self.users.values() {
            used[seat(self.base_role(text(user, "roleId")))] += 1;
        }
        used
    }

    fn insert_user(&mut self, body: &Value) -> Result<Value, Reply> {
        let id = self.ids.object();
        let consumer = self.role_id("consumer").unwrap_or_default();
        let password = body.get("password").and_then(Value::as_str).unwrap_or("").to_owned();
        let email = text(body, "email").to_owned();
        let mut user = json!({
            "_id": id, "email": email, "userName": email, "roleId": consumer,
            "active": !password.is_empty(), "activeDirectory": false,
            "created": now(), "lastUpdated": now(), "tenantId": self.tenant,
        });
        if let Some(changes) = body.as_object() {
            merge(&mut user, &writable(changes), &["active"]);
        }
        if password.is_empty() {
            set(&mut user, "pendingExpiration", "2099-01-01T00:00:00.000Z");
            self.mails.push(json!({ "kind": "invitation", "to": email }));
        } else {
            set(&mut user, "password", password);
        }
        self.users.insert(id, user.clone());
        self.touch_doc(AssetKind::User, &user, Change::Created);
        super::doc::remove(&mut user, &["password"]);
        Ok(user)
    }

    /// Changes a user and answers with the whole record.
    pub(crate) fn update_user(
        &mut self,
        id: &str,
        changes: &Map<String, Value>,
    ) -> Result<Value, Reply> {
        let old = self.user(id)?;
        let body = Value::Object(changes.clone());
        for key in ["email", "userName"] {
            if changes.get(key).is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
                return Err(bad(2009, &format!("'{key}' must not be empty")));
            }
        }
        if let Some(email) = changes.get("email").and_then(Value::as_str) {
            check_email(email)?;
        }
        self.check_user_fields(&body)?;
        let either = |key: &str| match text(&body, key) {
            "" => text(old, key).to_owned(),
            new => new.to_owned(),
        };
        let (email, login) = (either("email"), either("userName"));
        self.check_unique(&email, &login, id)?;
        let mut user = old.clone();
        merge(&mut user, &writable(changes), &[]);
        if let Some(password) = changes.get("password") {
            set(&mut user, "password", password.clone());
        }
        set(&mut user, "lastUpdated", now());
        self.users.insert(id.to_owned(), user.clone());
        self.touch_doc(AssetKind::User, &user, Change::Updated);
        super::doc::remove(&mut user, &["password"]);
        Ok(user)
    }

    /// Deletes users: all of them, or none. Their dashboards and folders die with them; share
    /// rows and security rules that name them stay behind.
    pub(crate) fn delete_users(&mut self, ids: &[String]) -> Result<(), Reply> {
        for id in ids {
            if self.base_role(text(self.user(id)?, "roleId")) == Role::Super {
                return Err(bad(2011, "the super user cannot be deleted"));
            }
        }
        for id in ids {
            if let Some(user) = self.users.remove(id) {
                self.touch_doc(AssetKind::User, &user, Change::Deleted);
            }
            self.sessions.retain(|_, user| user != id);
            self.drop_dashboards(|dashboard| dashboard.owner() == id);
            self.drop_folders(|folder| text(folder, "owner") == id);
            for dashboard in self.dashboards.values_mut() {
                dashboard.copies.remove(id);
            }
        }
        Ok(())
    }
}

fn writable(changes: &Map<String, Value>) -> Map<String, Value> {
    let known = changes.iter().filter(|(key, _)| WRITABLE.contains(&key.as_str()));
    known.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Addresses without a top-level domain are fine.
fn check_email(email: &str) -> Result<(), Reply> {
    let good = email
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if good && !email.contains(char::is_whitespace) {
        Ok(())
    } else {
        Err(Reply::invalid(2003, "'email' is no e-mail address"))
    }
}

/// The login that a new user gets.
fn login(body: &Value) -> &str {
    body.get("userName").and_then(Value::as_str).unwrap_or(text(body, "email"))
}

fn same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

fn seat(role: Role) -> usize {
    match role {
        Role::Super | Role::Admin | Role::DataAdmin => 0,
        Role::DataDesigner | Role::Contributor => 1,
        Role::Consumer => 2,
    }
}

fn bad(code: u32, message: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, code, message)
}

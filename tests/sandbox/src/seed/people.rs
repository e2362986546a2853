//! Roles, built-in groups, and the people behind the tokens.

use serde_json::{Value, json};

use crate::sandbox::PASSWORD;
use crate::state::Deployment;
use crate::state::doc::{set, text};

/// When the seeded data was made.
pub(super) const CREATED: &str = "2026-03-02T09:00:00.000Z";
/// When it was last touched.
pub(super) const TOUCHED: &str = "2026-05-18T14:30:00.000Z";

const ROLES: [(&str, &str, &str); 6] = [
    ("super", "Sys. Admin", "System administrator"),
    ("admin", "Admin", "Administrator"),
    ("dataAdmin", "Data Admin", "Administers data models"),
    ("dataDesigner", "Data Designer", "Designs data models and dashboards"),
    ("contributor", "Designer", "Designs dashboards"),
    ("consumer", "Viewer", "Views dashboards"),
];

/// Makes what every deployment has.
pub(super) fn settle(deployment: &mut Deployment) {
    for (name, display, desc) in ROLES {
        let id = deployment.ids.object();
        let role = json!({
            "_id": id, "name": name, "displayName": display, "desc": desc,
            "manifest": { "dashboards": { "create": name != "consumer" } },
        });
        deployment.roles.insert(id, role);
    }
    for (name, flag) in
        [("Admins", "admins"), ("Everyone", "everyone"), ("All users in system", "")]
    {
        let id = group(deployment, name);
        if let Some(group) = deployment.groups.get_mut(&id).filter(|_| !flag.is_empty()) {
            set(group, flag, true);
        }
    }
    let tokens = deployment.tokens.clone();
    let first = [
        (Person::new("olga.root@acme.example", "Olga", "Root", "super"), tokens.super_admin),
        (Person::new("ada.admin@acme.example", "Ada", "Admin", "admin"), tokens.admin),
        (Person::new("bruno.admin@acme.example", "Bruno", "Berg", "admin"), tokens.second_admin),
        (Person::new("dana.data@acme.example", "Dana", "Data", "dataAdmin"), tokens.data_admin),
        (
            Person::new("deniz.yilmaz@acme.example", "Deniz", "Yılmaz", "dataDesigner"),
            tokens.data_designer,
        ),
        (Person::new("conny.chart@acme.example", "Conny", "Chart", "contributor"), tokens.designer),
        (Person::new("vera.viewer@acme.example", "Vera", "Viewer", "consumer"), tokens.viewer),
    ];
    for (person, token) in first {
        let id = person.settle(deployment);
        deployment.sessions.insert(token, id);
    }
}

/// Makes a group and answers with its id.
pub(super) fn group(deployment: &mut Deployment, name: &str) -> String {
    let id = deployment.ids.object();
    let group = json!({
        "_id": id, "name": name, "ad": false, "defaultRole": "", "mail": "", "dn": "",
        "uSNChanged": "", "objectSid": "", "language": null, "ldapDomainId": null,
        "roleId": null, "created": CREATED, "lastUpdated": CREATED, "tenantId": deployment.tenant,
    });
    deployment.groups.insert(id.clone(), group);
    id
}

/// Somebody who is to become a user.
pub(super) struct Person {
    email: String,
    record: Value,
    role: String,
    groups: Vec<String>,
}

impl Person {
    pub(super) fn new(email: &str, first: &str, last: &str, role: &str) -> Self {
        let mut record = json!({ "firstName": first });
        // Some people have no last name, and the server then leaves the member out.
        if !last.is_empty() {
            set(&mut record, "lastName", last);
        }
        Self { email: email.to_owned(), record, role: role.to_owned(), groups: Vec::new() }
    }

    /// Puts the person into groups by name; a name may come twice.
    pub(super) fn groups(mut self, names: &[&str]) -> Self {
        self.groups = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Sets any member of the record.
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        set(&mut self.record, key, value);
        self
    }

    /// Makes the user and answers with the id.
    pub(super) fn settle(self, deployment: &mut Deployment) -> String {
        let id = deployment.ids.object();
        let mut user = json!({
            "_id": id, "email": self.email, "userName": self.email,
            "roleId": deployment.role_id(&self.role).unwrap_or_default(), "active": true,
            "activeDirectory": false, "preferences": { "localeId": "en-US", "language": "en-US" },
            "uiSettings": { "sidebar": { "width": 220, "open": true }, "recent": ["a", "b", "c"] },
            "created": CREATED, "lastUpdated": TOUCHED, "lastLogin": TOUCHED,
            "tenantId": deployment.tenant, "password": PASSWORD,
        });
        if let (Some(user), Some(record)) = (user.as_object_mut(), self.record.as_object()) {
            user.extend(record.clone());
        }
        let groups: Vec<Value> =
            self.groups.iter().map(|name| json!(group_id(deployment, name))).collect();
        // A user who is in no group has no such member at all.
        if !groups.is_empty() {
            set(&mut user, "groups", groups);
        }
        deployment.users.insert(id.clone(), user);
        id
    }
}

/// The id of a seeded group.
pub(super) fn group_id(deployment: &Deployment, name: &str) -> String {
    let found = deployment.groups.values().find(|group| text(group, "name") == name);
    found.map_or(String::new(), |group| text(group, "_id").to_owned())
}

/// The id of a seeded user.
pub(super) fn user_id(deployment: &Deployment, email: &str) -> String {
    let found = deployment.users.values().find(|user| text(user, "email") == email);
    found.map_or(String::new(), |user| text(user, "_id").to_owned())
}

//! The `access` operations.

mod create;
mod delete;
mod groups;
mod update;
mod users;

use std::sync::Arc;

use serde_json::{Value, json};
use sisense_core::{Change, Run};

use super::fake::Fake;

pub const USERS: &str = "/api/v1/users";
pub const GROUPS: &str = "/api/v1/groups";
pub const ROLES: &str = "/api/roles";
pub const WHOAMI: &str = "/api/users/loggedin";

pub fn roles() -> Value {
    json!([
        {"_id": "r1", "name": "consumer", "displayName": "Viewer"},
        {"_id": "r2", "name": "contributor", "displayName": "Designer"},
        {"_id": "r5", "name": "admin", "displayName": "Admin"},
        {"_id": "r6", "name": "super", "displayName": "Sys. Admin"},
    ])
}

pub fn groups() -> Value {
    json!([
        {"_id": "g0", "name": "Everyone", "everyone": true},
        {"_id": "g1", "name": "Admins", "admins": true},
        {"_id": "g2", "name": "Analysts", "defaultRole": "consumer", "ad": false},
        {"_id": "g3", "name": "R&D + Sales", "defaultRole": ""},
        {"_id": "g4", "name": "Empty"},
    ])
}

/// Ann as the server shows her with `expand`.
pub fn ann() -> Value {
    json!({
        "_id": "u1", "email": "ann@example.com", "userName": "ann", "firstName": "Ann",
        "active": true, "roleId": "r1", "role": {"_id": "r1", "name": "consumer"},
        "groups": [
            {"_id": "g0", "name": "Everyone"},
            {"_id": "g2", "name": "Analysts"},
            {"_id": "g2", "name": "Analysts"},
        ],
        "preferences": {"localeId": "en-US"},
        "activationToken": "secret-activation",
    })
}

/// An admin in no group.
pub fn root() -> Value {
    json!({
        "_id": "u9", "email": "root@example.com", "userName": "root@example.com",
        "roleId": "r5", "role": {"_id": "r5", "name": "admin"},
    })
}

impl Fake {
    /// A deployment with Ann and an admin, whose token it is.
    pub async fn with_people() -> Self {
        let fake = Fake::start().await;
        fake.get(USERS, &[("email", "ann@example.com")], json!([ann()])).await;
        fake.get("/api/v1/users/u1", &[], ann()).await;
        fake.get(USERS, &[("email", "")], json!([ann(), root()])).await;
        fake.get(USERS, &[], json!([])).await;
        fake.get(GROUPS, &[("name", "")], groups()).await;
        fake.get(GROUPS, &[("name", "Analysts")], json!([groups()[2]])).await;
        fake.get(GROUPS, &[], json!([])).await;
        fake.get(ROLES, &[], roles()).await;
        fake.get(WHOAMI, &[], json!({"_id": "u9", "email": "root@example.com"})).await;
        fake
    }
}

/// A run in which a person has approved these changes.
pub fn approved(changes: Vec<Arc<Change>>) -> Run {
    Run::approved(changes).start()
}
mod ownership;
mod ownership_hidden;
mod schedule;
mod shares;

//! Roles: a fixed set plus custom ones made from them.

use serde_json::Value;

use super::Deployment;
use super::doc::text;
use crate::auth::{Caller, Role};

impl Deployment {
    /// A role by its id.
    pub(crate) fn role(&self, id: &str) -> Option<&Value> {
        self.roles.get(id)
    }

    /// The id of a role by its internal name.
    pub(crate) fn role_id(&self, name: &str) -> Option<String> {
        let role = self.roles.values().find(|role| text(role, "name") == name)?;
        Some(text(role, "_id").to_owned())
    }

    /// The built-in role that a role acts as.
    pub(crate) fn base_role(&self, id: &str) -> Role {
        let Some(role) = self.role(id) else { return Role::Consumer };
        match text(role, "baseRoleName") {
            "" => Role::named(text(role, "name")),
            base => Role::named(base),
        }
    }

    /// Whether the manifest of a caller's custom role allows a path, such as
    /// `manage/elasticubes/sql_manual_queries/get`.
    pub(crate) fn is_granted(&self, caller: &Caller, path: &str) -> bool {
        let role = self.users.get(&caller.id).and_then(|user| self.role(text(user, "roleId")));
        let Some(role) = role else { return false };
        let mut granted = &role["manifest"];
        for part in path.split('/') {
            granted = &granted[part];
        }
        granted == &Value::Bool(true)
    }
}

//! Who is calling, and what a role may do.

use serde_json::Value;

use crate::state::Deployment;
use crate::state::doc::text;
use crate::wire::Reply;

/// The built-in roles. A custom role acts with the rights of the role it was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    Super,
    Admin,
    DataAdmin,
    DataDesigner,
    Contributor,
    #[default]
    Consumer,
}

impl Role {
    /// Reads an internal role name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "super" => Self::Super,
            "admin" => Self::Admin,
            "dataAdmin" => Self::DataAdmin,
            "dataDesigner" => Self::DataDesigner,
            "contributor" => Self::Contributor,
            _ => Self::Consumer,
        }
    }

    /// Whether the role administers the deployment.
    pub(crate) fn is_admin(self) -> bool {
        matches!(self, Self::Super | Self::Admin)
    }

    /// Whether the role administers every model.
    pub(crate) fn is_data_admin(self) -> bool {
        matches!(self, Self::Super | Self::Admin | Self::DataAdmin)
    }

    /// Whether the role's manifest allows a path or a class of callers.
    pub(crate) fn may(self, path: &str) -> bool {
        match path {
            "admins-only" | "manage/elasticubes/sql_manual_queries/get" => self.is_admin(),
            "data-admins-only" => self.is_data_admin(),
            "designers-and-admins-only" | "manage/elasticubes/viewschema" => self != Self::Consumer,
            "dashboards/restore" | "dashboards/export_pdf" | "dashboards/export_jpeg" => true,
            _ if path.starts_with("manage/users") || path.starts_with("manage/groups") => {
                self.is_admin()
            }
            _ if path.starts_with("manage/elasticubes") => {
                self.is_data_admin() || self == Self::DataDesigner
            }
            _ => self != Self::Consumer,
        }
    }
}

/// The person behind a request. Open routes are called by nobody, whose id is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) role: Role,
}

impl Caller {
    /// Refuses with 403 unless the caller's role allows the path.
    pub(crate) fn need(&self, path: &str) -> Result<(), Reply> {
        if self.role.may(path) { Ok(()) } else { Err(Reply::forbidden()) }
    }
}

impl Deployment {
    /// The active user that a token belongs to.
    pub(crate) fn caller(&self, token: &str) -> Option<Caller> {
        let user = self.users.get(self.sessions.get(token)?)?;
        if user.get("active") == Some(&Value::Bool(false)) {
            return None;
        }
        Some(Caller {
            id: text(user, "_id").to_owned(),
            email: text(user, "email").to_owned(),
            role: self.base_role(text(user, "roleId")),
        })
    }
}

/// Takes the token out of an `Authorization` header.
pub(crate) fn bearer(header: Option<&str>) -> Option<&str> {
    header?.strip_prefix("Bearer ").map(str::trim).filter(|token| !token.is_empty())
}

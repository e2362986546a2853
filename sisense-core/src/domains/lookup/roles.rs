//! Roles: internal names, names of the web page, and custom ones.

use serde::Deserialize;

use super::{not_found, same};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::transport::ApiPath;

/// A role on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct RoleRecord {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(rename = "displayName", default)]
    pub(crate) display_name: Option<String>,
}

/// Names that people use, and the internal name of the same role.
const ALIASES: [(&str, &str); 11] = [
    ("viewer", "consumer"),
    ("designer", "contributor"),
    ("dashboarddesigner", "contributor"),
    ("dashboard designer", "contributor"),
    ("data designer", "dataDesigner"),
    ("data admin", "dataAdmin"),
    ("sysadmin", "super"),
    ("sys. admin", "super"),
    ("sys admin", "super"),
    ("system admin", "super"),
    ("administrator", "admin"),
];

/// The name that people know a role by.
pub(crate) fn shown(internal: &str) -> String {
    match internal {
        "consumer" => "viewer",
        "contributor" => "designer",
        "super" => "sysAdmin",
        other => other,
    }
    .to_owned()
}

/// Find a role by its internal name, its shown name or what people call it.
pub(crate) fn find_role<'a>(roles: &'a [RoleRecord], wanted: &str) -> Result<&'a RoleRecord> {
    let by_name = |name: &str| roles.iter().find(|role| role.name == name);
    let displayed = |role: &&RoleRecord| role.display_name.as_deref() == Some(wanted);
    if let Some(role) = by_name(wanted).or_else(|| roles.iter().find(displayed)) {
        return Ok(role);
    }
    let fits: Vec<&RoleRecord> = roles
        .iter()
        .filter(|role| {
            same(&role.name, wanted)
                || role.display_name.as_deref().is_some_and(|name| same(name, wanted))
        })
        .collect();
    match fits.as_slice() {
        [role] => return Ok(role),
        [] => {}
        many => {
            let names = many.iter().map(|role| role.name.clone()).collect();
            return Err(Error::ambiguous("role", wanted, names));
        }
    }
    let lower = wanted.trim().to_lowercase();
    let alias = ALIASES.iter().find(|(spoken, _)| *spoken == lower);
    alias.and_then(|(_, internal)| by_name(internal)).ok_or_else(|| {
        let names: Vec<String> = roles.iter().map(|role| shown(&role.name)).collect();
        not_found("role", wanted, []).with_candidates(names)
    })
}

impl Client {
    /// All roles: `GET /api/roles`.
    pub(crate) async fn list_roles(&self) -> Result<Vec<RoleRecord>> {
        self.transport().list("all roles", ApiPath::new(["api", "roles"]), Vec::new()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn role(name: &str, display: &str) -> RoleRecord {
        RoleRecord {
            id: format!("id-{name}"),
            name: name.into(),
            display_name: Some(display.into()),
        }
    }

    #[test]
    fn finds_a_role_by_any_name_that_people_use() {
        let roles = [
            role("consumer", "Viewer"),
            role("contributor", "Designer"),
            role("super", "Sys. Admin"),
        ];
        for (wanted, name) in [
            ("consumer", "consumer"),
            ("viewer", "consumer"),
            ("Viewer", "consumer"),
            ("dashboardDesigner", "contributor"),
            ("sysAdmin", "super"),
        ] {
            assert_eq!(find_role(&roles, wanted).unwrap().name, name, "{wanted}");
        }
        let error = find_role(&roles, "chef").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.candidates(), ["viewer", "designer", "sysAdmin"]);
    }
}

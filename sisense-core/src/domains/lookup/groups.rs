//! Groups, among them those that the system keeps by itself.

use serde::Deserialize;

use super::{about, not_found, pick};
use crate::client::Client;
use crate::error::Result;
use crate::transport::ApiPath;

/// A group on the wire.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct GroupRecord {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    #[serde(rename = "roleId")]
    pub(crate) role_id: Option<String>,
    #[serde(rename = "defaultRole")]
    pub(crate) default_role: Option<String>,
    pub(crate) ad: Option<bool>,
    pub(crate) admins: Option<bool>,
    pub(crate) everyone: Option<bool>,
    pub(crate) created: Option<String>,
}

impl GroupRecord {
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Everybody is a member by nature; the group is never written into a user's list.
    pub(crate) fn is_implied(&self) -> bool {
        self.everyone == Some(true) || is_implied_name(self.name())
    }

    pub(crate) fn is_admins(&self) -> bool {
        self.admins == Some(true) || self.name() == "Admins"
    }
}

/// Whether a name is that of a group in which everybody is by nature.
pub(crate) fn is_implied_name(name: &str) -> bool {
    matches!(name, "Everyone" | "All users in system")
}

impl Client {
    /// All groups: `GET /api/v1/groups`.
    pub(crate) async fn list_groups(&self) -> Result<Vec<GroupRecord>> {
        let path = ApiPath::new(["api", "v1", "groups"]);
        self.transport().list("all groups", path, Vec::new()).await
    }

    pub(crate) async fn get_group_by_id(&self, id: &str) -> Result<GroupRecord> {
        let path = ApiPath::new(["api", "v1", "groups", id]);
        self.transport().get(path, Vec::new()).await?.decode()
    }

    /// One group by name: asked for by name, and if nothing comes back looked up among all, where
    /// the case may differ.
    pub(crate) async fn find_group(&self, name: &str) -> Result<GroupRecord> {
        super::required("the group's name", name)?;
        self.look_for_group(name).await.map_err(about("group", name))
    }

    async fn look_for_group(&self, name: &str) -> Result<GroupRecord> {
        let path = ApiPath::new(["api", "v1", "groups"]);
        let query = vec![("name", name.to_owned())];
        let filtered: Vec<GroupRecord> = self.transport().get(path, query).await?.decode_list()?;
        if let Some(group) = filtered.iter().find(|group| group.name() == name) {
            return Ok(group.clone());
        }
        let all = self.list_groups().await?;
        find_group_in(&all, name).cloned()
    }
}

/// One group by name or id, among all.
pub(crate) fn find_group_in<'a>(
    all: &'a [GroupRecord],
    reference: &str,
) -> Result<&'a GroupRecord> {
    if let Some(group) = all.iter().find(|group| group.id == reference) {
        return Ok(group);
    }
    let describe = |group: &GroupRecord| format!("{} ({})", group.name(), group.id);
    pick("group", reference, all, GroupRecord::name, describe)?
        .ok_or_else(|| not_found("group", reference, all.iter().map(GroupRecord::name)))
}

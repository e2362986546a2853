//! Whether those with whom a dashboard is shared may read its data model.

use serde_json::Value;

use super::Dashboards;
use crate::documents::DataSource;
use crate::domains::lookup::same;
use crate::error::{Error, Result};
use crate::transport::ApiPath;

/// A user or a group, and the groups of a user.
pub(crate) struct Recipient {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
}

impl Dashboards {
    /// What the person should know about recipients and the data model. Never an error: sharing a
    /// dashboard does not depend on it.
    pub(crate) async fn rights_warnings(
        &self,
        datasource: Option<&Value>,
        recipients: &[Recipient],
    ) -> Vec<String> {
        let Some(source) = datasource.and_then(DataSource::from_value) else { return Vec::new() };
        let Some(title) = source.title.clone() else { return Vec::new() };
        let parties = match self.model_parties(&title, source.live == Some(true)).await {
            Ok(parties) => parties,
            Err(error) => {
                let kind = error.kind();
                return vec![format!(
                    "it is not known whether they may read the data model \"{title}\" ({kind})"
                )];
            }
        };
        let may = |who: &&Recipient| {
            parties.iter().any(|party| *party == who.id || who.groups.contains(party))
        };
        let lacking: Vec<&str> =
            recipients.iter().filter(|who| !may(who)).map(|who| who.name.as_str()).collect();
        if lacking.is_empty() {
            return Vec::new();
        }
        vec![format!(
            "the data model \"{title}\" is not shared with these by name, who may see no data: {}",
            lacking.join(", ")
        )]
    }

    /// Ids of the users and groups with whom a data model is shared.
    async fn model_parties(&self, title: &str, live: bool) -> Result<Vec<String>> {
        let path = if live {
            let models = self.client.list_models().await?;
            let model = models.iter().find(|model| same(model.title(), title));
            let oid = &model.ok_or_else(|| Error::not_found("data model", title))?.oid;
            ApiPath::new(["api", "v1", "elasticubes", "live", oid, "permissions"])
        } else {
            ApiPath::new(["api", "elasticubes", "localhost", title, "permissions"])
        };
        let answer = self.client.transport().get(path, Vec::new()).await?;
        let body = answer.body();
        let rows = body.get("shares").unwrap_or(body).as_array();
        let rows = rows.ok_or_else(|| answer.misshaped("a list of shares"))?;
        let id = |row: &Value| {
            ["partyId", "party"].iter().find_map(|key| row.get(*key)?.as_str().map(str::to_owned))
        };
        Ok(rows.iter().filter_map(id).collect())
    }
}

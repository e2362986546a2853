//! Whether those with whom a dashboard is shared may read its data model.

use super::Dashboards;
use crate::documents::DataSource;
use crate::domains::lookup::model_shares::{extract_permissions, live_permissions};
use crate::domains::lookup::same;
use crate::error::{Error, Result};

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
        source: Option<&DataSource>,
        recipients: &[Recipient],
    ) -> Vec<String> {
        let Some(source) = source else { return Vec::new() };
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
        let shares = if live {
            let models = self.client.list_models().await?;
            let model = models.iter().find(|model| same(model.title(), title));
            let oid = &model.ok_or_else(|| Error::not_found("data model", title))?.oid;
            self.client.shares_at(live_permissions(oid)).await?
        } else {
            self.client.shares_at(extract_permissions(title)).await?
        };
        Ok(shares.into_iter().filter_map(|share| share.party_id).collect())
    }
}

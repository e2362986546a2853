//! With whom a data model is shared.

use futures_util::future::try_join3;

use super::params::permission_word;
use super::{DatamodelShare, GetDatamodelShares};
use crate::documents::ModelDocument;
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::about;
use crate::domains::lookup::model_shares::{ModelShare, permissions_of, shares_in};
use crate::domains::lookup::parties::Parties;
use crate::error::Result;

impl Datamodel {
    /// List the users and groups with whom a data model is shared.
    ///
    /// Returns one row each with name and permission: EDIT changes the model, USE makes dashboards
    /// on it, READ sees its data in dashboards of others. Parties that no longer exist keep their id
    /// and have no name. Admins and data admins have access without a row. Three requests.
    ///
    /// # Errors
    /// `not_found` with the nearest titles; `forbidden` when the token may not list users or
    /// groups.
    ///
    /// # Ask
    /// - With whom is the data model Sample ECommerce shared?
    /// - Who has access to the model Sales?
    /// - Who may edit the cube Finance?
    /// - Show the shares of the data model Leads
    /// - Which groups can query the cube Web?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_datamodel_shares(
        &self,
        params: GetDatamodelShares,
    ) -> Result<Vec<DatamodelShare>> {
        let (model, users, groups) = try_join3(
            self.document(&params.datamodel_name),
            self.client.list_users_brief(),
            self.client.list_groups(),
        )
        .await?;
        let shares = self.shares_of(&model).await;
        let shares = shares.map_err(about("data model", &params.datamodel_name))?;
        Ok(share_rows(&model, shares, &Parties::new(&users, &groups)))
    }

    /// The shares that the document carries, or, when it carries none, those of the permissions.
    pub(in crate::domains::datamodel) async fn shares_of(
        &self,
        model: &ModelDocument,
    ) -> Result<Vec<ModelShare>> {
        match shares_in(model)? {
            Some(shares) => Ok(shares),
            None => self.client.shares_at(permissions_of(model)?).await,
        }
    }
}

pub(in crate::domains::datamodel) fn share_rows(
    model: &ModelDocument,
    shares: Vec<ModelShare>,
    parties: &Parties,
) -> Vec<DatamodelShare> {
    let row = |share: ModelShare| {
        let id = share.party_id.as_deref();
        let name = id.and_then(|id| parties.name(share.kind.as_deref(), id)).map(str::to_owned);
        DatamodelShare {
            datamodel_name: model.title().map(str::to_owned),
            datamodel_id: model.id().map(str::to_owned),
            resolved: name.is_some(),
            party_name: name,
            permission: share.permission.as_deref().map(permission_word),
            party_type: share.kind,
            party_id: share.party_id,
        }
    };
    shares.into_iter().map(row).collect()
}

//! One data model in nested form: datasets, their tables, and with whom it is shared.

use futures_util::future::join3;

use super::get::kind_name;
use super::shares::share_rows;
use super::{
    Datamodel, DatamodelDescription, DatamodelShare, DatasetDescription, DescribeDatamodelRaw,
    TableDescription,
};
use crate::documents::{Dataset, ModelDocument, Table};
use crate::domains::lookup::parties::Parties;
use crate::error::Result;
use crate::run::{Missing, Partial};

impl Datamodel {
    /// Describe a data model in nested form: datasets, tables, connections, shares.
    ///
    /// The definition is the draft. Connection parameters are never in the answer. One request,
    /// two more for the names of users and groups with whom it is shared; where these are refused,
    /// the shares are left out and named as missing.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when two titles differ only in case.
    ///
    /// # Ask
    /// - Describe the model Sample ECommerce in full detail, with its shares
    /// - Give me the raw description of the cube Finance
    /// - Everything about the data model Sales as nested JSON
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn describe_datamodel_raw(
        &self,
        params: DescribeDatamodelRaw,
    ) -> Result<Partial<DatamodelDescription>> {
        let reference = &params.datamodel_name;
        if !params.include_shares {
            let model = self.document(reference).await?;
            return Ok(Partial::whole(description(&model, None)));
        }
        let (model, users, groups) = join3(
            self.document(reference),
            self.client.list_users_brief(),
            self.client.list_groups(),
        )
        .await;
        let model = model?;
        let shares = async {
            let parties = Parties::new(&users?, &groups?);
            Ok(share_rows(&model, self.shares_of(&model).await?, &parties))
        };
        Ok(match shares.await {
            Ok(shares) => Partial::whole(description(&model, Some(shares))),
            Err(error) => {
                let what =
                    format!("shares of data model \"{}\"", model.title().unwrap_or(reference));
                let missing = vec![Missing::new(what, error)];
                Partial { value: description(&model, None), missing }
            }
        })
    }
}

fn description(model: &ModelDocument, shares: Option<Vec<DatamodelShare>>) -> DatamodelDescription {
    DatamodelDescription {
        name: model.title().map(str::to_owned),
        id: model.id().map(str::to_owned),
        kind: model.kind(),
        datamodel_last_build_publish: model.last_build_or_publish().map(str::to_owned),
        datamodel_last_updated: model.text("lastUpdated").map(str::to_owned),
        datasets: model.datasets().iter().map(dataset).collect(),
        relations_count: model.relations().len(),
        shares,
    }
}

fn dataset(dataset: &Dataset) -> DatasetDescription {
    let connection = dataset.connection.as_ref();
    DatasetDescription {
        dataset_id: dataset.id.clone(),
        dataset_name: dataset.name.clone(),
        dataset_type: dataset.kind.clone(),
        provider: connection.and_then(|c| c.provider.clone()),
        connection_name: connection.and_then(|c| c.name.clone()),
        connection_id: connection.and_then(|c| c.id.clone()),
        database: dataset.database.clone(),
        schema_name: dataset.schema_name.clone(),
        tables: dataset.tables.iter().map(table).collect(),
    }
}

fn table(table: &Table) -> TableDescription {
    TableDescription {
        table_id: table.id.clone(),
        table_name: table.name.clone(),
        table_type: kind_name(table.kind),
        hidden: table.hidden,
        column_count: table.columns.len(),
    }
}

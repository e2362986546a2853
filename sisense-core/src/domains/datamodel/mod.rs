//! Data models: what there is, what one holds, and which one is meant.
//!
//! | operation | effect |
//! |---|---|
//! | [`Datamodel::get_all_datamodel`] | read |
//! | [`Datamodel::get_datamodel`] | read |
//! | [`Datamodel::get_model_schema`] | read |
//! | [`Datamodel::describe_datamodel`] | read |
//! | [`Datamodel::resolve_datamodel_reference`] | read |
//! | [`Datamodel::get_connection`] | read |
//! | [`Datamodel::get_table_schema`] | read |
//! | [`Datamodel::create_datamodel`] | create |
//! | [`Datamodel::create_dataset`] | create |
//! | [`Datamodel::create_table`] | create |
//! | [`Datamodel::setup_datamodel`] | create |
//! | [`Datamodel::deploy_datamodel`] | execute |
//! | [`Datamodel::get_data`] | read |
//! | [`Datamodel::get_row_count`] | read |
//! | [`Datamodel::get_datasecurity`] | read |
//! | [`Datamodel::get_datasecurity_detail`] | read |
//! | [`Datamodel::get_datamodel_shares`] | read |
//! | [`Datamodel::add_datamodel_shares`] | update |
//! | [`Datamodel::describe_datamodel_raw`] | read |
//! | [`Datamodel::generate_connections_payload`] | read |
//! | [`Datamodel::create_connections`] | create |

mod build;
mod connections;
mod create;
mod data;
mod describe;
mod describe_raw;
mod get;
mod list;
mod models;
mod params;
mod resolve;
mod schema;
mod security;
mod shares;
mod source;

pub use build::*;
pub use connections::*;
pub use create::*;
pub use data::*;
pub use models::*;
pub use params::*;
pub use security::*;
pub use shares::*;
pub use source::*;

use super::schemas::OperationSchemas;
use crate::client::Client;
use crate::documents::ModelDocument;
use crate::error::Result;

/// The `datamodel` operations of one deployment. Made with [`Client::datamodel`].
#[derive(Clone, Debug)]
pub struct Datamodel {
    client: Client,
}

impl Client {
    /// The `datamodel` operations: list, describe, schema, resolve.
    #[must_use]
    pub fn datamodel(&self) -> Datamodel {
        Datamodel { client: self.clone() }
    }
}

impl Datamodel {
    async fn document(&self, reference: &str) -> Result<ModelDocument> {
        ModelDocument::from_value(self.client.find_model(reference).await?)
    }
}

pub(super) fn schemas(schemas: &mut OperationSchemas) {
    schemas.add::<(), Vec<DatamodelRow>>("datamodel.get_all_datamodel");
    schemas.add::<GetDatamodel, DatamodelDetails>("datamodel.get_datamodel");
    schemas.add::<GetModelSchema, Vec<ColumnRow>>("datamodel.get_model_schema");
    schemas.add::<DescribeDatamodel, Vec<TableRow>>("datamodel.describe_datamodel");
    schemas.add::<ResolveDatamodelReference, ResolvedDatamodel>(
        "datamodel.resolve_datamodel_reference",
    );
    schemas.add::<GetConnection, Vec<Connection>>("datamodel.get_connection");
    schemas.add::<GetTableSchema, TableSchema>("datamodel.get_table_schema");
    schemas.add::<CreateDatamodel, CreatedDatamodel>("datamodel.create_datamodel");
    schemas.add::<CreateDataset, CreatedDataset>("datamodel.create_dataset");
    schemas.add::<CreateTable, CreatedTable>("datamodel.create_table");
    schemas.add::<SetupDatamodel, SetUpDatamodel>("datamodel.setup_datamodel");
    schemas.add::<DeployDatamodel, Build>("datamodel.deploy_datamodel");
    schemas.add::<GetData, DataRows>("datamodel.get_data");
    schemas.add::<GetRowCount, RowCounts>("datamodel.get_row_count");
    schemas.add::<GetDatasecurity, Vec<SecuredColumn>>("datamodel.get_datasecurity");
    schemas.add::<GetDatasecurityDetail, Vec<SecurityRule>>("datamodel.get_datasecurity_detail");
    schemas.add::<GetDatamodelShares, Vec<DatamodelShare>>("datamodel.get_datamodel_shares");
    schemas.add::<AddDatamodelShares, DatamodelSharesChange>("datamodel.add_datamodel_shares");
    schemas.add::<DescribeDatamodelRaw, DatamodelDescription>("datamodel.describe_datamodel_raw");
    schemas.add::<GenerateConnectionsPayload, ConnectionPayload>(
        "datamodel.generate_connections_payload",
    );
    schemas.add::<CreateConnections, CreatedConnection>("datamodel.create_connections");
}

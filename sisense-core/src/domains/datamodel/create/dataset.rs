//! Add a dataset to a data model.

use futures_util::future::try_join;

use super::parts::{DatasetPart, Part, Plan};
use super::send::{carry_out, lies_there};
use super::{CreateDataset, CreatedDataset, ModelType, conflict, kind_of, results};
use crate::documents::{Dataset, ModelDocument};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::connections::ConnectionRecord;
use crate::domains::lookup::required;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;

const OPERATION: &str = "datamodel.create_dataset";

impl Datamodel {
    /// Add a dataset to a data model: one schema of a source through a connection.
    ///
    /// A dataset of the same connection, database and schema is left as it is and returned
    /// (`created` is then `false`), whatever its name. Only managed connections can be used, not
    /// the ones that older servers keep inside a model. The dataset holds no table yet.
    ///
    /// # Errors
    /// `not_found` for the model or the connection; `ambiguous` when several connections have the
    /// name; `unsupported` when the connection cannot feed models of this type; `conflict` when the
    /// model has a dataset of this name over another source.
    ///
    /// # Ask
    /// - Add a dataset to the model Sales with the connection Warehouse, database dwh, schema
    ///   public
    /// - Connect the cube Finance to schema ledger of database erp through the connection ERP
    /// - Create a new dataset in the data model Leads
    ///
    /// <!-- @effect create -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn create_dataset(&self, run: &Run, params: CreateDataset) -> Result<CreatedDataset> {
        required("the database's name", &params.database_name)?;
        required("the schema's name", &params.schema_name)?;
        let name = params.dataset_name.as_deref().unwrap_or(&params.schema_name);
        required("the dataset's name", name)?;
        let (model, connection) = try_join(
            self.document(&params.datamodel_name),
            self.client.find_connection(&params.connection_name),
        )
        .await?;
        let kind = kind_of(&model)?;
        check_connection(&connection, kind)?;
        let title = model.title().unwrap_or(&params.datamodel_name);
        let place = (params.database_name.as_str(), params.schema_name.as_str());
        let known = known_dataset(&model, &connection, place, name)?;
        let earlier = self.earlier(run).await?;
        let mut plan = Plan::new(OPERATION, self.client.name(), earlier, title, kind, Some(&model));
        plan.dataset(&connection, place, name, known);
        let (plan, ends) = carry_out(&self.client, run, plan).await?;
        let end = ends.datasets.into_iter().next().unwrap_or_else(|| Err(no_end()))?;
        Ok(results::dataset(&plan, 0, &plan.model.part.id, &end))
    }
}

/// A plan of one part has one end; another number is a bug.
pub(super) fn no_end() -> Error {
    Error::new(ErrorKind::Unexpected, "the plan has no end for its part")
}

/// Refuse a connection that does not feed models of this type.
pub(super) fn check_connection(connection: &ConnectionRecord, kind: ModelType) -> Result<()> {
    if connection.supports(kind.as_str()) {
        return Ok(());
    }
    let kinds = connection.supported_model_types.clone().unwrap_or_default().join(", ");
    let name = connection.name();
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("the connection feeds only models of other types: {kinds}"),
    )
    .with_asset(format!("connection \"{name}\" ({})", connection.oid))
    .with_next_step(format!("choose a connection for {} models", kind.as_str())))
}

/// The model's dataset for a schema of a source; another source under the same name is a conflict.
pub(super) fn known_dataset(
    model: &ModelDocument,
    connection: &ConnectionRecord,
    (database, schema): (&str, &str),
    name: &str,
) -> Result<Option<DatasetPart>> {
    let fits = |one: &&Dataset| lies_there(one, &connection.oid, database, schema);
    if let Some(found) = model.datasets().iter().find(fits) {
        return Ok(Some(as_part(found, connection.clone(), database, schema)));
    }
    let named = model.datasets().iter().find(|one| one.name.as_deref() == Some(name));
    let Some(taken) = named else { return Ok(None) };
    let id = taken.id.as_deref().unwrap_or_default();
    let own = [&taken.database, &taken.schema_name].map(|part| part.as_deref().unwrap_or("none"));
    let message = format!("a dataset of this name reads another source: {}", own.join("."));
    Err(conflict(format!("dataset \"{name}\" ({id})"), message)
        .with_next_step("give the new dataset another name"))
}

pub(super) fn as_part(
    dataset: &Dataset,
    connection: ConnectionRecord,
    database: &str,
    schema: &str,
) -> DatasetPart {
    let id = dataset.id.clone();
    DatasetPart {
        part: Part { id: id.clone().unwrap_or_default(), there: id, new: false },
        connection,
        name: dataset.name.clone(),
        fullname: dataset.fullname.clone(),
        database: database.to_owned(),
        schema: schema.to_owned(),
        tables: dataset.tables.len(),
    }
}

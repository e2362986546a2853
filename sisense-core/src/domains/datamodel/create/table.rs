//! Add a table to a data model.

use serde_json::Value;

use super::behavior::Behavior;
use super::dataset::{as_part, no_end};
use super::model::asset;
use super::parts::Plan;
use super::send::carry_out;
use super::source::Wanted;
use super::{CreateTable, CreatedTable, NewTable, conflict, kind_of, results};
use crate::documents::{Dataset, ModelDocument, Table};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::connections::ConnectionRecord;
use crate::domains::lookup::{required, same};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Partial, Run};

const OPERATION: &str = "datamodel.create_table";

impl Datamodel {
    /// Add a table of the source to a data model.
    ///
    /// The source is asked for the table's columns before anything is sent. A table that is there
    /// already, with the same query and build behaviour, is left as it is (`created` is then
    /// `false`). An `increment` is set by a second write, since the column gets its id only with
    /// the table; when that fails, the table is there with `build_behavior: sync` and the answer
    /// names what is missing. Queries see the table after the next build or publish.
    ///
    /// # Errors
    /// `not_found` for the model, the dataset, the source's table or the increment's column, with
    /// the nearest names; `ambiguous` when several datasets fit; `conflict` when the name is taken
    /// in the model; `unsupported` when the dataset has no managed connection.
    ///
    /// # Ask
    /// - Add the table Orders to the model Sales
    /// - Add the source table events to the cube Web, new rows only, by the column event_time
    /// - Create a table in the data model Finance
    /// - Import the table Invoices into the cube Costs
    ///
    /// <!-- @effect create -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn create_table(
        &self,
        run: &Run,
        params: CreateTable,
    ) -> Result<Partial<CreatedTable>> {
        let wish = params.as_new();
        check_wish(&wish)?;
        let model = self.document(&params.datamodel_name).await?;
        let kind = kind_of(&model)?;
        let title = model.title().unwrap_or(&params.datamodel_name).to_owned();
        let dataset = choose(&model, &params)?;
        let connection = connection_of(&model, dataset)?;
        let place = |given: &Option<String>, own: &Option<String>, what| {
            source_of(dataset, given.as_deref(), own.as_deref(), what)
        };
        let database = place(&params.database_name, &dataset.database, "database")?;
        let schema = place(&params.schema_name, &dataset.schema_name, "schema")?;
        let table = wish.table_name.clone();
        let wanted = Wanted { database: database.clone(), schema: schema.clone(), table };
        let columns = self.source_columns(&connection, &[wanted]).await?;
        let columns = columns.into_iter().next().unwrap_or_default();
        let config = wish.build_behavior_config.as_ref();
        let behavior = Behavior::read(config, kind, &wish.table_name, &columns)?;
        let known = known_table(&model, dataset.id.as_deref(), &wish, &behavior)?;
        let earlier = self.earlier(run).await?;
        let mut plan =
            Plan::new(OPERATION, self.client.name(), earlier, &title, kind, Some(&model));
        let home = plan.known_dataset(as_part(dataset, connection, &database, &schema));
        plan.table(&wish, home, columns, behavior, known);
        let (plan, ends) = carry_out(&self.client, run, plan).await?;
        let (end, behaves) = ends.tables.into_iter().next().ok_or_else(no_end)?;
        let end = end?;
        let place = (plan.model.part.id.as_str(), plan.datasets[0].part.id.as_str());
        let value = results::table(&plan, 0, place, &end, matches!(behaves, Some(Ok(()))));
        let missing = match behaves {
            Some(Err(error)) => vec![not_behaving(&value.name, error)],
            _ => Vec::new(),
        };
        Ok(Partial { value, missing })
    }
}

/// The second half of a table that failed.
pub(super) fn not_behaving(table: &str, error: Error) -> Missing {
    Missing::new(format!("the build behaviour of table \"{table}\""), error)
}

impl CreateTable {
    fn as_new(&self) -> NewTable {
        NewTable {
            table_name: self.table_name.clone(),
            database_name: self.database_name.clone(),
            schema_name: self.schema_name.clone(),
            import_query: self.import_query.clone(),
            description: self.description.clone(),
            tags: self.tags.clone(),
            build_behavior_config: self.build_behavior_config.clone(),
        }
    }
}

/// Refuse what cannot be, before anything is asked of the server.
pub(super) fn check_wish(wish: &NewTable) -> Result<()> {
    required("the table's name", &wish.table_name)?;
    for (what, given) in [
        ("the database's name", &wish.database_name),
        ("the schema's name", &wish.schema_name),
        ("the import query", &wish.import_query),
    ] {
        if let Some(given) = given {
            required(what, given)?;
        }
    }
    Behavior::check(wish.build_behavior_config.as_ref(), &wish.table_name)
}

fn describe(dataset: &Dataset) -> String {
    let text = |part: &Option<String>| part.clone().unwrap_or_else(|| "none".to_owned());
    let (database, schema) = (text(&dataset.database), text(&dataset.schema_name));
    format!("{} ({database}.{schema}, {})", text(&dataset.name), text(&dataset.id))
}

/// The dataset of the given id or name; else the only one; else the only one of the given database
/// and schema.
fn choose<'a>(model: &'a ModelDocument, params: &CreateTable) -> Result<&'a Dataset> {
    let title = model.title().unwrap_or(&params.datamodel_name);
    let own: Vec<&Dataset> =
        model.datasets().iter().filter(|one| one.kind.as_deref() != Some("custom")).collect();
    let candidates = || own.iter().map(|one| describe(one)).collect();
    if let Some(reference) = params.dataset_id.as_deref() {
        let has_id = |one: &&&Dataset| one.id.as_deref().is_some_and(|id| same(id, reference));
        let has_name = |one: &&&Dataset| one.name.as_deref() == Some(reference);
        let named: Vec<&&Dataset> = own.iter().filter(has_name).collect();
        return match (own.iter().find(has_id), named.as_slice()) {
            (Some(one), _) => Ok(one),
            (None, [one]) => Ok(one),
            (None, []) => Err(Error::not_found("dataset", reference)
                .with_candidates(candidates())
                .with_next_step("give the id of a dataset of this model")),
            _ => Err(Error::ambiguous("dataset", reference, candidates())),
        };
    }
    let asked = |wish: &Option<String>, own: &Option<String>| wish.is_none() || wish == own;
    let fits: Vec<&&Dataset> = own
        .iter()
        .filter(|one| asked(&params.database_name, &one.database))
        .filter(|one| asked(&params.schema_name, &one.schema_name))
        .collect();
    match (own.as_slice(), fits.as_slice()) {
        ([], _) => Err(Error::not_found("dataset", title)
            .with_asset(asset(model, title))
            .with_next_step("add a dataset to the model first")),
        (_, [one]) => Ok(one),
        (_, []) => Err(Error::not_found("dataset", title)
            .with_asset(asset(model, title))
            .with_candidates(candidates())
            .with_next_step(
                "add a dataset for this database and schema, or name one that is there",
            )),
        _ => Err(Error::ambiguous("dataset", title, candidates())
            .with_next_step("give dataset_id, or database_name and schema_name")),
    }
}

/// The database or schema that the table is in: that of its dataset.
fn source_of(
    dataset: &Dataset,
    given: Option<&str>,
    own: Option<&str>,
    what: &str,
) -> Result<String> {
    let error = |message: String, next: String| {
        let asset = format!("dataset {}", describe(dataset));
        Err(Error::invalid(message).with_asset(asset).with_next_step(next))
    };
    match (given, own) {
        (Some(given), Some(own)) if given != own => error(
            format!("the dataset is over another {what}: {own}"),
            format!("leave the {what} out, or add a dataset for {given}"),
        ),
        (Some(text), _) | (None, Some(text)) => Ok(text.to_owned()),
        (None, None) => error(
            format!("the dataset does not tell the {what} of its source"),
            format!("give the {what}"),
        ),
    }
}

/// The managed connection of a dataset, with what the document tells of it.
fn connection_of(model: &ModelDocument, dataset: &Dataset) -> Result<ConnectionRecord> {
    let datasets = model.raw().get("datasets").and_then(Value::as_array);
    let own = datasets.into_iter().flatten().find(|one| {
        one.get("oid").and_then(Value::as_str) == dataset.id.as_deref() && dataset.id.is_some()
    });
    let read = own
        .and_then(|one| one.get("connection"))
        .and_then(|connection| serde_json::from_value::<ConnectionRecord>(connection.clone()).ok());
    read.filter(|connection| !connection.oid.is_empty()).ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            "the dataset has no managed connection to ask for tables",
        )
        .with_asset(format!("dataset {}", describe(dataset)))
        .with_next_step("add a dataset over a connection of Connection Management")
    })
}

/// The table as the model has it. The same name with other values, or elsewhere, is a conflict:
/// names are unique in a model.
pub(super) fn known_table(
    model: &ModelDocument,
    dataset: Option<&str>,
    wish: &NewTable,
    behavior: &Behavior,
) -> Result<Option<Table>> {
    let name = wish.table_name.as_str();
    let pairs =
        || model.datasets().iter().flat_map(|one| one.tables.iter().map(move |table| (one, table)));
    let here = |one: &Dataset| dataset.is_some() && one.id.as_deref() == dataset;
    let own = pairs().find(|(one, table)| here(one) && table.source_id.as_deref() == Some(name));
    if let Some((_, table)) = own {
        let query = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_owned);
        let differs = if query(&table.import_query) != query(&wish.import_query) {
            "import query"
        } else if !behavior.fits(table) && !behavior.is_half(table) {
            "build behaviour"
        } else {
            return Ok(Some(table.clone()));
        };
        return Err(taken(table, format!("the table is there already with another {differs}")));
    }
    match pairs().find(|(_, table)| same(&table.name, name)) {
        Some((home, table)) => {
            let place = describe(home);
            Err(taken(table, format!("the name is taken by a table of the dataset {place}")))
        }
        None => Ok(None),
    }
}

fn taken(table: &Table, message: String) -> Error {
    let id = table.id.as_deref().unwrap_or_default();
    conflict(format!("table \"{}\" ({id})", table.name), message)
        .with_next_step("creating never changes a table: change that one, or remove it first")
}

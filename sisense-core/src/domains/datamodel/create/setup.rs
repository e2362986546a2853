//! Make a data model with its datasets and tables in one go.

use std::collections::BTreeSet;

use futures_util::future::try_join;

use super::behavior::Behavior;
use super::dataset::{check_connection, known_dataset};
use super::model::{asset, check_title};
use super::parts::Plan;
use super::send::{Ends, carry_out};
use super::source::Wanted;
use super::table::{check_wish, known_table, not_behaving};
use super::{FailedTable, NewTable, SetUpDatamodel, SetupDatamodel, conflict, results};
use crate::documents::{Dataset, ModelDocument, Table};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::connections::{ConnectionRecord, SourceColumn};
use crate::domains::lookup::{required, same};
use crate::error::{Error, Result};
use crate::run::{Missing, Partial, Run};

const OPERATION: &str = "datamodel.setup_datamodel";

/// A schema that tables are wanted from, and the dataset for it.
struct Home {
    database: String,
    schema: String,
    name: String,
}

/// Everything that is read before the first write.
struct Look<'a> {
    params: &'a SetupDatamodel,
    connection: ConnectionRecord,
    now: Option<ModelDocument>,
    homes: Vec<Home>,
    /// The place of each table's home.
    of_table: Vec<usize>,
}

impl Datamodel {
    /// Create a data model with its datasets and tables over one connection.
    ///
    /// Every table is looked up in the source first: nothing is made when one is misspelt, and all
    /// that are misspelt are named together. Tables with a database or schema of their own get a
    /// dataset of their own. A model of this title that holds only a part of what is wanted is
    /// completed, so the same call again makes what failed before; one that holds all is left as it
    /// is. Build or publish the model afterwards (`deploy_datamodel`).
    ///
    /// # Errors
    /// `not_found` for the connection or with all tables that the source does not know; `conflict`
    /// when the title is taken by a model of another type or with other content; `invalid_input`
    /// when a table is named twice. That a table could not be made after the model was is told by
    /// `failed`, and by what is missing in the answer.
    ///
    /// # Ask
    /// - Set up an extract model Sales with the connection Warehouse, database dwh, schema public
    ///   and the tables Orders and Items
    /// - Make a live model Ops over the connection Redshift, database prod, schema ops, with the
    ///   table events
    /// - Create a data model with its dataset and tables in one go
    ///
    /// <!-- @effect create -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    /// <!-- @streams -->
    pub async fn setup_datamodel(
        &self,
        run: &Run,
        params: SetupDatamodel,
    ) -> Result<Partial<SetUpDatamodel>> {
        check(&params)?;
        let (now, connection) = try_join(
            self.model_if_any(&params.datamodel_name),
            self.client.find_connection(&params.connection_name),
        )
        .await?;
        check_connection(&connection, params.datamodel_type)?;
        let (homes, of_table) = homes(&params);
        let look = Look { params: &params, connection, now, homes, of_table };
        look.check_model()?;
        let wanted: Vec<Wanted> = look.tables().map(|(wish, home)| home.holds(wish)).collect();
        let columns = self.source_columns(&look.connection, &wanted).await.map_err(|error| {
            error.with_asset(format!("connection \"{}\"", look.connection.name()))
        })?;
        let plan = self.plan(run, &look, columns).await?;
        let (plan, ends) = carry_out(&self.client, run, plan).await?;
        told(&look, &plan, ends)
    }

    async fn plan(
        &self,
        run: &Run,
        look: &Look<'_>,
        columns: Vec<Vec<SourceColumn>>,
    ) -> Result<Plan> {
        let earlier = self.earlier(run).await?;
        let (title, kind) = (&look.params.datamodel_name, look.params.datamodel_type);
        let mut plan =
            Plan::new(OPERATION, self.client.name(), earlier, title, kind, look.now.as_ref());
        let mut own_ids = Vec::new();
        for home in &look.homes {
            let place = (home.database.as_str(), home.schema.as_str());
            let known = match &look.now {
                Some(now) => known_dataset(now, &look.connection, place, &home.name)?,
                None => None,
            };
            own_ids.push(known.as_ref().and_then(|known| known.part.there.clone()));
            plan.dataset(&look.connection, place, &home.name, known);
        }
        for ((place, (wish, _)), columns) in look.tables().enumerate().zip(columns) {
            let config = wish.build_behavior_config.as_ref();
            let behavior = Behavior::read(config, kind, &wish.table_name, &columns)?;
            let home = look.of_table[place];
            let known = match &look.now {
                Some(now) => known_table(now, own_ids[home].as_deref(), wish, &behavior)?,
                None => None,
            };
            plan.table(wish, home, columns, behavior, known);
        }
        Ok(plan)
    }
}

/// Refuse what cannot be, before anything is asked of the server.
fn check(params: &SetupDatamodel) -> Result<()> {
    required("the data model's title", &params.datamodel_name)?;
    required("the database's name", &params.database_name)?;
    required("the schema's name", &params.schema_name)?;
    if let Some(name) = &params.dataset_name {
        required("the dataset's name", name)?;
    }
    if params.tables.is_empty() {
        return Err(Error::invalid("no table is named").with_next_step("name at least one table"));
    }
    params.tables.iter().try_for_each(check_wish)?;
    let mut seen = BTreeSet::new();
    let mut twice = Vec::new();
    for table in &params.tables {
        if !seen.insert(table.table_name.trim().to_lowercase()) {
            twice.push(table.table_name.as_str());
        }
    }
    if twice.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!("tables of one model must differ in name: {}", twice.join(", ")))
        .with_next_step("name each table once"))
}

/// The schemas that the tables lie in, the main one first, each with a name of its own.
fn homes(params: &SetupDatamodel) -> (Vec<Home>, Vec<usize>) {
    let mut homes: Vec<Home> = Vec::new();
    let mut of_table = Vec::new();
    let main = (params.database_name.as_str(), params.schema_name.as_str());
    for table in &params.tables {
        let database = table.database_name.as_deref().unwrap_or(main.0);
        let schema = table.schema_name.as_deref().unwrap_or(main.1);
        let known = homes
            .iter()
            .position(|home| (home.database.as_str(), home.schema.as_str()) == (database, schema));
        let place = known.unwrap_or_else(|| {
            let wanted = match (&params.dataset_name, (database, schema) == main) {
                (Some(name), true) => name.clone(),
                _ => schema.to_owned(),
            };
            let is_taken = homes.iter().any(|home| same(&home.name, &wanted));
            let name = if is_taken { format!("{database}.{schema}") } else { wanted };
            let (database, schema) = (database.to_owned(), schema.to_owned());
            homes.push(Home { database, schema, name });
            homes.len() - 1
        });
        of_table.push(place);
    }
    (homes, of_table)
}

impl Home {
    fn holds(&self, wish: &NewTable) -> Wanted {
        Wanted {
            database: self.database.clone(),
            schema: self.schema.clone(),
            table: wish.table_name.clone(),
        }
    }
}

impl Look<'_> {
    fn tables(&self) -> impl Iterator<Item = (&NewTable, &Home)> {
        let homes = self.of_table.iter().map(|place| &self.homes[*place]);
        self.params.tables.iter().zip(homes)
    }

    /// A model that is there may be completed when it holds nothing else than what is wanted.
    fn check_model(&self) -> Result<()> {
        let Some(model) = &self.now else { return Ok(()) };
        let title = &self.params.datamodel_name;
        check_title(model, title, self.params.datamodel_type)?;
        let mut foreign = Vec::new();
        for dataset in model.datasets() {
            let home = self.homes.iter().find(|home| self.is_home(dataset, home));
            let Some(home) = home else {
                let name = dataset.name.as_deref().unwrap_or_default();
                foreign.push(format!("dataset {name}"));
                continue;
            };
            let wanted = |table: &&Table| {
                let own = |wish: &NewTable| table.source_id.as_deref() == Some(&wish.table_name);
                !self.tables().any(|(wish, at)| std::ptr::eq(at, home) && own(wish))
            };
            let others = dataset.tables.iter().filter(wanted);
            foreign.extend(others.map(|table| format!("table {}", table.name)));
        }
        if foreign.is_empty() {
            return Ok(());
        }
        let message =
            format!("the data model is there already, with other content: {}", foreign.join(", "));
        Err(conflict(asset(model, title), message)
            .with_next_step("give the new model another title, or add to the one that is there"))
    }

    fn is_home(&self, dataset: &Dataset, home: &Home) -> bool {
        super::send::lies_there(dataset, &self.connection.oid, &home.database, &home.schema)
    }
}

/// What there is now. A model that could not be made is an error; whatever else failed is named.
fn told(look: &Look<'_>, plan: &Plan, ends: Ends) -> Result<Partial<SetUpDatamodel>> {
    let model = ends.model?;
    let mut missing = Vec::new();
    let mut datasets = Vec::new();
    let mut ids = Vec::new();
    for (place, end) in ends.datasets.into_iter().enumerate() {
        match end {
            Ok(end) => {
                ids.push(Some(end.id.clone()));
                datasets.push(results::dataset(plan, place, &model.id, &end));
            }
            Err(error) => {
                ids.push(None);
                let name = plan.datasets[place].name.as_deref().unwrap_or_default();
                missing.push(Missing::new(format!("dataset \"{name}\""), error));
            }
        }
    }
    let (mut tables, mut failed) = (Vec::new(), Vec::new());
    for (place, (end, behavior)) in ends.tables.into_iter().enumerate() {
        let home = ids[look.of_table[place]].as_deref().unwrap_or_default();
        let name = &plan.tables[place].wish.table_name;
        match end {
            Ok(end) => {
                let behaves = matches!(behavior, Some(Ok(())));
                tables.push(results::table(plan, place, (&model.id, home), &end, behaves));
                if let Some(Err(error)) = behavior {
                    missing.push(not_behaving(name, error));
                }
            }
            Err(error) => {
                let report = error.report().clone();
                missing.push(Missing::new(format!("table \"{name}\""), error));
                failed.push(FailedTable { table_name: name.clone(), error: report });
            }
        }
    }
    for dataset in &mut datasets {
        let own = tables.iter().filter(|table| table.dataset_id == dataset.dataset_id);
        dataset.table_count = own.count();
    }
    let is_main = |home: &Home| {
        (&home.database, &home.schema) == (&look.params.database_name, &look.params.schema_name)
    };
    let main = look.homes.iter().position(is_main).and_then(|place| ids[place].clone());
    let changed = tables.iter().any(|table| table.needs_deploy == Some(true));
    let value = SetUpDatamodel {
        datamodel_id: model.id,
        datamodel_name: plan.model.title.clone(),
        datamodel_type: plan.model.kind,
        created: model.created,
        dataset_id: main,
        datasets,
        needs_deploy: if changed { Some(true) } else { plan.model.pending },
        tables,
        failed,
    };
    Ok(Partial { value, missing })
}

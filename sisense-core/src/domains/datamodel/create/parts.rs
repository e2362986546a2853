//! What is to be made of a model, and the steps that make it.
//!
//! A later step needs the id of what an earlier one makes. In the changes, and so in the preview
//! and in its digest, that id is a placeholder, the same before and during the run; the real one
//! takes its place only in the path that is sent.

use reqwest::Method;
use serde_json::{Value, json};

use super::behavior::Behavior;
use super::{ModelType, NewTable};
use crate::documents::{ModelDocument, Table, type_name};
use crate::domains::lookup::connections::{ConnectionRecord, SourceColumn};
use crate::domains::steps::Step;
use crate::run::{Action, Asset, AssetKind, Change, Entry, Outcome, Undo};
use crate::transport::ApiPath;

/// One part of a model: there already, or to be made.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its id; a placeholder when a step makes it.
    pub(super) id: String,
    /// Its id in the model as it is now.
    pub(super) there: Option<String>,
    /// Whether a step makes it. In a resumed run it may be there all the same.
    pub(super) new: bool,
}

#[derive(Clone, Debug)]
pub(super) struct ModelPart {
    pub(super) part: Part,
    pub(super) title: String,
    pub(super) kind: ModelType,
    /// Whether it must be deployed, as far as the model as it is now tells.
    pub(super) pending: Option<bool>,
}

#[derive(Clone, Debug)]
pub(super) struct DatasetPart {
    pub(super) part: Part,
    pub(super) connection: ConnectionRecord,
    pub(super) name: Option<String>,
    pub(super) fullname: Option<String>,
    pub(super) database: String,
    pub(super) schema: String,
    pub(super) tables: usize,
}

#[derive(Clone, Debug)]
pub(super) struct TablePart {
    pub(super) part: Part,
    pub(super) wish: NewTable,
    /// The place of its dataset in the plan.
    pub(super) dataset: usize,
    pub(super) columns: Vec<SourceColumn>,
    pub(super) behavior: Behavior,
    /// Whether a step of its own sets the behaviour.
    pub(super) patch: bool,
    /// The table as the model holds it.
    pub(super) known: Option<Table>,
}

/// Parts in the order in which they are made, and the steps that make them.
pub(super) struct Plan {
    pub(super) operation: &'static str,
    deployment: String,
    /// What an earlier attempt of this run wrote.
    earlier: Vec<Entry>,
    pub(super) model: ModelPart,
    pub(super) datasets: Vec<DatasetPart>,
    pub(super) tables: Vec<TablePart>,
    /// One for each part that is new; behind a table's the one that sets its behaviour.
    pub(super) steps: Vec<Step>,
}

impl Plan {
    /// Begin with the model: as it is, or to be made.
    pub(super) fn new(
        operation: &'static str,
        deployment: &str,
        earlier: Vec<Entry>,
        title: &str,
        kind: ModelType,
        now: Option<&ModelDocument>,
    ) -> Self {
        let there = now.and_then(ModelDocument::id).map(str::to_owned);
        let part = Part { id: there.clone().unwrap_or_default(), there, new: false };
        let pending = now.and_then(pending);
        let mut plan = Plan {
            operation,
            deployment: deployment.to_owned(),
            earlier,
            model: ModelPart { part, title: title.to_owned(), kind, pending },
            datasets: Vec::new(),
            tables: Vec::new(),
            steps: Vec::new(),
        };
        if now.is_none() || plan.made_before(AssetKind::Datamodel, title) {
            let summary = format!("Create the {} model {title}", kind.as_str());
            let change = plan
                .change(AssetKind::Datamodel, None, title, Action::Create, summary)
                .after(json!({ "title": title, "type": kind.as_str() }))
                .note("a draft that only you and admins see, until it is built or published")
                .undo(Undo::Yes("delete the data model, while it was never built".to_owned()));
            let path = ApiPath::new(["api", "v2", "datamodels"]);
            let body = json!({ "title": title, "type": kind.as_str() });
            let there = plan.model.part.there.take();
            plan.model.part = plan.make(change, path, body, there);
        }
        plan
    }

    /// Whether an earlier attempt of this run made it, or may have.
    fn made_before(&self, kind: AssetKind, name: &str) -> bool {
        self.earlier.iter().any(|entry| {
            let asset = &entry.change.asset;
            entry.change.operation == self.operation
                && entry.change.action == Action::Create
                && (asset.kind, asset.name.as_str()) == (kind, name)
                && entry.outcome != Outcome::Failed
        })
    }

    fn change(
        &self,
        kind: AssetKind,
        id: Option<&str>,
        name: &str,
        action: Action,
        summary: String,
    ) -> Change {
        let asset = Asset {
            deployment: self.deployment.clone(),
            kind,
            id: id.map(str::to_owned),
            name: name.to_owned(),
        };
        Change::new(self.operation, asset, action, summary)
    }

    fn make(&mut self, change: Change, path: ApiPath, body: Value, there: Option<String>) -> Part {
        let part = Part { id: change.planned_id(), there, new: true };
        self.steps.push(step(change, Method::POST, path, body));
        part
    }

    /// A dataset that the model has.
    pub(super) fn known_dataset(&mut self, dataset: DatasetPart) -> usize {
        self.datasets.push(dataset);
        self.datasets.len() - 1
    }

    /// A dataset that the model is to have. `there` is its id when the model has it.
    pub(super) fn dataset(
        &mut self,
        connection: &ConnectionRecord,
        (database, schema): (&str, &str),
        name: &str,
        there: Option<DatasetPart>,
    ) -> usize {
        let id = there.as_ref().and_then(|known| known.part.there.clone());
        if let Some(known) = there
            && !self.made_before(AssetKind::Dataset, name)
        {
            return self.known_dataset(known);
        }
        let (model, kind) = (self.model.part.id.clone(), self.model.kind.as_str());
        let summary = format!("Add the dataset {name} to the model {}", self.model.title);
        let mut change = self
            .change(AssetKind::Dataset, None, name, Action::Create, summary)
            .after(json!({
                "datamodel": model, "name": name, "type": kind,
                "connection": connection.name(), "connection_id": connection.oid,
                "database": database, "schema": schema,
            }))
            .undo(Undo::Yes("delete the dataset, while it has no tables".to_owned()));
        if connection.enabled == Some(false) {
            change = change.note("the connection is switched off");
        }
        let path = ApiPath::new(["api", "v2", "datamodels", &model, "schema", "datasets"]);
        let body = json!({
            "name": name, "type": kind, "connection": { "oid": connection.oid },
            "database": database, "schemaName": schema,
        });
        let part = self.make(change, path, body, id);
        self.known_dataset(DatasetPart {
            part,
            connection: connection.clone(),
            name: Some(name.to_owned()),
            fullname: None,
            database: database.to_owned(),
            schema: schema.to_owned(),
            tables: 0,
        })
    }

    /// A table that the model is to have. `columns` are empty when it is there already.
    pub(super) fn table(
        &mut self,
        wish: &NewTable,
        dataset: usize,
        columns: Vec<SourceColumn>,
        behavior: Behavior,
        known: Option<Table>,
    ) {
        let there = known.as_ref().and_then(|table| table.id.clone());
        let name = wish.table_name.as_str();
        let new = known.is_none() || self.made_before(AssetKind::Table, name);
        let part = if new {
            let (change, path, body) = self.new_table(wish, dataset, &columns, &behavior);
            self.make(change, path, body, there)
        } else {
            Part { id: there.clone().unwrap_or_default(), there, new: false }
        };
        let patch = match &known {
            Some(table) if !new => behavior.is_half(table),
            _ => behavior.comes_later(),
        };
        if patch {
            self.behavior_step(name, dataset, &part.id, &behavior);
        }
        let wish = wish.clone();
        self.tables.push(TablePart { part, wish, dataset, columns, behavior, patch, known });
    }

    fn new_table(
        &self,
        wish: &NewTable,
        dataset: usize,
        columns: &[SourceColumn],
        behavior: &Behavior,
    ) -> (Change, ApiPath, Value) {
        let (model, home) = (&self.model.part.id, &self.datasets[dataset]);
        let name = wish.table_name.as_str();
        let first = behavior.first();
        let told: Vec<String> = columns
            .iter()
            .map(|column| {
                let kind = column.db_type.map(type_name).unwrap_or_default();
                format!("{}: {kind}", column.name)
            })
            .collect();
        let mut after = json!({
            "datamodel": model, "dataset": home.part.id, "name": name,
            "source": format!("{}.{}.{name}", home.database, home.schema),
            "columns": told, "build_behavior": first["type"],
        });
        let mut notes = Vec::new();
        if let Some(query) = &wish.import_query {
            after["import_query"] = json!(query);
            notes.push(
                "whether the import query gives the table's own columns is seen only by a build",
            );
        }
        if !wish.description.is_empty() {
            after["description"] = json!(wish.description);
        }
        if let Some(tags) = wish.tags.as_ref().filter(|tags| !tags.is_empty()) {
            after["tags"] = json!(tags);
        }
        let summary = format!(
            "Add the table {name} with {} columns to the model {}",
            columns.len(),
            self.model.title
        );
        let mut change = self
            .change(AssetKind::Table, None, name, Action::Create, summary)
            .after(after)
            .undo(Undo::Yes("delete the table".to_owned()));
        for note in notes {
            change = change.note(note);
        }
        let body = json!({
            "id": name, "name": name,
            "columns": columns.iter().map(wire_column).collect::<Vec<_>>(),
            "hidden": false,
            "buildBehavior": first,
            "configOptions": wish.import_query.as_ref().map(|query| json!({ "importQuery": query })),
            "description": wish.description,
            "tags": wish.tags.clone().unwrap_or_default(),
            "expression": null,
            "type": "base",
        });
        (change, self.tables_path(dataset, None), body)
    }

    /// The step that lets builds add rows by a column. Its body is made when it is sent: only then
    /// the column has an id.
    fn behavior_step(&mut self, name: &str, dataset: usize, id: &str, behavior: &Behavior) {
        let column = behavior.column.as_deref().unwrap_or_default();
        let summary = format!("Let builds of {name} add new rows by {column}");
        let change = self
            .change(AssetKind::Table, Some(id), name, Action::Update, summary)
            .before(json!({ "build_behavior": "sync" }))
            .after(json!({ "build_behavior": "accumulativeSync", "increment_column": column }))
            .undo(Undo::Yes("set the build behaviour to sync again".to_owned()));
        let path = self.tables_path(dataset, Some(id));
        self.steps.push(step(change, Method::PATCH, path, Value::Null));
    }

    pub(super) fn tables_path(&self, dataset: usize, table: Option<&str>) -> ApiPath {
        let (model, dataset) = (&self.model.part.id, &self.datasets[dataset].part.id);
        let path = ["api", "v2", "datamodels", model, "schema", "datasets", dataset, "tables"];
        ApiPath::new(path.into_iter().chain(table))
    }
}

fn step(change: Change, method: Method, path: ApiPath, body: Value) -> Step {
    Step { change, method, path, query: Vec::new(), body: Some(body), if_refused: None }
}

/// A column as the server takes it: `dbType` of the source is the model's type.
fn wire_column(column: &SourceColumn) -> Value {
    json!({
        "id": column.name, "name": column.name, "type": column.db_type,
        "size": column.size.unwrap_or_default(),
        "precision": column.precision.unwrap_or_default(),
        "scale": column.scale.unwrap_or_default(),
        "hidden": false, "indexed": true, "isUpsertBy": false,
        "description": null, "expression": null, "import": null, "isCustom": null,
    })
}

/// A model that was never deployed must be; whether another one must cannot be told for sure.
fn pending(model: &ModelDocument) -> Option<bool> {
    model.last_build_or_publish().is_none().then_some(true)
}

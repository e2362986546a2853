//! One build that is wanted: checked, described and as the server takes it.

use serde_json::{Map, Value, json};

use super::task::Task;
use super::{Build, DeployDatamodel, DeployType, OPERATION, SchemaOrigin};
use crate::documents::{ModelDocument, Table};
use crate::domains::datamodel::ModelType;
use crate::domains::datamodel::create::kind_of;
use crate::error::{Error, Result};
use crate::operation::Risk;
use crate::run::{Action, Asset, AssetKind, Change, Undo};

/// Longest wait that may be asked for, in seconds.
const LONGEST_WAIT: u64 = 86_400;
/// Longest wait when none is asked for, in seconds.
const WAIT: u64 = 3_600;

/// A wish, checked against its model.
pub(super) struct Job {
    pub(super) model: String,
    pub(super) title: String,
    pub(super) kind: ModelType,
    build_type: &'static str,
    row_limit: Option<u64>,
    schema_origin: Option<SchemaOrigin>,
    /// When it was last deployed, by the server's own names of the times.
    pub(super) last: Map<String, Value>,
    /// Tables whose builds add rows.
    gathering: Vec<String>,
    has_tables: bool,
    /// Longest wait, in seconds.
    pub(super) patience: u64,
}

/// Refuse what cannot be, before anything is asked of the server.
pub(super) fn check(params: &DeployDatamodel) -> Result<()> {
    match params.timeout_s {
        Some(seconds) if seconds == 0 || seconds > LONGEST_WAIT => {
            Err(Error::invalid(format!("timeout_s is out of bounds: {seconds}"))
                .with_next_step(format!("give a number from 1 to {LONGEST_WAIT}")))
        }
        _ => Ok(()),
    }
}

/// The times by which a deploy is seen to have ended.
pub(super) fn last_times(model: &ModelDocument) -> Map<String, Value> {
    let keys: &[&str] = if model.is_live() {
        &["lastPublishTime"]
    } else {
        &["lastBuildTime", "lastSuccessfulBuildTime"]
    };
    keys.iter().map(|key| ((*key).to_owned(), model.text(key).into())).collect()
}

impl Job {
    pub(super) fn read(params: &DeployDatamodel, model: &ModelDocument) -> Result<Self> {
        let kind = kind_of(model)?;
        let title = model.title().unwrap_or(&params.datamodel_name).to_owned();
        let row_limit = params.row_limit.filter(|rows| *rows > 0);
        let live = kind == ModelType::Live;
        let options = [
            ("row_limit", row_limit.is_some()),
            ("build_type", params.build_type != DeployType::Full),
            ("schema_origin", params.schema_origin != SchemaOrigin::Latest),
        ];
        let given: Vec<&str> =
            options.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect();
        if live && !given.is_empty() {
            let message =
                format!("a live data model is published, not built, without: {}", given.join(", "));
            return Err(Error::invalid(message)
                .with_asset(format!("data model \"{title}\""))
                .with_next_step("leave these out"));
        }
        let gathers = |table: &&Table| {
            let behavior = table.build_behavior.as_deref().unwrap_or_default().to_lowercase();
            table.accumulation_column.is_some() || behavior.starts_with("accumulative")
        };
        Ok(Job {
            model: model.id().unwrap_or_default().to_owned(),
            title,
            kind,
            build_type: if live { "publish" } else { params.build_type.as_str() },
            row_limit,
            schema_origin: (!live).then_some(params.schema_origin),
            last: last_times(model),
            gathering: model.tables().filter(gathers).map(|table| table.name.clone()).collect(),
            has_tables: model.tables().next().is_some(),
            patience: params.timeout_s.unwrap_or(WAIT),
        })
    }

    /// The first publish of a live model, which may not be there yet.
    pub(super) fn first_publish(id: &str, title: &str) -> Self {
        Job {
            model: id.to_owned(),
            title: title.to_owned(),
            kind: ModelType::Live,
            build_type: "publish",
            row_limit: None,
            schema_origin: None,
            last: Map::from_iter([("lastPublishTime".to_owned(), Value::Null)]),
            gathering: Vec::new(),
            has_tables: true,
            patience: WAIT,
        }
    }

    pub(super) fn asset(&self) -> String {
        format!("data model \"{}\" ({})", self.title, self.model)
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({ "datamodelId": self.model, "buildType": self.build_type });
        if let Some(rows) = self.row_limit {
            body["rowLimit"] = json!(rows);
        }
        if let Some(origin) = self.schema_origin {
            body["schemaOrigin"] = json!(origin.as_str());
        }
        body
    }

    pub(super) fn change(&self, deployment: &str) -> Change {
        let asset = Asset {
            deployment: deployment.to_owned(),
            kind: AssetKind::Datamodel,
            id: Some(self.model.clone()),
            name: self.title.clone(),
        };
        let title = &self.title;
        let summary = match (self.build_type, self.row_limit) {
            ("publish", _) => format!("Publish the live model {title}"),
            (kind, None) => format!("Build the model {title} ({kind})"),
            (kind, Some(rows)) => format!("Build the model {title} ({kind}, {rows} rows a table)"),
        };
        let mut after = json!({ "build_type": self.build_type });
        if let Some(origin) = self.schema_origin {
            after["schema_origin"] = json!(origin.as_str());
            after["row_limit"] = json!(self.row_limit);
        }
        let mut change = Change::new(OPERATION, asset, Action::Build, summary)
            .before(Value::Object(self.last.clone()))
            .after(after)
            .undo(Undo::No(
                "a build cannot be taken back; while it runs it can be cancelled".to_owned(),
            ));
        for (note, risk) in self.notes() {
            change = change.note(note);
            if risk == Risk::High {
                change = change.risk(Risk::High);
            }
        }
        change
    }

    /// What a person should know before it starts.
    fn notes(&self) -> Vec<(String, Risk)> {
        let mut notes = Vec::new();
        if let Some(rows) = self.row_limit {
            notes.push((
                format!(
                    "keeps at most {rows} rows of each table: queries miss the others until a \
                     build without a limit"
                ),
                Risk::High,
            ));
        }
        if self.build_type == "full" && !self.gathering.is_empty() {
            let tables = self.gathering.join(", ");
            notes.push((
                format!(
                    "a full build drops the rows that these tables have gathered, by_table keeps \
                     them: {tables}"
                ),
                Risk::High,
            ));
        }
        if self.schema_origin == Some(SchemaOrigin::Running) {
            let text = "builds the definition of the last good build; later edits stay out";
            notes.push((text.to_owned(), Risk::Normal));
        }
        if self.kind == ModelType::Live {
            let text = "puts the draft in force for everybody who queries the model";
            notes.push((text.to_owned(), Risk::Normal));
        }
        if !self.has_tables {
            notes.push(("the model has no tables yet".to_owned(), Risk::Normal));
        }
        notes
    }

    /// The result, by what the server tells of the build.
    pub(super) fn build(&self, task: Option<&Task>, already_running: bool) -> Build {
        let own = |text: Option<String>, wish: Option<&str>| {
            text.or_else(|| wish.filter(|_| !already_running).map(str::to_owned))
        };
        let none = Task::default();
        let told = task.unwrap_or(&none);
        let unknown = super::BuildStatus::Unknown;
        let notes = if already_running {
            vec!["it ran already, with options of its own; no second one was started".to_owned()]
        } else {
            Vec::new()
        };
        Build {
            build_id: told.id.clone(),
            datamodel_id: self.model.clone(),
            datamodel_name: self.title.clone(),
            datamodel_type: self.kind,
            build_type: own(told.build_type.clone(), Some(self.build_type)),
            status: task.map(|task| task.status.unwrap_or(unknown)),
            row_limit: told.row_limit.or(self.row_limit.filter(|_| !already_running)),
            schema_origin: own(
                told.schema_origin.clone(),
                self.schema_origin.map(SchemaOrigin::as_str),
            ),
            created: told.created.clone(),
            started: told.started.clone(),
            completed: told.completed.clone(),
            already_running,
            waited: false,
            notes,
        }
    }
}

//! Builds and publishes: each takes its own time and then puts a schema in force.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::Deployment;
use super::datasets::{invalid, not_an_id};
use super::doc::{list, remove, set, text};
use super::running::{Running, was_deployed};
use crate::auth::Caller;
use crate::model_variants::{BuildConflict, BuildError, BuildForm};
use crate::touched::{AssetKind, Change};
use crate::wire::Reply;

/// All builds that are remembered, oldest first.
#[derive(Clone)]
pub(crate) struct Builds {
    rows: Vec<Build>,
    length: Duration,
    keep: Duration,
}

/// One build.
#[derive(Clone)]
pub(crate) struct Build {
    pub(crate) oid: String,
    /// Id of the model.
    pub(crate) model: String,
    /// `full`, `by_table`, `schema_changes` or `publish`.
    kind: String,
    /// What is built. None when the version that runs was asked for and there is none.
    pub(super) schema: Option<Arc<Value>>,
    row_limit: Option<u64>,
    instance: String,
    begun: Instant,
    length: Duration,
    pub(super) created: Timestamp,
    pub(super) ended: Option<Ended>,
}

/// How a build ended.
#[derive(Clone)]
pub(super) struct Ended {
    pub(super) state: &'static str,
    pub(super) reason: Option<String>,
    pub(super) at: Timestamp,
    when: Instant,
}

impl Builds {
    /// None yet. A build takes so many milliseconds and is remembered for so many more.
    pub(crate) fn new(length_ms: u64, keep_ms: u64) -> Self {
        let (length, keep) = (Duration::from_millis(length_ms), Duration::from_millis(keep_ms));
        Self { rows: Vec::new(), length, keep }
    }

    /// A build by its id.
    pub(crate) fn get(&self, oid: &str) -> Option<&Build> {
        self.rows.iter().find(|build| build.oid == oid)
    }

    /// The builds of a model, oldest first.
    pub(crate) fn of(&self, model: &str) -> impl DoubleEndedIterator<Item = &Build> {
        self.rows.iter().filter(move |build| build.model == model)
    }

    /// All builds, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Build> {
        self.rows.iter()
    }

    /// Forgets the builds of a model that is gone.
    pub(crate) fn forget(&mut self, model: &str) {
        self.rows.retain(|build| build.model != model);
    }

    /// Cancels those that have not ended and fit.
    pub(crate) fn cancel(&mut self, fits: impl Fn(&Build) -> bool) {
        for build in self.rows.iter_mut().filter(|build| build.ended.is_none() && fits(build)) {
            build.end("cancelled", None, Timestamp::now());
        }
    }
}

impl Build {
    /// Whether the server has not yet written the build down.
    pub(crate) fn is_in_window(&self) -> bool {
        self.ended.is_none() && self.begun.elapsed() < self.length / 5
    }

    /// State, as the answer tells it.
    pub(crate) fn state(&self) -> Option<&'static str> {
        match &self.ended {
            Some(ended) => Some(ended.state),
            None if self.is_in_window() => None,
            None if self.begun.elapsed() < self.length / 5 * 2 => Some("pending"),
            None => Some("building"),
        }
    }

    /// How the build ended, if it did.
    pub(crate) fn ended_as(&self) -> Option<&'static str> {
        self.ended.as_ref().map(|ended| ended.state)
    }

    /// When the build left the queue, if it did.
    pub(super) fn started(&self) -> Option<Timestamp> {
        let start = self.later(self.length / 5 * 2);
        let last = self.ended.as_ref().map_or_else(Timestamp::now, |ended| ended.at);
        (start <= last).then_some(start)
    }

    fn later(&self, by: Duration) -> Timestamp {
        let by = SignedDuration::try_from(by).unwrap_or_default();
        self.created.checked_add(by).unwrap_or(self.created)
    }

    fn end(&mut self, state: &'static str, reason: Option<String>, at: Timestamp) {
        self.ended = Some(Ended { state, reason, at, when: Instant::now() });
    }
}

/// A moment as the server writes it.
pub(super) fn written(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl Deployment {
    /// Starts a build or a publish.
    pub(crate) fn start_build(
        &mut self,
        body: &Map<String, Value>,
        caller: &Caller,
    ) -> Result<Value, Reply> {
        let word = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or("");
        let oid = uuid::Uuid::parse_str(word("datamodelId"));
        let oid = oid.map_err(|_| not_an_id("elasticubeOid"))?.hyphenated().to_string();
        let model = self.model(&oid, caller)?;
        caller.need("manage/elasticubes/execute_build")?;
        self.may_edit_model(model, caller)?;
        let (kind, live) = (word("buildType").to_owned(), text(model, "type") == "live");
        let fits = match kind.as_str() {
            "full" | "by_table" | "schema_changes" => !live,
            "publish" => live,
            other => return Err(invalid(&format!("'{other}' is no build type"))),
        };
        if !fits {
            return Err(invalid(&format!("'{kind}' does not fit a model of this type")));
        }
        let row_limit = match body.get("rowLimit").filter(|limit| !limit.is_null() && !live) {
            None => None,
            Some(limit) => match limit.as_u64() {
                Some(limit) => Some(limit).filter(|limit| *limit > 0),
                None => return Err(invalid("'rowLimit' must be a number of at least 0")),
            },
        };
        let schema = match body.get("schemaOrigin").filter(|origin| !origin.is_null() && !live) {
            None => Some(Arc::new(model.clone())),
            Some(origin) if origin == "latest" => Some(Arc::new(model.clone())),
            Some(origin) if origin == "running" => match self.running.get(&oid) {
                Some(running) => Some(Arc::clone(&running.schema)),
                None => was_deployed(model).then(|| Arc::new(model.clone())),
            },
            Some(_) => return Err(invalid("'schemaOrigin' must be latest or running")),
        };
        if self.is_building(&oid) {
            return Err(self.build_conflict());
        }
        let build = Build {
            oid: self.ids.uuid(),
            model: oid,
            kind,
            schema,
            row_limit,
            instance: self.ids.uuid(),
            begun: Instant::now(),
            length: self.builds.length,
            created: Timestamp::now(),
            ended: None,
        };
        let oid = build.oid.clone();
        self.touch(AssetKind::Build, &oid, &build.model, Change::Created);
        self.builds.rows.push(build);
        self.settle_builds();
        Ok(self.builds.get(&oid).map(|build| self.build_view(build)).unwrap_or_default())
    }

    fn build_conflict(&self) -> Reply {
        let status = match self.variants.build_conflict {
            BuildConflict::Conflict => StatusCode::CONFLICT,
            BuildConflict::BadRequest => StatusCode::BAD_REQUEST,
            BuildConflict::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let detail = "BUILD_ALREADY_RUNNING: a build of this data source is already running";
        Reply::problem(status, "BuildError", 1013, detail)
    }

    /// Whether a build of a model has not ended.
    pub(crate) fn is_building(&self, model: &str) -> bool {
        self.builds.of(model).any(|build| build.ended.is_none())
    }

    /// Ends the builds whose time has come and forgets those that ended long ago.
    pub(crate) fn settle_builds(&mut self) {
        for at in 0..self.builds.rows.len() {
            let build = &self.builds.rows[at];
            if build.ended.is_some() || build.begun.elapsed() < build.length {
                continue;
            }
            let reason = self.why_not(build);
            let end = build.later(build.length);
            if reason.is_none() {
                self.put_in_force(at, end);
            }
            let state = if reason.is_some() { "failed" } else { "done" };
            self.builds.rows[at].end(state, reason, end);
        }
        let keep = self.builds.keep;
        let kept = |build: &Build| build.ended.as_ref().is_none_or(|it| it.when.elapsed() <= keep);
        if !self.builds.rows.iter().all(kept) {
            self.builds.rows.retain(kept);
        }
    }

    fn put_in_force(&mut self, at: usize, end: Timestamp) {
        let build = &self.builds.rows[at];
        let Some(schema) = build.schema.clone() else { return };
        let before = self.running.get(&build.model).map_or(0, |running| running.row_limit);
        let row_limit = match build.kind.as_str() {
            // Tables that did not change keep the rows that they had.
            "schema_changes" => build.row_limit.unwrap_or(before),
            _ => build.row_limit.unwrap_or(0),
        };
        let oid = build.model.clone();
        let times: &[&str] = match build.kind.as_str() {
            "publish" => &["lastPublishTime"],
            _ => &["lastBuildTime", "lastSuccessfulBuildTime"],
        };
        if let Some(model) = self.models.get_mut(&oid) {
            times.iter().for_each(|key| set(model, key, written(end)));
        }
        self.running.insert(oid, Running { schema, row_limit });
    }

    /// Why a build cannot succeed, if it cannot.
    fn why_not(&self, build: &Build) -> Option<String> {
        let Some(schema) = &build.schema else {
            return Some("there is no version that was built successfully".to_owned());
        };
        let datasets = list(schema, "datasets");
        if datasets.iter().all(|dataset| list(&dataset["schema"], "tables").is_empty()) {
            return Some("the data model has no tables".to_owned());
        }
        let imports = build.kind != "publish";
        datasets.iter().find_map(|dataset| self.unreadable(dataset, imports))
    }

    /// Why a dataset cannot be read, if it cannot.
    fn unreadable(&self, dataset: &Value, imports: bool) -> Option<String> {
        let own = &dataset["connection"];
        if own.is_null() {
            return None;
        }
        let managed = self.connections.get(text(own, "oid"));
        let connection = match managed {
            Some(managed) => &managed.doc,
            None if !text(own, "oid").is_empty() => {
                return Some(format!("the connection {} does not exist", text(own, "oid")));
            }
            None => own,
        };
        let name = text(connection, "name");
        if connection["enabled"] == false {
            return Some(format!("the connection '{name}' is disabled"));
        }
        // An import may leave a dataset without settings.
        if own.get("parameters").is_some_and(|settings| settings == "" || settings.is_null()) {
            return Some(format!("the connection '{name}' has no settings in this dataset"));
        }
        if own["parameters"].is_string() && own["parameters"] != connection["parameters"] {
            return Some(format!("the settings of the connection '{name}' cannot be decrypted"));
        }
        let provider = text(connection, "provider");
        if managed.is_none() || !imports || provider == "CSV" {
            return None;
        }
        let place = [text(dataset, "database"), text(dataset, "schemaName")];
        let tables = list(&dataset["schema"], "tables").iter();
        let gone = tables
            .filter(|table| {
                let query = text(&table["configOptions"], "importQuery");
                text(table, "type") == "base" && query.trim().is_empty()
            })
            .map(|table| text(table, "id"))
            .find(|id| {
                if place.iter().any(|name| ["", "null"].contains(name)) {
                    !self.sources.holds(provider, id)
                } else {
                    self.sources.columns(provider, [place[0], place[1], id]).is_none()
                }
            });
        gone.map(|id| format!("the table '{id}' does not exist in the source"))
    }

    /// All builds as answers show them, for assertions.
    pub(crate) fn all_builds(&self) -> Vec<Value> {
        self.builds.iter().map(|build| self.build_view(build)).collect()
    }

    /// A build as answers show it.
    pub(crate) fn build_view(&self, build: &Build) -> Value {
        let none = Value::Null;
        let model = self.models.get(&build.model).unwrap_or(&none);
        let live = build.kind == "publish";
        let completed = build.ended.as_ref().map(|ended| written(ended.at));
        let mut view = json!({
            "oid": build.oid, "datamodelId": build.model, "datamodelTitle": model["title"],
            "datamodelType": model["type"], "buildType": build.kind.replace('_', "-"),
            "status": build.state(), "indexSize": "short", "instanceId": build.instance,
            "schemaLastUpdate": build.schema.as_ref().map(|schema| schema["lastUpdated"].clone()),
            "created": written(build.created), "started": build.started().map(written),
            "completed": completed, "rowLimit": build.row_limit.unwrap_or(0), "source": "rest",
        });
        if live {
            remove(&mut view, &["indexSize", "rowLimit"]);
        }
        if self.variants.build_form == BuildForm::Asked {
            set(&mut view, "buildType", build.kind.clone());
            for key in ["schemaLastUpdate", "started", "completed"] {
                if view[key].is_null() {
                    remove(&mut view, &[key]);
                }
            }
        }
        let reason = build.ended.as_ref().and_then(|ended| ended.reason.as_deref());
        if let Some(reason) = reason.filter(|_| self.variants.build_error == BuildError::Body) {
            set(&mut view, "error", json!({ "title": "BuildFailed", "reason": reason }));
        }
        view
    }
}

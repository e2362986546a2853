//! What the server tells of builds: one task in several shapes, and the list of a model's.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::BuildStatus;
use crate::client::Client;
use crate::domains::lookup::same;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Answer, ApiPath, ReadPost};

/// Most entries of a build's log that are looked through, from its end.
const LOG_ENTRIES: usize = 1_000;

/// So many seconds a build may be without a state and still count as one that is about to begin.
const UNWRITTEN: i64 = 600;

/// One build as the server tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Task {
    pub(super) id: Option<String>,
    /// None while the server has not written the build down.
    pub(super) status: Option<BuildStatus>,
    pub(super) build_type: Option<String>,
    pub(super) row_limit: Option<u64>,
    pub(super) schema_origin: Option<String>,
    pub(super) created: Option<String>,
    pub(super) started: Option<String>,
    pub(super) completed: Option<String>,
    /// Why it failed, where the task tells it.
    pub(super) reason: Option<String>,
}

impl Task {
    /// A task, or an object that holds one in a list.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let task = match body.get("builds").and_then(Value::as_array) {
            Some(builds) => builds.first()?,
            None => body,
        };
        let text = |key: &str| {
            task.get(key).and_then(Value::as_str).filter(|s| !s.is_empty()).map(str::to_owned)
        };
        task.is_object().then(|| Task {
            id: text("oid").or_else(|| text("_id")),
            status: text("status").map(|word| BuildStatus::read(&word)),
            build_type: text("buildType").map(|word| word.to_lowercase().replace('-', "_")),
            row_limit: task.get("rowLimit").and_then(Value::as_u64).filter(|rows| *rows > 0),
            schema_origin: text("schemaOrigin").map(|word| word.to_lowercase()),
            created: text("created"),
            started: text("started"),
            completed: text("completed"),
            reason: task.get("error").and_then(reason),
        })
    }

    /// Whether it has begun, or will, and has not ended.
    pub(super) fn runs(&self) -> bool {
        match self.status {
            Some(BuildStatus::Pending | BuildStatus::Building) => true,
            // Not written down yet, if it was asked for just now; some servers never do.
            None => self.completed.is_none() && !self.is_old(),
            Some(_) => false,
        }
    }

    fn is_old(&self) -> bool {
        let created = self.created.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        created.is_some_and(|at| Timestamp::now().as_second() - at.as_second() > UNWRITTEN)
    }

    pub(super) fn is(&self, id: &str) -> bool {
        self.id.as_deref().is_some_and(|own| same(own, id))
    }
}

fn reason(error: &Value) -> Option<String> {
    let text = |key: &str| error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let told = error.as_str().or_else(|| text("reason")).or_else(|| text("title"));
    told.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The answer to a look at one build.
pub(super) enum Seen {
    Task(Box<Task>),
    /// The server does not know the build: not yet, or not any more.
    Nothing,
}

fn builds_path() -> ApiPath {
    ApiPath::new(["api", "v2", "builds"])
}

pub(super) fn post_path() -> ApiPath {
    builds_path()
}

impl Client {
    /// The builds that the server remembers of a model.
    pub(super) async fn builds_of(&self, model: &str) -> Result<Vec<Task>> {
        let query = vec![("datamodelId", model.to_owned())];
        let answer = self.transport().get(builds_path(), query).await?;
        let answer = match answer.body().get("builds").filter(|builds| builds.is_array()) {
            Some(builds) => {
                let builds = builds.clone();
                answer.with_body(builds)
            }
            None => answer,
        };
        // A row that cannot be read may be a build that runs.
        let rows: Vec<Map<String, Value>> = answer.decode_list()?;
        Ok(rows.into_iter().filter_map(|row| Task::read(&Value::Object(row))).collect())
    }

    /// Look at one build. Right after its start, and long after its end, servers have several ways
    /// to say that they do not know it.
    pub(super) async fn look_at_build(&self, id: &str) -> Result<Seen> {
        let path = ApiPath::new(["api", "v2", "builds", id]);
        match self.transport().get(path, Vec::new()).await {
            Ok(answer) => Ok(seen(&answer)),
            Err(error) if is_unknown_build(&error) => Ok(Seen::Nothing),
            Err(error) => Err(error),
        }
    }

    /// The last error in the log of a model's last build; `None` when there is none to be had.
    pub(super) async fn build_failure(&self, model: &str) -> Option<String> {
        let query = "query log($oid: UUID!) { getRecentBuildLogs(elasticubeOid: $oid) \
                     { verbosity message } }";
        let body = serde_json::json!({ "query": query, "variables": { "oid": model } });
        let answer = self.transport().query(ReadPost::ModelMetadata, body).await.ok()?;
        let rows = answer.body().pointer("/data/getRecentBuildLogs")?.as_array()?;
        let is_error = |row: &&Value| {
            let verbosity = row.get("verbosity").and_then(Value::as_str).unwrap_or_default();
            ["error", "fatal", "failure"].iter().any(|word| verbosity.eq_ignore_ascii_case(word))
        };
        let last = rows.iter().rev().take(LOG_ENTRIES).find(is_error)?;
        last.get("message").and_then(Value::as_str).map(|text| self.transport().clean(text))
    }
}

fn seen(answer: &Answer) -> Seen {
    match Task::read(answer.body()) {
        Some(task) if task.status.is_some() || task.id.is_some() => Seen::Task(Box::new(task)),
        _ => Seen::Nothing,
    }
}

/// 404 without a route missing, or 400 with a text of its own.
fn is_unknown_build(error: &Error) -> bool {
    let report = error.report();
    let told = [Some(report.message.as_str()), report.snippet.as_deref()];
    error.kind() == ErrorKind::NotFound
        || (error.status() == Some(400)
            && told
                .into_iter()
                .flatten()
                .any(|text| text.to_lowercase().contains("data source not found for build")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_task_is_read_in_every_spelling() {
        let flat = json!({
            "oid": "b1", "status": "BUILDING", "buildType": "schema-changes", "rowLimit": 0,
            "completed": null,
        });
        let task = Task::read(&flat).unwrap();
        assert_eq!(task.status, Some(BuildStatus::Building));
        assert_eq!(task.build_type.as_deref(), Some("schema_changes"));
        assert_eq!(task.row_limit, None);
        assert_eq!(Task::read(&json!({ "builds": [flat] })).unwrap(), task);
        assert!(task.runs());
        for (word, status) in [
            ("SUCCEEDED", BuildStatus::Done),
            ("error", BuildStatus::Failed),
            ("canceled", BuildStatus::Cancelled),
            ("odd", BuildStatus::Unknown),
        ] {
            assert_eq!(BuildStatus::read(word), status);
        }
        let early = Task::read(&json!({ "oid": "b1", "status": null })).unwrap();
        assert!(early.status.is_none() && early.runs());
        let forgotten = json!({ "oid": "b1", "status": null, "created": "2020-01-01T00:00:00Z" });
        assert!(!Task::read(&forgotten).unwrap().runs());
        assert!(Task::read(&json!(null)).is_none() && Task::read(&json!({"builds": []})).is_none());
    }

    #[test]
    fn the_reason_is_told_as_a_text_or_in_an_object() {
        let told =
            |error: Value| Task::read(&json!({ "oid": "b", "error": error })).unwrap().reason;
        assert_eq!(told(json!("disk full")).as_deref(), Some("disk full"));
        assert_eq!(
            told(json!({"title": "Failed", "reason": "disk full"})).as_deref(),
            Some("disk full")
        );
        assert_eq!(told(json!(null)), None);
    }
}

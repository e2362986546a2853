//! Results of the operations that build and publish data models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domains::datamodel::ModelType;

/// A build of an extract model, or a publish of a live one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Build {
    /// The build's id; `null` in a preview.
    pub build_id: Option<String>,
    /// The data model's id.
    pub datamodel_id: String,
    /// The data model's title.
    pub datamodel_name: String,
    /// What kind of model it is.
    pub datamodel_type: ModelType,
    /// `full`, `by_table`, `schema_changes` or `publish`.
    pub build_type: Option<String>,
    /// How far it is. `null` in a preview.
    pub status: Option<BuildStatus>,
    /// Most rows that are read of each table; `null` for all.
    pub row_limit: Option<u64>,
    /// Which definition is built, `latest` or `running`; `null` for a publish, and when the server
    /// does not tell it.
    pub schema_origin: Option<String>,
    /// When it was asked for (ISO 8601).
    pub created: Option<String>,
    /// When it began (ISO 8601).
    pub started: Option<String>,
    /// When it ended (ISO 8601).
    pub completed: Option<String>,
    /// Whether it ran already, so that no second one was started.
    pub already_running: bool,
    /// Whether the answer was held back until it had ended.
    pub waited: bool,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// How far a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuildStatus {
    /// It waits in the queue.
    Pending,
    /// It runs.
    Building,
    /// It ended well.
    Done,
    /// It failed; queries see the data of the last good build.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// The server tells nothing, or a word that is not known.
    Unknown,
}

impl BuildStatus {
    /// Read any spelling that a server may use.
    pub(super) fn read(word: &str) -> Self {
        match word.trim().to_lowercase().replace(['-', ' '], "_").as_str() {
            "pending" | "queued" | "waiting" => BuildStatus::Pending,
            "building" | "running" | "started" | "in_progress" | "finalizing" => {
                BuildStatus::Building
            }
            "done" | "completed" | "succeeded" | "success" => BuildStatus::Done,
            "failed" | "failure" | "error" | "timeout" => BuildStatus::Failed,
            "cancelled" | "canceled" => BuildStatus::Cancelled,
            _ => BuildStatus::Unknown,
        }
    }

    /// Whether nothing more will happen.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, BuildStatus::Done | BuildStatus::Failed | BuildStatus::Cancelled)
    }

    /// The word that a person reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BuildStatus::Pending => "pending",
            BuildStatus::Building => "building",
            BuildStatus::Done => "done",
            BuildStatus::Failed => "failed",
            BuildStatus::Cancelled => "cancelled",
            BuildStatus::Unknown => "unknown",
        }
    }
}

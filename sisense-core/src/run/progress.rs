//! How far a run has come.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One event of a run's progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The operation that reports.
    pub operation: String,
    /// One line for a person.
    pub message: String,
    /// How many steps are done.
    pub done: u64,
    /// How many steps there are, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<u64>,
}

/// Where progress goes. Called from within a run, so it must not block.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

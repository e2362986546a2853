//! What an asset was before a run changed it, as the journal keeps it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A before-image. Each holds exactly what it takes to write the old state back, or to see that what
/// a run made is still as it made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "image")]
pub(crate) enum Image {
    /// A dashboard that was made: the digest of its meaning.
    MadeDashboard { digest: String },
    /// A dashboard that was replaced: its exported document, and the digest of what took its place.
    Dashboard { document: Value, written: String },
    /// The share list of a dashboard, as it is written.
    Shares { rows: Vec<Value> },
    /// The owner of a dashboard, by id, and the share list of before, as it is written.
    Owner { id: String, rows: Vec<Value> },
    /// A data model that was replaced: its document as the deployment exported it, in which settings of
    /// connections are encrypted, and the digest of what took its place.
    Datamodel { document: Value, written: String },
    /// The share list of a data model, as it is written, and whether the model is live.
    ModelShares { rows: Vec<Value>, live: bool },
}

//! Results of giving a folder to another owner.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of one folder or dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OwnershipOutcome {
    /// It will change hands: this is a preview.
    Planned,
    /// It belongs to the new owner now; the server showed it.
    Changed,
    /// It belonged to the new owner before.
    AlreadyOwned,
    /// It was sent and refused, or the server shows another owner.
    Failed,
    /// It was sent, and nobody could look whether it was done.
    Unproven,
    /// It was not sent.
    NotSent,
}

/// A folder and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ChangedFolder {
    /// Id of the folder.
    pub id: String,
    /// Its name; `null` for a folder that the token's user does not see.
    pub name: Option<String>,
    /// The names from the top down to it, as far as they are known.
    pub path: String,
    /// E-mail of the former owner; `null` when it is not known.
    pub old_owner: Option<String>,
    /// Id of the former owner.
    pub old_owner_id: Option<String>,
    /// What became of it.
    pub outcome: OwnershipOutcome,
}

/// A dashboard and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ChangedDashboard {
    /// Id of the dashboard.
    pub id: String,
    /// Its title. Titles are not unique.
    pub title: String,
    /// Id of the folder in which its owner keeps it.
    pub folder_id: Option<String>,
    /// E-mail of the former owner; `null` when there is no such user any more.
    pub old_owner: Option<String>,
    /// Id of the former owner.
    pub old_owner_id: Option<String>,
    /// What became of it.
    pub outcome: OwnershipOutcome,
}

/// The folder that was named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct NamedFolder {
    /// Id of the folder.
    pub id: String,
    /// The names from the top down to it, as far as they are known.
    pub path: String,
}

/// What became of a folder, the folders below it and their dashboards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct OwnershipChange {
    /// The folder that was named.
    pub folder: NamedFolder,
    /// Id of the new owner.
    pub new_owner_id: String,
    /// E-mail of the new owner.
    pub new_owner: String,
    /// Every folder within the scope, the deepest first.
    pub folders: Vec<ChangedFolder>,
    /// Every dashboard in these folders, unless dashboards were to stay.
    pub dashboards: Vec<ChangedDashboard>,
    /// How many folders changed hands.
    pub total_folders_changed: usize,
    /// How many dashboards changed hands.
    pub total_dashboards_changed: usize,
    /// What the person should know, such as data models that the new owner may not read.
    pub warnings: Vec<String>,
}

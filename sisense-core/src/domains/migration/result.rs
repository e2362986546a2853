//! What a migration answers: one row per asset, and totals that add up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, ErrorReport};
use crate::run::AssetKind;

/// What became of one asset. In a preview: what would become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ItemOutcome {
    /// Preview: it would be made.
    WouldCreate,
    /// Preview: what is there would be replaced or changed.
    WouldOverwrite,
    /// Preview: a second one would be made beside the one that is there.
    WouldDuplicate,
    /// It was made.
    Created,
    /// What was there was replaced or changed.
    Overwritten,
    /// A second one was made.
    Duplicated,
    /// Left as it is on purpose; the reason says why.
    Skipped,
    /// Tried without success; nothing of it changed.
    Failed,
    /// Not tried: something it needs is missing, the target changed since the preview, or the run was
    /// stopped before it.
    Blocked,
    /// Sent, and nobody saw it end. Resuming the run looks it up.
    Unknown,
}

/// A user or group that the target does not have.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Unmapped {
    /// What it is.
    pub kind: AssetKind,
    /// Its e-mail or name on the source; its id there when it has no name any more.
    pub name: String,
}

/// The connection of one dataset of a migrated data model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MappedConnection {
    /// The dataset's name.
    pub dataset: String,
    /// The provider, such as `PostgreSQL`.
    pub provider: Option<String>,
    /// The target's connection that it uses; absent when it arrives without credentials.
    pub mapped_to: Option<String>,
}

/// One asset of a migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// What it is.
    pub kind: AssetKind,
    /// Its name, title or e-mail on the source.
    pub name: String,
    /// Its id on the source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source_id: Option<String>,
    /// Its id on the target, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target_id: Option<String>,
    /// What became of it, or would.
    pub outcome: ItemOutcome,
    /// Why, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The error behind `failed`, `blocked` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorReport>,
    /// What differs between source and target: before, in a preview of an overwrite; after, when the
    /// look at what was written found something else than what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub differs: Vec<String>,
    /// Whether what was written was read back and is the same in meaning. Absent when nothing was
    /// written or it could not be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verified: Option<bool>,
    /// What went wrong beside the asset itself, such as shares that could not be set.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub problems: Vec<String>,
    /// What else a person should know.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// Users and groups that are named by it and that the target does not have.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unmapped: Vec<Unmapped>,
    /// How many shares were added, or would be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shares_added: Option<u64>,
    /// The e-mail of the new owner, where ownership is moved.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// The connections of a data model's datasets.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub connections: Vec<MappedConnection>,
}

impl Item {
    /// A row for an asset of the source.
    pub(super) fn new(kind: AssetKind, name: &str, outcome: ItemOutcome) -> Self {
        Item {
            kind,
            name: name.to_owned(),
            source_id: None,
            target_id: None,
            outcome,
            reason: None,
            error: None,
            differs: Vec::new(),
            verified: None,
            problems: Vec::new(),
            notes: Vec::new(),
            unmapped: Vec::new(),
            shares_added: None,
            owner: None,
            connections: Vec::new(),
        }
    }

    pub(super) fn of_source(mut self, id: &str) -> Self {
        self.source_id = Some(id.to_owned());
        self
    }

    pub(super) fn on_target(mut self, id: impl Into<Option<String>>) -> Self {
        self.target_id = id.into();
        self
    }

    pub(super) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The row of something that is not tried, and why.
    pub(super) fn blocked(self, error: Error) -> Self {
        let mut row = self.ended(error);
        row.outcome = ItemOutcome::Blocked;
        row
    }

    /// The row of something that ended in an error.
    pub(super) fn ended(mut self, error: Error) -> Self {
        self.outcome = match error.kind() {
            ErrorKind::UnknownOutcome => ItemOutcome::Unknown,
            ErrorKind::Drifted | ErrorKind::NotApproved | ErrorKind::Cancelled => {
                ItemOutcome::Blocked
            }
            _ => ItemOutcome::Failed,
        };
        self.reason = Some(error.report().message.clone());
        self.error = Some(error.into_report());
        self
    }
}

/// What a migration did, or in a preview would do.
///
/// `requested` is the sum of `created`, `overwritten`, `duplicated`, `skipped`, `failed`, `blocked`
/// and `unknown`, and the number of `items`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Migration {
    /// How many assets were asked for.
    pub requested: u64,
    /// How many were made, or would be.
    pub created: u64,
    /// How many were replaced or changed, or would be.
    pub overwritten: u64,
    /// How many were made beside one that was there, or would be.
    pub duplicated: u64,
    /// How many were left as they are on purpose.
    pub skipped: u64,
    /// How many were tried without success.
    pub failed: u64,
    /// How many were not tried.
    pub blocked: u64,
    /// How many were sent without an end that anybody saw.
    pub unknown: u64,
    /// Whether nothing is missing: no row failed, is blocked or unknown, none has a problem, and the
    /// run was not stopped.
    pub complete: bool,
    /// Whether the run was stopped before its end.
    pub stopped: bool,
    /// One row per asset, in the order of the source.
    pub items: Vec<Item>,
    /// What else a person should know about the whole.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
}

impl Migration {
    /// Count the rows.
    pub(super) fn of(items: Vec<Item>, warnings: Vec<String>, stopped: bool) -> Self {
        let mut migration = Migration {
            requested: items.len() as u64,
            complete: !stopped,
            stopped,
            warnings,
            ..Migration::default()
        };
        for item in &items {
            let (count, good) = match item.outcome {
                ItemOutcome::WouldCreate | ItemOutcome::Created => (&mut migration.created, true),
                ItemOutcome::WouldOverwrite | ItemOutcome::Overwritten => {
                    (&mut migration.overwritten, true)
                }
                ItemOutcome::WouldDuplicate | ItemOutcome::Duplicated => {
                    (&mut migration.duplicated, true)
                }
                ItemOutcome::Skipped => (&mut migration.skipped, true),
                ItemOutcome::Failed => (&mut migration.failed, false),
                ItemOutcome::Blocked => (&mut migration.blocked, false),
                ItemOutcome::Unknown => (&mut migration.unknown, false),
            };
            *count += 1;
            migration.complete &= good && item.problems.is_empty() && item.verified != Some(false);
        }
        migration.items = items;
        migration
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_add_up_and_one_bad_row_spoils_the_whole() {
        let row = |outcome| Item::new(AssetKind::Group, "Sales", outcome);
        let good = Migration::of(vec![row(ItemOutcome::Created)], Vec::new(), false);
        assert!(good.complete);
        let all = [
            ItemOutcome::WouldCreate,
            ItemOutcome::WouldOverwrite,
            ItemOutcome::WouldDuplicate,
            ItemOutcome::Created,
            ItemOutcome::Overwritten,
            ItemOutcome::Duplicated,
            ItemOutcome::Skipped,
            ItemOutcome::Failed,
            ItemOutcome::Blocked,
            ItemOutcome::Unknown,
        ];
        let m = Migration::of(all.map(row).to_vec(), Vec::new(), false);
        let sum =
            m.created + m.overwritten + m.duplicated + m.skipped + m.failed + m.blocked + m.unknown;
        assert_eq!((m.requested, sum, m.complete), (10, 10, false));
        let mut problem = row(ItemOutcome::Created);
        problem.problems.push("the shares could not be set".to_owned());
        assert!(!Migration::of(vec![problem], Vec::new(), false).complete);
        let mut other = row(ItemOutcome::Created);
        other.verified = Some(false);
        assert!(!Migration::of(vec![other], Vec::new(), false).complete);
        assert!(!Migration::of(Vec::new(), Vec::new(), true).complete);
    }

    #[test]
    fn an_error_decides_the_outcome() {
        let ended = |kind| {
            let row = Item::new(AssetKind::User, "a@x", ItemOutcome::WouldCreate);
            row.ended(Error::new(kind, "why")).outcome
        };
        assert_eq!(ended(ErrorKind::UnknownOutcome), ItemOutcome::Unknown);
        assert_eq!(ended(ErrorKind::Drifted), ItemOutcome::Blocked);
        assert_eq!(ended(ErrorKind::Cancelled), ItemOutcome::Blocked);
        assert_eq!(ended(ErrorKind::Server), ItemOutcome::Failed);
    }
}

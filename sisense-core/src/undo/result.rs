//! What came of taking a run back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, ErrorReport};
use crate::run::{Action, AssetKind, Change};

/// What became of one write that was to be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndoneOutcome {
    /// Preview: it would be taken back.
    WouldTakeBack,
    /// It was taken back.
    TakenBack,
    /// There was nothing to take back, such as an asset that is gone already.
    NothingToDo,
    /// It stays as it is: somebody uses it or has changed it since.
    Kept,
    /// There is no way back; the reason says why.
    NotPossible,
    /// Tried without success.
    Failed,
    /// Sent, and nobody saw it end.
    Unknown,
}

/// One write of the run that is taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UndoneItem {
    /// What it touched.
    pub kind: AssetKind,
    /// Its name, title or e-mail.
    pub name: String,
    /// What the run had done to it.
    pub action: Action,
    /// What became of it now.
    pub outcome: UndoneOutcome,
    /// How, or why not.
    pub reason: String,
    /// What is not as before all the same.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// The error behind `failed` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorReport>,
}

impl UndoneItem {
    pub(super) fn of(change: &Change) -> Self {
        UndoneItem {
            kind: change.asset.kind,
            name: change.asset.name.clone(),
            action: change.action,
            outcome: UndoneOutcome::NothingToDo,
            reason: String::new(),
            notes: Vec::new(),
            error: None,
        }
    }

    pub(super) fn ends(mut self, outcome: UndoneOutcome, reason: impl Into<String>) -> Self {
        self.outcome = outcome;
        self.reason = reason.into();
        self
    }

    pub(super) fn note(mut self, note: &str) -> Self {
        self.notes.push(note.to_owned());
        self
    }

    pub(super) fn failed(mut self, error: Error) -> Self {
        self.outcome = match error.kind() {
            ErrorKind::UnknownOutcome => UndoneOutcome::Unknown,
            ErrorKind::Drifted | ErrorKind::NotApproved | ErrorKind::Cancelled => {
                UndoneOutcome::Kept
            }
            _ => UndoneOutcome::Failed,
        };
        self.reason = error.report().message.clone();
        self.error = Some(error.into_report());
        self
    }
}

/// What came of taking a run back: one row per write of that run, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Undone {
    /// The run that was taken back.
    pub run: String,
    /// How many writes it had made or tried.
    pub requested: u64,
    /// How many were taken back, or would be.
    pub taken_back: u64,
    /// Whether everything that the run wrote is taken back or gone.
    pub complete: bool,
    /// Whether the way back was stopped before its end.
    pub stopped: bool,
    /// One row per write.
    pub items: Vec<UndoneItem>,
}

impl Undone {
    pub(super) fn of(run: &str, items: Vec<UndoneItem>, stopped: bool) -> Self {
        let back = |item: &&UndoneItem| {
            matches!(item.outcome, UndoneOutcome::WouldTakeBack | UndoneOutcome::TakenBack)
        };
        let taken_back = items.iter().filter(back).count() as u64;
        let nothing = |item: &&UndoneItem| item.outcome == UndoneOutcome::NothingToDo;
        let fine = taken_back + items.iter().filter(nothing).count() as u64;
        Undone {
            run: run.to_owned(),
            requested: items.len() as u64,
            taken_back,
            complete: !stopped && fine == items.len() as u64,
            stopped,
            items,
        }
    }
}

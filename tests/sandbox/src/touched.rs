//! What a write did to which asset, for the log of requests.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::Deployment;
use crate::state::doc::text;

/// A kind of asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssetKind {
    /// A user, by `_id`, named by e-mail address.
    User,
    /// A group, by `_id`.
    Group,
    /// A folder, by `oid`.
    Folder,
    /// A dashboard, by `oid`, named by title.
    Dashboard,
    /// A model, by `oid`, named by title. Its shares and its schedule belong to it.
    Model,
    /// A connection, by `oid`.
    Connection,
    /// A data-security rule, by `_id`, named by the title of its model.
    Rule,
    /// A build, by `oid`, named by the id of its model.
    Build,
}

/// What happened to an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was made.
    Created,
    /// It was changed or replaced, or its shares or its owner were.
    Updated,
    /// It was deleted.
    Deleted,
}

/// One asset that a write touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// What it is.
    pub kind: AssetKind,
    /// Its id here.
    pub id: String,
    /// Its name at that moment; blank when it has none.
    pub name: String,
    /// What happened to it.
    pub change: Change,
}

/// What a request did, shared between the handler and the log: the log must know it even when
/// the answer never leaves.
#[derive(Clone, Default)]
pub(crate) struct Done(Arc<Mutex<Outcome>>);

/// What a request did.
#[derive(Clone, Default)]
pub(crate) struct Outcome {
    /// Whether the server carried it out.
    pub(crate) applied: bool,
    pub(crate) touched: Vec<Touched>,
}

impl Done {
    pub(crate) fn set(&self, outcome: Outcome) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    pub(crate) fn get(&self) -> Outcome {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Deployment {
    /// Notes what happened to an asset. Whatever follows on its making is part of it.
    pub(crate) fn touch(&mut self, kind: AssetKind, id: &str, name: &str, change: Change) {
        let known = self.touched.iter().any(|one| {
            one.kind == kind
                && one.id == id
                && (one.change == change || change == Change::Updated)
                && one.change != Change::Deleted
        });
        if !known {
            let (id, name) = (id.to_owned(), name.to_owned());
            self.touched.push(Touched { kind, id, name, change });
        }
    }

    /// The same for a document with an id and a name.
    pub(crate) fn touch_doc(&mut self, kind: AssetKind, doc: &Value, change: Change) {
        let (id, name) = match kind {
            AssetKind::User => ("_id", "email"),
            AssetKind::Group => ("_id", "name"),
            AssetKind::Rule => ("_id", "elasticube"),
            AssetKind::Folder | AssetKind::Connection => ("oid", "name"),
            AssetKind::Dashboard | AssetKind::Model => ("oid", "title"),
            AssetKind::Build => ("oid", "datamodelId"),
        };
        self.touch(kind, text(doc, id), text(doc, name), change);
    }
}

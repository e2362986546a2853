//! What a preview has read of a source, for the run of what was approved.
//!
//! A run reads again what it is told by that something has changed: the lists of both sides, and what
//! it replaces. A document of the source that the preview read is as good in the run, and is not asked
//! for twice as long as there is room for it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::value::RawValue;

use super::change::AssetKind;

/// Most bytes of documents that a preview keeps.
const MOST: usize = 4 * 1024 * 1024;

/// What one preview has read, and what the run of its changes will need first. Cheap to clone; clones
/// share it. Taken from a preview with [`Run::handover`](super::Run::handover) and given to a run with
/// [`RunBuilder::handover`](super::RunBuilder::handover).
#[derive(Clone, Default)]
pub struct Handover {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    documents: HashMap<(String, AssetKind, String), Document>,
    bytes: usize,
    first: Vec<Wanted>,
}

/// A document as its JSON text.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// What tells one state of the document from another, such as the time of its last change.
    pub(crate) version: Option<String>,
    /// Whether it is the caller's own copy and not the owner's version.
    pub(crate) copy: bool,
    pub(crate) json: Box<RawValue>,
}

/// A document of the source that the run will need, as the preview's list shows it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) id: String,
    pub(crate) version: Option<String>,
}

impl Handover {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A poisoned lock means a panic elsewhere; the map is whole after every statement.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keep a document that a preview has read, where there is room for it.
    pub(crate) fn keep(&self, deployment: &str, kind: AssetKind, id: &str, document: Document) {
        let mut inner = self.lock();
        if inner.bytes.saturating_add(document.json.get().len()) <= MOST {
            inner.put(deployment, kind, id, document);
        }
    }

    /// Keep a document that the run has loaded and will take in a moment.
    pub(crate) fn put(&self, deployment: &str, kind: AssetKind, id: &str, document: Document) {
        self.lock().put(deployment, kind, id, document);
    }

    /// Take a document out, if it is of this version.
    pub(crate) fn take(
        &self,
        deployment: &str,
        kind: AssetKind,
        id: &str,
        version: Option<&str>,
    ) -> Option<Document> {
        let mut inner = self.lock();
        let document = inner.documents.remove(&(deployment.to_owned(), kind, id.to_owned()))?;
        inner.bytes -= document.json.get().len();
        Some(document).filter(|document| document.version.as_deref() == version)
    }

    /// Say which documents the run will need first, in its order.
    pub(crate) fn expect(&self, wanted: Vec<Wanted>) {
        self.lock().first = wanted;
    }

    /// What the run will need first and is not here. Asked for once.
    pub(crate) fn expected(&self, deployment: &str, kind: AssetKind) -> Vec<Wanted> {
        let mut inner = self.lock();
        let mut wanted = std::mem::take(&mut inner.first);
        let here = |id: &str| (deployment.to_owned(), kind, id.to_owned());
        wanted.retain(|one| !inner.documents.contains_key(&here(&one.id)));
        wanted
    }
}

impl Inner {
    fn put(&mut self, deployment: &str, kind: AssetKind, id: &str, document: Document) {
        self.bytes += document.json.get().len();
        let old = self.documents.insert((deployment.to_owned(), kind, id.to_owned()), document);
        self.bytes -= old.map_or(0, |old| old.json.get().len());
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("Handover")
            .field("documents", &inner.documents.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: AssetKind = AssetKind::Dashboard;

    fn document(version: &str, bytes: usize) -> Document {
        let json = RawValue::from_string(format!("\"{}\"", "x".repeat(bytes))).unwrap();
        Document { version: Some(version.to_owned()), copy: false, json }
    }

    #[test]
    fn a_document_is_taken_once_and_only_in_the_state_that_is_asked_for() {
        let handover = Handover::default();
        handover.keep("dev", KIND, "a", document("1", 10));
        handover.keep("dev", KIND, "b", document("1", 10));
        assert!(handover.take("prod", KIND, "a", Some("1")).is_none());
        assert!(handover.take("dev", KIND, "a", Some("1")).is_some());
        assert!(handover.take("dev", KIND, "a", Some("1")).is_none());
        assert!(handover.take("dev", KIND, "b", Some("2")).is_none());
        assert_eq!(handover.lock().bytes, 0);
    }

    #[test]
    fn what_there_is_no_room_for_is_not_kept() {
        let handover = Handover::default();
        handover.keep("dev", KIND, "a", document("1", MOST - 100));
        handover.keep("dev", KIND, "b", document("1", 200));
        assert!(handover.take("dev", KIND, "b", Some("1")).is_none());
        handover.take("dev", KIND, "a", Some("1")).unwrap();
        handover.keep("dev", KIND, "b", document("1", 200));
        assert!(handover.take("dev", KIND, "b", Some("1")).is_some());
    }

    #[test]
    fn what_is_here_already_is_not_expected() {
        let handover = Handover::default();
        handover.keep("dev", KIND, "a", document("1", 10));
        let wanted = |id: &str| Wanted { id: id.to_owned(), version: None };
        handover.expect(vec![wanted("a"), wanted("b")]);
        let expected: Vec<String> =
            handover.expected("dev", KIND).into_iter().map(|one| one.id).collect();
        assert_eq!(expected, ["b"]);
        assert!(handover.expected("dev", KIND).is_empty());
    }
}

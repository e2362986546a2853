//! Which operations fit a request: ranked in this process, without a model.

mod document;
pub(crate) mod lexicon;
mod score;
mod slots;
pub(crate) mod text;
mod wanted;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::Operation;

pub(crate) use slots::{Slot, slots};
pub(crate) use wanted::{Intent, intent};

use crate::host::Kind;
use document::{Document, Vocabulary, document};
use text::{MAX_REQUEST, Piece, pieces};
use wanted::wanted;

/// An operation that fits a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    /// The operation's id.
    pub id: String,
    /// How well it fits; comparable within one request only.
    pub score: f64,
    /// What spoke for it and against it, the strongest first.
    pub reasons: Vec<String>,
}

/// What is known about a request besides its words.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The kinds of the things that the request names and that exist in the deployment.
    pub kinds: Vec<Kind>,
}

/// The operations, prepared for ranking.
pub struct Catalogue {
    documents: Vec<Document>,
    places: HashMap<String, usize>,
    vocabulary: Vocabulary,
}

impl Catalogue {
    /// Prepare operations for ranking.
    #[must_use]
    pub fn new<'a>(operations: impl IntoIterator<Item = &'a Operation>) -> Self {
        let mut vocabulary = Vocabulary::default();
        let mut documents: Vec<Document> =
            operations.into_iter().map(|operation| document(operation, &mut vocabulary)).collect();
        vocabulary.weigh(&mut documents);
        let places = documents.iter().enumerate().map(|(at, d)| (d.id.clone(), at)).collect();
        Catalogue { documents, places, vocabulary }
    }

    /// Rank the operations for a request: the best first, those that do not fit at all left out.
    /// Equal scores are ordered by id, so that the answer is always the same. Of a request only the
    /// first 4000 characters are read.
    #[must_use]
    pub fn rank(&self, request: &str, hints: &Hints) -> Vec<Hit> {
        let end = request.char_indices().nth(MAX_REQUEST).map_or(request.len(), |(at, _)| at);
        self.rank_pieces(&pieces(request.get(..end).unwrap_or(request)), hints)
    }

    /// Whether an operation is about a term. That its description mentions it is not enough.
    pub(crate) fn says(&self, id: &str, term: &str) -> bool {
        let document = self.places.get(id).and_then(|at| self.documents.get(*at));
        let term = self.vocabulary.term(term);
        document.zip(term).is_some_and(|(document, term)| document.about.contains(&term))
    }

    /// Whether a thing is what an operation is named after.
    pub(crate) fn is_named_after(&self, id: &str, thing: &str) -> bool {
        let document = self.places.get(id).and_then(|at| self.documents.get(*at));
        document.is_some_and(|document| document.things.contains(thing))
    }

    /// Whether an operation is named after things, and none of these is among them.
    pub(crate) fn is_about_others(&self, id: &str, things: &[&str]) -> bool {
        let document = self.places.get(id).and_then(|at| self.documents.get(*at));
        document.is_some_and(|document| {
            !things.is_empty()
                && !document.things.is_empty()
                && !things.iter().any(|thing| document.things.contains(thing))
        })
    }

    pub(crate) fn rank_pieces(&self, request: &[Piece], hints: &Hints) -> Vec<Hit> {
        let wanted = wanted(request, hints, &self.vocabulary);
        let mut hits: Vec<Hit> = self
            .documents
            .iter()
            .filter_map(|document| score::score(document, &wanted, &self.vocabulary))
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        hits
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue").field("operations", &self.documents.len()).finish()
    }
}

#[cfg(test)]
mod tests;

//! Which operations fit a request: ranked in this process, without a model.

pub(crate) mod lexicon;
mod slots;
pub(crate) mod text;

use std::collections::{BTreeSet, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::Operation;

pub(crate) use slots::{Slot, slots};

use crate::host::Kind;
use lexicon::Class;
use text::{Piece, Token, example_terms, pieces, terms};

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

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To see something.
    Read,
    /// To change something.
    Write,
    /// It does not say.
    Unsaid,
}

/// How often a saturated term counts, and how much length matters: the usual values of BM25.
const K1: f64 = 1.2;
const B: f64 = 0.5;

/// How much a term counts by where it stands.
const IN_ID: f64 = 3.0;
const IN_SUMMARY: f64 = 2.0;
const IN_ASK: f64 = 1.5;
const IN_PARAMETERS: f64 = 0.7;
const IN_DESCRIPTION: f64 = 0.15;

/// The word for a check of everything.
const WELLCHECK: &str = "wellcheck";

struct Document {
    id: String,
    writes: bool,
    terms: HashMap<String, f64>,
    /// The terms of its id, summary, examples and parameters: what it is about.
    about: HashSet<String>,
    length: f64,
    kinds: BTreeSet<Kind>,
    required: BTreeSet<Kind>,
    /// Whether it takes a list of things at once.
    many: bool,
    /// Whether its id says that it tells everything.
    raw: bool,
    /// Whether it checks everything that there is to check.
    wellcheck: bool,
    /// The things that its id names.
    things: BTreeSet<&'static str>,
}

/// The operations, prepared for ranking.
pub struct Catalogue {
    documents: Vec<Document>,
    rarity: HashMap<String, f64>,
    average: f64,
}

impl Catalogue {
    /// Prepare operations for ranking.
    #[must_use]
    pub fn new<'a>(operations: impl IntoIterator<Item = &'a Operation>) -> Self {
        let documents: Vec<Document> = operations.into_iter().map(document).collect();
        let count = documents.len() as f64;
        let mut seen: HashMap<&str, f64> = HashMap::new();
        for document in &documents {
            for term in document.terms.keys() {
                *seen.entry(term).or_default() += 1.0;
            }
        }
        let rarity = seen
            .into_iter()
            .map(|(term, n)| (term.to_owned(), ((count - n + 0.5) / (n + 0.5) + 1.0).ln()))
            .collect();
        let total: f64 = documents.iter().map(|document| document.length).sum();
        Catalogue { average: (total / count.max(1.0)).max(1.0), documents, rarity }
    }

    /// Rank the operations for a request: the best first, those that do not fit at all left out.
    /// Equal scores are ordered by id, so that the answer is always the same.
    #[must_use]
    pub fn rank(&self, request: &str, hints: &Hints) -> Vec<Hit> {
        self.rank_pieces(&pieces(request), hints)
    }

    /// Whether an operation is about a term. That its description mentions it is not enough.
    pub(crate) fn says(&self, id: &str, term: &str) -> bool {
        self.documents.iter().any(|document| document.id == id && document.about.contains(term))
    }

    /// Whether a thing is what an operation is named after.
    pub(crate) fn is_named_after(&self, id: &str, thing: &str) -> bool {
        self.documents.iter().any(|document| document.id == id && document.things.contains(thing))
    }

    pub(crate) fn rank_pieces(&self, request: &[Piece], hints: &Hints) -> Vec<Hit> {
        let wanted = wanted(request, hints);
        let mut hits: Vec<Hit> =
            self.documents.iter().filter_map(|document| self.score(document, &wanted)).collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        hits
    }

    fn score(&self, document: &Document, wanted: &Wanted) -> Option<Hit> {
        // It is about all things at once, so that any request would find it.
        if document.wellcheck && !wanted.terms.iter().any(|term| term == WELLCHECK) {
            return None;
        }
        let mut parts: Vec<(f64, String)> = Vec::new();
        for term in &wanted.terms {
            let Some(frequency) = document.terms.get(term) else { continue };
            let rarity = self.rarity.get(term).copied().unwrap_or_default();
            let norm = 1.0 - B + B * document.length / self.average;
            let score = rarity * frequency * (K1 + 1.0) / (frequency + K1 * norm);
            // How somebody asks says less than what is asked for.
            let score = if wanted.asking.contains(term) { score * 0.5 } else { score };
            parts.push((score, format!("says {term}")));
        }
        if parts.is_empty() && !wanted.kinds.iter().any(|kind| document.required.contains(kind)) {
            return None;
        }
        for kind in &wanted.kinds {
            if document.required.contains(kind) {
                parts.push((2.5, format!("takes a {}", kind.as_str())));
            } else if document.kinds.contains(kind) {
                parts.push((1.5, format!("may take a {}", kind.as_str())));
            } else {
                parts.push((-1.5, format!("takes no {}", kind.as_str())));
            }
        }
        for thing in document.things.difference(&wanted.things) {
            parts.push((-1.1, format!("is about a {thing} too")));
        }
        if document.raw && !wanted.terms.iter().any(|term| term == "raw") {
            parts.push((-1.0, "tells more than was asked".to_owned()));
        }
        if let Some(act) = wanted.act
            && document.writes
            && !document.terms.contains_key(act)
        {
            parts.push((-2.0, format!("does not {act}")));
        }
        if document.many && !wanted.many {
            parts.push((-1.0, "is about several at once".to_owned()));
        }
        if wanted.named && document.kinds.is_empty() {
            parts.push((-0.8, "takes no name".to_owned()));
        }
        if wanted.everything && !document.required.is_empty() {
            parts.push((-1.5, "is about one thing".to_owned()));
        }
        if wanted.everything && document.required.is_empty() {
            parts.push((1.0, "is about all".to_owned()));
        }
        if wanted.kinds.is_empty() && !wanted.named && !document.required.is_empty() {
            parts.push((-1.0, "needs a name".to_owned()));
        }
        let sum: f64 = parts.iter().map(|(score, _)| score).sum();
        let factor = match (wanted.intent, document.writes) {
            (Intent::Read, true) => 0.15,
            (Intent::Unsaid, true) => 0.5,
            (Intent::Write, false) => 0.35,
            _ => 1.0,
        };
        let score = sum * factor;
        if score <= 0.0 {
            return None;
        }
        parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then_with(|| a.1.cmp(&b.1)));
        let mut reasons: Vec<String> = parts.into_iter().take(6).map(|(_, why)| why).collect();
        if factor < 1.0 {
            reasons.insert(0, if document.writes { "it writes" } else { "it only reads" }.into());
        }
        Some(Hit { id: document.id.clone(), score, reasons })
    }
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogue").field("operations", &self.documents.len()).finish()
    }
}

/// What a request wants, in terms of the ranking.
struct Wanted {
    terms: Vec<String>,
    kinds: BTreeSet<Kind>,
    intent: Intent,
    /// The verb of a write.
    act: Option<&'static str>,
    /// The terms that only ask: show, which, who.
    asking: HashSet<String>,
    /// The things that it names.
    things: BTreeSet<&'static str>,
    /// Whether it may be about several things at once.
    many: bool,
    /// Whether it asks about all of a kind.
    everything: bool,
    /// Whether it holds something that may be a name.
    named: bool,
}

fn wanted(request: &[Piece], hints: &Hints) -> Wanted {
    let mut seen = HashSet::new();
    let terms = terms(request).into_iter().filter(|term| seen.insert(term.clone())).collect();
    let mut kinds: BTreeSet<Kind> = hints.kinds.iter().copied().collect();
    for piece in request {
        match piece.token {
            Token::Email => kinds.insert(Kind::User),
            Token::Uuid => kinds.insert(Kind::Datamodel),
            Token::ObjectId if !request.iter().any(|p| p.is("user") || p.is("group")) => {
                kinds.insert(Kind::Dashboard)
            }
            _ => continue,
        };
    }
    let named = request.iter().any(|piece| {
        !matches!(piece.token, Token::Word { means: Some(_), .. })
            || matches!(piece.class(), Some(Class::Role))
    });
    let everything = request.iter().any(|piece| piece.is("all")) && kinds.is_empty() && !named;
    let of =
        |class| request.iter().filter_map(Piece::means).filter(move |m| m.1 == class).map(|m| m.0);
    let act = of(Class::Act).next();
    let asking = of(Class::Ask).map(str::to_owned).collect();
    let mut things: BTreeSet<&'static str> = of(Class::Thing).collect();
    if request.iter().any(|p| p.is("who") || p.is("member") || p.token == Token::Email) {
        things.insert("user");
    }
    things.extend(hints.kinds.iter().map(|kind| thing(*kind)));
    let many = request.iter().any(|p| p.is("all") || p.is("bulk") || p.lower() == "and");
    Wanted { terms, kinds, intent: intent(request), act, asking, things, many, everything, named }
}

/// The word that the lexicon has for a kind.
fn thing(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "user",
        Kind::Group => "group",
        Kind::Dashboard => "dashboard",
        Kind::Datamodel => "datamodel",
    }
}

/// What the first verb says. A question about a write is a read: "who may delete users?".
pub(crate) fn intent(request: &[Piece]) -> Intent {
    let verb = request.iter().position(|p| matches!(p.class(), Some(Class::Ask | Class::Act)));
    let Some((at, piece)) = verb.and_then(|at| request.get(at).map(|piece| (at, piece))) else {
        return Intent::Unsaid;
    };
    match piece.class() {
        Some(Class::Act) => {
            // A noun in the shape of a verb: "the build schedule of X", "columns for the new X".
            let before = request[..at].iter().rev().find(|p| p.class() != Some(Class::Filler));
            let after_thing =
                before.is_some_and(|p| matches!(p.class(), Some(Class::Thing | Class::Aspect)));
            if after_thing { Intent::Unsaid } else { Intent::Write }
        }
        _ => Intent::Read,
    }
}

fn document(operation: &Operation) -> Document {
    let mut all: HashMap<String, f64> = HashMap::new();
    let mut add = |words: Vec<String>, weight: f64| {
        for word in words {
            *all.entry(word).or_default() += weight;
        }
    };
    let name = operation.id.split_once('.').map_or(operation.id.as_str(), |(_, name)| name);
    let named = pieces(&name.replace('_', " "));
    add(terms(&named), IN_ID);
    add(terms(&pieces(&operation.summary)), IN_SUMMARY);
    for ask in &operation.ask {
        add(example_terms(ask), IN_ASK);
    }
    let slots = slots(operation);
    for (parameter, _, _) in &slots {
        add(terms(&pieces(&parameter.replace(['_', '.'], " "))), IN_PARAMETERS);
    }
    // "One row per table" says how an answer looks, not that rows are counted.
    if !operation.ask.iter().any(|ask| example_terms(ask).iter().any(|term| term == "rowcount")) {
        all.remove("rowcount");
    }
    let about = all.keys().cloned().collect();
    let mut add = |words: Vec<String>, weight: f64| {
        for word in words {
            *all.entry(word).or_default() += weight;
        }
    };
    let description = operation.description.split("# Errors").next().unwrap_or_default();
    add(example_terms(description), IN_DESCRIPTION);
    let kinds = slots.iter().flat_map(|(_, slot, _)| slot.kinds()).copied().collect();
    let required =
        slots.iter().filter(|(_, _, need)| *need).filter_map(|(_, slot, _)| slot.kind()).collect();
    Document {
        id: operation.id.clone(),
        writes: operation.effect.writes(),
        many: slots.iter().any(|(_, slot, _)| matches!(slot, Slot::Dashboards | Slot::Datamodels)),
        raw: named.iter().any(|piece| piece.is("raw")),
        wellcheck: named.iter().any(|piece| piece.is(WELLCHECK)),
        things: named
            .iter()
            .filter_map(Piece::means)
            .filter(|(_, class)| *class == Class::Thing)
            .map(|(word, _)| word)
            .collect(),
        length: all.values().sum(),
        terms: all,
        about,
        kinds,
        required,
    }
}

#[cfg(test)]
mod tests;

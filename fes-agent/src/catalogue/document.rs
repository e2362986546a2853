//! An operation as the ranking sees it.

use std::collections::{BTreeSet, HashMap, HashSet};

use sisense_core::{Operation, Scope};

use super::lexicon::Class;
use super::slots::{Slot, slots};
use super::text::{Piece, example_terms, pieces, terms};
use super::wanted::Number;
use crate::host::Kind;

/// How much a term counts by where it stands.
const IN_ID: f64 = 3.0;
const IN_SUMMARY: f64 = 2.0;
const IN_ASK: f64 = 1.2;
const IN_PARAMETERS: f64 = 0.7;
const IN_DESCRIPTION: f64 = 0.15;

/// The terms that only ask, and what they count: how somebody asks says less than what is asked for.
const ASKING: [&str; 4] = ["show", "which", "who", "count"];
const AS_ASKING: f64 = 0.4;

/// The word for a check of everything.
pub(super) const WELLCHECK: &str = "wellcheck";

/// A term as a number.
pub(super) type Term = usize;

/// The terms of all operations, with how rare each is.
#[derive(Default)]
pub(super) struct Vocabulary {
    terms: HashMap<String, Term>,
    rarity: Vec<f64>,
    /// What a term counts when texts are compared.
    weight: Vec<f64>,
    /// The average length of an operation's text.
    pub(super) average: f64,
}

impl Vocabulary {
    /// The number of a term, when an operation has it.
    pub(super) fn term(&self, word: &str) -> Option<Term> {
        self.terms.get(word).copied()
    }

    /// How rare a term is; one that only asks counts less.
    pub(super) fn rarity(&self, term: Term) -> f64 {
        self.rarity.get(term).copied().unwrap_or_default()
    }

    /// What each term weighs in a text with these terms: nothing, when it is not in it.
    pub(super) fn weights_of(&self, terms: impl Iterator<Item = Term>) -> Vec<f64> {
        let mut weights = vec![0.0; self.weight.len()];
        for term in terms {
            if let (Some(own), Some(weight)) = (weights.get_mut(term), self.weight.get(term)) {
                *own = *weight;
            }
        }
        weights
    }

    fn intern(&mut self, word: String) -> Term {
        let next = self.terms.len();
        *self.terms.entry(word).or_insert(next)
    }

    /// Learn how rare terms are.
    pub(super) fn weigh(&mut self, documents: &mut [Document]) {
        let count = documents.len() as f64;
        let mut seen = vec![0.0_f64; self.terms.len()];
        for term in documents.iter().flat_map(|document| document.terms.keys()) {
            if let Some(seen) = seen.get_mut(*term) {
                *seen += 1.0;
            }
        }
        self.rarity = seen.iter().map(|n| ((count - n + 0.5) / (n + 0.5) + 1.0).ln()).collect();
        for word in ASKING {
            if let Some(term) = self.term(word)
                && let Some(rarity) = self.rarity.get_mut(term)
            {
                *rarity *= AS_ASKING;
            }
        }
        self.weight = self.rarity.iter().map(|rarity| rarity * rarity).collect();
        for example in documents.iter_mut().flat_map(|document| &mut document.examples) {
            let weight = |term: &Term| self.weight.get(*term).copied().unwrap_or_default();
            example.weight = example.terms.iter().map(weight).sum();
        }
        let total: f64 = documents.iter().map(|document| document.length).sum();
        self.average = (total / count.max(1.0)).max(1.0);
    }
}

/// The terms of an example, each once, with what they weigh together.
pub(super) struct Example {
    pub(super) terms: Vec<Term>,
    pub(super) weight: f64,
}

/// An operation as the ranking sees it.
pub(super) struct Document {
    pub(super) id: String,
    pub(super) writes: bool,
    /// Whether it works from one deployment to another.
    pub(super) migrates: bool,
    /// Each term with how much it counts.
    pub(super) terms: HashMap<Term, f64>,
    /// The terms of its id, summary, examples and parameters: what it is about.
    pub(super) about: HashSet<Term>,
    /// The terms of each example and of the summary.
    pub(super) examples: Vec<Example>,
    pub(super) length: f64,
    pub(super) kinds: BTreeSet<Kind>,
    pub(super) required: BTreeSet<Kind>,
    /// How many things it is about.
    pub(super) number: Number,
    /// Whether its id says that it tells everything.
    pub(super) raw: bool,
    /// Whether its id says that it tells details.
    pub(super) detail: bool,
    /// Whether it checks everything that there is to check.
    pub(super) wellcheck: bool,
    /// Whether its one thing is given by an id.
    pub(super) by_id: bool,
    /// The verbs of its id.
    pub(super) acts: BTreeSet<&'static str>,
    /// The things that its id names.
    pub(super) things: BTreeSet<&'static str>,
    /// What its id says of things: columns, shares.
    pub(super) aspects: BTreeSet<&'static str>,
}

/// Prepare an operation.
pub(super) fn document(operation: &Operation, vocabulary: &mut Vocabulary) -> Document {
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
    let migrates = operation.scope == Scope::SourceTarget;
    if migrates {
        add(vec!["migrate".to_owned(), "elsewhere".to_owned()], IN_SUMMARY);
    }
    // "One row per table" says how an answer looks, not that rows are counted.
    if !operation.ask.iter().any(|ask| example_terms(ask).iter().any(|term| term == "rowcount")) {
        all.remove("rowcount");
    }
    let about = all.keys().cloned().map(|word| vocabulary.intern(word)).collect();
    let mut add = |words: Vec<String>, weight: f64| {
        for word in words {
            *all.entry(word).or_default() += weight;
        }
    };
    let description = operation.description.split("# Errors").next().unwrap_or_default();
    add(example_terms(description), IN_DESCRIPTION);
    let examples = operation.ask.iter().map(|ask| example_terms(ask));
    let examples = examples
        .chain([terms(&pieces(&operation.summary))])
        .map(|words| {
            let mut terms: Vec<Term> =
                words.into_iter().map(|word| vocabulary.intern(word)).collect();
            terms.sort_unstable();
            terms.dedup();
            Example { terms, weight: 0.0 }
        })
        .collect();
    let kinds = slots.iter().flat_map(|(_, slot, _)| slot.kinds()).copied().collect();
    let required: BTreeSet<Kind> =
        slots.iter().filter(|(_, _, need)| *need).filter_map(|(_, slot, _)| slot.kind()).collect();
    Document {
        id: operation.id.clone(),
        writes: operation.effect.writes(),
        migrates,
        number: number(operation, &slots),
        acts: of(&named, Class::Act),
        raw: named.iter().any(|piece| piece.is("raw")),
        detail: named.iter().skip(1).any(|piece| piece.is("describe")),
        wellcheck: named.iter().any(|piece| piece.is(WELLCHECK)),
        by_id: name.ends_with("_by_id"),
        things: of(&named, Class::Thing),
        aspects: of(&named, Class::Aspect)
            .into_iter()
            .filter(|word| !["all", "bulk", "raw", "id", "full", WELLCHECK].contains(word))
            .collect(),
        length: all.values().sum(),
        terms: all.into_iter().map(|(word, n)| (vocabulary.intern(word), n)).collect(),
        about,
        examples,
        kinds,
        required,
    }
}

fn of(named: &[Piece], wanted: Class) -> BTreeSet<&'static str> {
    let means = named.iter().filter_map(Piece::means);
    means.filter(|(_, class)| *class == wanted).map(|(word, _)| word).collect()
}

/// How many things an operation is about, by its parameters.
fn number(operation: &Operation, slots: &[(String, Slot, bool)]) -> Number {
    let several = |(name, slot, need): &(String, Slot, bool)| {
        let kind = operation.input_schema.pointer(&format!("/properties/{name}/type"));
        matches!(slot, Slot::Users | Slot::Groups | Slot::Dashboards | Slot::Datamodels)
            || (*need && *slot == Slot::Other && kind.is_some_and(|kind| kind == "array"))
    };
    if slots.iter().any(several) {
        Number::Several
    } else if slots.iter().any(|(_, _, need)| *need) {
        Number::One
    } else {
        Number::All
    }
}

//! How well an operation fits what a request wants.

use super::Hit;
use super::document::{Document, Example, Vocabulary, WELLCHECK};
use super::lexicon::alike;
use super::wanted::{Intent, Number, Wanted};
use crate::host::Kind;

/// How often a saturated term counts, and how much length matters: the usual values of BM25.
const K1: f64 = 1.2;
const B: f64 = 0.4;

/// What a request counts that says exactly what an example says.
const LIKE_AN_EXAMPLE: f64 = 5.0;

/// How many reasons are told.
const REASONS: usize = 6;

/// Aspects that limit a request and are not what it is about.
const BESIDE: [&str; 9] =
    ["all", "bulk", "full", "id", "title", "reference", "rule", "elsewhere", "nobody"];

/// What speaks for an operation or against it: how much, and why, in two parts.
type Part<'a> = (f64, &'static str, &'a str);

/// Score an operation. Nothing when it does not fit at all.
pub(super) fn score(document: &Document, wanted: &Wanted, vocabulary: &Vocabulary) -> Option<Hit> {
    // It is about all things at once, so that any request would find it.
    if document.wellcheck && !wanted.says(WELLCHECK) {
        return None;
    }
    let mut parts: Vec<Part<'_>> = Vec::new();
    let norm = 1.0 - B + B * document.length / vocabulary.average;
    for (term, word) in &wanted.terms {
        let Some(frequency) = document.terms.get(term) else { continue };
        let score = vocabulary.rarity(*term) * frequency * (K1 + 1.0) / (frequency + K1 * norm);
        parts.push((score, "says", word));
    }
    if parts.is_empty() && !wanted.kinds.iter().any(|kind| document.required.contains(kind)) {
        return None;
    }
    let like = like_an_example(document, wanted);
    if like > 0.0 {
        parts.push((LIKE_AN_EXAMPLE * like, "is like an example", ""));
    }
    kinds(document, wanted, &mut parts);
    subject(document, wanted, vocabulary, &mut parts);
    parts.extend(number(document.number, wanted.number));
    if document.raw && !wanted.says("raw") {
        parts.push((-1.0, "tells more than was asked", ""));
    }
    if document.detail && !wanted.says("describe") {
        parts.push((-0.8, "tells more than was asked", ""));
    }
    if document.by_id {
        parts.push((if wanted.by_id { 0.8 } else { -1.5 }, "takes an id", ""));
    }
    let own_act = wanted.act.is_some_and(|act| document.acts.contains(act));
    if let Some(act) = wanted.act {
        if own_act {
            parts.push((1.0, "is to", act));
        } else if document.writes && !does(document, act, vocabulary) {
            parts.push((-2.0, "does not", act));
        }
    }
    if document.migrates && !wanted.elsewhere {
        parts.push((-3.0, "is about another deployment", ""));
    } else if wanted.elsewhere && !document.migrates && wanted.intent != Intent::Read {
        parts.push((-3.0, "is about one deployment", ""));
    }
    let factor = match (wanted.intent, document.writes) {
        (Intent::Read, true) => 0.25,
        (Intent::Unsaid, true) => 0.6,
        (Intent::Write, false) if !own_act => 0.45,
        _ => 1.0,
    };
    let score = factor * parts.iter().map(|(score, _, _)| score).sum::<f64>();
    if score <= 0.0 {
        return None;
    }
    Some(Hit { id: document.id.clone(), score, reasons: reasons(parts, factor, document.writes) })
}

fn reasons(mut parts: Vec<Part<'_>>, factor: f64, writes: bool) -> Vec<String> {
    parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let against = if writes { "it writes" } else { "it only reads" };
    let told = parts.into_iter().take(REASONS).map(|(_, why, what)| match what {
        "" => why.to_owned(),
        what => format!("{why} {what}"),
    });
    (factor < 1.0).then(|| against.to_owned()).into_iter().chain(told).collect()
}

/// How much a request and the nearest example say the same: 1 when they say nothing else.
fn like_an_example(document: &Document, wanted: &Wanted) -> f64 {
    let own: f64 = wanted.weights.iter().sum();
    let weight = |term: &usize| wanted.weights.get(*term).copied().unwrap_or_default();
    let like = |example: &Example| {
        let both: f64 = example.terms.iter().map(weight).sum();
        if both > 0.0 { both / (own * example.weight).sqrt() } else { 0.0 }
    };
    document.examples.iter().map(like).fold(0.0, f64::max)
}

/// The kinds of things that a request names for sure.
fn kinds(document: &Document, wanted: &Wanted, parts: &mut Vec<Part<'_>>) {
    // "Is the dashboard shared with ann@example.com?" is about the dashboard.
    let other = ["dashboard", "datamodel", "folder"].iter().any(|t| wanted.things.contains(t));
    for kind in &wanted.kinds {
        let beside = other && *kind == Kind::User;
        let (score, why) = if document.required.contains(kind) {
            (if beside { 0.5 } else { 2.5 }, "takes a")
        } else if document.kinds.contains(kind) {
            (1.5, "may take a")
        } else {
            (if beside { -0.3 } else { -1.5 }, "takes no")
        };
        parts.push((score, why, kind.as_str()));
    }
}

/// What an operation is named after and a request does not say, and the other way round.
fn subject<'a>(
    document: &'a Document,
    wanted: &'a Wanted,
    vocabulary: &Vocabulary,
    parts: &mut Vec<Part<'a>>,
) {
    let unasked = if wanted.things.is_empty() { -0.3 } else { -1.1 };
    for thing in document.things.difference(&wanted.things) {
        parts.push((unasked, "is about more: a", thing));
    }
    for aspect in &document.aspects {
        let (score, why) =
            if wanted.says(aspect) { (0.8, "is about") } else { (-1.4, "is about more:") };
        parts.push((score, why, aspect));
    }
    let unknown = |word: &str| {
        let term = vocabulary.term(word);
        term.is_none_or(|term| !document.about.contains(&term))
    };
    for thing in wanted.things.iter().filter(|thing| unknown(thing)) {
        parts.push((-1.0, "is about no", thing));
    }
    let aspects = wanted.aspects.iter().filter(|aspect| !BESIDE.contains(aspect));
    for aspect in aspects.filter(|aspect| unknown(aspect)) {
        parts.push((-0.7, "does not say", aspect));
    }
}

/// Whether both are about one, several or all.
fn number(document: Number, wanted: Number) -> Option<Part<'static>> {
    let (score, why) = match (wanted, document) {
        (Number::One, Number::One) => (0.6, "is about one thing"),
        (Number::One, Number::Several) => (-0.2, "is about several at once"),
        (Number::One, _) => (-2.0, "takes no name"),
        (Number::Several, Number::Several) => (1.2, "is about several at once"),
        (Number::Several, Number::One) => return None,
        (Number::Several, _) => (-1.0, "takes no name"),
        (Number::All, Number::All) => (1.2, "is about all"),
        (Number::All, Number::Several) => (0.4, "is about several at once"),
        (Number::All, _) => (-1.2, "is about one thing"),
        (_, Number::Several) => (-0.5, "is about several at once"),
        _ => return None,
    };
    Some((score, why, ""))
}

/// Whether an operation does what a verb says, or what a verb of about the same meaning says.
fn does(document: &Document, act: &str, vocabulary: &Vocabulary) -> bool {
    let says =
        |verb: &str| vocabulary.term(verb).is_some_and(|term| document.terms.contains_key(&term));
    says(act) || alike(act).iter().any(|verb| says(verb))
}

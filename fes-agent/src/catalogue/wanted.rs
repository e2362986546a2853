//! What a request wants, in terms of the ranking.

use std::collections::{BTreeSet, HashSet};

use super::Hints;
use super::document::{Term, Vocabulary};
use super::lexicon::{Class, stem};
use super::text::{Piece, Token, terms};
use crate::host::Kind;

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

/// How many things a request or an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// One, which has to be named.
    One,
    /// Several, by name.
    Several,
    /// All that there are, or none in particular.
    All,
    /// It does not say.
    Unsaid,
}

/// What a request wants.
pub(super) struct Wanted {
    /// Each term with its word, each once.
    pub(super) terms: Vec<(Term, String)>,
    /// What each term of the vocabulary weighs in it.
    pub(super) weights: Vec<f64>,
    /// What it says of things: columns, shares.
    pub(super) aspects: BTreeSet<&'static str>,
    pub(super) kinds: BTreeSet<Kind>,
    pub(super) intent: Intent,
    /// The verb of a write.
    pub(super) act: Option<&'static str>,
    /// The things that it names.
    pub(super) things: BTreeSet<&'static str>,
    pub(super) number: Number,
    /// Whether it is about another deployment.
    pub(super) elsewhere: bool,
    /// Whether it gives an id.
    pub(super) by_id: bool,
    words: HashSet<String>,
}

impl Wanted {
    /// Whether it says a word of the lexicon.
    pub(super) fn says(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

/// Read a request.
pub(super) fn wanted(request: &[Piece], hints: &Hints, vocabulary: &Vocabulary) -> Wanted {
    let request = &without_parts_of_names(request);
    let mut words: Vec<String> = terms(request);
    let says = |word: &str| request.iter().any(|piece| piece.is(word));
    let moves = says("bring") || says("transfer") || says("make") || says("add");
    let elsewhere = says("migrate") || (says("elsewhere") && (moves || says("all")));
    let mut act = of(request, Class::Act).next();
    if elsewhere && (act.is_none() || moves) {
        words.retain(|word| !["bring", "transfer", "make", "add"].contains(&word.as_str()));
        words.push("migrate".to_owned());
        act = Some("migrate");
    }
    // "Ann should be a designer" is said without a verb of its own.
    let wished = act.is_none() && intent(request) == Intent::Write;
    if wished {
        words.push("make".to_owned());
        act = Some("make");
    }
    let mut things: BTreeSet<&'static str> = of(request, Class::Thing).collect();
    let mut kinds: BTreeSet<Kind> = hints.kinds.iter().copied().collect();
    for piece in request {
        match piece.token {
            Token::Email => kinds.insert(Kind::User),
            Token::Uuid => kinds.insert(Kind::Datamodel),
            Token::ObjectId if !things.contains("user") && !things.contains("group") => {
                kinds.insert(Kind::Dashboard)
            }
            _ => continue,
        };
    }
    things.extend(kinds.iter().map(|kind| thing(*kind)));
    if says("who") || says("member") {
        things.insert("user");
    }
    // In everyday words a data set is what is asked about, not the part of a data model.
    if things.contains("dataset") && !things.contains("datamodel") && act.is_none() {
        things.insert("datamodel");
        words.push("datamodel".to_owned());
    }
    let mut seen = HashSet::new();
    let terms: Vec<(Term, String)> = words
        .iter()
        .filter(|word| seen.insert((*word).clone()))
        .filter_map(|word| Some((vocabulary.term(word)?, word.clone())))
        .collect();
    let intent = if act == Some("migrate") { Intent::Write } else { intent(request) };
    let number = number(request, vocabulary);
    let by_id =
        says("by id") || request.iter().any(|p| matches!(p.token, Token::ObjectId | Token::Uuid));
    let words = seen;
    let weights = vocabulary.weights_of(terms.iter().map(|(term, _)| *term));
    let aspects = of(request, Class::Aspect).collect();
    Wanted { terms, weights, aspects, kinds, intent, act, things, number, elsewhere, by_id, words }
}

fn of(request: &[Piece], wanted: Class) -> impl Iterator<Item = &'static str> {
    let means = request.iter().filter_map(Piece::means);
    means.filter(move |(_, class)| *class == wanted).map(|(word, _)| word)
}

/// A word of the lexicon that is written like a part of a name says nothing: "Sample ECommerce".
/// A thing is left, when it is the only one: "the Sales Team".
fn without_parts_of_names(request: &[Piece]) -> Vec<Piece> {
    let unknown = |at: Option<usize>| {
        at.and_then(|at| request.get(at)).is_some_and(|piece| {
            piece.capital() && matches!(piece.token, Token::Word { means: None, .. })
        })
    };
    let things = of(request, Class::Thing).count();
    let titled = request
        .iter()
        .skip(1)
        .any(|piece| piece.class() == Some(Class::Filler) && piece.capital() && piece.text != "I");
    let shouted = !request.iter().any(|piece| piece.text.chars().any(char::is_lowercase));
    // "The group Board Members": capitals right after a thing are its name.
    let mut named = false;
    let after_thing: Vec<bool> = request
        .iter()
        .map(|piece| {
            let own = named && piece.capital();
            let thing = piece.class() == Some(Class::Thing) && !piece.capital();
            named = (own || thing) && !piece.stop_after;
            own
        })
        .collect();
    let part = |at: usize, piece: &Piece| {
        let beside = after_thing[at] || unknown(at.checked_sub(1)) || unknown(at.checked_add(1));
        let class = piece.class();
        let thing = class == Some(Class::Thing);
        at > 0 && piece.capital() && beside && !(thing && things == 1) && class.is_some()
    };
    let pieces = request.iter().enumerate().map(|(at, piece)| {
        let mut piece = piece.clone();
        if !titled && !shouted && part(at, &piece) {
            piece.token = Token::Quoted;
        }
        piece
    });
    pieces.collect()
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

/// Words before a name.
const BEFORE_NAMES: [&str; 12] =
    ["of", "for", "in", "on", "from", "to", "by", "about", "called", "named", "with", "the"];

/// Whether a piece is most likely a name: a shape, a text in quotes, or a word that nobody knows
/// and that is written like a name or stands where one would.
fn is_name(request: &[Piece], at: usize, vocabulary: &Vocabulary) -> bool {
    let Some(piece) = request.get(at) else { return false };
    let lower = match &piece.token {
        Token::Word { lower, means: None } => lower,
        Token::Word { .. } => return false,
        _ => return true,
    };
    let digits = lower.chars().all(|c| c.is_ascii_digit() || ":->".contains(c));
    if digits || vocabulary.term(&stem(lower)).is_some() {
        return false;
    }
    let before = at.checked_sub(1).and_then(|at| request.get(at));
    let after = request.get(at + 1).filter(|_| !piece.stop_after);
    let thing = |piece: &Piece| piece.class() == Some(Class::Thing);
    piece.capital()
        || (lower.len() > 2
            && (request.len() == at + 1
                || after.is_some_and(thing)
                || before.is_some_and(|before| {
                    !before.stop_after
                        && (thing(before)
                            || matches!(before.token, Token::Word { means: None, .. })
                            || BEFORE_NAMES.contains(&before.lower().as_str()))
                })))
}

/// How many things a request names.
fn number(request: &[Piece], vocabulary: &Vocabulary) -> Number {
    let mut runs = 0;
    let mut joined = false;
    let mut inside = false;
    let mut link = false;
    for (at, piece) in request.iter().enumerate() {
        if is_name(request, at, vocabulary) {
            if !inside {
                joined |= runs > 0 && link;
                runs += 1;
            }
            link = piece.stop_after;
            inside = !piece.stop_after;
        } else {
            let joins = matches!(piece.lower().as_str(), "and" | "or" | "&" | "+" | "plus");
            let thing = piece.class() == Some(Class::Thing);
            link = joins || (link && thing) || (inside && thing && piece.stop_after);
            inside = false;
        }
    }
    let says = |word: &str| request.iter().any(|piece| piece.is(word));
    if joined || (runs < 2 && says("bulk")) {
        Number::Several
    } else if runs > 0 {
        Number::One
    } else if says("all") || plural(request) {
        Number::All
    } else {
        Number::Unsaid
    }
}

fn plural(request: &[Piece]) -> bool {
    const KINDS: [&str; 4] = ["user", "group", "dashboard", "datamodel"];
    request.iter().any(|piece| {
        piece.means().is_some_and(|(word, _)| KINDS.contains(&word))
            && (piece.lower().ends_with('s') || piece.lower() == "people")
    })
}

/// Verbs whose words are nouns too: the build of a model, its schedule, the new one.
const NOUNS: [&str; 8] =
    ["build", "schedule", "create", "load", "transfer", "migrate", "update", "reset"];

/// What the first verb says. A question about a write is a read: "who may delete users?".
pub(crate) fn intent(request: &[Piece]) -> Intent {
    const WISH: [&str; 3] = ["should", "must", "shall"];
    const HELPERS: [&str; 9] = ["is", "are", "was", "were", "do", "does", "has", "have", "any"];
    // "Ann is a colleague, remove her": only at the beginning does "is" ask.
    let starts = request.iter().position(|piece| piece.class() != Some(Class::Filler));
    let helps =
        |at: usize, piece: &Piece| Some(at) != starts && HELPERS.contains(&piece.lower().as_str());
    let verb = request.iter().enumerate().position(|(at, piece)| {
        matches!(piece.class(), Some(Class::Ask | Class::Act)) && !helps(at, piece)
    });
    let wish = request.iter().any(|piece| WISH.contains(&piece.lower().as_str()));
    let reads = |at: usize| request.get(at).is_some_and(|p| p.class() == Some(Class::Ask));
    if wish && !verb.is_some_and(reads) {
        return Intent::Write;
    }
    let Some((at, piece)) = verb.and_then(|at| request.get(at).map(|piece| (at, piece))) else {
        return Intent::Unsaid;
    };
    match piece.class() {
        Some(Class::Act) => {
            // A noun in the shape of a verb: "the build schedule of X", "columns for the new X".
            let before = request[..at].iter().rev().find(|p| p.class() != Some(Class::Filler));
            let after_thing =
                before.is_some_and(|p| matches!(p.class(), Some(Class::Thing | Class::Aspect)));
            let noun = piece.means().is_some_and(|(act, _)| NOUNS.contains(&act));
            if after_thing && noun { Intent::Unsaid } else { Intent::Write }
        }
        _ => Intent::Read,
    }
}

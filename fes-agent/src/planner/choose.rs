//! Chooses the operation that a request means, by rank and by how well its parameters are filled.

use std::collections::BTreeSet;

use sisense_core::{Effect, Operation, Scope};

use super::fill::{Fill, Reading, fill};
use super::find::{Form, Mention};
use super::question::Why;
use crate::catalogue::lexicon::{Class, alike};
use crate::catalogue::text::{Piece, Token};
use crate::catalogue::{Catalogue, Hints, Intent, intent, slots};
use crate::host::Kind;

/// How many operations are tried.
const TRIED: usize = 12;

/// How many of the likeliest operations tell which kinds of names are loaded.
const LIKELY: usize = 8;

/// The least share of a request's meaningful words that have to be understood, and of a write's.
const UNDERSTOOD: f64 = 0.6;
const UNDERSTOOD_WRITE: f64 = 0.7;

/// Aspects that are what a request is about: an operation that does not know them is another one.
const SUBJECTS: [&str; 19] = [
    "shared",
    "security",
    "unused",
    "column",
    "schema",
    "rowcount",
    "script",
    "filter",
    "relation",
    "owner",
    "payload",
    "physical",
    "wellcheck",
    "pivot",
    "tabber",
    "accordion",
    "island",
    "m2m",
    "custom table",
];

/// Words that limit a wish.
const LIMITS: [&str; 14] = [
    "but",
    "except",
    "excluding",
    "without",
    "unless",
    "if",
    "not",
    "don't",
    "dont",
    "never",
    "only",
    "until",
    "instead",
    "besides",
];

/// An operation with its parameters filled.
pub(super) struct Choice<'a> {
    pub(super) operation: &'a Operation,
    pub(super) fill: Fill,
    pub(super) score: f64,
}

impl Choice<'_> {
    /// Whether it can be called as it is.
    pub(super) fn complete(&self) -> bool {
        self.fill.missing.is_empty()
    }
}

/// The kinds of things that the likeliest operations take: those whose names have to be loaded.
pub(super) fn kinds(
    catalogue: &Catalogue,
    operations: &[&Operation],
    request: &[Piece],
) -> Vec<Kind> {
    // A write has to know everything that is named, so that nothing is left out.
    if intent(request) == Intent::Write {
        return Kind::ALL.to_vec();
    }
    let hits = catalogue.rank_pieces(request, &Hints::default());
    let mut kinds = BTreeSet::new();
    let likely = hits.iter().filter_map(|hit| operations.iter().find(|o| o.id == hit.id));
    for operation in likely.filter(|operation| !operation.effect.writes()).take(LIKELY) {
        kinds.extend(slots(operation).iter().flat_map(|(_, slot, _)| slot.kinds()).copied());
    }
    kinds.into_iter().collect()
}

/// Whether a request holds anything that may be a name.
pub(super) fn may_name(request: &[Piece]) -> bool {
    request.iter().enumerate().any(|(at, piece)| {
        let capital = piece.text.chars().next().is_some_and(char::is_uppercase);
        match piece.token {
            Token::Quoted => true,
            Token::Word { means: None, .. } => true,
            Token::Word { .. } => capital && at > 0,
            _ => false,
        }
    })
}

/// The operations that a request may mean, the best first.
pub(super) fn choices<'a>(
    catalogue: &Catalogue,
    operations: &[&'a Operation],
    reading: &Reading<'_>,
) -> Vec<Choice<'a>> {
    let mut known: BTreeSet<Kind> = BTreeSet::new();
    for mention in reading.mentions {
        known.extend(Kind::ALL.into_iter().filter(|kind| !mention.of(*kind).is_empty()));
    }
    let hints = Hints { kinds: known.into_iter().collect() };
    let hits = catalogue.rank_pieces(&without_names(reading), &hints);
    let wanted = intent(reading.pieces);
    let mut choices: Vec<Choice<'a>> = hits
        .into_iter()
        .filter_map(|hit| Some((hit.score, *operations.iter().find(|o| o.id == hit.id)?)))
        .filter(|(_, operation)| match wanted {
            Intent::Write => operation.effect.writes(),
            Intent::Read | Intent::Unsaid => !operation.effect.writes(),
        })
        .take(TRIED)
        .map(|(score, operation)| {
            let fill = fill(operation, reading);
            let score =
                score + fit(operation, &fill, reading) - unsaid(catalogue, operation, reading);
            Choice { operation, fill, score }
        })
        .filter(|choice| choice.score > 0.0 && safe(choice, catalogue, reading))
        .collect();
    choices.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| a.operation.id.cmp(&b.operation.id))
    });
    choices
}

/// The request with each name as one quoted piece, so that its words say nothing about the
/// operation.
fn without_names(reading: &Reading<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < reading.pieces.len() {
        let named = reading.mentions.iter().find(|m| m.at.start == at && m.form == Form::Known);
        match named {
            Some(mention) => {
                pieces.push(Piece {
                    text: mention.text.clone(),
                    token: Token::Quoted,
                    stop_after: false,
                    guessed: false,
                });
                at = mention.at.end;
            }
            None => {
                pieces.push(reading.pieces[at].clone());
                at += 1;
            }
        }
    }
    pieces
}

fn left<'a>(fill: &Fill, reading: &'a Reading<'_>) -> Vec<&'a Mention> {
    let left = |place: &usize| !fill.used.contains(place);
    let all = reading.mentions.iter().enumerate();
    all.filter(|(place, _)| left(place)).map(|(_, mention)| mention).collect()
}

/// How well the filled parameters account for what the request names.
fn fit(operation: &Operation, fill: &Fill, reading: &Reading<'_>) -> f64 {
    let left = left(fill, reading);
    let strong = left.iter().filter(|mention| mention.counts()).count() as f64;
    let weak = left.len() as f64 - strong;
    let by_id = operation.id.ends_with("_by_id");
    let has_id = reading.mentions.iter().any(|mention| mention.form == Form::ObjectId);
    let id_fit = match (by_id, has_id) {
        (true, true) => 0.6,
        (true, false) => -1.5,
        _ => 0.0,
    };
    // One question asks for all that is missing: what comes after the first weighs half.
    let missing = match fill.missing.len() {
        0 => 0.0,
        n => 0.6 + 0.6 * n as f64,
    };
    let nowhere = fill.missing.iter().filter(|m| m.why == Why::NotThere).count() as f64;
    1.5 * fill.used.len() as f64 + 0.8 * fill.words as f64 + id_fit
        - 2.5 * strong
        - 0.7 * weak
        - missing
        - nowhere
        // One operation that takes several things comes before a step for each of them.
        - fill.more.iter().map(|(_, values)| values.len() as f64).sum::<f64>()
}

/// What the request asks about and the operation does not know: "columns", "shares". What a request
/// is about weighs twice.
fn unsaid(catalogue: &Catalogue, operation: &Operation, reading: &Reading<'_>) -> f64 {
    let named = |at: &usize| reading.mentions.iter().any(|mention| mention.at.contains(at));
    let unsaid = reading.pieces.iter().enumerate().filter_map(|(at, piece)| {
        let aspect = match piece.means() {
            Some((word, Class::Aspect)) if word != "all" => word,
            _ => return None,
        };
        let unsaid = !named(&at) && !catalogue.says(&operation.id, aspect);
        unsaid.then(|| if SUBJECTS.contains(&aspect) { 2.4 } else { 1.2 })
    });
    unsaid.sum()
}

/// A write must account for everything that the request names, and for every verb; a delete for
/// every word. To leave one out would be to do something else than was asked.
fn safe(choice: &Choice<'_>, catalogue: &Catalogue, reading: &Reading<'_>) -> bool {
    let operation = choice.operation;
    if !operation.effect.writes() {
        return true;
    }
    let left = left(&choice.fill, reading);
    let named = |mention: &&Mention| {
        mention.counts() || mention.text.chars().next().is_some_and(char::is_uppercase)
    };
    if left.iter().any(named) {
        return false;
    }
    // An exception or a condition that is not understood would be lost.
    let limits = |piece: &Piece| LIMITS.contains(&piece.lower().as_str());
    if !choice.fill.limited && reading.pieces.iter().any(limits) {
        return false;
    }
    let within = |at: usize| reading.mentions.iter().any(|mention| mention.at.contains(&at));
    let words = || reading.pieces.iter().enumerate().filter(|(at, _)| !within(*at)).map(|(_, p)| p);
    // A migration of groups is none of users, however alike they are.
    let other = |piece: &Piece| {
        let thing = piece.means().filter(|(_, class)| *class == Class::Thing);
        thing.is_some_and(|(thing, _)| !catalogue.is_named_after(&operation.id, thing))
    };
    if operation.scope == Scope::SourceTarget && words().any(other) {
        return false;
    }
    // "Migrate a dashboard" does not mean all of them, and "migrate shares" no thing at all.
    let several = |piece: &Piece| {
        let plural = piece.lower().ends_with('s') || piece.lower() == "people";
        piece.is("all") || (piece.class() == Some(Class::Thing) && plural)
    };
    if operation.id.contains(".migrate_all_") && !words().any(several) {
        return false;
    }
    let mut acts = words().filter_map(Piece::means).filter(|means| means.1 == Class::Act);
    let first = acts.next();
    if first.is_some_and(|act| !does(catalogue, operation, act.0)) {
        return false;
    }
    if acts.any(|act| Some(act) != first && !catalogue.says(&operation.id, act.0)) {
        return false;
    }
    operation.effect != Effect::Delete
        || (left.is_empty()
            && words().all(|piece| match piece.means() {
                Some((thing, Class::Thing)) => catalogue.is_named_after(&operation.id, thing),
                Some((_, Class::Aspect | Class::Role | Class::Rule)) => false,
                _ => !["from", "of", "in", "on", "to"].contains(&piece.lower().as_str()),
            }))
}

/// Whether a read leaves out an exception or a "not" of the request: then it would answer another
/// question, or the opposite one.
pub(super) fn ignores_limit(choice: &Choice<'_>, reading: &Reading<'_>) -> bool {
    const EXCEPT: [&str; 5] = ["except", "excluding", "excluded", "besides", "without"];
    const NOT: [&str; 6] = ["not", "isn't", "isnt", "aren't", "arent", "never"];
    // What a "not" belongs to and the operation is about: "not used", "never activated".
    const DENIED: [&str; 7] = ["unused", "unshared", "island", "missing", "empty", "active", "m2m"];
    if choice.operation.effect.writes() || choice.fill.limited {
        return false;
    }
    let inside = |at: usize| reading.mentions.iter().any(|mention| mention.at.contains(&at));
    let denied = |at: usize| {
        let after = reading.pieces.iter().skip(at);
        after.filter_map(Piece::means).any(|(word, _)| DENIED.contains(&word))
    };
    reading.pieces.iter().enumerate().any(|(at, piece)| {
        let lower = piece.lower();
        let limits = EXCEPT.contains(&lower.as_str()) || NOT.contains(&lower.as_str());
        limits && !inside(at) && !denied(at)
    })
}

/// Whether an operation does what a verb says, or what a verb of about the same meaning says.
fn does(catalogue: &Catalogue, operation: &Operation, act: &str) -> bool {
    catalogue.says(&operation.id, act)
        || alike(act).iter().any(|verb| catalogue.says(&operation.id, verb))
}

/// Whether enough of a request is understood to act on it.
pub(super) fn understood(
    choice: &Choice<'_>,
    catalogue: &Catalogue,
    reading: &Reading<'_>,
) -> bool {
    let inside = |at: usize| reading.mentions.iter().position(|m| m.at.contains(&at));
    let (mut all, mut known, mut about) = (0.0, 0.0, false);
    for (at, piece) in reading.pieces.iter().enumerate() {
        if let Some(place) = inside(at) {
            // Each mention counts once, however many words it has.
            if reading.mentions[place].at.start == at {
                all += 1.0;
                if choice.fill.used.contains(&place) && !choice.fill.unknown.contains(&place) {
                    known += 1.0;
                    about = true;
                }
            }
            continue;
        }
        match piece.means() {
            Some((word, Class::Thing | Class::Aspect)) => {
                all += 1.0;
                if catalogue.says(&choice.operation.id, word) {
                    known += 1.0;
                    about = true;
                }
            }
            Some((word, Class::Act)) => {
                all += 1.0;
                if catalogue.says(&choice.operation.id, word) {
                    known += 1.0;
                }
            }
            Some((_, Class::Role)) => {
                all += 1.0;
                if choice.fill.words > 0 || catalogue.says(&choice.operation.id, "@role") {
                    known += 1.0;
                }
            }
            _ => {}
        }
    }
    let missed = reading.pieces.iter().enumerate().any(|(at, piece)| {
        let subject = piece.means().is_some_and(|(word, _)| SUBJECTS.contains(&word));
        let word = piece.means().map(|(word, _)| word).unwrap_or_default();
        subject && inside(at).is_none() && !catalogue.says(&choice.operation.id, word)
    });
    // "List all folders" is not answered with dashboards that name theirs.
    let things: Vec<&str> = reading
        .pieces
        .iter()
        .enumerate()
        .filter(|(at, _)| inside(*at).is_none())
        .filter_map(|(_, piece)| piece.means().filter(|(_, class)| *class == Class::Thing))
        .map(|(thing, _)| thing)
        .collect();
    if choice.fill.used.is_empty() && catalogue.is_about_others(&choice.operation.id, &things) {
        return false;
    }
    let writes = choice.operation.effect.writes();
    let least = if writes { UNDERSTOOD_WRITE } else { UNDERSTOOD };
    about && !missed && all > 0.0 && known / all >= least
}

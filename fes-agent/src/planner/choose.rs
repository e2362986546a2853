//! Chooses the operation that a request means, by rank and by how well its parameters are filled.

use std::collections::BTreeSet;

use sisense_core::{Effect, Operation};

use super::fill::{Fill, Reading, fill};
use super::find::{Form, Mention};
use super::question::Why;
use crate::catalogue::lexicon::Class;
use crate::catalogue::text::{Piece, Token};
use crate::catalogue::{Catalogue, Hints, Intent, intent, slots};
use crate::host::Kind;

/// How many operations are tried.
const TRIED: usize = 12;

/// The least share of a request's meaningful words that have to be understood.
const UNDERSTOOD: f64 = 0.6;

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
    let hits = catalogue.rank_pieces(request, &Hints::default());
    let fits = |operation: &&Operation| match intent(request) {
        Intent::Write => operation.effect.writes(),
        _ => !operation.effect.writes(),
    };
    let mut kinds = BTreeSet::new();
    let likely = hits.iter().filter_map(|hit| operations.iter().find(|o| o.id == hit.id));
    for operation in likely.filter(|o| fits(o)).take(6) {
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
        .filter(|choice| choice.score > 0.0 && safe(choice, reading))
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
    let nowhere = fill.missing.iter().filter(|m| m.why == Why::NotThere).count() as f64;
    1.5 * fill.used.len() as f64 + 0.8 * fill.words as f64 + id_fit
        - 2.5 * strong
        - 0.7 * weak
        - 1.2 * fill.missing.len() as f64
        - nowhere
        // One operation that takes several things comes before a step for each of them.
        - fill.more.iter().map(|(_, values)| values.len() as f64).sum::<f64>()
}

/// What the request asks about and the operation does not know: "columns", "shares".
fn unsaid(catalogue: &Catalogue, operation: &Operation, reading: &Reading<'_>) -> f64 {
    let named = |at: &usize| reading.mentions.iter().any(|mention| mention.at.contains(at));
    let unsaid = reading.pieces.iter().enumerate().filter(|(at, piece)| {
        let aspect = match piece.means() {
            Some((word, Class::Aspect)) if word != "all" => word,
            _ => return false,
        };
        !named(at) && !catalogue.says(&operation.id, aspect)
    });
    1.2 * unsaid.count() as f64
}

/// A write must account for everything that the request names, and a delete for "from" too: to
/// leave a word out would be to do something else than was asked.
fn safe(choice: &Choice<'_>, reading: &Reading<'_>) -> bool {
    if !choice.operation.effect.writes() {
        return true;
    }
    if choice.operation.effect == Effect::Delete
        && reading.pieces.iter().any(|piece| piece.lower() == "from")
    {
        return false;
    }
    !left(&choice.fill, reading).iter().any(|mention| mention.counts())
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
    about && all > 0.0 && known / all >= UNDERSTOOD
}

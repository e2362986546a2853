//! Things of the deployment: which one a request means, and what to ask when that is not clear.

use serde_json::{Value, json};
use sisense_core::Operation;

use super::Directory;
use super::fill::{Fill, Reading, unused};
use super::find::{Form, Mention, noun, plain};
use super::question::{MissingValue, Why, word};
use crate::catalogue::Slot;
use crate::catalogue::text::Piece;
use crate::host::{Kind, Name};

/// How many names a question shows.
pub(super) const SHOWN: usize = 3;

/// What fills one parameter.
pub(super) enum Found {
    Value(usize, Value),
    Missing(MissingValue, Option<usize>),
    Nothing,
}

/// One thing of a kind.
pub(super) fn thing(
    slot: Slot,
    parameter: &str,
    reading: &Reading<'_>,
    fill: &Fill,
    writes: bool,
) -> Found {
    let Some(kind) = slot.kind() else { return Found::Nothing };
    let form = match kind {
        Kind::User => Form::Email,
        Kind::Dashboard => Form::ObjectId,
        Kind::Datamodel => Form::Uuid,
        Kind::Group => Form::Known,
    };
    if let Some((place, mention)) =
        unused(reading, fill).find(|(_, mention)| kind != Kind::Group && mention.form == form)
    {
        return Found::Value(place, json!(mention.text));
    }
    // A mention that says its kind comes before one that merely could be of it.
    let mut fits: Vec<(usize, &Mention)> =
        unused(reading, fill).filter(|(_, mention)| !mention.of(kind).is_empty()).collect();
    fits.sort_by_key(|(place, mention)| (mention.label != Some(noun(kind)), *place));
    if let Some((place, mention)) = fits.first() {
        let names = mention.of(kind);
        return match names.as_slice() {
            [one] => Found::Value(*place, json!(value(slot, one))),
            many => {
                let some = many.iter().take(SHOWN).map(|name| described(name)).collect();
                let missing = MissingValue::new(parameter, word(kind), Why::Ambiguous)
                    .given(&mention.text)
                    .options(Some(many.len()), some);
                Found::Missing(missing, Some(*place))
            }
        };
    }
    let mut open: Vec<(usize, &Mention)> =
        unused(reading, fill).filter(|(_, mention)| mention.may_be(kind)).collect();
    open.sort_by_key(|(place, mention)| {
        (mention.label != Some(noun(kind)), mention.form != Form::Quoted, *place)
    });
    match open.first() {
        Some((place, mention)) => nearly(slot, kind, parameter, *place, mention, reading, writes),
        None => Found::Missing(not_given(parameter, kind, reading.directory), None),
    }
}

/// A name that does not exist as written.
fn nearly(
    slot: Slot,
    kind: Kind,
    parameter: &str,
    place: usize,
    mention: &Mention,
    reading: &Reading<'_>,
    writes: bool,
) -> Found {
    let Some(names) = reading.directory.names(kind) else {
        // The names could not be loaded: the operation itself looks the name up.
        return Found::Value(place, json!(mention.text));
    };
    let near = near(&mention.text, names);
    match near.as_slice() {
        // A read does no harm when a name is nearly right and nothing else is near.
        [one] if !writes => Found::Value(place, json!(value(slot, one))),
        [] => {
            let some = names.iter().take(SHOWN).map(|name| name.name.clone()).collect();
            let missing = MissingValue::new(parameter, word(kind), Why::NotThere)
                .given(&mention.text)
                .options(Some(names.len()), some);
            Found::Missing(missing, Some(place))
        }
        several => {
            let some = several.iter().take(SHOWN).map(|name| described(name)).collect();
            let missing = MissingValue::new(parameter, word(kind), Why::NotSure)
                .given(&mention.text)
                .options(Some(several.len()), some);
            Found::Missing(missing, Some(place))
        }
    }
}

pub(super) fn not_given(parameter: &str, kind: Kind, directory: &Directory) -> MissingValue {
    let names = directory.names(kind);
    let some = names.unwrap_or_default().iter().take(SHOWN).map(|name| name.name.clone());
    let missing = MissingValue::new(parameter, word(kind), Why::NotGiven)
        .options(names.map(<[Name]>::len), some.collect());
    match directory.error(kind) {
        Some(error) => missing.unlisted(&error.message),
        None => missing,
    }
}

/// What a call passes for a thing.
fn value(slot: Slot, name: &Name) -> String {
    match (slot, &name.id) {
        (Slot::DashboardId, Some(id)) => id.clone(),
        _ => name.name.clone(),
    }
}

/// A name with its id, where two have the same name.
fn described(name: &Name) -> String {
    match &name.id {
        Some(id) => format!("{} ({id})", name.name),
        None => name.name.clone(),
    }
}

/// The names that are near to a text: those that hold all its words, else those spelt alike.
pub(super) fn near<'a>(text: &str, names: &'a [Name]) -> Vec<&'a Name> {
    let wanted = plain(text);
    let words: Vec<&str> = wanted.split(' ').collect();
    let spelt = |name: &Name| -> Vec<String> {
        std::iter::once(&name.name).chain(&name.also).map(|word| plain(word)).collect()
    };
    let holds = |known: &str| {
        let known: Vec<&str> = known.split(' ').collect();
        words.iter().all(|word| known.contains(word))
    };
    let within: Vec<&Name> =
        names.iter().filter(|name| spelt(name).iter().any(|known| holds(known))).collect();
    if !within.is_empty() {
        return within;
    }
    let mut alike: Vec<(f64, &Name)> = names
        .iter()
        .map(|name| {
            let score = spelt(name)
                .iter()
                .map(|known| strsim::jaro_winkler(&wanted, known))
                .fold(0.0, f64::max);
            (score, name)
        })
        .filter(|(score, _)| *score >= 0.88)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    alike.into_iter().map(|(_, name)| name).collect()
}

/// Several things of one kind.
pub(super) fn list(
    fill: &mut Fill,
    operation: &Operation,
    parameter: &str,
    slot: Slot,
    required: bool,
    reading: &Reading<'_>,
    writes: bool,
) {
    let mut values = Vec::new();
    loop {
        match thing(slot, parameter, reading, fill, writes) {
            Found::Value(place, value) => {
                fill.used.insert(place);
                values.push(value);
            }
            // "In all data models": a list that says so takes a star.
            Found::Missing(MissingValue { given: None, .. }, None)
                if values.is_empty()
                    && means_all(reading, slot, required)
                    && stars(operation, parameter) =>
            {
                fill.words += 1;
                values.push(json!("*"));
                break;
            }
            Found::Missing(missing, place) => {
                let given = missing.given.is_some();
                let nowhere = missing.why == Why::NotThere;
                if required && (given || values.is_empty()) {
                    fill.missing.push(missing);
                }
                let Some(place) = place else { break };
                fill.used.insert(place);
                if nowhere && reading.mentions.get(place).is_some_and(|m| m.label.is_none()) {
                    fill.unknown.insert(place);
                }
            }
            Found::Nothing => break,
        }
    }
    if !values.is_empty() {
        fill.args.insert(parameter.to_owned(), Value::Array(values));
    }
}

/// Whether a request means all things of a kind, none of which it names: it says all, or the plural.
/// A list that may be left out is meant only when its own kind is said, or none at all.
fn means_all(reading: &Reading<'_>, slot: Slot, required: bool) -> bool {
    let Some(kind) = slot.kind() else { return false };
    let is = |piece: &Piece, kind: Kind| piece.is(noun(kind));
    let says = |kind: Kind| reading.pieces.iter().any(|piece| is(piece, kind));
    let plural = reading.pieces.iter().any(|p| is(p, kind) && p.lower().ends_with('s'));
    let all = reading
        .pieces
        .iter()
        .any(|piece| piece.is("all") || matches!(piece.lower().as_str(), "every" | "everything"));
    plural || (all && (required || says(kind) || !Kind::ALL.into_iter().any(says)))
}

/// Whether a parameter's documentation says that a star means all.
fn stars(operation: &Operation, parameter: &str) -> bool {
    operation
        .input_schema
        .pointer(&format!("/properties/{parameter}/description"))
        .and_then(Value::as_str)
        .is_some_and(|description| description.contains("[\"*\"]"))
}

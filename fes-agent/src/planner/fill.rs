//! Fills an operation's parameters with what a request names.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sisense_core::{Operation, Scope};

use super::find::{Form, Mention, plain};
use super::question::{MissingValue, Why};
use super::things::{Found, list, not_given, thing};
use super::{Directory, options, parties, when};
use crate::catalogue::lexicon::Class;
use crate::catalogue::text::Piece;
use crate::catalogue::{Slot, slots};
use crate::host::Kind;

/// A request, read: its pieces and what it names.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) pieces: &'a [Piece],
    pub(super) mentions: &'a [Mention],
    pub(super) directory: &'a Directory,
}

/// An operation's parameters as far as the request gives them.
#[derive(Debug, Default)]
pub(super) struct Fill {
    pub(super) args: Map<String, Value>,
    pub(super) missing: Vec<MissingValue>,
    /// The mentions that were used, by place.
    pub(super) used: BTreeSet<usize>,
    /// The used mentions that nothing fits or is near to, and that no noun introduces.
    pub(super) unknown: BTreeSet<usize>,
    /// Words of the lexicon that were used, such as a role.
    pub(super) words: usize,
    /// Whether an exception or a "not" is said by an argument.
    pub(super) limited: bool,
    /// Further values for the one parameter that takes a thing of a kind, for a step each.
    pub(super) more: Vec<(String, Vec<Value>)>,
}

/// Fill an operation's parameters.
pub(super) fn fill(operation: &Operation, reading: &Reading<'_>) -> Fill {
    let mut fill = Fill::default();
    let mut all = slots(operation);
    // Single things first: what is left over then belongs to lists and shares.
    all.sort_by_key(|(_, slot, required)| (!single(*slot), !*required));
    let writes = operation.effect.writes();
    for (name, slot, required) in &all {
        match slot {
            Slot::Group if !*required && !known_group(reading, &fill) => {}
            Slot::User
            | Slot::Group
            | Slot::DashboardTitle
            | Slot::DashboardId
            | Slot::Datamodel => {
                let found = thing(*slot, name, reading, &fill, writes);
                put(&mut fill, name, *required, found, reading);
            }
            Slot::Users | Slot::Groups | Slot::Dashboards | Slot::Datamodels => {
                list(&mut fill, operation, name, *slot, *required, reading, writes);
            }
            Slot::Folder => labelled(&mut fill, name, "folder", *required, reading),
            Slot::Labelled(label) => labelled(&mut fill, name, label, *required, reading),
            Slot::NewName => new_name(&mut fill, name, reading),
            Slot::NewUser => parties::new_user(&mut fill, name, reading),
            Slot::UserChanges => parties::changes(&mut fill, name, reading),
            Slot::DashboardShares => parties::shares(&mut fill, name, "rule", reading),
            Slot::DatamodelShares => parties::shares(&mut fill, name, "permission", reading),
            Slot::Role => {
                if let Some(role) = role(reading) {
                    fill.words += 1;
                    fill.args.insert(name.clone(), json!(role));
                }
            }
            Slot::BuildType => build_type(&mut fill, operation, name, reading),
            Slot::ModelType => model_type(&mut fill, name, reading),
            Slot::Other => {
                options::option(&mut fill, operation, name, reading);
            }
        }
        let unfilled = *required && *slot == Slot::Other;
        if unfilled && !fill.args.contains_key(name) {
            let what = name.replace('_', " ");
            fill.missing.push(MissingValue::new(name, &what, Why::NotGiven));
        }
    }
    if all.iter().any(|(name, _, _)| name == "days")
        && all.iter().any(|(name, _, _)| name == "interval_hours")
    {
        schedule(&mut fill, reading);
    }
    several(&mut fill, &all, reading);
    unnamed(&mut fill, operation, &all, reading);
    // None of the parameters is required, and it cannot do without all of them.
    let least = operation.input_schema.get("minProperties").and_then(Value::as_u64);
    if fill.args.is_empty()
        && fill.missing.is_empty()
        && least.is_some_and(|least| least > 0)
        && let Some((name, ..)) = all.first()
    {
        fill.missing.push(MissingValue::new(name, &name.replace('_', " "), Why::NotGiven));
    }
    fill
}

/// A migration of named things may do without each of its lists, but not without all of them.
fn unnamed(
    fill: &mut Fill,
    operation: &Operation,
    all: &[(String, Slot, bool)],
    reading: &Reading<'_>,
) {
    let mut lists = all.iter().filter_map(|(name, slot, _)| match slot {
        Slot::Users | Slot::Groups | Slot::Dashboards | Slot::Datamodels => {
            slot.kind().map(|kind| (name, kind))
        }
        _ => None,
    });
    let Some((name, kind)) = lists.next() else { return };
    let named = fill.args.iter().any(|(name, value)| value.is_array() && name != "dependencies");
    if operation.scope == Scope::SourceTarget && !named && fill.missing.is_empty() {
        fill.missing.push(not_given(name, kind, reading.directory));
    }
}

fn single(slot: Slot) -> bool {
    matches!(
        slot,
        Slot::User | Slot::Group | Slot::DashboardTitle | Slot::DashboardId | Slot::Datamodel
    ) || matches!(slot, Slot::Folder | Slot::Labelled(_) | Slot::NewName)
}

fn known_group(reading: &Reading<'_>, fill: &Fill) -> bool {
    unused(reading, fill).any(|(_, mention)| !mention.of(Kind::Group).is_empty())
}

pub(super) fn unused<'a>(
    reading: &'a Reading<'_>,
    fill: &'a Fill,
) -> impl Iterator<Item = (usize, &'a Mention)> {
    reading.mentions.iter().enumerate().filter(|(place, _)| !fill.used.contains(place))
}

fn put(fill: &mut Fill, name: &str, required: bool, found: Found, reading: &Reading<'_>) {
    match found {
        Found::Value(place, value) => {
            fill.used.insert(place);
            fill.args.insert(name.to_owned(), value);
        }
        Found::Missing(missing, place) if required => {
            fill.used.extend(place);
            let label = place.and_then(|place| reading.mentions[place].label);
            if missing.why == Why::NotThere && label.is_none() {
                fill.unknown.extend(place);
            }
            fill.missing.push(missing);
        }
        Found::Missing(..) | Found::Nothing => {}
    }
}

/// The text next to a noun, such as `folder Finance`.
fn labelled(fill: &mut Fill, parameter: &str, label: &str, required: bool, reading: &Reading<'_>) {
    let found = unused(reading, fill)
        .find(|(_, mention)| mention.label == Some(label))
        .map(|(place, mention)| (place, mention.text.clone()));
    match found {
        Some((place, text)) => {
            fill.used.insert(place);
            fill.args.insert(parameter.to_owned(), json!(text));
        }
        None if required => {
            fill.missing.push(MissingValue::new(parameter, label, Why::NotGiven));
        }
        None => {}
    }
}

fn new_name(fill: &mut Fill, parameter: &str, reading: &Reading<'_>) {
    let mut open: Vec<(usize, &Mention)> = unused(reading, fill)
        .filter(|(_, m)| matches!(m.form, Form::Quoted | Form::Phrase))
        .collect();
    open.sort_by_key(|(place, m)| (m.label != Some("datamodel"), m.form != Form::Quoted, *place));
    let open = open.into_iter().find(|(_, m)| m.label.is_none_or(|label| label == "datamodel"));
    match open.map(|(place, mention)| (place, mention.text.clone())) {
        Some((place, text)) => {
            fill.used.insert(place);
            fill.args.insert(parameter.to_owned(), json!(text));
        }
        None => {
            let what = "name for the new data model";
            fill.missing.push(MissingValue::new(parameter, what, Why::NotGiven));
        }
    }
}

/// The role that a request names.
pub(super) fn role(reading: &Reading<'_>) -> Option<&'static str> {
    reading.pieces.iter().find_map(|piece| match piece.means() {
        Some((role, Class::Role)) => Some(role),
        _ => None,
    })
}

/// The build type, when a value of the schema is said.
fn build_type(fill: &mut Fill, operation: &Operation, name: &str, reading: &Reading<'_>) {
    let lower = reading.text.to_lowercase();
    let pointer = format!("/properties/{name}");
    let schema = operation.input_schema.pointer(&pointer).map(Value::to_string).unwrap_or_default();
    for word in ["ACCUMULATE", "SCHEMA_CHANGES", "FULL", "full", "by_table", "schema_changes"] {
        let said = word.to_lowercase().replace('_', " ");
        if schema.contains(&format!("\"{word}\"")) && lower.contains(&said) {
            fill.words += 1;
            fill.args.insert(name.to_owned(), json!(word));
            return;
        }
    }
}

fn model_type(fill: &mut Fill, name: &str, reading: &Reading<'_>) {
    let said =
        |words: &[&str]| reading.pieces.iter().any(|piece| words.contains(&piece.lower().as_str()));
    let found = if said(&["live", "realtime", "real-time"]) {
        Some("live")
    } else if said(&["extract", "ec"]) {
        Some("extract")
    } else {
        None
    };
    match found {
        Some(kind) => {
            // The word is also a word that nobody knows: it is used now.
            let places = unused(reading, fill)
                .filter(|(_, m)| matches!(plain(&m.text).as_str(), "live" | "extract"))
                .map(|(place, _)| place)
                .collect::<Vec<_>>();
            fill.used.extend(places);
            fill.args.insert(name.to_owned(), json!(kind));
        }
        None => {
            let some = vec!["extract".to_owned(), "live".to_owned()];
            let missing = MissingValue::new(name, "type of data model", Why::NotGiven);
            fill.missing.push(missing.options(Some(2), some));
        }
    }
}

fn schedule(fill: &mut Fill, reading: &Reading<'_>) {
    let places: Vec<usize> = unused(reading, fill)
        .filter(|(_, mention)| mention.form == Form::Phrase && about_time(&mention.text))
        .map(|(place, _)| place)
        .collect();
    fill.used.extend(places);
    match when::when(reading.text) {
        Some(args) => {
            fill.words += 1;
            fill.args.extend(args);
        }
        None => {
            let what = if when::mentions_days(reading.text) {
                "time (UTC)"
            } else {
                "days and time (UTC)"
            };
            let some = vec!["every Monday at 6:00".to_owned(), "every 2 hours".to_owned()];
            fill.missing.push(MissingValue::new("days", what, Why::NotGiven).options(None, some));
        }
    }
}

/// Whether a phrase is only about a time: days, hours, numbers.
fn about_time(text: &str) -> bool {
    text.split_whitespace().all(|word| {
        let lower = word.to_lowercase();
        let number = lower.chars().all(|c| c.is_ascii_digit() || c == ':')
            || lower.strip_suffix("am").or(lower.strip_suffix("pm")).is_some_and(|rest| {
                rest.is_empty() || rest.chars().all(|c| c.is_ascii_digit() || c == ':')
            });
        let words = [
            "at", "utc", "hour", "hours", "minute", "minutes", "day", "days", "night", "morning",
            "midnight", "noon", "weekday", "weekend", "workday",
        ];
        number || words.contains(&lower.as_str()) || when::mentions_days(&lower)
    })
}

/// "Delete ann@x.y and bob@x.y": the one parameter that takes a user gets a step for each.
fn several(fill: &mut Fill, all: &[(String, Slot, bool)], reading: &Reading<'_>) {
    let singles: Vec<&(String, Slot, bool)> =
        all.iter().filter(|(_, slot, required)| *required && single(*slot)).collect();
    let [(name, slot, _)] = singles.as_slice() else { return };
    if slot.kind().is_none() || !fill.args.contains_key(name) {
        return;
    }
    let mut values = Vec::new();
    while let Found::Value(place, value) = thing(*slot, name, reading, fill, true) {
        if reading.directory.names(slot.kind().unwrap_or(Kind::User)).is_none()
            && reading.mentions[place].form == Form::Phrase
        {
            break;
        }
        fill.used.insert(place);
        if fill.args.get(name) != Some(&value) && !values.contains(&value) {
            values.push(value);
        }
    }
    if !values.is_empty() {
        fill.more.push((name.clone(), values));
    }
}

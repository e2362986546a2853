//! Plain words about results, errors and changes. Counts are computed here, never guessed.

use serde_json::Value;
use sisense_core::error::ErrorReport;
use sisense_core::{ErrorKind, Operation, Outcome};

use super::table::{empty_list, main_list};
use super::{ChangeReport, ChangeState, StepReport};

/// How many rows a result has.
pub(super) fn count(operation: &Operation, result: &Value) -> Option<u64> {
    match main_list(result) {
        Some((_, rows)) => Some(rows.len() as u64),
        None => empty_list(result, &operation.output_schema).then_some(0),
    }
}

/// One sentence about a result.
pub(super) fn result(operation: &Operation, outcome: &Outcome, changes: &[ChangeReport]) -> String {
    let mut sentence = if operation.effect.writes() {
        written(changes)
    } else if let Some(sentence) = columns(&outcome.result) {
        sentence
    } else if let Some(sentence) = findings(&outcome.result) {
        sentence
    } else {
        read(operation, &outcome.result)
    };
    if !outcome.missing.is_empty() {
        let what: Vec<&str> = outcome.missing.iter().take(3).map(|m| m.what.as_str()).collect();
        let more = outcome.missing.len() - what.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        sentence
            .push_str(&format!(" This is only a part: could not load {}{more}.", what.join(", ")));
    }
    sentence
}

fn read(operation: &Operation, result: &Value) -> String {
    let what = operation.summary.trim_end_matches('.');
    let rows = count(operation, result).map(|rows| match main_list(result) {
        Some((Some(title), _)) => plural_u64(rows, &singular(title)),
        _ => plural_u64(rows, "row"),
    });
    match (name_of(result), rows) {
        (Some(name), Some(rows)) if !rows.starts_with("0 ") => format!("{what}: {name}, {rows}."),
        (Some(name), _) => format!("{what}: {name}."),
        (None, Some(rows)) if rows.starts_with("0 ") => format!("{what}: nothing found."),
        (None, Some(rows)) => format!("{what}: {rows}."),
        (None, None) if result.is_null() => format!("{what}: no answer."),
        (None, None) => format!("{what}: done."),
    }
}

/// The word for one of a list's rows: `tables` holds tables.
fn singular(list: &str) -> String {
    let word = list.replace('_', " ");
    match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => word.strip_suffix('s').unwrap_or(&word).to_owned(),
    }
}

/// The used and unused columns of a model, or of several.
fn columns(result: &Value) -> Option<String> {
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64);
    let about = |value: &Value| {
        let (total, unused) = (number(value, "total_columns")?, number(value, "unused_count")?);
        let used = number(value, "used_count")?;
        let name = value.get("datamodel_name").and_then(Value::as_str).unwrap_or("the data model");
        let mut text =
            format!("{name} has {}: {used} used and {unused} unused", plural_u64(total, "column"));
        if let Some(needed) = number(value, "needed_count").filter(|n| *n > 0) {
            text.push_str(&format!(", {needed} needed by the model itself"));
        }
        let told = used + unused + number(value, "needed_count").unwrap_or(0);
        if told < total {
            text.push_str(&format!(", {} not known", total - told));
        }
        Some(text)
    };
    if let Some(text) = about(result) {
        return Some(format!("{text}."));
    }
    let models = result.get("models").and_then(Value::as_array)?;
    let texts: Vec<String> = models.iter().filter_map(about).collect();
    if texts.is_empty() || texts.len() != models.len() {
        return None;
    }
    Some(format!("{}.", texts.join("; ")))
}

/// How many findings of each severity there are, the worst first.
fn findings(result: &Value) -> Option<String> {
    let all = result.get("findings")?.as_array()?;
    let count = |severity: &str| {
        let of = |one: &&Value| one.get("severity").and_then(Value::as_str) == Some(severity);
        all.iter().filter(of).count()
    };
    let parts: Vec<String> = ["high", "medium", "low", "info"]
        .into_iter()
        .map(|severity| (count(severity), severity))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| format!("{count} {severity}"))
        .collect();
    Some(match parts.is_empty() {
        true => "Nothing was found that needs a look.".to_owned(),
        false => format!("{}: {}.", plural(all.len(), "finding"), parts.join(", ")),
    })
}

pub(super) fn written(changes: &[ChangeReport]) -> String {
    if changes.is_empty() {
        return "Nothing to change: it is already so.".to_owned();
    }
    let of = |state| changes.iter().filter(|change| change.state == state).count();
    let (done, not, unknown) =
        (of(ChangeState::Done), of(ChangeState::NotDone), of(ChangeState::Unknown));
    if let ([one], 1) = (changes, done) {
        return format!("Done: {}.", one.change.summary.trim_end_matches('.'));
    }
    let mut parts = vec![format!("{} made", plural(done, "change"))];
    if not > 0 {
        parts.push(format!("{not} not made"));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} with an unknown end"));
    }
    format!("{}.", parts.join(", "))
}

/// One sentence about a failure, with what of it was done nevertheless.
pub(super) fn failure(error: &ErrorReport, changes: &[ChangeReport]) -> String {
    let lead = match error.kind {
        ErrorKind::Cancelled => "Stopped",
        ErrorKind::UnknownOutcome => "It is not known whether this was done",
        _ => "Failed",
    };
    let mut sentence = format!("{lead}: {}.", error.message.trim_end_matches('.'));
    if !error.candidates.is_empty() {
        let few: Vec<&str> = error.candidates.iter().take(5).map(String::as_str).collect();
        sentence.push_str(&format!(" Candidates: {}.", few.join(", ")));
    }
    if !changes.is_empty() {
        sentence.push(' ');
        sentence.push_str(&written_or_not(changes));
    }
    sentence
}

/// What happened in the rounds of a loop.
pub(super) fn rounds(rounds: &[StepReport]) -> String {
    let done = rounds.iter().filter(|round| round.ok && round.attempted).count();
    let left = rounds.iter().filter(|round| round.ok && !round.attempted).count();
    let count = plural(rounds.len(), "time");
    let mut text = match (done, left) {
        (0, left) if left == rounds.len() => {
            format!("Left out {count}: its condition does not hold.")
        }
        (done, 0) if done == rounds.len() => format!("Done {count}."),
        (done, 0) => format!("Done {done} of {count}."),
        (done, left) => format!("Done {done} of {count}, left out {left} by its condition."),
    };
    let changes: Vec<&ChangeReport> = rounds.iter().flat_map(|round| &round.changes).collect();
    if !changes.is_empty() {
        let made = changes.iter().filter(|change| change.state == ChangeState::Done).count();
        text.push_str(&format!(" {made} of {} made.", plural(changes.len(), "change")));
    }
    let failed = rounds.iter().find(|round| round.error.is_some());
    if let Some(round) = failed {
        text.push_str(&format!(" The first that failed: {}", round.summary));
    }
    text
}

fn written_or_not(changes: &[ChangeReport]) -> String {
    if changes.iter().all(|change| change.state == ChangeState::NotDone) {
        return "Nothing was changed by this step.".to_owned();
    }
    written(changes)
}

/// What happened in all steps.
pub(super) fn summary(steps: &[StepReport]) -> String {
    match steps {
        [] => "Nothing was done.".to_owned(),
        [one] => one.summary.clone(),
        many => {
            let ok = many.iter().filter(|step| step.ok).count();
            let mut lines = vec![if ok == many.len() {
                format!("All {ok} steps succeeded.")
            } else {
                format!("{ok} of {} steps succeeded.", many.len())
            }];
            lines.extend(
                many.iter().enumerate().map(|(n, step)| format!("{}. {}", n + 1, step.summary)),
            );
            lines.join("\n")
        }
    }
}

/// What a person may want to do next: the errors' own advice, then what follows a success.
pub(super) fn next(steps: &[StepReport]) -> Vec<String> {
    let mut next: Vec<String> = Vec::new();
    for step in steps {
        if let Some(advice) = step.error.as_ref().and_then(|error| error.next_step.clone()) {
            next.push(advice);
        }
        if step.ok && step.attempted {
            next.extend(builds(step));
        }
    }
    next.dedup();
    next
}

/// The operations after which queries see a data model's change only once it is built or published,
/// each with the member of its result that says so.
const TO_BUILD: [(&str, &str); 3] = [
    ("datamodel.setup_datamodel", "needs_deploy"),
    ("datamodel.create_dataset", "created"),
    ("datamodel.create_table", "needs_deploy"),
];

/// To build what a step changed, once for each data model, with a way to ask for it.
fn builds(step: &StepReport) -> Vec<String> {
    let Some((_, member)) = TO_BUILD.iter().find(|(tool, _)| *tool == step.tool) else {
        return Vec::new();
    };
    // A step in a loop has a list of results.
    let results = match &step.result {
        Some(Value::Array(rounds)) => rounds.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let mut next: Vec<String> = Vec::new();
    for result in results.iter().filter(|result| result[*member] == Value::Bool(true)) {
        let name = ["datamodel_name", "datamodel_id"].iter().find_map(|key| result[key].as_str());
        let ask = name.map(|name| format!(": ask to build the data model \"{name}\""));
        next.push(format!(
            "build or publish the data model so that the change takes effect{}",
            ask.unwrap_or_default()
        ));
    }
    next.dedup();
    next
}

/// A name in a record: an e-mail, a title or a name.
fn name_of(record: &Value) -> Option<String> {
    ["email", "title", "dashboard_title", "datamodel_name", "group_name", "name", "user_name"]
        .iter()
        .find_map(|key| record.get(key).and_then(Value::as_str))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

fn plural(count: usize, word: &str) -> String {
    plural_u64(count as u64, word)
}

fn plural_u64(count: u64, word: &str) -> String {
    match (count, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {word}s"),
    }
}

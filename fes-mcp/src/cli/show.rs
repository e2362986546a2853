//! Results as a person reads them: a sentence, the single values, one table with its count.

use std::io::IsTerminal;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use fes_agent::report::{self, ChangeReport, ChangeState, Migration, Report, StepReport};
use serde::Serialize;
use serde_json::Value;
use sisense_core::ErrorReport;
use sisense_core::run::Missing;

use crate::preview::{self, one_line};

/// Most rows on a terminal; into a file or a pipe go all.
const MOST_ROWS: usize = 200;
/// Widest cell, in characters.
const WIDEST: usize = 60;
/// How many columns are shown even where they do not fit.
const FEWEST: usize = 3;

/// What happened in a step, for a person.
pub fn step(step: &StepReport) -> String {
    let mut parts = vec![one_line(&step.summary)];
    if !step.missing.is_empty() {
        let mut lines = vec![format!(
            "THIS IS A PART: {} could not be loaded, so the result is not the whole.",
            step.missing.len()
        )];
        for missing in &step.missing {
            let line = format!("  {}: {}", missing.what, missing.error.message);
            lines.push(one_line(&line));
        }
        parts.push(lines.join("\n"));
    }
    let migration = step.result.as_ref().and_then(Migration::read);
    if let Some(migration) = migration {
        // Its rows tell how each asset ended, and more than the changes do.
        let most = if std::io::stdout().is_terminal() { MOST_ROWS } else { usize::MAX };
        parts.push(preview::migration(&step.tool, migration, most));
        return parts.join("\n\n");
    }
    parts.extend(changes(&step.changes));
    parts.extend(step.result.as_ref().map(result).filter(|text| !text.is_empty()));
    parts.join("\n\n")
}

/// What happened in a run, for a person. Each step is shown where there are several.
pub fn report(report: &Report) -> String {
    match report.told.as_ref().filter(|told| told.by_model) {
        // A model's words stand beside the results, never in their place.
        Some(told) => format!("{}\n\n{}", told.text, in_our_words(report)),
        None => in_our_words(report),
    }
}

fn in_our_words(report: &Report) -> String {
    if let [only] = report.steps.as_slice() {
        return with_advice(step(only), report);
    }
    let mut parts = vec![one_line(&report.summary)];
    for (index, done) in report.steps.iter().enumerate() {
        parts.push(format!("{}. {}: {}", index + 1, done.tool, step(done)));
    }
    with_advice(parts.join("\n\n"), report)
}

fn with_advice(mut text: String, report: &Report) -> String {
    // An error tells its own next step.
    if report.ok {
        for advice in &report.next {
            text.push_str(&format!("\n\nNext: {}", one_line(advice)));
        }
    }
    text
}

/// A step as data, which is not copied to be printed.
#[derive(Serialize)]
pub struct StepJson<'a> {
    ok: bool,
    tool: &'a str,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "<[ChangeReport]>::is_empty")]
    changes: &'a [ChangeReport],
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
    #[serde(skip_serializing_if = "<[Missing]>::is_empty")]
    missing: &'a [Missing],
    /// The approval that waits for what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Value>,
}

/// A step as data.
pub fn step_json(step: &StepReport, writes: bool) -> StepJson<'_> {
    let well = step.error.is_none();
    StepJson {
        ok: step.ok,
        tool: &step.tool,
        summary: &step.summary,
        error: step.error.as_ref(),
        result: well.then(|| step.result.as_ref().unwrap_or(&Value::Null)),
        status: (writes && well).then_some(match () {
            () if !step.ok => "incomplete",
            () if step.changes.is_empty() => "already_so",
            () => "done",
        }),
        changes: &step.changes,
        count: step.count,
        partial: !step.missing.is_empty(),
        missing: &step.missing,
        left: None,
    }
}

/// How each approved change ended, where not all of them are simply done.
fn changes(changes: &[ChangeReport]) -> Option<String> {
    if changes.iter().all(|change| change.state == ChangeState::Done) {
        return None;
    }
    let lines = changes.iter().map(|report| {
        let state = match report.state {
            ChangeState::Done => "done",
            ChangeState::NotDone => "NOT done",
            ChangeState::Unknown => "UNKNOWN, look before repeating",
        };
        format!("  {state}: {}", one_line(&report.change.summary))
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// A result: its single values, then its table.
fn result(result: &Value) -> String {
    let data = report::table(result);
    let facts = data.facts.iter().map(|fact| {
        let value = fact.value.to_string();
        format!(
            "{}: {}",
            fact.label,
            if value.is_empty() { "—".to_owned() } else { one_line(&value) }
        )
    });
    let mut parts = Vec::new();
    let facts = facts.collect::<Vec<_>>().join("\n");
    if !facts.is_empty() {
        parts.push(facts);
    }
    if !data.rows.is_empty() {
        parts.push(table(&data));
    }
    parts.join("\n\n")
}

fn table(data: &report::Table) -> String {
    let terminal = std::io::stdout().is_terminal();
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    if terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.force_no_tty();
    }
    let width = if terminal { table.width().map(usize::from) } else { None };
    let most = if terminal { MOST_ROWS } else { usize::MAX };
    let shown = columns_that_fit(data, width);
    table.set_header(shown.iter().map(|index| data.columns[*index].label.as_str()));
    for row in data.rows.iter().take(most) {
        table.add_row(shown.iter().map(|index| short(&row[*index].to_string())));
    }
    for (place, index) in shown.iter().enumerate() {
        if let (true, Some(column)) = (data.columns[*index].numeric, table.column_mut(place)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let hidden = data.columns.iter().enumerate().filter(|(index, _)| !shown.contains(index));
    let hidden: Vec<&str> = hidden.map(|(_, column)| column.label.as_str()).collect();
    format!("{}\n{}", table.trim_fmt(), count(data, most, &hidden))
}

/// How much there is, and what of it is not shown.
fn count(data: &report::Table, most: usize, hidden: &[&str]) -> String {
    let rows = data.rows.len();
    let name = data.title.as_deref().map_or(String::new(), |title| format!(" in {title}"));
    let mut count = match rows {
        1 => format!("1 row{name}"),
        rows => format!("{rows} rows{name}"),
    };
    if rows > most {
        count.push_str(&format!(", the first {most} are shown"));
    }
    match (hidden, data.columns_left_out) {
        ([], 0) => {}
        ([], more) => count.push_str(&format!("; {more} columns are not shown")),
        (names, 0) => count.push_str(&format!("; not shown: {}", names.join(", "))),
        (names, more) => {
            count.push_str(&format!("; not shown: {} and {more} columns", names.join(", ")));
        }
    }
    if rows > most || !hidden.is_empty() || data.columns_left_out > 0 {
        count.push_str("; --json shows all");
    }
    count
}

/// The columns that hold anything and fit into a width, by their places. Where there is no room,
/// ids go first, then what is long, then times, then what stands last.
fn columns_that_fit(data: &report::Table, width: Option<usize>) -> Vec<usize> {
    let cells = |index: usize| data.rows.iter().map(move |row| short(&row[index].to_string()));
    let mut shown: Vec<usize> = (0..data.columns.len())
        .filter(|index| cells(*index).any(|cell| !cell.is_empty()))
        .collect();
    let Some(width) = width else { return shown };
    let room = |index: &usize| {
        let longest = cells(*index).map(|cell| cell.chars().count()).max().unwrap_or(0);
        longest.max(data.columns[*index].label.chars().count()) + 3
    };
    let worth = |index: &usize| {
        let key = &data.columns[*index].key;
        let long = cells(*index).any(|cell| cell.chars().count() >= WIDEST);
        let time = data.rows.iter().any(|row| minute(&row[*index].to_string()).is_some());
        let kind = match () {
            () if key.ends_with("_ids") || (key.ends_with("_id") && *index > 0) => 0,
            () if long => 1,
            () if time => 2,
            () => 3,
        };
        (kind, std::cmp::Reverse(*index))
    };
    while shown.len() > FEWEST && shown.iter().map(room).sum::<usize>() + 1 > width {
        let Some(least) = shown.iter().copied().min_by_key(worth) else { break };
        shown.retain(|index| *index != least);
    }
    shown
}

/// A time to the minute, if a cell is one.
fn minute(cell: &str) -> Option<String> {
    let time: jiff::Timestamp = cell.parse().ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// A cell on one line, cut where it is too long to read; times to the minute, in UTC.
fn short(cell: &str) -> String {
    let cell = minute(cell).unwrap_or_else(|| one_line(cell));
    if cell.chars().count() <= WIDEST {
        return cell;
    }
    let mut cut: String = cell.chars().take(WIDEST - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_a_table_with_its_count() {
        let rows =
            json!([{"user_name": "ann", "logins": 3}, {"user_name": "bob\u{7}", "logins": 12}]);
        insta::assert_snapshot!(result(&rows), @r"
        ┌───────────┬────────┐
        │ User name ┆ Logins │
        ╞═══════════╪════════╡
        │ ann       ┆      3 │
        │ bob       ┆     12 │
        └───────────┴────────┘
        2 rows
        ");
    }

    #[test]
    fn a_record_is_facts_and_its_list_a_table() {
        let record = json!({"name": "Analysts", "owner": null, "users": [{"id": "1"}]});
        insta::assert_snapshot!(result(&record), @r"
        Name: Analysts
        Owner: —

        ┌────┐
        │ Id │
        ╞════╡
        │ 1  │
        └────┘
        1 row in users
        ");
    }

    #[test]
    fn columns_go_where_there_is_no_room_and_are_named() {
        let row = json!({
            "user_id": "5f0000000000000000000001", "email": "ann@example.com", "nothing": null,
            "role_id": "5f0000000000000000000002", "role": "viewer", "note": "x".repeat(90),
        });
        let data = report::table(&json!([row]));
        let keys = |width| {
            let shown = columns_that_fit(&data, width);
            shown.iter().map(|index| data.columns[*index].key.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(keys(None), ["user_id", "email", "role_id", "role", "note"]);
        assert_eq!(keys(Some(100)), ["user_id", "email", "role"]);
        assert_eq!(keys(Some(120)), ["user_id", "email", "role", "note"]);
        assert_eq!(keys(Some(10)).len(), FEWEST);
        assert_eq!(count(&data, 200, &["Role id"]), "1 row; not shown: Role id; --json shows all");
    }

    #[test]
    fn a_part_says_so() {
        let report: StepReport = serde_json::from_value(json!({
            "id": "a", "tool": "t", "ok": true, "attempted": true, "summary": "2 rows.",
            "result": [1, 2], "missing": [{"what": "user \"x\"",
                "error": {"kind": "timeout", "message": "too slow"}}]
        }))
        .unwrap();
        assert!(step(&report).contains("THIS IS A PART: 1 could not be loaded"));
        assert!(step_json(&report, false).partial);
    }
}

//! Results as a person reads them: a sentence, the single values, one table with its count.

use std::io::IsTerminal;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use fes_agent::report::{self, ChangeReport, ChangeState, StepReport};
use serde_json::{Value, json};

use crate::preview::one_line;

/// Most rows on a terminal; into a file or a pipe go all.
const MOST_ROWS: usize = 200;

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
    parts.extend(changes(&step.changes));
    parts.extend(step.result.as_ref().map(result).filter(|text| !text.is_empty()));
    parts.join("\n\n")
}

/// A step as data.
pub fn step_json(step: &StepReport, writes: bool) -> Value {
    let mut data = json!({ "ok": step.ok, "tool": step.tool, "summary": step.summary });
    if let Some(error) = &step.error {
        data["error"] = json!(error);
    } else {
        data["result"] = step.result.clone().unwrap_or(Value::Null);
    }
    if writes && step.error.is_none() {
        data["status"] = json!(if step.changes.is_empty() { "already_so" } else { "done" });
    }
    if !step.changes.is_empty() {
        data["changes"] = json!(step.changes);
    }
    if let Some(count) = step.count {
        data["count"] = json!(count);
    }
    if !step.missing.is_empty() {
        data["partial"] = json!(true);
        data["missing"] = json!(step.missing);
    }
    data
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
    let most = if terminal { MOST_ROWS } else { usize::MAX };
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    if terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.force_no_tty();
    }
    table.set_header(data.columns.iter().map(|column| column.label.as_str()));
    for row in data.rows.iter().take(most) {
        table.add_row(row.iter().map(|cell| one_line(&cell.to_string())));
    }
    for (index, column) in data.columns.iter().enumerate() {
        if let (true, Some(shown)) = (column.numeric, table.column_mut(index)) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    let rows = data.rows.len();
    let name = data.title.as_deref().map_or(String::new(), |title| format!(" in {title}"));
    let mut count = match rows {
        1 => format!("1 row{name}"),
        rows => format!("{rows} rows{name}"),
    };
    if rows > most {
        count.push_str(&format!(", the first {most} are shown; --json shows all"));
    }
    if data.columns_left_out > 0 {
        count.push_str(&format!("; {} columns are left out", data.columns_left_out));
    }
    format!("{}\n{count}", table.trim_fmt())
}

#[cfg(test)]
mod tests {
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
    fn a_part_says_so() {
        let report: StepReport = serde_json::from_value(json!({
            "id": "a", "tool": "t", "ok": true, "attempted": true, "summary": "2 rows.",
            "result": [1, 2], "missing": [{"what": "user \"x\"",
                "error": {"kind": "timeout", "message": "too slow"}}]
        }))
        .unwrap();
        assert!(step(&report).contains("THIS IS A PART: 1 could not be loaded"));
        assert_eq!(step_json(&report, false)["partial"], true);
    }
}

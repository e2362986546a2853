//! Results made small by their shape: exact counts first, then a few rows.

use std::collections::BTreeMap;

use serde_json::Value;
use sisense_core::redact;

use crate::host::clip;
use crate::report::{Cell, Table, table};

/// Most rows that are shown.
const MAX_ROWS: usize = 20;

/// Most columns that are shown.
const MAX_COLUMNS: usize = 8;

/// Most facts of the whole that are shown.
const MAX_FACTS: usize = 20;

/// Longest text of one value, in characters.
const MAX_TEXT: usize = 120;

/// Most different values of a column that is counted by its values.
const MAX_GROUPS: usize = 12;

/// Fewest rows for which values are counted.
const FEW: usize = 4;

/// A result in few words, at most so many bytes. Counts are over all rows, whatever is left out.
pub(super) fn shrink(result: &Value, budget: usize) -> String {
    let mut clean = result.clone();
    redact::json_value(&mut clean);
    let table = table(&clean);
    let mut text = Bounded { text: String::new(), budget, left_out: 0 };
    facts(&table, &mut text);
    if table.columns.is_empty() {
        if table.facts.is_empty() {
            text.line(&clip(&clean.to_string(), MAX_TEXT * 4));
        }
        return text.end();
    }
    let what = table.title.as_deref().unwrap_or("rows");
    text.line(&format!("{what}: {} in all", table.rows.len()));
    for at in 0..table.columns.len() {
        if let Some(line) = aggregate(&table, at) {
            text.line(&line);
        }
    }
    rows(&table, &mut text);
    text.end()
}

fn facts(table: &Table, text: &mut Bounded) {
    for fact in table.facts.iter().take(MAX_FACTS) {
        text.line(&format!("{} = {}", fact.key, shown(&fact.value)));
    }
    let more = table.facts.len().saturating_sub(MAX_FACTS);
    if more > 0 {
        text.line(&format!("({more} further facts left out)"));
    }
}

/// How often each value stands in a column that has few, or the least and the most of numbers.
fn aggregate(table: &Table, at: usize) -> Option<String> {
    let column = table.columns.get(at)?;
    let cells = || table.rows.iter().filter_map(move |row| row.get(at));
    if table.rows.len() < FEW || is_id(&column.key) {
        return None;
    }
    if column.numeric {
        let numbers: Vec<f64> = cells()
            .filter_map(|cell| match cell {
                Cell::Number(number) => number.as_f64(),
                _ => None,
            })
            .collect();
        let least = numbers.iter().copied().reduce(f64::min)?;
        let most = numbers.iter().copied().reduce(f64::max)?;
        return Some(format!("{}: least {least}, most {most}", column.key));
    }
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for cell in cells() {
        *groups.entry(shown(cell)).or_default() += 1;
        if groups.len() > MAX_GROUPS {
            return None;
        }
    }
    // Where nearly every row has its own value, the rows say the same.
    if groups.len() * 2 > table.rows.len() {
        return None;
    }
    let mut groups: Vec<(String, usize)> = groups.into_iter().collect();
    groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let told: Vec<String> = groups
        .into_iter()
        .map(|(value, count)| {
            format!("{} {count}", if value.is_empty() { "(none)" } else { &value })
        })
        .collect();
    Some(format!("{} counted: {}", column.key, told.join(", ")))
}

fn rows(table: &Table, text: &mut Bounded) {
    let mut columns: Vec<usize> = (0..table.columns.len()).collect();
    let empty =
        |at: &usize| table.rows.iter().all(|row| matches!(row.get(*at), None | Some(Cell::Empty)));
    columns.retain(|at| !empty(at));
    // Names say more to a person than ids; the order within stays.
    columns.sort_by_key(|at| table.columns.get(*at).is_some_and(|column| is_id(&column.key)));
    let left_out = columns.len().saturating_sub(MAX_COLUMNS) + table.columns_left_out;
    columns.truncate(MAX_COLUMNS);
    let names: Vec<&str> = columns
        .iter()
        .filter_map(|at| table.columns.get(*at).map(|column| column.key.as_str()))
        .collect();
    let more = if left_out > 0 { format!(" ({left_out} columns left out)") } else { String::new() };
    text.line(&format!("columns: {}{more}", names.join(" | ")));
    for row in table.rows.iter().take(MAX_ROWS) {
        let cells: Vec<String> =
            columns.iter().map(|at| row.get(*at).map(shown).unwrap_or_default()).collect();
        text.line(&cells.join(" | "));
    }
    let more = table.rows.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        text.line(&format!("({more} further rows left out)"));
    }
}

/// Whether a column holds ids.
fn is_id(key: &str) -> bool {
    let key = key.to_lowercase();
    matches!(key.as_str(), "id" | "oid" | "_id") || key.ends_with("_id") || key.ends_with("_ids")
}

/// A value on one line.
fn shown(cell: &Cell) -> String {
    let text: String =
        cell.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clip(text.trim(), MAX_TEXT)
}

/// Lines up to a number of bytes, and how many did not fit.
struct Bounded {
    text: String,
    budget: usize,
    left_out: usize,
}

impl Bounded {
    fn line(&mut self, line: &str) {
        if self.text.len() + line.len() < self.budget && self.left_out == 0 {
            self.text.push_str(line);
            self.text.push('\n');
        } else {
            self.left_out += 1;
        }
    }

    fn end(mut self) -> String {
        if self.left_out > 0 {
            self.text.push_str(&format!("({} further lines left out)\n", self.left_out));
        }
        self.text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn users(count: usize) -> Value {
        let rows: Vec<Value> = (0..count)
            .map(|n| {
                json!({ "user_id": format!("id{n}"), "email": format!("u{n}@example.com"),
                        "role_name": if n % 10 == 0 { "admin" } else { "viewer" },
                        "logins": n, "never": null, "api_token": "tok-4711" })
            })
            .collect();
        json!({ "group": { "group_name": "Analysts" }, "by_rule": false, "users": rows })
    }

    #[test]
    fn counts_are_over_all_rows_and_what_is_left_out_is_told() {
        insta::assert_snapshot!(shrink(&users(1234), 8000));
    }

    #[test]
    fn the_budget_holds_for_every_shape() {
        let long = "x".repeat(100_000);
        let wide: Value = (0..500)
            .map(|n| (format!("c{n}"), json!(long)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let deep = (0..100).fold(json!(long), |inner, _| json!({ "a": [inner] }));
        for value in
            [users(5000), wide.clone(), json!([wide]), deep, json!(long), json!([[1], [2]])]
        {
            let text = shrink(&value, 2000);
            assert!(text.len() < 2100 && !text.is_empty(), "{} bytes", text.len());
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let text = shrink(&users(6), 8000);
        assert!(text.contains("u5@example.com") && !text.contains("tok-4711"), "{text}");
    }
}

//! What a migration would do, asset by asset: rows in trouble first, then the others, with counts.

use comfy_table::{Table, presets};
use fes_agent::Pending;
use fes_agent::approval::StepPreview;
use fes_agent::report::{Item, Migration};
use serde_json::{Value, json};
use sisense_core::Change;

use super::{Reader, one_line, text};

/// Most rows of one migration on a terminal.
const MOST_ROWS: usize = 60;
/// Most changes of one migration that are shown field by field on a terminal.
const MOST_CHANGES: usize = 20;

/// One migration of a preview.
pub struct Rows {
    /// The operation's id.
    pub tool: String,
    /// The counts in one line.
    pub totals: String,
    /// What else to know.
    pub warnings: Vec<String>,
    /// The rows, those in trouble first.
    pub items: Vec<Item>,
    /// How many rows are not here.
    pub left_out: usize,
}

/// The migrations of a preview, each with its first rows.
pub fn migrations(pending: &Pending, most: usize) -> Vec<Rows> {
    let steps = pending.previews.iter();
    steps.filter_map(|step| Some(rows(step, step.migration()?, most))).collect()
}

fn rows(step: &StepPreview, migration: Migration, most: usize) -> Rows {
    Rows::new(&step.tool, migration, most)
}

impl Rows {
    /// The first rows of a migration, those in trouble first.
    fn new(tool: &str, migration: Migration, most: usize) -> Self {
        let totals = migration.totals();
        let Migration { mut items, warnings, .. } = migration;
        items.sort_by_key(order);
        let left_out = items.len().saturating_sub(most);
        items.truncate(most);
        Rows { tool: tool.to_owned(), totals, warnings, items, left_out }
    }
}

/// What a migration did or would do, for a terminal: its table, those in trouble first.
pub fn migration(tool: &str, migration: Migration, most: usize) -> String {
    table(&Rows::new(tool, migration, most), Reader::Terminal)
}

/// Trouble, then what is replaced, then what is made, then what stays as it is.
fn order(item: &Item) -> usize {
    match item.outcome.as_str() {
        _ if item.is_in_trouble() || !item.problems.is_empty() => 0,
        "would_overwrite" | "overwritten" => 1,
        "skipped" | "nothing_to_do" => 3,
        _ => 2,
    }
}

/// The changes that are shown field by field, and how many are left out: of a migration, whose rows
/// tell of every asset, the first ones, of everything else all.
pub fn changes(pending: &Pending, most: usize) -> (impl Iterator<Item = &Change>, usize) {
    let mut hidden = vec![false; pending.changes.len()];
    for step in pending.previews.iter().filter(|step| step.is_migration()) {
        let rest = step.first.saturating_add(most)..step.first.saturating_add(step.count);
        hidden
            .iter_mut()
            .enumerate()
            .filter(|(n, _)| rest.contains(n))
            .for_each(|(_, h)| *h = true);
    }
    let left_out = hidden.iter().filter(|hidden| **hidden).count();
    let shown = pending.changes.iter().zip(hidden).filter(|(_, hidden)| !hidden);
    (shown.map(|(change, _)| change.as_ref()), left_out)
}

/// Where it would happen: the deployment, or the source and the target.
pub fn places(pending: &Pending) -> String {
    match &pending.target {
        Some(target) => format!("{} → {}", one_line(&pending.deployment), one_line(target)),
        None => one_line(&pending.deployment),
    }
}

/// A whole preview for a terminal: the rows of migrations, and the changes field by field.
pub fn whole(pending: &Pending) -> String {
    told(pending, Reader::Terminal)
}

/// The same in words that hold in a chat too.
pub fn plain(pending: &Pending) -> String {
    told(pending, Reader::Elsewhere)
}

fn told(pending: &Pending, reader: Reader) -> String {
    let migrations = migrations(pending, MOST_ROWS);
    let notes = notes(pending).into_iter().map(|note| format!("Note: {note}"));
    if migrations.is_empty() {
        let changes = text(pending.changes.iter().map(AsRef::as_ref), reader);
        let parts: Vec<String> = std::iter::once(changes).chain(notes).collect();
        return parts.join("\n\n");
    }
    let mut parts: Vec<String> = migrations.iter().map(|rows| table(rows, reader)).collect();
    let (shown, left_out) = changes(pending, MOST_CHANGES);
    parts.push(text(shown, reader));
    if left_out > 0 {
        let more = format!("and {left_out} more changes");
        parts.push(match reader {
            Reader::Terminal => format!("{more}: fes-mcp approvals show {} --json", pending.id),
            Reader::Elsewhere => more,
        });
    }
    parts.extend(notes);
    parts.join("\n\n")
}

/// What a person has to know about how the preview came about.
pub fn notes(pending: &Pending) -> Vec<String> {
    let early = pending.resolved.early.iter();
    let notes = early.map(|step| {
        format!(
            "the step {} reads after a change and decides what follows; this preview saw the state \
             from before that change. What would come out otherwise is not done.",
            one_line(step)
        )
    });
    notes.collect()
}

fn table(rows: &Rows, reader: Reader) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).force_no_tty();
    table.set_header(["Kind", "Name", "What", "Why"]);
    for item in &rows.items {
        table.add_row([
            one_line(&item.kind),
            one_line(&item.name),
            item.outcome_in_words(),
            one_line(&item.why()),
        ]);
    }
    let mut lines = vec![format!("{}: {}", rows.tool, rows.totals)];
    if !rows.items.is_empty() {
        lines.push(table.trim_fmt());
    }
    if rows.left_out > 0 {
        lines.push(format!("and {} more{}", rows.left_out, reader.rest()));
    }
    lines.extend(rows.warnings.iter().map(|warning| format!("note: {}", one_line(warning))));
    lines.join("\n")
}

/// The rows of migrations as data.
pub fn steps_json(pending: &Pending, most: usize) -> Value {
    let steps = pending.previews.iter().filter_map(|step| {
        let rows = rows(step, step.migration()?, most);
        let items: Vec<&Value> =
            rows.items.iter().filter_map(|item| step.row(item.place)).collect();
        let mut data = json!({
            "tool": rows.tool,
            "totals": rows.totals,
            "items": items,
            "warnings": rows.warnings,
        });
        if rows.left_out > 0 {
            data["left_out"] = json!(rows.left_out);
        }
        Some(data)
    });
    Value::Array(steps.collect())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use sisense_core::Risk;
    use sisense_core::run::{Action, Asset, AssetKind, Undo};

    use super::*;

    fn pending(items: Value) -> Pending {
        let count = items.as_array().unwrap().len();
        serde_json::from_value(json!({
            "id": "a1", "session": "s", "principal": "ann", "deployment": "prod", "target": "dev",
            "plan": { "goal": "g", "steps": [] }, "plan_digest": "", "changes": [],
            "preview_digest": "", "needs_same_call": false,
            "created": "2026-01-01T00:00:00Z", "expires": "2026-01-01T00:15:00Z",
            "state": "pending",
            "previews": [{ "step": "s0", "tool": "migration.migrate_users", "first": 0,
                "count": 0, "result": { "requested": count, "items": items, "complete": false,
                    "warnings": ["2 people get an e-mail"] } }],
        }))
        .unwrap()
    }

    #[test]
    fn every_row_is_shown_trouble_first() {
        let pending = pending(json!([
            { "kind": "user", "name": "a\u{7}", "outcome": "skipped", "reason": "is there" },
            { "kind": "user", "name": "b", "outcome": "would_create" },
            { "kind": "user", "name": "c", "outcome": "blocked", "reason": "no such role" },
        ]));
        insta::assert_snapshot!(whole(&pending).trim_end(), @r"
        migration.migrate_users: asked 3 = would create 1 + skipped 1 + blocked 1
        ┌──────┬──────┬──────────────┬──────────────┐
        │ Kind ┆ Name ┆ What         ┆ Why          │
        ╞══════╪══════╪══════════════╪══════════════╡
        │ user ┆ c    ┆ blocked      ┆ no such role │
        │ user ┆ b    ┆ would create ┆              │
        │ user ┆ a    ┆ skipped      ┆ is there     │
        └──────┴──────┴──────────────┴──────────────┘
        note: 2 people get an e-mail
        ");
        assert_eq!(places(&pending), "prod → dev");
    }

    #[test]
    fn a_part_of_the_rows_says_how_many_are_left_out() {
        let row = json!({ "kind": "user", "name": "a", "outcome": "would_create" });
        let pending = pending(Value::Array(vec![row; 100]));
        assert!(whole(&pending).contains("and 40 more; --json shows all"));
        assert!(plain(&pending).contains("and 40 more") && !plain(&pending).contains("json"));
        let data = steps_json(&pending, 10);
        assert_eq!(
            (data[0]["items"].as_array().unwrap().len(), &data[0]["left_out"]),
            (10, &json!(90))
        );
        assert_eq!(data[0]["totals"], "asked 100 = would create 100");
        assert_eq!(steps_json(&pending, usize::MAX)[0]["left_out"], Value::Null);
    }

    fn writes(changes: &[Change]) -> Pending {
        let steps: Vec<Value> = (0..changes.len())
            .map(|n| json!({ "step": format!("s{n}"), "tool": "access.any", "first": n, "count": 1 }))
            .collect();
        let mut pending = serde_json::to_value(pending(json!([]))).unwrap();
        pending["changes"] = json!(changes);
        pending["previews"] = json!(steps);
        serde_json::from_value(pending).unwrap()
    }

    fn change(name: &str, action: Action, summary: &str) -> Change {
        let asset = Asset {
            deployment: "prod".into(),
            kind: AssetKind::User,
            id: None,
            name: name.to_owned(),
        };
        Change::new("access.any", asset, action, summary)
    }

    #[test]
    fn case_079_what_a_person_decides_about_lists_every_write() {
        let pending = writes(&[
            change("dora@acme.example", Action::Create, "Create dora@acme.example as viewer")
                .after(json!({ "role": "viewer" }))
                .undo(Undo::Yes("delete the user".into())),
            change("bob@acme.example", Action::Update, "Change bob@acme.example")
                .before(json!({ "role": "viewer" }))
                .after(json!({ "role": "designer" }))
                .undo(Undo::Yes("set the role back".into())),
            change("ines@acme.example", Action::Delete, "Delete ines@acme.example")
                .undo(Undo::No("the account is gone".into()))
                .risk(Risk::High),
        ]);
        insta::assert_snapshot!(plain(&pending), @r#"
        1. Create dora@acme.example as viewer
           create user "dora@acme.example" in prod · risk normal
           role: viewer
           undo: yes: delete the user
        2. Change bob@acme.example
           update user "bob@acme.example" in prod · risk normal
           role: viewer → designer
           undo: yes: set the role back
        3. Delete ines@acme.example
           delete user "ines@acme.example" in prod · risk high
           undo: no: the account is gone
        "#);
        // However many there are, on a page and on a terminal.
        let names: Vec<String> = (0..1_000).map(|n| format!("user-{n}@acme.example")).collect();
        let many: Vec<Change> = names
            .iter()
            .map(|name| change(name, Action::Delete, &format!("Delete {name}")))
            .collect();
        let pending = writes(&many);
        let (text, (shown, left_out)) = (whole(&pending), changes(&pending, 3));
        assert_eq!((shown.count(), left_out), (1_000, 0));
        assert!(names.iter().all(|name| text.contains(&format!("Delete {name}\n"))));
    }
}

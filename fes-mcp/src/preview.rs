//! How a change is shown to the person who decides: the same rows on the terminal and on the page.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sisense_core::operation::Risk;
use sisense_core::run::{Action, Change, Undo};

/// What stands where nothing is.
const NOTHING: &str = "—";

/// One field of an asset, now and after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The field; empty when the asset is shown as one value.
    pub field: String,
    /// Its value now.
    pub before: String,
    /// Its value after the change.
    pub after: String,
    /// Whether the two differ.
    pub changed: bool,
}

/// The fields that a change names, changed ones first.
pub fn rows(change: &Change) -> Vec<Row> {
    match (&change.before, &change.after) {
        (Value::Null, Value::Null) => Vec::new(),
        (Value::Object(before), Value::Object(after)) => fields(change.action, before, after),
        (Value::Null, Value::Object(after)) => fields(change.action, &Map::new(), after),
        (Value::Object(before), Value::Null) => fields(change.action, before, &Map::new()),
        (before, after) => vec![row("", Some(before), Some(after))],
    }
}

fn fields(action: Action, before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Row> {
    // An update names only what it changes; what it does not name stays and need not be read.
    let stays = |key: &&String| {
        after.contains_key(*key)
            || after.is_empty()
            || matches!(action, Action::Overwrite | Action::Delete)
    };
    let mut seen = BTreeSet::new();
    let keys = after.keys().chain(before.keys().filter(stays)).filter(|key| seen.insert(*key));
    let mut rows: Vec<Row> = keys.map(|key| row(key, before.get(key), after.get(key))).collect();
    rows.sort_by_key(|row| !row.changed);
    rows
}

fn row(field: &str, before: Option<&Value>, after: Option<&Value>) -> Row {
    let none = Value::Null;
    let (before, after) = (before.unwrap_or(&none), after.unwrap_or(&none));
    Row {
        field: field.to_owned(),
        changed: before != after,
        before: plain(before),
        after: plain(after),
    }
}

/// A value as a person reads it: texts without quotes, lists of names in a line, the rest as JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "(none)".to_owned(),
        Value::Array(items) if items.iter().all(|item| item.is_string() || item.is_number()) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        Value::Object(map) if map.len() == 1 && map.contains_key("secret") => {
            "(a secret)".to_owned()
        }
        Value::Array(_) | Value::Object(_) => format!("{value:#}"),
        other => other.to_string(),
    }
}

/// Whether a change can be taken back, in words.
pub fn undo(undo: &Undo) -> String {
    match undo {
        Undo::Yes(how) => format!("yes: {how}"),
        Undo::Partly(how) => format!("in part: {how}"),
        Undo::No(why) => format!("no: {why}"),
    }
}

/// The care that a change asks for, in a word.
pub fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Normal => "normal",
        Risk::High => "high",
    }
}

/// The name that a person types to approve: that of the first high-risk asset.
pub fn typed_name(changes: &[Change]) -> Option<&str> {
    let high = changes.iter().find(|change| change.risk == Risk::High)?;
    let name = high.asset.name.trim();
    Some(if name.is_empty() { high.asset.id.as_deref().unwrap_or("approve") } else { name })
}

/// Longest value on a terminal, in characters.
const LONGEST: usize = 300;

/// Changes as text for a terminal.
pub fn text(changes: &[Change]) -> String {
    let mut lines = Vec::new();
    for (position, change) in changes.iter().enumerate() {
        lines.push(format!("{}. {}", position + 1, one_line(&change.summary)));
        lines.push(format!(
            "   {} {} in {} · risk {}",
            change.action.as_str(),
            one_line(&change.asset.to_string()),
            one_line(&change.asset.deployment),
            risk(change.risk)
        ));
        for row in rows(change) {
            let field = if row.field.is_empty() { "value" } else { &row.field };
            lines.push(if row.changed {
                format!("   {field}: {} → {}", cut(&row.before), cut(&row.after))
            } else {
                format!("   {field}: {} (stays)", cut(&row.before))
            });
        }
        lines.extend(change.notes.iter().map(|note| format!("   note: {}", one_line(note))));
        lines.push(format!("   undo: {}", one_line(&undo(&change.undo))));
    }
    lines.join("\n")
}

/// Names come from a deployment's users: no line breaks or control codes on a terminal.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn cut(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return one_line(text);
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{}… ({length} characters; --json shows all)", one_line(&head))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;
    use sisense_core::run::{Asset, AssetKind};

    use super::*;

    fn change() -> Change {
        let asset = Asset {
            deployment: "prod".into(),
            kind: AssetKind::User,
            id: Some("5f0000000000000000000001".into()),
            name: "ann@example.com".into(),
        };
        Change::new("access.update_user", asset, Action::Update, "Change the role of Ann")
            .before(json!({"role": "viewer", "groups": ["Sales"], "created": "2024-01-01"}))
            .after(json!({"role": "designer", "groups": ["Sales"]}))
            .undo(Undo::Yes("set the role back".into()))
    }

    #[test]
    fn shows_the_change_as_text() {
        insta::assert_snapshot!(text(&[change().note("Ann owns 3 dashboards")]), @r#"
        1. Change the role of Ann
           update user "ann@example.com" (5f0000000000000000000001) in prod · risk normal
           role: viewer → designer
           groups: Sales (stays)
           note: Ann owns 3 dashboards
           undo: yes: set the role back
        "#);
    }

    #[test]
    fn a_deletion_shows_all_that_goes() {
        let mut gone = change().after(Value::Null);
        gone.action = Action::Delete;
        let names: Vec<String> = rows(&gone).into_iter().map(|row| row.field).collect();
        assert_eq!(names, ["role", "groups", "created"]);
    }

    #[test]
    fn an_update_leaves_out_what_it_does_not_name() {
        assert!(rows(&change()).iter().all(|row| row.field != "created"));
    }

    #[test]
    fn secrets_and_control_codes_are_not_printed() {
        let hidden = change().after(json!({"password": {"secret": "0123"}}));
        assert!(!text(&[hidden]).contains("0123"));
        let mut rude = change();
        rude.summary = "x\u{1b}[2Jy\nz".into();
        assert!(text(&[rude]).starts_with("1. x [2Jy z\n"));
    }

    #[test]
    fn a_high_risk_asks_for_the_name() {
        assert_eq!(typed_name(&[change()]), None);
        assert_eq!(typed_name(&[change(), change().risk(Risk::High)]), Some("ann@example.com"));
    }
}

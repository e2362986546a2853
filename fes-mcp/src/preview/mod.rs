//! How a change is shown to the person who decides: the same rows on the terminal and on the page.

mod rows;
mod steps;

use std::sync::Arc;

use sisense_core::operation::Risk;
use sisense_core::run::{Change, Undo};

pub use rows::{Row, rows};
pub use steps::{Rows, changes, migration, migrations, notes, places, plain, steps_json, whole};

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
pub fn typed_name(changes: &[Arc<Change>]) -> Option<&str> {
    let high = changes.iter().find(|change| change.risk == Risk::High)?;
    let name = high.asset.name.trim();
    Some(if name.is_empty() { high.asset.id.as_deref().unwrap_or("approve") } else { name })
}

/// Longest value on a terminal, in characters.
const LONGEST: usize = 300;

/// Where a preview is read, and so what it says of where the rest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// On a terminal, where `--json` shows all.
    Terminal,
    /// Somewhere else, such as in a chat: the data or a page beside it holds all.
    Elsewhere,
}

impl Reader {
    fn rest(self) -> &'static str {
        match self {
            Reader::Terminal => "; --json shows all",
            Reader::Elsewhere => "",
        }
    }
}

/// Changes as text.
fn text<'a>(changes: impl IntoIterator<Item = &'a Change>, reader: Reader) -> String {
    let cut = |text: &str| cut(text, reader);
    let mut lines = Vec::new();
    for (position, change) in changes.into_iter().enumerate() {
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
            if row.before == rows::NOTHING {
                lines.push(format!("   {field}: {}", cut(&row.after)));
            } else if row.after == rows::NOTHING {
                lines.push(format!("   {field}: {} (goes)", cut(&row.before)));
            } else if !row.changed {
                lines.push(format!("   {field}: {} (stays)", cut(&row.before)));
            } else if row.before.contains('\n') || row.after.contains('\n') {
                lines.push(format!("   {field}"));
                lines.extend(row.before.lines().map(|line| format!("     now:   {}", cut(line))));
                lines.extend(row.after.lines().map(|line| format!("     after: {}", cut(line))));
            } else {
                lines.push(format!("   {field}: {} → {}", cut(&row.before), cut(&row.after)));
            }
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

fn cut(text: &str, reader: Reader) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return one_line(text);
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{}… ({length} characters{})", one_line(&head), reader.rest())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;
    use sisense_core::run::{Action, Asset, AssetKind};

    use super::*;

    fn text<'a>(changes: impl IntoIterator<Item = &'a Change>) -> String {
        super::text(changes, Reader::Terminal)
    }

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
    fn what_comes_and_what_goes_is_said_without_the_nothing() {
        let comes = change().before(json!(null)).after(json!({"role": "viewer", "note": null}));
        let shown = text(&[comes]);
        assert!(shown.contains("   role: viewer\n") && !shown.contains("note:"), "{shown}");
        let goes = change().before(json!({"role": "viewer"})).after(json!(null));
        assert!(text(&[goes]).contains("   role: viewer (goes)"));
    }

    #[test]
    fn a_field_of_several_lines_is_shown_line_by_line() {
        let script = change().before(json!({"script": ""})).after(json!({"script": "a;\nb;"}));
        let text = text(&[script]);
        assert!(text.contains("     now:   (empty)\n     after: a;\n     after: b;"), "{text}");
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
        assert_eq!(typed_name(&[change().into()]), None);
        assert_eq!(
            typed_name(&[change().into(), change().risk(Risk::High).into()]),
            Some("ann@example.com")
        );
    }
}

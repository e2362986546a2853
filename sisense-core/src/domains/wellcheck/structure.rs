//! Which dashboards are made of pivots, tabs, accordions and jumps.

use serde_json::Value;

use super::each;
use super::load::{self, MOST_DASHBOARDS};
use super::{
    CheckDashboards, DashboardStructure, StructureCheck, StructureDetail, StructureKind,
    StructureSign, Wellcheck,
};
use crate::documents::{DashboardDocument, WidgetView};
use crate::error::Result;
use crate::run::Partial;

impl Wellcheck {
    /// Count pivots, tabs, accordions and jumps to dashboards in each dashboard.
    ///
    /// One row per dashboard, with each thing that was counted and by what it was recognized.
    /// Pivots, tabs and jumps are recognized by what the document declares, else by words in a
    /// script; accordions by words alone. What comes from words is marked as a guess. Also tells
    /// how many levels the deepest dependent filter has. At most 5000 dashboards; `["*"]` means
    /// all. A reference that fits none, or several, is named and does not stop the rest. One
    /// request for the list and one per twenty dashboards.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, `forbidden` when the token may not list all dashboards.
    ///
    /// # Ask
    /// - Check the structure of the dashboard Pipeline
    /// - Which dashboards have tabbers, accordions or jumps to other dashboards?
    /// - Count the pivots in all dashboards
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn check_dashboard_structure(
        &self,
        params: CheckDashboards,
    ) -> Result<Partial<StructureCheck>> {
        load::check("dashboard", &params.dashboards, MOST_DASHBOARDS)?;
        let read = each::dashboard(&self.client, &params.dashboards, |record, document| {
            structure(&record.oid, &document)
        })
        .await?;
        let value = StructureCheck { dashboards: read.rows, not_found: read.not_found };
        Ok(Partial { value, missing: read.missing })
    }
}

/// What one dashboard is made of.
pub(super) fn structure(id: &str, document: &DashboardDocument) -> DashboardStructure {
    let mut details: Vec<StructureDetail> = Vec::new();
    for widget in document.widgets() {
        for (kind, sign) in signs(widget) {
            details.push(detail(Some(widget), kind, sign));
        }
    }
    // The script of a dashboard may do to its widgets what their own scripts do.
    let script = document.script().unwrap_or_default();
    for (kind, said) in [
        (StructureKind::Accordion, says(script, "accordion")),
        (StructureKind::JumpToDashboard, says(script, "jumptodashboard")),
    ] {
        if said {
            details.push(detail(None, kind, StructureSign::Script));
        }
    }
    let count = |kind| details.iter().filter(|detail| detail.kind == kind).count();
    DashboardStructure {
        dashboard_id: id.to_owned(),
        dashboard_title: document.title().map(str::to_owned),
        widget_count: document.widgets().count(),
        pivot_count: count(StructureKind::Pivot),
        tabber_count: count(StructureKind::Tabber),
        accordion_count: count(StructureKind::Accordion),
        jump_to_dashboard_count: count(StructureKind::JumpToDashboard),
        filter_levels: filter_levels(document),
        heuristic: details.iter().any(|detail| detail.heuristic),
        details,
    }
}

fn detail(
    widget: Option<WidgetView<'_>>,
    kind: StructureKind,
    sign: StructureSign,
) -> StructureDetail {
    StructureDetail {
        widget_id: widget.and_then(WidgetView::id).map(str::to_owned),
        widget_title: widget.and_then(WidgetView::title).map(str::to_owned),
        kind,
        sign,
        heuristic: matches!(sign, StructureSign::Name | StructureSign::Script),
    }
}

/// What a widget is, each kind once and by its best sign.
fn signs(widget: WidgetView<'_>) -> Vec<(StructureKind, StructureSign)> {
    let script = widget.script().unwrap_or_default();
    let found = [
        (StructureKind::Pivot, widget.is_pivot().then_some(StructureSign::WidgetType)),
        (StructureKind::Tabber, tabber(widget, script)),
        (StructureKind::Accordion, accordion(widget, script)),
        (StructureKind::JumpToDashboard, jump(widget, script)),
    ];
    found.into_iter().filter_map(|(kind, sign)| Some((kind, sign?))).collect()
}

fn tabber(widget: WidgetView<'_>, script: &str) -> Option<StructureSign> {
    if widget.kind().eq_ignore_ascii_case("WidgetsTabber") {
        Some(StructureSign::WidgetType)
    } else if has_action(widget, "tabber") {
        Some(StructureSign::CardAction)
    } else {
        assigns(script, "widget.tabs").then_some(StructureSign::Script)
    }
}

fn accordion(widget: WidgetView<'_>, script: &str) -> Option<StructureSign> {
    let word = "accordion";
    let member = |key: &str| widget.value().get(key).is_some_and(|value| has_key(value, word));
    if says(widget.kind(), word)
        || says(widget.subtype(), word)
        || member("options")
        || member("style")
    {
        Some(StructureSign::Name)
    } else {
        says(script, word).then_some(StructureSign::Script)
    }
}

fn jump(widget: WidgetView<'_>, script: &str) -> Option<StructureSign> {
    // Older exports have the member in every widget, with an empty list.
    if widget.jump_targets().next().is_some() {
        Some(StructureSign::Targets)
    } else if has_action(widget, "jumptodashboard") {
        Some(StructureSign::CardAction)
    } else {
        says(script, "jumptodashboard").then_some(StructureSign::Script)
    }
}

/// Whether a text holds a word, whatever its case. The word is in lower case.
fn says(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(word)
}

/// Whether a card has an action of a type, whatever its case.
fn has_action(widget: WidgetView<'_>, kind: &str) -> bool {
    fn within(value: &Value, kind: &str, in_action: bool) -> bool {
        match value {
            Value::Object(members) => members.iter().any(|(key, member)| {
                let typed = in_action && key.eq_ignore_ascii_case("type");
                let is_kind = member.as_str().is_some_and(|text| text.eq_ignore_ascii_case(kind));
                let action = says(key, "action");
                (typed && is_kind) || within(member, kind, action)
            }),
            Value::Array(items) => items.iter().any(|item| within(item, kind, in_action)),
            _ => false,
        }
    }
    widget.value().get("style").is_some_and(|style| within(style, kind, false))
}

/// Whether a member's name holds a word, at any depth.
fn has_key(value: &Value, word: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, member)| says(key, word) || has_key(member, word))
        }
        Value::Array(items) => items.iter().any(|item| has_key(item, word)),
        _ => false,
    }
}

/// Whether a script assigns to a name. A comparison is none.
fn assigns(script: &str, name: &str) -> bool {
    script.match_indices(name).any(|(at, _)| {
        let before = script[..at].chars().next_back();
        let whole = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '$' | '.'));
        let after = script[at + name.len()..].trim_start();
        whole && after.starts_with('=') && !after.starts_with("==")
    })
}

/// How many levels the deepest dependent filter has.
pub(super) fn filter_levels(document: &DashboardDocument) -> usize {
    let levels = |filter: &Value| filter.get("levels").and_then(Value::as_array).map(Vec::len);
    document.filters().iter().filter_map(levels).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;

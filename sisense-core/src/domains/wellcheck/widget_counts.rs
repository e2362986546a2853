//! How many widgets dashboards have, and how many of them are on screen.

use std::collections::HashSet;

use super::each;
use super::load::{self, MOST_DASHBOARDS};
use super::{CheckDashboards, DashboardWidgetCount, Wellcheck, WidgetCountCheck};
use crate::documents::DashboardDocument;
use crate::error::Result;
use crate::run::Partial;

impl Wellcheck {
    /// Count the widgets of each dashboard, and those that are not on screen.
    ///
    /// One row per dashboard: its widgets, how many of them have a place in the layout, and how
    /// many places are left of widgets that are gone. At most 5000 dashboards; `["*"]` means all. A
    /// reference that fits none, or several, is named and does not stop the rest. One request for
    /// the list and one per twenty dashboards.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, `forbidden` when the token may not list all dashboards.
    ///
    /// # Ask
    /// - How many widgets does the dashboard Pipeline have?
    /// - Count the widgets of all dashboards
    /// - Which dashboards have too many widgets?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn check_dashboard_widget_counts(
        &self,
        params: CheckDashboards,
    ) -> Result<Partial<WidgetCountCheck>> {
        load::check("dashboard", &params.dashboards, MOST_DASHBOARDS)?;
        let read = each::dashboard(&self.client, &params.dashboards, |record, document| {
            widget_count(&record.oid, &document)
        })
        .await?;
        let value = WidgetCountCheck {
            widget_count: read.rows.iter().map(|row| row.widget_count).sum(),
            dashboards: read.rows,
            not_found: read.not_found,
        };
        Ok(Partial { value, missing: read.missing })
    }
}

/// The widgets of one dashboard.
pub(super) fn widget_count(id: &str, document: &DashboardDocument) -> DashboardWidgetCount {
    let count = document.widgets().count();
    let widgets: HashSet<&str> = document.widgets().filter_map(|widget| widget.id()).collect();
    let cells = document.layout_widget_ids();
    let placed: HashSet<&str> = cells.iter().copied().filter(|id| widgets.contains(id)).collect();
    // A document whose layout is absent or empty does not say what is on screen.
    let told = count == 0 || !cells.is_empty() || holds_columns(document);
    DashboardWidgetCount {
        dashboard_id: id.to_owned(),
        dashboard_title: document.title().map(str::to_owned),
        widget_count: count,
        in_layout: told.then_some(placed.len()),
        not_in_layout: told.then_some(count.saturating_sub(placed.len())),
        ghost_cells: cells.iter().filter(|id| !widgets.contains(*id)).count(),
    }
}

fn holds_columns(document: &DashboardDocument) -> bool {
    let columns = document.value().get("layout").and_then(|layout| layout.get("columns"));
    columns.and_then(|columns| columns.as_array()).is_some_and(|columns| !columns.is_empty())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use super::*;

    fn count(layout: Value, widgets: &[&str]) -> DashboardWidgetCount {
        let widgets: Vec<Value> = widgets.iter().map(|id| json!({"oid": id})).collect();
        let mut document = json!({"oid": "d", "title": "Board", "widgets": widgets});
        if !layout.is_null() {
            document["layout"] = layout;
        }
        widget_count("d", &DashboardDocument::from_value(document).unwrap())
    }

    fn cells(ids: &[&str]) -> Value {
        let elements: Vec<Value> = ids.iter().map(|id| json!({"widgetid": id})).collect();
        json!({"type": "columnar", "columns": [{"cells": [{"subcells": [{"elements": elements}]}]}]})
    }

    #[test]
    fn ghosts_and_widgets_without_a_place_are_told_apart() {
        let row = count(cells(&["a", "gone", "b", "b", "lost"]), &["a", "b", "c"]);
        assert_eq!(
            (row.widget_count, row.in_layout, row.not_in_layout, row.ghost_cells),
            (3, Some(2), Some(1), 2)
        );
    }

    #[test]
    fn a_layout_that_is_not_there_says_nothing() {
        for layout in [Value::Null, json!({}), json!({"columns": []})] {
            let row = count(layout.clone(), &["a"]);
            assert_eq!((row.in_layout, row.not_in_layout), (None, None), "{layout}");
        }
        let row = count(cells(&[]), &["a"]);
        assert_eq!((row.in_layout, row.not_in_layout), (Some(0), Some(1)));
        let row = count(Value::Null, &[]);
        assert_eq!((row.in_layout, row.not_in_layout), (Some(0), Some(0)));
    }
}

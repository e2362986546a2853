//! Which pivot tables have more fields than they should.

use super::each;
use super::load::{self, MOST_DASHBOARDS};
use super::{CheckPivotWidgetFields, PivotFieldCheck, Wellcheck, WidePivot};
use crate::documents::{DashboardDocument, WidgetView};
use crate::error::{Error, Result};
use crate::run::Partial;

impl Wellcheck {
    /// Find pivot tables with more fields than `max_fields`.
    ///
    /// One row per pivot with more, with its fields in rows, columns and values. Fields that are
    /// switched off are not queried, so they are told apart and not counted; the widget's filters
    /// are not fields. Also tells how many pivots were looked at. At most 5000 dashboards; `["*"]`
    /// means all. A reference that fits none, or several, is named and does not stop the rest. One
    /// request for the list and one per twenty dashboards.
    ///
    /// # Errors
    /// `invalid_input` for an empty list or a limit of 0, `forbidden` when the token may not list
    /// all dashboards.
    ///
    /// # Ask
    /// - Which pivots have too many fields?
    /// - Find pivot tables with more than 20 fields in all dashboards
    /// - Are there pivots with too many columns in the dashboard Pipeline?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn check_pivot_widget_fields(
        &self,
        params: CheckPivotWidgetFields,
    ) -> Result<Partial<PivotFieldCheck>> {
        load::check("dashboard", &params.dashboards, MOST_DASHBOARDS)?;
        at_least_one("max_fields", params.max_fields)?;
        let mut pivots_checked = 0;
        let read = each::dashboard(&self.client, &params.dashboards, |record, document| {
            let found = wide_pivots(&record.oid, &document, params.max_fields);
            pivots_checked += found.checked;
            found.wide
        })
        .await?;
        let value = PivotFieldCheck {
            pivots: read.rows.into_iter().flatten().collect(),
            pivots_checked,
            dashboards_checked: read.checked,
            max_fields: params.max_fields,
            not_found: read.not_found,
        };
        Ok(Partial { value, missing: read.missing })
    }
}

/// Refuse a limit of nothing.
pub(super) fn at_least_one(name: &str, value: u32) -> Result<()> {
    if value == 0 {
        return Err(Error::invalid(format!("{name} is at least 1: {value}")));
    }
    Ok(())
}

/// The pivots of one dashboard that have more fields, and how many pivots it has.
pub(super) struct Pivots {
    pub(super) wide: Vec<WidePivot>,
    pub(super) checked: usize,
}

pub(super) fn wide_pivots(id: &str, document: &DashboardDocument, max_fields: u32) -> Pivots {
    let pivots: Vec<WidgetView<'_>> =
        document.widgets().filter(|widget| widget.is_pivot()).collect();
    let most = usize::try_from(max_fields).unwrap_or(usize::MAX);
    let wide = pivots
        .iter()
        .map(|widget| {
            let fields = Fields::of(*widget);
            WidePivot {
                dashboard_id: id.to_owned(),
                dashboard_title: document.title().map(str::to_owned),
                widget_id: widget.id().map(str::to_owned),
                widget_title: widget.title().map(str::to_owned),
                field_count: fields.rows + fields.columns + fields.values,
                max_fields,
                rows: fields.rows,
                columns: fields.columns,
                values: fields.values,
                disabled: fields.disabled,
            }
        })
        .filter(|row| row.field_count > most)
        .collect();
    Pivots { wide, checked: pivots.len() }
}

#[derive(Default)]
struct Fields {
    rows: usize,
    columns: usize,
    values: usize,
    disabled: usize,
}

impl Fields {
    fn of(widget: WidgetView<'_>) -> Self {
        let mut fields = Fields::default();
        for panel in widget.panels() {
            let disabled = panel.disabled_count();
            let queried = panel.items.len() - disabled;
            match panel.name.trim().to_lowercase().as_str() {
                "rows" => fields.rows += queried,
                "columns" => fields.columns += queried,
                // The panel of a saved widget, and its name in a query.
                "values" | "measures" => fields.values += queried,
                _ => continue,
            }
            fields.disabled += disabled;
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use super::*;

    fn items(count: usize, disabled: usize) -> Value {
        (0..count + disabled).map(|at| json!({"jaql": {}, "disabled": at >= count})).collect()
    }

    fn pivot(kind: &str, rows: Value, values: Value) -> Value {
        json!({"oid": "w", "title": "", "type": kind, "metadata": {"panels": [
            {"name": "rows", "items": rows}, {"name": "Values", "items": values},
            {"name": "columns", "items": items(1, 0)}, {"name": "filters", "items": items(30, 0)}]}})
    }

    fn wide(widgets: Value, max_fields: u32) -> Pivots {
        let document = json!({"oid": "d", "title": "Board", "widgets": widgets});
        wide_pivots("d", &DashboardDocument::from_value(document).unwrap(), max_fields)
    }

    #[test]
    fn twenty_fields_are_fine_and_twenty_one_are_too_many() {
        let widgets = json!([
            pivot("pivot2", items(15, 0), items(4, 0)),
            pivot("pivot", items(15, 0), items(5, 0)),
        ]);
        let found = wide(widgets, 20);
        assert_eq!((found.checked, found.wide.len()), (2, 1));
        let row = &found.wide[0];
        assert_eq!((row.field_count, row.rows, row.columns, row.values), (21, 15, 1, 5));
        assert_eq!((row.widget_title.as_deref(), row.max_fields), (None, 20));
    }

    #[test]
    fn fields_that_are_off_are_told_and_not_counted() {
        let found = wide(json!([pivot("pivot2", items(15, 3), items(4, 2))]), 19);
        let row = &found.wide[0];
        assert_eq!((row.field_count, row.disabled), (20, 5));
        assert!(wide(json!([pivot("pivot2", items(15, 3), items(4, 2))]), 20).wide.is_empty());
    }

    #[test]
    fn other_widgets_and_broken_ones_are_no_pivots() {
        let widgets = json!([
            pivot("chart/column", items(40, 0), items(0, 0)),
            {"oid": "x", "type": "pivot2", "metadata": null},
            {"oid": "y", "type": "pivot2", "metadata": {"panels": [{"name": "rows"}]}},
        ]);
        let found = wide(widgets, 1);
        assert_eq!((found.checked, found.wide.len()), (2, 0));
    }
}

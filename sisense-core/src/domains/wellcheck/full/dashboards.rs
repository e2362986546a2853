//! The checks of dashboards, on documents that come and go.

use super::findings::{self, MaxOf, OneDashboard};
use super::gaps::Gaps;
use super::meter::Meter;
use super::{Check, DashboardChecks, Finding};
use crate::documents::same_name;
use crate::domains::lookup::models::ModelRecord;
use crate::domains::wellcheck::load::{self, in_order};
use crate::domains::wellcheck::pivot_fields::wide_pivots;
use crate::domains::wellcheck::structure::structure;
use crate::domains::wellcheck::widget_counts::widget_count;
use crate::domains::wellcheck::{RunFullWellcheck, Wellcheck};
use crate::error::Result;

/// What the dashboards told.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) checks: DashboardChecks,
    pub(super) findings: Vec<Finding>,
    pub(super) checked: usize,
    pub(super) not_found: Vec<String>,
    pub(super) gaps: Gaps,
}

/// The checks that look at dashboards.
pub(super) const CHECKS: [Check; 5] = [
    Check::Structure,
    Check::WidgetCounts,
    Check::PivotFields,
    Check::FilterLevels,
    Check::MissingDatamodel,
];

impl Wellcheck {
    /// Check the dashboards that were named.
    pub(super) async fn dashboard_part(
        &self,
        params: &RunFullWellcheck,
        models: Option<&[ModelRecord]>,
        meter: &Meter<'_>,
    ) -> Result<Found> {
        let mut found = Found::default();
        if params.dashboards.is_empty() {
            return Ok(found);
        }
        let list = self.client.list_dashboards(Vec::new()).await?;
        let picked = load::pick_dashboards(list, &params.dashboards);
        found.not_found = picked.not_found;
        for missing in picked.missing {
            found.gaps.missed(&CHECKS, missing);
        }
        let total = picked.found.len();
        meter.expect(total);
        let done = meter.counter(move |n| format!("checked {n} of {total} dashboards"));
        let max = MaxOf {
            fields: params.max_pivot_fields,
            widgets: params.max_widgets,
            levels: params.max_filter_levels,
        };
        let mut rows = Vec::new();
        let read =
            load::read_dashboards(&self.client, &picked.found, done, |record, at, document| {
                let source = document.data_source().and_then(|source| source.title);
                let source = source.or_else(|| record.datasource_title());
                let gone = source.filter(|title| {
                    models.is_some_and(|all| !all.iter().any(|one| same_name(one.title(), title)))
                });
                let one = OneDashboard {
                    structure: structure(&record.oid, &document),
                    count: widget_count(&record.oid, &document),
                    pivots: wide_pivots(&record.oid, &document, max.fields).wide,
                    gone,
                };
                rows.push((at, one));
            })
            .await?;
        found.checked = read.checked;
        for missing in read.missing {
            found.gaps.missed(&CHECKS, missing);
        }
        for one in in_order(rows) {
            found.findings.extend(findings::of_dashboard(&one, max));
            found.checks.structure.push(one.structure);
            found.checks.widget_counts.push(one.count);
            found.checks.pivot_fields.extend(one.pivots);
        }
        Ok(found)
    }
}

//! All checks at once: each document is loaded once, and dropped when the checks have seen it.

mod dashboards;
mod datamodels;
mod findings;
mod gaps;
mod meter;

use futures_util::future::join;

use dashboards::Found as FoundDashboards;
use datamodels::Found as FoundDatamodels;
use gaps::Gaps;
use meter::Meter;

use super::load::{self, MOST_DASHBOARDS, MOST_MODELS};
use super::pivot_fields::at_least_one;
use super::{
    Check, CheckCount, DashboardChecks, DatamodelChecks, Finding, FullWellcheck, RunFullWellcheck,
    Severity, Wellcheck, WellcheckSummary, m2m,
};
use crate::domains::lookup::models::ModelRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Partial, Run};

const OPERATION: &str = "wellcheck.run_full_wellcheck";

impl Wellcheck {
    /// Run every well-check on dashboards and data models.
    ///
    /// First come the findings, the most severe first, each with what to do: many-to-many
    /// relations, data security on text or on columns that are gone, dashboards without a data
    /// model, data models never built, island tables, custom tables with `UNION`, import queries,
    /// relations on text, dashboards with many widgets or deep filters, wide pivots, widgets that
    /// are not on screen. Then what each check saw, as its own operation tells it, and what was not
    /// checked, with the reason. A check that fails is named and does not stop the others.
    ///
    /// Each dashboard and each data model is loaded once: one request per twenty dashboards, two
    /// per data model, and one count per key column, at most `max_queries`. In live models these
    /// run only with `include_live`. At most 5000 dashboards and 500 data models; `["*"]` means
    /// all.
    ///
    /// # Errors
    /// `invalid_input` when neither dashboards nor data models are named, `forbidden` when the
    /// token may read none of them.
    ///
    /// # Ask
    /// - Run a full well-check on everything
    /// - Do a health check of all dashboards and all data models
    /// - Run a full wellcheck of the data model Sample ECommerce
    /// - Check everything in the dashboard Pipeline
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    /// <!-- @streams -->
    pub async fn run_full_wellcheck(
        &self,
        run: &Run,
        params: RunFullWellcheck,
    ) -> Result<Partial<FullWellcheck>> {
        let limits = check(&params)?;
        let meter = Meter::new(run, OPERATION);
        let wants = (!params.dashboards.is_empty(), !params.datamodels.is_empty());
        // Whether a dashboard's data model exists is seen in the list of all of them.
        let list = match wants.0 {
            true => Some(self.client.list_models().await),
            false => None,
        };
        if let Some(Err(error)) = &list
            && error.kind() == ErrorKind::Unauthenticated
        {
            return Err(copy(error));
        }
        let known: Option<&[ModelRecord]> = list.as_ref().and_then(|l| l.as_deref().ok());
        let (boards, models) = join(
            self.dashboard_part(&params, known, &meter),
            self.datamodel_part(&params, known, limits, &meter),
        )
        .await;
        let mut gaps = Gaps::default();
        if let Some(Err(error)) = &list {
            gaps.lost(&[Check::MissingDatamodel], "the list of data models", copy(error));
        }
        let (boards, models) = both(boards, models, wants, &mut gaps)?;
        Ok(report(boards, models, gaps))
    }
}

/// Refuse wrong arguments before anything is sent.
fn check(params: &RunFullWellcheck) -> Result<m2m::Limits> {
    if params.dashboards.is_empty() && params.datamodels.is_empty() {
        return Err(Error::invalid("neither dashboards nor data models are named")
            .with_next_step("name some of them, or all with \"*\""));
    }
    if !params.dashboards.is_empty() {
        load::check("dashboard", &params.dashboards, MOST_DASHBOARDS)?;
    }
    if !params.datamodels.is_empty() {
        load::check("data model", &params.datamodels, MOST_MODELS)?;
    }
    at_least_one("max_pivot_fields", params.max_pivot_fields)?;
    at_least_one("max_widgets", params.max_widgets)?;
    at_least_one("max_filter_levels", params.max_filter_levels)?;
    m2m::limits(params.include_live, params.max_queries)
}

fn copy(error: &Error) -> Error {
    Error::from(error.report().clone())
}

/// What both parts found. One that fails as a whole is named, unless nothing else was wanted.
fn both(
    boards: Result<FoundDashboards>,
    models: Result<FoundDatamodels>,
    wants: (bool, bool),
    gaps: &mut Gaps,
) -> Result<(FoundDashboards, FoundDatamodels)> {
    let fatal = |error: &Error, other: bool| error.kind() == ErrorKind::Unauthenticated || !other;
    let models_fine = wants.1 && models.is_ok();
    let boards = match boards {
        Ok(boards) => boards,
        Err(error) if fatal(&error, models_fine) => return Err(error),
        Err(error) => {
            gaps.lost(&dashboards::CHECKS, "the dashboards", error);
            FoundDashboards::default()
        }
    };
    let models = match models {
        Ok(models) => models,
        Err(error) if fatal(&error, wants.0) => return Err(error),
        Err(error) => {
            gaps.lost(&datamodels::CHECKS, "the data models", error);
            FoundDatamodels::default()
        }
    };
    Ok((boards, models))
}

fn report(
    boards: FoundDashboards,
    models: FoundDatamodels,
    mut gaps: Gaps,
) -> Partial<FullWellcheck> {
    gaps.join(boards.gaps);
    gaps.join(models.gaps);
    let mut findings: Vec<Finding> = boards.findings;
    findings.extend(models.findings);
    findings.sort_by(|a, b| {
        let key = |one: &Finding| (one.severity, one.check);
        key(a).cmp(&key(b)).then_with(|| a.asset.title.cmp(&b.asset.title))
    });
    let of = |severity| findings.iter().filter(|one| one.severity == severity).count();
    let summary = WellcheckSummary {
        dashboards_checked: boards.checked,
        datamodels_checked: models.checked,
        high: of(Severity::High),
        medium: of(Severity::Medium),
        low: of(Severity::Low),
        info: of(Severity::Info),
        queries_run: models.queries_run,
        queries_skipped: models.queries_skipped,
    };
    let not_found = boards.not_found.into_iter().chain(models.not_found).collect();
    let value = FullWellcheck {
        summary,
        complete: gaps.not_checked.is_empty(),
        findings_by_check: by_check(&findings),
        findings,
        not_checked: gaps.not_checked,
        not_found,
        dashboards: boards.checks,
        datamodels: models.checks,
    };
    Partial { value, missing: gaps.missing }
}

fn by_check(findings: &[Finding]) -> Vec<CheckCount> {
    let mut counts: Vec<CheckCount> = Vec::new();
    for finding in findings {
        match counts.iter_mut().find(|count| count.check == finding.check) {
            Some(count) => count.findings += 1,
            None => counts.push(CheckCount { check: finding.check, findings: 1 }),
        }
    }
    counts.sort_by_key(|count| count.check);
    counts
}

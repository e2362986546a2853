//! Which columns of one data model nothing uses.

use futures_util::future::try_join;

use super::inputs::Inputs;
use super::{DashboardScope, GetUnusedColumns, UnusedColumns};
use crate::documents::{DashboardUse, UsageAnalysis, same_name};
use crate::domains::access::Access;
use crate::domains::lookup::about;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::models::Titled;
use crate::domains::lookup::scan::scan_dashboards;
use crate::error::Result;
use crate::run::{Partial, Run};

const OPERATION: &str = "access.get_unused_columns";

impl Access {
    /// Find the columns of a data model that nothing uses.
    ///
    /// One row per column with a verdict. `used`: a dashboard names it, with the places. `needed`:
    /// no dashboard does, but a relation, data security, a custom column or table, an accumulating
    /// build, a drill hierarchy or a shared formula. `unused`: nothing names it; only these may be
    /// removed or hidden. `unknown`: nothing that could be read names it, but not everything could
    /// be read, and what is missing is named. Also lists what dashboards name and the model no
    /// longer has.
    ///
    /// Looks at the dashboards whose data source is the model; `include_all_dashboards` looks at
    /// all, and so finds single widgets in dashboards on another model. Not seen are names in
    /// scripts, private copies of recipients and perspectives. Five or six requests, and one per
    /// twenty dashboards.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when two titles differ only in case,
    /// `forbidden` when the token may not list all dashboards.
    ///
    /// # Ask
    /// - Which columns of Sample ECommerce are not used in any dashboard?
    /// - Find unused fields in the cube Finance
    /// - What can I remove from the data model Sales without breaking anything?
    /// - Clean up the model Leads: which columns does nothing need?
    /// - List the unused columns of the cube Web
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    /// <!-- @streams -->
    pub async fn get_unused_columns(
        &self,
        run: &Run,
        params: GetUnusedColumns,
    ) -> Result<Partial<UnusedColumns>> {
        let model = Titled::from_value(self.client.find_model(&params.datamodel_name).await?)?;
        let scope = scope(params.include_all_dashboards);
        let mut analysis = UsageAnalysis::new(&model.document);
        let dashboards = async {
            let rows = self.dashboards_on(&model.title, scope).await?;
            let add = |document| analysis.add(&DashboardUse::of(&document));
            let done = told(run, OPERATION, rows.len());
            let failures = scan_dashboards(&self.client, &rows, done, add).await?;
            failures.each().for_each(|(_, failure)| analysis.fail(failure));
            Ok(failures.into_missing())
        };
        let (dashboards, inputs) = try_join(dashboards, Inputs::read(&self.client, &model)).await?;
        let report = analysis.finish(inputs.rules());
        let missing = inputs.missing.into_iter().chain(dashboards).collect();
        Ok(Partial { value: UnusedColumns { report, dashboard_scope: scope }, missing })
    }

    /// The dashboards on a model. Whether the server's filter minds the case is not known, so an
    /// empty answer is checked against the list of all.
    async fn dashboards_on(
        &self,
        title: &str,
        scope: DashboardScope,
    ) -> Result<Vec<DashboardRecord>> {
        if scope == DashboardScope::MainSource {
            let query = vec![("datasourceTitle", title.to_owned())];
            let rows = self.client.list_dashboards(query).await;
            let rows = rows.map_err(about("dashboards on data model", title))?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        let mut rows = self.client.list_dashboards(Vec::new()).await?;
        if scope == DashboardScope::MainSource {
            rows.retain(|row| is_on(row, title));
        }
        Ok(rows)
    }
}

pub(super) fn scope(all: bool) -> DashboardScope {
    if all { DashboardScope::All } else { DashboardScope::MainSource }
}

/// Tells how many dashboards are read.
pub(super) fn told(run: &Run, operation: &str, total: usize) -> impl Fn(usize) {
    move |done| {
        let message = format!("read {done} of {total} dashboards");
        run.progress(operation, message, done as u64, Some(total as u64));
    }
}

/// Whether a dashboard's own data source is this model, or is not told.
pub(super) fn is_on(row: &DashboardRecord, title: &str) -> bool {
    row.datasource_title().is_none_or(|own| same_name(&own, title))
}

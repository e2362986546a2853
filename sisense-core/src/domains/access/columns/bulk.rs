//! Which columns of several data models nothing uses.

use std::collections::HashSet;

use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::inputs::Inputs;
use super::unused::{is_on, scope, told};
use super::{DashboardScope, GetUnusedColumnsBulk, UnusedColumns, UnusedColumnsBulk};
use crate::documents::{DashboardDocument, DashboardUse, Totals, UsageAnalysis};
use crate::domains::access::Access;
use crate::domains::lookup::models::Titled;
use crate::domains::lookup::required;
use crate::domains::lookup::scan::scan_dashboards;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Partial, Run};

const OPERATION: &str = "access.get_unused_columns_bulk";
/// Most data models that one call looks at.
const MOST_MODELS: usize = 500;
/// How many data models are read at once.
const MODELS: usize = 4;
/// The reference that means all data models.
const ALL: &str = "*";

impl Access {
    /// Find the columns of several data models that nothing uses.
    ///
    /// Returns the report of `access.get_unused_columns` for each data model, and counts over all.
    /// At most 500 data models; `["*"]` means all. A reference that fits nothing is listed and does
    /// not stop the rest. The dashboards are listed once, and each is exported once, whoever uses
    /// it: four or five requests per data model, and one per twenty dashboards.
    ///
    /// # Errors
    /// `invalid_input` for an empty list or too many data models, `forbidden` when the token may
    /// not list all dashboards.
    ///
    /// # Ask
    /// - Find unused columns in all data models
    /// - Which columns of Sales and of Finance does no dashboard use?
    /// - List the unused fields of every cube
    /// - Compare several data models by their unused columns
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    /// <!-- @streams -->
    pub async fn get_unused_columns_bulk(
        &self,
        run: &Run,
        params: GetUnusedColumnsBulk,
    ) -> Result<Partial<UnusedColumnsBulk>> {
        check(&params.datamodels)?;
        let scope = scope(params.include_all_dashboards);
        let found = self.models(run, &params.datamodels).await?;
        let mut missing = found.missing;
        let mut models = Vec::new();
        if !found.models.is_empty() {
            let (reports, more) = self.judge(run, &found.models, scope).await?;
            models = reports;
            missing.extend(more);
        }
        let totals = Totals::of(models.iter().map(|model| &model.report));
        let value = UnusedColumnsBulk { models, not_found: found.not_found, totals };
        Ok(Partial { value, missing })
    }

    /// The data models of the references, each once.
    async fn models(&self, run: &Run, references: &[String]) -> Result<Found> {
        let all = references == [ALL];
        let references = if all {
            let rows = self.client.list_models().await?;
            within_limit(rows.len())?;
            rows.into_iter().map(|row| row.oid).collect()
        } else {
            references.to_vec()
        };
        let total = references.len() as u64;
        let mut reads = stream::iter(references)
            .map(|reference| async move {
                let read = if all {
                    self.client.get_model_by_id(&reference).await
                } else {
                    self.client.find_model(&reference).await
                };
                (reference, read.and_then(Titled::from_value))
            })
            .buffered(MODELS);
        let mut found = Found::default();
        let mut ids = HashSet::new();
        let mut refused = None;
        let mut done = 0;
        while let Some((reference, read)) = reads.next().await {
            match read {
                Ok(model) => {
                    let id = model.document.id().unwrap_or(&model.title).to_owned();
                    if ids.insert(id) {
                        found.models.push(model);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Unauthenticated => return Err(error),
                Err(error) => {
                    if error.kind() == ErrorKind::Forbidden {
                        refused.get_or_insert_with(|| Error::from(error.report().clone()));
                    }
                    if error.kind() == ErrorKind::NotFound {
                        found.not_found.push(reference.clone());
                    }
                    let what = format!("data model \"{reference}\"");
                    found.missing.push(Missing::new(what, error));
                }
            }
            done += 1;
            run.progress(
                OPERATION,
                format!("read {done} of {total} data models"),
                done,
                Some(total),
            );
        }
        match refused {
            // Nothing may be read at all: that is an error and no empty answer.
            Some(error) if found.models.is_empty() => Err(error),
            _ => Ok(found),
        }
    }

    /// One report per model, and what is missing from them.
    async fn judge(
        &self,
        run: &Run,
        models: &[Titled],
        scope: DashboardScope,
    ) -> Result<(Vec<UnusedColumns>, Vec<Missing>)> {
        let mut judges: Vec<UsageAnalysis<'_>> =
            models.iter().map(|model| UsageAnalysis::new(&model.document)).collect();
        let dashboards = async {
            let mut rows = self.client.list_dashboards(Vec::new()).await?;
            if scope == DashboardScope::MainSource {
                rows.retain(|row| models.iter().any(|model| is_on(row, &model.title)));
            }
            let show = |document: DashboardDocument| {
                let one = DashboardUse::of(&document);
                for judge in &mut judges {
                    if scope == DashboardScope::All || judge.concerns(&one) {
                        judge.add(&one);
                    }
                }
            };
            let failures =
                scan_dashboards(&self.client, &rows, told(run, OPERATION, rows.len()), show)
                    .await?;
            for (row, failure) in failures.each() {
                for (judge, model) in judges.iter_mut().zip(models) {
                    if scope == DashboardScope::All || is_on(row, &model.title) {
                        judge.fail(failure.clone());
                    }
                }
            }
            Ok(failures.into_missing())
        };
        // Made before the stream: a stream that makes them would not be free to move to a thread.
        let reads: Vec<_> = models.iter().map(|model| Inputs::read(&self.client, model)).collect();
        let inputs = stream::iter(reads).buffered(MODELS).try_collect::<Vec<Inputs>>();
        let (dashboards, inputs) = try_join(dashboards, inputs).await?;
        let mut missing = Vec::new();
        let mut reports = Vec::new();
        for (judge, inputs) in judges.into_iter().zip(inputs) {
            let report = judge.finish(inputs.rules());
            reports.push(UnusedColumns { report, dashboard_scope: scope });
            missing.extend(inputs.missing);
        }
        missing.extend(dashboards);
        Ok((reports, missing))
    }
}

/// What the references stand for.
#[derive(Default)]
struct Found {
    models: Vec<Titled>,
    not_found: Vec<String>,
    missing: Vec<Missing>,
}

/// Refuse a wrong list before anything is sent.
fn check(references: &[String]) -> Result<()> {
    if references.is_empty() {
        return Err(Error::invalid("the list of data models is empty")
            .with_next_step("name at least one data model, or all with \"*\""));
    }
    if references.len() > 1 && references.iter().any(|reference| reference == ALL) {
        return Err(Error::invalid("\"*\" means all data models and stands alone"));
    }
    references
        .iter()
        .try_for_each(|reference| required("a data model's title or id", reference))?;
    within_limit(references.len())
}

fn within_limit(count: usize) -> Result<()> {
    if count > MOST_MODELS {
        return Err(Error::invalid(format!(
            "one call looks at no more than {MOST_MODELS} data models, and these are {count}"
        ))
        .with_next_step("name fewer data models"));
    }
    Ok(())
}

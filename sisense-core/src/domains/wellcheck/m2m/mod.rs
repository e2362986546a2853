//! Which relations are many-to-many.

mod count;
mod judge;
mod plan;
#[cfg(test)]
mod tests;

pub(super) use count::{Counted, Limits, count};
pub(super) use plan::Plan;

use super::each;
use super::load::{self, Also, MOST_MODELS};
use super::pivot_fields::at_least_one;
use super::{CheckDatamodelM2mRelationships, ManyToManyCheck, RelationCheck, Wellcheck};
use crate::error::{Error, Result};
use crate::run::Partial;

/// Most counts that one call may run.
const MOST_QUERIES: u32 = 5_000;

impl Wellcheck {
    /// Find many-to-many relations by counting their keys.
    ///
    /// One row per pair of columns that a relation joins. A side is unique when no value is there
    /// twice, nulls left out; where neither side is, rows multiply. Two tables that several
    /// relations join are judged by all columns together. What could not be counted is `null` with
    /// a reason. The definition is the draft, the counts are of the last build, under the data
    /// security of the caller.
    ///
    /// One count runs per key column, four at once and at most `max_queries`. In live models they
    /// cost time and money of the warehouse, so they run only with `include_live`. At most 500 data
    /// models; `["*"]` means all. A reference that fits none, or several, is named and does not
    /// stop the rest.
    ///
    /// # Errors
    /// `invalid_input` for an empty list or limit, `forbidden` when the token may not read data
    /// models. A token that may not run SQL gives a part without verdicts.
    ///
    /// # Ask
    /// - Does Sample ECommerce have many-to-many relations?
    /// - Check the relations of the cube Finance for m2m
    /// - Find many to many joins in all data models
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn check_datamodel_m2m_relationships(
        &self,
        params: CheckDatamodelM2mRelationships,
    ) -> Result<Partial<ManyToManyCheck>> {
        load::check("data model", &params.datamodels, MOST_MODELS)?;
        let limits = limits(params.include_live, params.max_queries)?;
        let mut plans = Vec::new();
        let mut read = each::model(&self.client, &params.datamodels, Also::Nothing, |model| {
            plans.push(Plan::of(&model.titled));
        })
        .await?;
        let mut counted = count(&self.client, &plans, limits, |_, _| {}).await?;
        read.missing.append(&mut counted.missing);
        let relations = verdicts(&plans, &counted);
        let value = ManyToManyCheck {
            m2m_count: relations.iter().filter(|row| row.is_m2m == Some(true)).count(),
            unknown_count: relations.iter().filter(|row| row.is_m2m.is_none()).count(),
            dropped_count: plans.iter().map(|plan| plan.dropped).sum(),
            relations,
            queries_run: counted.queries_run,
            queries_skipped: counted.queries_skipped,
            live_not_counted: counted.live_not_counted,
            datamodels_checked: read.checked,
            not_found: read.not_found,
        };
        Ok(Partial { value, missing: read.missing })
    }
}

/// Refuse a number of counts that is none, or too many.
pub(super) fn limits(include_live: bool, max_queries: u32) -> Result<Limits> {
    at_least_one("max_queries", max_queries)?;
    if max_queries > MOST_QUERIES {
        return Err(Error::invalid(format!(
            "max_queries is at most {MOST_QUERIES}: {max_queries}"
        )));
    }
    Ok(Limits { include_live, max_queries: usize::try_from(max_queries).unwrap_or(usize::MAX) })
}

/// The verdicts on all relations, in the order of the data models.
pub(super) fn verdicts(plans: &[Plan], counted: &Counted) -> Vec<RelationCheck> {
    plans
        .iter()
        .zip(&counted.answers)
        .flat_map(|(plan, answers)| judge::judge(plan, answers))
        .collect()
}

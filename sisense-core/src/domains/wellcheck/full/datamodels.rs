//! The checks of data models: first on their documents, then by counting keys.

use super::findings;
use super::gaps::Gaps;
use super::meter::Meter;
use super::{Check, DatamodelChecks, Finding};
use crate::domains::lookup::models::ModelRecord;
use crate::domains::wellcheck::custom_tables::custom_tables;
use crate::domains::wellcheck::import_queries::import_queries;
use crate::domains::wellcheck::island_tables::island_tables;
use crate::domains::wellcheck::load::{self, Also, Model};
use crate::domains::wellcheck::m2m::{self, Plan};
use crate::domains::wellcheck::rls_datatypes::secured;
use crate::domains::wellcheck::{RunFullWellcheck, Wellcheck};
use crate::error::Result;

/// What the data models told.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) checks: DatamodelChecks,
    pub(super) findings: Vec<Finding>,
    pub(super) checked: usize,
    pub(super) queries_run: usize,
    pub(super) queries_skipped: usize,
    pub(super) not_found: Vec<String>,
    pub(super) gaps: Gaps,
}

/// The checks that look at data models.
pub(super) const CHECKS: [Check; 8] = [
    Check::M2mRelationships,
    Check::RlsDatatypes,
    Check::NeverBuilt,
    Check::BrokenRelations,
    Check::IslandTables,
    Check::CustomTables,
    Check::ImportQueries,
    Check::TextKeys,
];

impl Wellcheck {
    /// Check the data models that were named.
    pub(super) async fn datamodel_part(
        &self,
        params: &RunFullWellcheck,
        list: Option<&[ModelRecord]>,
        limits: m2m::Limits,
        meter: &Meter<'_>,
    ) -> Result<Found> {
        let mut found = Found::default();
        if params.datamodels.is_empty() {
            return Ok(found);
        }
        let references = load::model_references(&self.client, &params.datamodels, list).await?;
        let total = references.count();
        meter.expect(total);
        let done = meter.counter(move |n| format!("checked {n} of {total} data models"));
        let mut plans = Vec::new();
        let read = load::read_models(&self.client, references, Also::Security, done, |model| {
            found.take(&model);
            plans.push(Plan::of(&model.titled));
        })
        .await?;
        found.checked = read.checked;
        found.not_found = read.not_found;
        for missing in read.missing {
            found.gaps.missed(&CHECKS, missing);
        }
        self.relations(&plans, limits, meter, &mut found).await?;
        Ok(found)
    }

    async fn relations(
        &self,
        plans: &[Plan],
        limits: m2m::Limits,
        meter: &Meter<'_>,
        found: &mut Found,
    ) -> Result<()> {
        let keys: usize = plans.iter().map(|plan| plan.keys.len()).sum();
        meter.expect(keys.min(limits.max_queries));
        let done = meter.counter(|n| format!("counted {n} keys of relations"));
        let counted = m2m::count(&self.client, plans, limits, |n, _| done(n)).await?;
        found.queries_run = counted.queries_run;
        found.queries_skipped = counted.queries_skipped;
        let rows = m2m::verdicts(plans, &counted);
        found.findings.extend(findings::of_relations(&rows));
        found.checks.m2m_relationships = rows;
        for missing in counted.missing {
            found.gaps.missed(&[Check::M2mRelationships], missing);
        }
        for title in counted.live_not_counted {
            let what = format!("relations of \"{title}\"");
            let why = "a live model: counting its keys costs its warehouse; give include_live";
            found.gaps.left_out(Check::M2mRelationships, what, why);
        }
        Ok(())
    }
}

impl Found {
    /// Run the checks that need nothing but the document and its security.
    fn take(&mut self, model: &Model) {
        let titled = &model.titled;
        let custom = custom_tables(titled);
        let imports = import_queries(titled);
        let islands = island_tables(titled);
        let secured = secured(model);
        if let Some(missing) = secured.missing {
            self.gaps.missed(&[Check::RlsDatatypes], missing);
        }
        self.findings.extend(findings::of_model(titled));
        self.findings.extend(findings::of_custom_tables(&custom));
        self.findings.extend(findings::of_import_queries(titled, &imports));
        self.findings.extend(findings::of_islands(&islands));
        self.findings.extend(findings::of_security(&secured.columns));
        self.checks.custom_tables.extend(custom);
        self.checks.import_queries.extend(imports);
        self.checks.island_tables.extend(islands);
        self.checks.rls_datatypes.extend(secured.columns);
    }
}

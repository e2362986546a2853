//! The analysis itself: from documents to one verdict per column.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::dashboard::{DashboardUse, WITHOUT_WIDGETS};
use super::protect::Protection;
use super::{
    ColumnUsage, DashboardFailure, Doubt, Need, UnmatchedReference, UsageReport, UsedBy, Verdict,
};
use crate::documents::dashboard::DashboardDocument;
use crate::documents::datasource::same_name;
use crate::documents::model::ModelDocument;
use crate::documents::references::{PlaceSource, Reference};
use crate::documents::resolve::{ColumnKey, ModelIndex};

/// What the analysis works on. `None` means that it could not be loaded, which is not the same as
/// an empty list.
#[derive(Clone, Copy, Debug)]
pub struct UsageInput<'a> {
    /// The model whose columns are judged.
    pub model: &'a ModelDocument,
    /// The dashboards, with their widgets. One that is there twice counts once.
    pub dashboards: &'a [DashboardDocument],
    /// Dashboards that could not be loaded.
    pub dashboards_failed: &'a [DashboardFailure],
    /// Whether there may be dashboards that nobody listed, such as those the caller cannot see.
    pub dashboards_incomplete: bool,
    /// Data security rules and scopes, of extract or live models.
    pub security: Option<&'a [Value]>,
    /// Drill hierarchies.
    pub hierarchies: Option<&'a [Value]>,
    /// Saved formulas.
    pub formulas: Option<&'a [Value]>,
}

/// What a model and its rules need, apart from dashboards. `None` is what could not be loaded.
#[derive(Clone, Copy, Debug, Default)]
pub struct ModelRules<'a> {
    /// Data security rules and scopes.
    pub security: Option<&'a [Value]>,
    /// Drill hierarchies.
    pub hierarchies: Option<&'a [Value]>,
    /// Saved formulas.
    pub formulas: Option<&'a [Value]>,
}

/// Judge every column of a model.
///
/// A column is `used` when a dashboard names it, else `needed` when a relation, a rule, an
/// expression, a build, a hierarchy, a formula or a perspective does. What is left is `unused` only
/// when everything that could have named it was read, and `unknown` otherwise.
#[must_use]
pub fn analyse_usage(input: &UsageInput<'_>) -> UsageReport {
    let mut analysis = UsageAnalysis::new(input.model);
    input.dashboards_failed.iter().for_each(|failure| analysis.fail(failure.clone()));
    input.dashboards.iter().for_each(|dashboard| analysis.add(&DashboardUse::of(dashboard)));
    if input.dashboards_incomplete {
        analysis.incomplete();
    }
    analysis.finish(ModelRules {
        security: input.security,
        hierarchies: input.hierarchies,
        formulas: input.formulas,
    })
}

/// The analysis step by step, for dashboards that are too many to be held at once.
#[derive(Debug)]
pub struct UsageAnalysis<'a> {
    model: &'a ModelDocument,
    index: ModelIndex,
    names: Vec<String>,
    scan: Scan,
}

impl<'a> UsageAnalysis<'a> {
    /// Start with a model and no dashboards.
    #[must_use]
    pub fn new(model: &'a ModelDocument) -> Self {
        let scan = Scan::default();
        UsageAnalysis { model, index: model.index(), names: names_of(model), scan }
    }

    /// Whether a dashboard is about this model: by its own data source, by that of a widget or a
    /// filter, or perhaps, where no data source is named.
    #[must_use]
    pub fn concerns(&self, dashboard: &DashboardUse) -> bool {
        dashboard.unsourced || self.names.iter().any(|name| dashboard.names(name))
    }

    /// Look at one dashboard. One that was there before counts once.
    pub fn add(&mut self, dashboard: &DashboardUse) {
        let concerns = self.concerns(dashboard);
        self.scan.dashboard(dashboard, concerns, &self.names, &self.index);
    }

    /// Say that a dashboard could not be loaded.
    pub fn fail(&mut self, failure: DashboardFailure) {
        self.scan.failed.push(failure);
    }

    /// Say that there may be dashboards that nobody listed.
    pub fn incomplete(&mut self) {
        self.scan.incomplete = true;
    }

    /// Come to a conclusion about every column.
    #[must_use]
    pub fn finish(self, rules: ModelRules<'_>) -> UsageReport {
        let mut protection = Protection::read(self.model, rules, &self.index);
        for key in &self.scan.in_hierarchies {
            protection.need(*key, Need::Hierarchy);
        }
        if self.scan.incomplete || !self.scan.failed.is_empty() {
            protection.general.insert(Doubt::Dashboards);
        }
        report(self.model, self.scan, &protection)
    }
}

/// The titles under which dashboards may name the model: its own first, then its perspectives'.
fn names_of(model: &ModelDocument) -> Vec<String> {
    let perspectives = model.perspectives().into_iter().filter(|p| !p.is_default);
    let title = model.title().unwrap_or("").to_owned();
    std::iter::once(title).chain(perspectives.filter_map(|p| p.name)).collect()
}

/// What was found in the dashboards.
#[derive(Debug, Default)]
struct Scan {
    seen: HashSet<String>,
    scanned: usize,
    with_scripts: usize,
    failed: Vec<DashboardFailure>,
    incomplete: bool,
    used: BTreeMap<ColumnKey, BTreeSet<UsedBy>>,
    in_hierarchies: BTreeSet<ColumnKey>,
    unmatched: Vec<UnmatchedReference>,
}

impl Scan {
    fn dashboard(
        &mut self,
        dashboard: &DashboardUse,
        concerns: bool,
        names: &[String],
        index: &ModelIndex,
    ) {
        let DashboardUse { id, title, .. } = dashboard;
        if id.as_ref().is_some_and(|id| !self.seen.insert(id.clone())) {
            return;
        }
        if !dashboard.holds_widgets {
            self.failed.push(DashboardFailure {
                dashboard_id: id.clone(),
                title: title.clone(),
                reason: WITHOUT_WIDGETS.to_owned(),
            });
            return;
        }
        self.scanned += 1;
        self.with_scripts += usize::from(dashboard.has_script);
        if !concerns {
            return;
        }
        for reference in &dashboard.references {
            let on = Source::of(reference, names);
            if on == Source::Other {
                continue;
            }
            match index.resolve(&reference.dim) {
                // An export repeats the model's hierarchies; the dashboard does not use them by
                // that.
                Some(key) if reference.place.source == PlaceSource::Hierarchy => {
                    self.in_hierarchies.insert(key);
                }
                Some(key) => {
                    let place = place_of(reference);
                    let by = UsedBy { dashboard_id: id.clone(), title: title.clone(), place };
                    self.used.entry(key).or_default().insert(by);
                }
                None if on == Source::Model => {
                    let found = UnmatchedReference {
                        dashboard_id: id.clone(),
                        title: title.clone(),
                        place: place_of(reference),
                        dim: reference.dim.clone(),
                    };
                    if !self.unmatched.contains(&found) {
                        self.unmatched.push(found);
                    }
                }
                None => {}
            }
        }
    }
}

/// Whose data a reference is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// This model's.
    Model,
    /// Perhaps this model's: no data source is named, or one of its perspectives.
    Perhaps,
    /// Another model's.
    Other,
}

impl Source {
    fn of(reference: &Reference, names: &[String]) -> Self {
        let Some(own) = reference.datasource_title.as_deref() else { return Source::Perhaps };
        match names.iter().position(|name| same_name(name, own)) {
            Some(0) => Source::Model,
            Some(_) => Source::Perhaps,
            None => Source::Other,
        }
    }
}

fn place_of(reference: &Reference) -> String {
    let place = reference.place.describe();
    if reference.disabled { format!("{place}, switched off") } else { place }
}

fn report(model: &ModelDocument, mut scan: Scan, protection: &Protection) -> UsageReport {
    let mut columns = Vec::new();
    for (t, table) in model.tables().enumerate() {
        for (c, column) in table.columns.iter().enumerate() {
            let key = ColumnKey { table: t, column: c };
            let used_by: Vec<UsedBy> =
                scan.used.remove(&key).unwrap_or_default().into_iter().collect();
            let needed_by: Vec<Need> =
                protection.needs.get(&key).into_iter().flatten().copied().collect();
            let own = protection.doubts.get(&key).into_iter().flatten();
            let doubts: BTreeSet<Doubt> = protection.general.iter().chain(own).copied().collect();
            let verdict = match (used_by.is_empty(), needed_by.is_empty(), doubts.is_empty()) {
                (false, _, _) => Verdict::Used,
                (true, false, _) => Verdict::Needed,
                (true, true, false) => Verdict::Unknown,
                (true, true, true) => Verdict::Unused,
            };
            columns.push(ColumnUsage {
                table: table.name.clone(),
                column: column.name.clone(),
                column_id: column.id.clone(),
                used: verdict == Verdict::Used,
                used_by,
                needed_by,
                doubts: if verdict == Verdict::Unknown {
                    doubts.into_iter().collect()
                } else {
                    Vec::new()
                },
                verdict,
            });
        }
    }
    let count = |verdict| columns.iter().filter(|column| column.verdict == verdict).count();
    UsageReport {
        datamodel_id: model.id().map(str::to_owned),
        datamodel_name: model.title().unwrap_or_default().to_owned(),
        total_columns: columns.len(),
        used_count: count(Verdict::Used),
        needed_count: count(Verdict::Needed),
        unused_count: count(Verdict::Unused),
        unknown_count: count(Verdict::Unknown),
        columns,
        dashboards_scanned: scan.scanned,
        dashboards_with_scripts: scan.with_scripts,
        dashboards_failed: scan.failed,
        unmatched_references: scan.unmatched,
    }
}

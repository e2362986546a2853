//! Which columns of a model are used, and which must stay although no dashboard names them.

mod analyse;
mod dashboard;
mod protect;

pub use analyse::{ModelRules, UsageAnalysis, UsageInput, analyse_usage};
pub use dashboard::DashboardUse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known about one column.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A dashboard names it.
    Used,
    /// No dashboard names it, but the model or its rules need it.
    Needed,
    /// Nothing names it. Only these may be offered for removal or hiding.
    Unused,
    /// Nothing that could be read names it, but not everything could be read.
    Unknown,
}

/// What needs a column, apart from dashboards.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A relation joins on it.
    Relation,
    /// A data security rule or scope restricts by it.
    Security,
    /// A custom column or custom table names it.
    CustomExpression,
    /// A build appends or recognizes rows by it.
    Accumulation,
    /// It is a level of a drill hierarchy.
    Hierarchy,
    /// A saved formula names it.
    Formula,
    /// A perspective holds it.
    Perspective,
}

/// What could not be read, so that the column may be used after all.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// A dashboard, or the list of dashboards, could not be loaded.
    Dashboards,
    /// The data security rules could not be loaded or not be read.
    Security,
    /// The drill hierarchies could not be loaded.
    Hierarchies,
    /// The saved formulas could not be loaded.
    Formulas,
    /// The SQL of a custom table or column could not be read.
    CustomSql,
    /// A relation names it but marks its end as dropped.
    DroppedRelation,
}

/// Which columns of one data model are used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UsageReport {
    /// Id of the data model.
    pub datamodel_id: Option<String>,
    /// Title of the data model.
    pub datamodel_name: String,
    /// One row per column, in the order of the model.
    pub columns: Vec<ColumnUsage>,
    /// How many columns the model has.
    pub total_columns: usize,
    /// How many of them a dashboard names.
    pub used_count: usize,
    /// How many no dashboard names but the model or its rules need.
    pub needed_count: usize,
    /// How many nothing names.
    pub unused_count: usize,
    /// How many may be used, because not everything could be read.
    pub unknown_count: usize,
    /// How many dashboards were read.
    pub dashboards_scanned: usize,
    /// How many of them carry a script. Columns that only a script names are not seen.
    pub dashboards_with_scripts: usize,
    /// Dashboards that could not be read.
    pub dashboards_failed: Vec<DashboardFailure>,
    /// Columns that dashboards name and the model does not have.
    pub unmatched_references: Vec<UnmatchedReference>,
}

/// One column of the model and what is known about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnUsage {
    /// Name of the table.
    pub table: String,
    /// Name of the column.
    pub column: String,
    /// Id of the column.
    pub column_id: Option<String>,
    /// Whether a dashboard names it.
    pub used: bool,
    /// Where dashboards name it.
    pub used_by: Vec<UsedBy>,
    /// What else needs it.
    pub needed_by: Vec<Need>,
    /// What could not be read that might name it. Empty unless the verdict is `unknown`.
    pub doubts: Vec<Doubt>,
    /// The conclusion.
    pub verdict: Verdict,
}

/// One place where a dashboard names a column.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct UsedBy {
    /// Id of the dashboard.
    pub dashboard_id: Option<String>,
    /// Title of the dashboard.
    pub title: Option<String>,
    /// The place in a few words, such as `dashboard filter`.
    #[serde(rename = "where")]
    pub place: String,
}

/// A dashboard that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DashboardFailure {
    /// Id of the dashboard.
    pub dashboard_id: Option<String>,
    /// Title of the dashboard, where it is known.
    pub title: Option<String>,
    /// Why it could not be read.
    pub reason: String,
}

/// A column that a dashboard names and the model does not have: the dashboard is broken there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnmatchedReference {
    /// Id of the dashboard.
    pub dashboard_id: Option<String>,
    /// Title of the dashboard.
    pub title: Option<String>,
    /// The column as the dashboard writes it.
    pub dim: String,
    /// The place in a few words.
    #[serde(rename = "where")]
    pub place: String,
}

/// Counts over several models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// How many models.
    pub models: usize,
    /// How many columns they have.
    pub total_columns: usize,
    /// How many of them a dashboard names.
    pub used_count: usize,
    /// How many no dashboard names but a model or its rules need.
    pub needed_count: usize,
    /// How many nothing names.
    pub unused_count: usize,
    /// How many may be used, because not everything could be read.
    pub unknown_count: usize,
}

impl Totals {
    /// Add up the counts of several models.
    #[must_use]
    pub fn of<'a>(reports: impl IntoIterator<Item = &'a UsageReport>) -> Self {
        reports.into_iter().fold(Totals::default(), |totals, report| Totals {
            models: totals.models + 1,
            total_columns: totals.total_columns + report.total_columns,
            used_count: totals.used_count + report.used_count,
            needed_count: totals.needed_count + report.needed_count,
            unused_count: totals.unused_count + report.unused_count,
            unknown_count: totals.unknown_count + report.unknown_count,
        })
    }
}

//! Results of the full well-check.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CustomTable, DashboardStructure, DashboardWidgetCount, IslandTable, RelationCheck,
    SecuredColumn, TableImportQuery, WidePivot,
};

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Numbers may be wrong, something does not work, or people may see too much.
    High,
    /// It makes things slow or hard to use.
    Medium,
    /// Untidy, or slower than it could be.
    Low,
    /// Good to know.
    Info,
}

/// What was checked.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// Many-to-many relations.
    M2mRelationships,
    /// Data security by columns that are no numbers, or that are gone.
    RlsDatatypes,
    /// Dashboards whose data model is not there.
    MissingDatamodel,
    /// Data models that were never built or published.
    NeverBuilt,
    /// Relations that name columns which are gone.
    BrokenRelations,
    /// Tables that nothing joins.
    IslandTables,
    /// Custom tables.
    CustomTables,
    /// Tables that are filled by a query of their own.
    ImportQueries,
    /// Relations by columns of text.
    TextKeys,
    /// Tabs, accordions, jumps.
    Structure,
    /// How many widgets a dashboard has, and whether they are on screen.
    WidgetCounts,
    /// Pivot tables with many fields.
    PivotFields,
    /// Dependent filters with many levels.
    FilterLevels,
}

/// The kind of thing that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundIn {
    /// A dashboard.
    Dashboard,
    /// A data model.
    Datamodel,
}

/// The thing that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct FindingAsset {
    /// What it is.
    pub kind: FoundIn,
    /// Its id.
    pub id: Option<String>,
    /// Its title.
    pub title: Option<String>,
}

/// Something that should be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Which check found it.
    pub check: Check,
    /// The dashboard or data model.
    pub asset: FindingAsset,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub what_to_do: String,
}

/// Something that was not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct NotChecked {
    /// The checks that did not look at it.
    pub checks: Vec<Check>,
    /// What was not checked, such as `data model "Sales"`.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct WellcheckSummary {
    /// Dashboards that were looked at.
    pub dashboards_checked: usize,
    /// Data models that were looked at.
    pub datamodels_checked: usize,
    /// Findings of each severity.
    pub high: usize,
    /// Findings of each severity.
    pub medium: usize,
    /// Findings of each severity.
    pub low: usize,
    /// Findings of each severity.
    pub info: usize,
    /// Counts of keys that ran.
    pub queries_run: usize,
    /// Counts of keys that did not run, because of `max_queries`.
    pub queries_skipped: usize,
}

/// How many findings one check has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CheckCount {
    /// The check.
    pub check: Check,
    /// How many findings it has.
    pub findings: usize,
}

/// What each check of dashboards saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DashboardChecks {
    /// As of `wellcheck.check_dashboard_structure`.
    pub structure: Vec<DashboardStructure>,
    /// As of `wellcheck.check_dashboard_widget_counts`.
    pub widget_counts: Vec<DashboardWidgetCount>,
    /// As of `wellcheck.check_pivot_widget_fields`.
    pub pivot_fields: Vec<WidePivot>,
}

/// What each check of data models saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatamodelChecks {
    /// As of `wellcheck.check_datamodel_custom_tables`.
    pub custom_tables: Vec<CustomTable>,
    /// As of `wellcheck.check_datamodel_import_queries`.
    pub import_queries: Vec<TableImportQuery>,
    /// As of `wellcheck.check_datamodel_island_tables`.
    pub island_tables: Vec<IslandTable>,
    /// As of `wellcheck.check_datamodel_m2m_relationships`.
    pub m2m_relationships: Vec<RelationCheck>,
    /// As of `wellcheck.check_datamodel_rls_datatypes`.
    pub rls_datatypes: Vec<SecuredColumn>,
}

/// What all checks found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct FullWellcheck {
    /// How many findings there are.
    pub summary: WellcheckSummary,
    /// Whether every check looked at everything.
    pub complete: bool,
    /// What should be looked at, the most severe first.
    pub findings: Vec<Finding>,
    /// Findings of each check that has some.
    pub findings_by_check: Vec<CheckCount>,
    /// What was not checked, and why.
    pub not_checked: Vec<NotChecked>,
    /// References that fit no dashboard or data model.
    pub not_found: Vec<String>,
    /// What each check of dashboards saw.
    pub dashboards: DashboardChecks,
    /// What each check of data models saw.
    pub datamodels: DatamodelChecks,
}

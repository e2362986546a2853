//! Results of the operations about columns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::documents::{Totals, UsageReport};

/// One column of a data model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DatamodelColumn {
    /// The id of the data model.
    pub datamodel_id: Option<String>,
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// The id of the dataset.
    pub dataset_id: Option<String>,
    /// The id of the table.
    pub table_id: Option<String>,
    /// The name of the table.
    pub table: String,
    /// The id of the column.
    pub column_id: Option<String>,
    /// The name of the column, which dashboards use; the name shown to people may be another.
    pub column: String,
    /// The numeric code of the type.
    pub column_type: Option<i64>,
    /// The name of the type; `code <n>` for an unknown code.
    pub type_name: Option<String>,
    /// Whether the column is hidden.
    pub hidden: bool,
    /// Whether the table is hidden.
    pub table_hidden: bool,
    /// Whether the column is computed inside the model.
    pub is_custom: bool,
}

/// Which dashboards were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DashboardScope {
    /// Those whose own data source is the data model. A single widget on it in a dashboard on
    /// another model was not looked for.
    MainSource,
    /// All of the deployment.
    All,
}

/// Which columns of one data model are used, needed, unused or unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct UnusedColumns {
    /// What was found.
    #[serde(flatten)]
    pub report: UsageReport,
    /// Which dashboards were looked at.
    pub dashboard_scope: DashboardScope,
}

/// Which columns of several data models are used, needed, unused or unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct UnusedColumnsBulk {
    /// One report per data model, in the order of the request.
    pub models: Vec<UnusedColumns>,
    /// References that fit no data model.
    pub not_found: Vec<String>,
    /// Counts over all reports.
    pub totals: Totals,
}

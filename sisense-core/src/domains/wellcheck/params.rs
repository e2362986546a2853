//! Arguments of the `wellcheck` operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many fields a pivot may have, where nobody says.
const MAX_FIELDS: u32 = 20;
/// How many widgets a dashboard may have, where nobody says.
const MAX_WIDGETS: u32 = 20;
/// How deep dependent filters may be, where nobody says.
const MAX_FILTER_LEVELS: u32 = 3;
/// How many counts run, where nobody says.
const MAX_QUERIES: u32 = 200;

fn max_fields() -> u32 {
    MAX_FIELDS
}

fn max_widgets() -> u32 {
    MAX_WIDGETS
}

fn max_filter_levels() -> u32 {
    MAX_FILTER_LEVELS
}

fn max_queries() -> u32 {
    MAX_QUERIES
}

/// Arguments of the checks that look at dashboards and take nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckDashboards {
    /// The dashboards' ids or titles, at least one; `["*"]` means all, the first 5000 of them.
    #[schemars(length(min = 1, max = 5000), inner(length(min = 1)))]
    pub dashboards: Vec<String>,
}

/// Arguments of [`super::Wellcheck::check_pivot_widget_fields`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckPivotWidgetFields {
    /// The dashboards' ids or titles, at least one; `["*"]` means all, the first 5000 of them.
    #[schemars(length(min = 1, max = 5000), inner(length(min = 1)))]
    pub dashboards: Vec<String>,
    /// How many fields a pivot may have. Default 20.
    #[serde(default = "max_fields")]
    #[schemars(range(min = 1))]
    pub max_fields: u32,
}

/// Arguments of the checks that look at data models and take nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckDatamodels {
    /// The data models' ids or titles, at least one; `["*"]` means all, the first 500 of them.
    #[schemars(length(min = 1, max = 500), inner(length(min = 1)))]
    pub datamodels: Vec<String>,
}

/// Arguments of [`super::Wellcheck::check_datamodel_m2m_relationships`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckDatamodelM2mRelationships {
    /// The data models' ids or titles, at least one; `["*"]` means all, the first 500 of them.
    #[schemars(length(min = 1, max = 500), inner(length(min = 1)))]
    pub datamodels: Vec<String>,
    /// Whether to count in live models too. Each count runs on their warehouse and may cost money
    /// there. Default false: their relations are listed and not counted.
    #[serde(default)]
    pub include_live: bool,
    /// Most counts that run, one per key column. Default 200, at most 5000.
    #[serde(default = "max_queries")]
    #[schemars(range(min = 1, max = 5000))]
    pub max_queries: u32,
}

/// Arguments of [`super::Wellcheck::run_full_wellcheck`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunFullWellcheck {
    /// The dashboards' ids or titles; `["*"]` means all, the first 5000 of them. Default none, but
    /// dashboards or data models must be named.
    #[serde(default)]
    #[schemars(length(max = 5000), inner(length(min = 1)))]
    pub dashboards: Vec<String>,
    /// The data models' ids or titles; `["*"]` means all, the first 500 of them. Default none, but
    /// dashboards or data models must be named.
    #[serde(default)]
    #[schemars(length(max = 500), inner(length(min = 1)))]
    pub datamodels: Vec<String>,
    /// How many fields a pivot may have. Default 20.
    #[serde(default = "max_fields")]
    #[schemars(range(min = 1))]
    pub max_pivot_fields: u32,
    /// How many widgets a dashboard may have. Default 20.
    #[serde(default = "max_widgets")]
    #[schemars(range(min = 1))]
    pub max_widgets: u32,
    /// How many levels a dependent filter of a dashboard may have. Default 3.
    #[serde(default = "max_filter_levels")]
    #[schemars(range(min = 1))]
    pub max_filter_levels: u32,
    /// Whether to count the keys of live models too. Each count runs on their warehouse and may
    /// cost money there. Default false.
    #[serde(default)]
    pub include_live: bool,
    /// Most counts of keys that run, one per key column. Default 200, at most 5000.
    #[serde(default = "max_queries")]
    #[schemars(range(min = 1, max = 5000))]
    pub max_queries: u32,
}

impl RunFullWellcheck {
    /// Check these dashboards and data models, with the default limits.
    #[must_use]
    pub fn new(dashboards: Vec<String>, datamodels: Vec<String>) -> Self {
        RunFullWellcheck {
            dashboards,
            datamodels,
            max_pivot_fields: MAX_FIELDS,
            max_widgets: MAX_WIDGETS,
            max_filter_levels: MAX_FILTER_LEVELS,
            include_live: false,
            max_queries: MAX_QUERIES,
        }
    }
}

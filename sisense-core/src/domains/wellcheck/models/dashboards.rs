//! Results of the checks that look at dashboards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is special about a widget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StructureKind {
    /// A pivot table.
    Pivot,
    /// Tabs that show and hide other widgets.
    Tabber,
    /// Sections that open and close.
    Accordion,
    /// A click leads to another dashboard.
    JumpToDashboard,
}

/// By what a thing was recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StructureSign {
    /// The type of the widget.
    WidgetType,
    /// The dashboards that the widget leads to.
    Targets,
    /// An action on a card.
    CardAction,
    /// A name within the widget's type, options or style.
    Name,
    /// Words in a script.
    Script,
}

/// One thing that was recognized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct StructureDetail {
    /// The widget; `null` when the script of the dashboard itself shows it.
    pub widget_id: Option<String>,
    /// Title of the widget, where it has one.
    pub widget_title: Option<String>,
    /// What it is.
    pub kind: StructureKind,
    /// By what it was recognized.
    pub sign: StructureSign,
    /// Whether this is a guess from words, and not what the document declares.
    pub heuristic: bool,
}

/// What a dashboard is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DashboardStructure {
    /// Id of the dashboard.
    pub dashboard_id: String,
    /// Title of the dashboard.
    pub dashboard_title: Option<String>,
    /// How many widgets it has.
    pub widget_count: usize,
    /// How many of them are pivot tables.
    pub pivot_count: usize,
    /// How many are tabs.
    pub tabber_count: usize,
    /// How many look like an accordion. Always a guess: no document declares one.
    pub accordion_count: usize,
    /// How many lead to another dashboard.
    pub jump_to_dashboard_count: usize,
    /// How many levels its deepest dependent filter has; 0 without one.
    pub filter_levels: usize,
    /// Whether one of the counts holds a guess.
    pub heuristic: bool,
    /// Each thing that was counted.
    pub details: Vec<StructureDetail>,
}

/// What the dashboards are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct StructureCheck {
    /// One row per dashboard.
    pub dashboards: Vec<DashboardStructure>,
    /// References that fit no dashboard.
    pub not_found: Vec<String>,
}

/// How many widgets a dashboard has, and how many are on screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DashboardWidgetCount {
    /// Id of the dashboard.
    pub dashboard_id: String,
    /// Title of the dashboard.
    pub dashboard_title: Option<String>,
    /// How many widgets it has.
    pub widget_count: usize,
    /// How many of them have a place in the layout; `null` when the document came without one.
    pub in_layout: Option<usize>,
    /// How many have none and so are not on screen; `null` when the document came without a layout.
    pub not_in_layout: Option<usize>,
    /// Places in the layout for widgets that do not exist.
    pub ghost_cells: usize,
}

/// How many widgets the dashboards have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct WidgetCountCheck {
    /// One row per dashboard.
    pub dashboards: Vec<DashboardWidgetCount>,
    /// Widgets of all of them.
    pub widget_count: usize,
    /// References that fit no dashboard.
    pub not_found: Vec<String>,
}

/// A pivot table with more fields than it should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct WidePivot {
    /// Id of the dashboard.
    pub dashboard_id: String,
    /// Title of the dashboard.
    pub dashboard_title: Option<String>,
    /// Id of the widget.
    pub widget_id: Option<String>,
    /// Title of the widget, where it has one.
    pub widget_title: Option<String>,
    /// Fields that are queried: rows, columns and values together.
    pub field_count: usize,
    /// How many it may have.
    pub max_fields: u32,
    /// Fields in its rows.
    pub rows: usize,
    /// Fields in its columns.
    pub columns: usize,
    /// Fields in its values.
    pub values: usize,
    /// Fields that are switched off. They are not queried and not counted above.
    pub disabled: usize,
}

/// The pivot tables with more fields than they should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct PivotFieldCheck {
    /// One row per pivot with more fields.
    pub pivots: Vec<WidePivot>,
    /// How many pivots were looked at.
    pub pivots_checked: usize,
    /// How many dashboards were looked at.
    pub dashboards_checked: usize,
    /// How many fields a pivot may have.
    pub max_fields: u32,
    /// References that fit no dashboard.
    pub not_found: Vec<String>,
}

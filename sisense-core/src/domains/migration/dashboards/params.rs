//! Arguments of the operations that migrate dashboards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to do with a dashboard that the target has already, known by its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DashboardAction {
    /// Leave it as it is.
    #[default]
    Skip,
    /// Replace what it holds. Its owner and its shares stay.
    Overwrite,
    /// Make a second one beside it, with an id of its own.
    Duplicate,
}

/// Arguments of [`super::super::Migrations::migrate_dashboards`]. Either ids or names are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrateDashboards {
    /// Ids of dashboards on the source. Not together with names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub dashboard_ids: Option<Vec<String>>,
    /// Exact titles of dashboards on the source. Not together with ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub dashboard_names: Option<Vec<String>>,
    /// What to do with a dashboard that the target has already; `skip` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<DashboardAction>,
    /// Whether an overwritten dashboard that is shared is published to its recipients at once.
    #[serde(default)]
    pub republish: bool,
    /// Whether shares come along, by e-mail and by group name.
    #[serde(default)]
    pub migrate_share: bool,
    /// Whether a new dashboard is given to the owner that it has on the source. Needs
    /// `migrate_share`.
    #[serde(default)]
    pub change_ownership: bool,
    /// Whether new dashboards go into folders of the same names as on the source, which are made
    /// where they are missing.
    #[serde(default = "yes")]
    pub keep_folders: bool,
}

/// Arguments of [`super::super::Migrations::migrate_all_dashboards`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrateAllDashboards {
    /// What to do with a dashboard that the target has already; `skip` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<DashboardAction>,
    /// Whether an overwritten dashboard that is shared is published to its recipients at once.
    #[serde(default)]
    pub republish: bool,
    /// Whether shares come along, by e-mail and by group name.
    #[serde(default)]
    pub migrate_share: bool,
    /// Whether a new dashboard is given to the owner that it has on the source. Needs
    /// `migrate_share`.
    #[serde(default)]
    pub change_ownership: bool,
    /// Most dashboards in one import request.
    #[serde(default = "batch")]
    #[schemars(range(min = 1, max = 100))]
    pub batch_size: u32,
    /// Accepted and ignored: the server's own signals set the pace.
    #[serde(default = "pause")]
    pub sleep_time: u32,
    /// Whether new dashboards go into folders of the same names as on the source, which are made
    /// where they are missing.
    #[serde(default = "yes")]
    pub keep_folders: bool,
}

/// Arguments of [`super::super::Migrations::migrate_dashboard_shares`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrateDashboardShares {
    /// Ids of dashboards on the source.
    #[schemars(length(min = 1))]
    pub source_dashboard_ids: Vec<String>,
    /// Ids of dashboards on the target, as many, each for the one at the same place.
    #[schemars(length(min = 1))]
    pub target_dashboard_ids: Vec<String>,
    /// Whether the dashboard is given to the owner that it has on the source.
    #[serde(default)]
    pub change_ownership: bool,
}

/// Most dashboards in one import request, where the caller sets no bound.
pub(super) const BATCH: u32 = 10;
/// Largest bound that a caller may set.
pub(super) const LARGEST_BATCH: u32 = 100;

fn batch() -> u32 {
    BATCH
}

fn pause() -> u32 {
    10
}

fn yes() -> bool {
    true
}

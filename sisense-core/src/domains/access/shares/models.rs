//! Results of the list of all shares.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One share of one dashboard, or a dashboard that is shared with nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DashboardShareRow {
    /// Id of the dashboard. Titles repeat, ids do not.
    pub dashboard_id: String,
    /// Title of the dashboard.
    pub dashboard: Option<String>,
    /// `user` or `group`; `null` for a dashboard that is shared with nobody.
    pub share_type: Option<String>,
    /// E-mail of the user or name of the group; `null` when there is no such party any more.
    pub share_name: Option<String>,
    /// Id of the user or group; `null` for a dashboard that is shared with nobody.
    pub share_id: Option<String>,
    /// `view` or `edit`; `null` for the owner.
    pub rule: Option<String>,
    /// Whether this is the owner's own row, which is no share.
    pub is_owner: bool,
    /// Whether they get the dashboard's reports by mail.
    pub subscribe: Option<bool>,
    /// Whether the user or group still exists; `null` for a dashboard that is shared with nobody.
    pub resolved: Option<bool>,
}

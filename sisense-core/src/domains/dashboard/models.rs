//! Results of the `dashboard` operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::{DataSource, Role};
use crate::domains::lookup::dashboards::{DashboardRecord, ShareRecord};

/// A dashboard of a deployment. What the server does not tell is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Dashboard {
    /// The dashboard's id: 24 hexadecimal digits.
    pub dashboard_id: String,
    /// The title. Titles are not unique.
    pub title: String,
    /// Id of the user who owns it.
    pub owner_id: Option<String>,
    /// Name of the owner, where the server gives it.
    pub owner_name: Option<String>,
    /// Id of the owner's folder in which it is; `null` at the root.
    pub folder_id: Option<String>,
    /// The data source of the dashboard. Widgets may have others.
    pub datasource: Option<DataSource>,
    /// When it was made (UTC, ISO 8601).
    pub created: Option<String>,
    /// When it was last changed (UTC, ISO 8601).
    pub last_updated: Option<String>,
    /// When its owner last opened it (UTC, ISO 8601).
    pub last_opened: Option<String>,
    /// With how many users and groups it is shared, its owner not counted.
    pub share_count: Option<usize>,
    /// With whom it is shared; the owner's own row has no rule.
    pub shares: Option<Vec<Share>>,
}

/// One row of a share list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// Id of the user or group.
    pub share_id: String,
    /// `user` or `group`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `view` or `edit`; `null` for the owner.
    pub rule: Option<String>,
    /// Whether they get the dashboard's reports by mail.
    pub subscribe: Option<bool>,
}

impl From<&ShareRecord> for Share {
    fn from(record: &ShareRecord) -> Self {
        Share {
            share_id: record.share_id.clone(),
            kind: record.kind.clone(),
            rule: record.rule.clone(),
            subscribe: record.subscribe,
        }
    }
}

impl From<&DashboardRecord> for Dashboard {
    fn from(record: &DashboardRecord) -> Self {
        let shares: Option<Vec<Share>> =
            record.shares.as_ref().map(|rows| rows.iter().map(Share::from).collect());
        let is_owner =
            |row: &&Share| row.rule.is_none() || Some(&row.share_id) == record.owner.as_ref();
        Dashboard {
            dashboard_id: record.oid.clone(),
            title: record.title().to_owned(),
            owner_id: record.owner.clone(),
            owner_name: None,
            folder_id: record.parent_folder.clone(),
            datasource: record.datasource.clone(),
            created: record.created.clone(),
            last_updated: record.last_updated.clone(),
            last_opened: record.last_opened.clone(),
            share_count: shares.as_ref().map(|rows| rows.iter().filter(|r| !is_owner(r)).count()),
            shares,
        }
    }
}

/// A dashboard with its filters and settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DashboardDetails {
    /// What a list shows of it.
    #[serde(flatten)]
    pub dashboard: Dashboard,
    /// The description.
    pub desc: Option<String>,
    /// The dashboard filters as they are.
    pub filters: Vec<Value>,
    /// How many dashboard filters there are.
    pub filter_count: usize,
    /// How many widgets there are; `null` unless asked for.
    pub widget_count: Option<usize>,
    /// Whether the dashboard has a script of its own.
    pub has_script: bool,
    /// Whose copy this is: `owner`, `user` or `proxy`.
    pub instance_type: Option<String>,
    /// The settings as they are.
    pub settings: Option<Value>,
}

/// What a reference to a dashboard stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResolvedDashboard {
    /// Whether exactly one dashboard fits.
    pub success: bool,
    /// 200 when one fits, 404 when none does, 409 when several do.
    pub status_code: u16,
    /// Id of the dashboard.
    pub dashboard_id: Option<String>,
    /// Title of the dashboard.
    pub dashboard_title: Option<String>,
    /// Why none was chosen.
    pub error: Option<String>,
    /// What fits, or nearly fits.
    pub candidates: Vec<String>,
}

/// Which part of a dashboard names a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnSource {
    /// A dashboard filter.
    Filter,
    /// A widget.
    Widget,
    /// A drill hierarchy.
    Hierarchy,
    /// Anything else.
    Other,
}

/// A column that a dashboard names, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DashboardColumn {
    /// Title of the dashboard.
    pub dashboard_name: String,
    /// Id of the dashboard.
    pub dashboard_id: String,
    /// Title of the data model.
    pub datamodel: Option<String>,
    /// Name of the table: the model's spelling, or the dashboard's where the model has no such
    /// column or could not be read.
    pub table: String,
    /// Name of the column, spelled likewise.
    pub column: String,
    /// Whether the data model has it; `null` when they were not compared.
    pub in_model: Option<bool>,
    /// Which part of the dashboard names it first.
    pub source: ColumnSource,
    /// Id of the widget that names it first; `null` for filters.
    pub widget_id: Option<String>,
    /// Title of that widget.
    pub widget_title: Option<String>,
    /// Every place that names it.
    pub used_in: Vec<ColumnUse>,
}

/// One place that names a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnUse {
    /// Id of the widget; `null` for filters.
    pub widget_id: Option<String>,
    /// The widget's panel.
    pub panel: Option<String>,
    /// What the column is there for.
    pub role: Role,
    /// Whether the item or filter is switched off.
    pub disabled: bool,
}

/// What became of a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ScriptChange {
    /// Id of the dashboard.
    pub dashboard_id: String,
    /// Title of the dashboard.
    pub title: String,
    /// Id of the widget, for a widget's script.
    pub widget_id: Option<String>,
    /// Title of the widget, for a widget's script.
    pub widget_title: Option<String>,
    /// Whether the script is another one than before.
    pub changed: bool,
    /// Length of the script before, in characters; 0 when there was none.
    pub previous_script_length: usize,
    /// Whether the dashboard belonged to the token's user for a moment.
    pub ownership_borrowed: bool,
    /// Whether the dashboard is back with its owner; `null` when it was not borrowed.
    pub ownership_returned: Option<bool>,
    /// Whether recipients have it.
    pub published: bool,
    /// Whether a publish is needed before recipients have it.
    pub publish_needed: bool,
    /// What happened, in one sentence.
    pub message: String,
}

/// What became of a share list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SharesChange {
    /// Id of the dashboard.
    pub dashboard_id: String,
    /// Title of the dashboard.
    pub title: String,
    /// Names of those with whom it was not shared before.
    pub added: Vec<String>,
    /// Those whose rule, or subscription, is another one than before.
    pub updated: Vec<UpdatedShare>,
    /// Names of those who had it like that already.
    pub unchanged: Vec<String>,
    /// With how many users and groups it is shared now, its owner not counted.
    pub share_count: usize,
    /// What the person should know, such as recipients who may see no data.
    pub warnings: Vec<String>,
}

/// A share with another rule than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UpdatedShare {
    /// Name of the user or group.
    pub name: String,
    /// The rule before.
    pub from: Option<String>,
    /// The rule now.
    pub to: String,
}

/// A user or group with whom a dashboard is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct DashboardShare {
    /// Id of the dashboard.
    pub dashboard_id: String,
    /// Title of the dashboard.
    pub dashboard: String,
    /// `user` or `group`.
    pub share_type: Option<String>,
    /// E-mail of the user or name of the group; `null` when there is no such party any more.
    pub share_name: Option<String>,
    /// Id of the user or group.
    pub share_id: String,
    /// `view` or `edit`; `null` for the owner.
    pub rule: Option<String>,
    /// Whether this is the owner's own row.
    pub is_owner: bool,
    /// Whether they get the dashboard's reports by mail.
    pub subscribe: Option<bool>,
}

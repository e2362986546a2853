//! Arguments of the `dashboard` operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::domains::lookup::parties::PartyType;

/// Arguments of [`super::Dashboards::get_dashboard_by_id`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDashboardById {
    /// The dashboard's id: 24 hexadecimal digits.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{24}$"))]
    pub dashboard_id: String,
    /// Whether to count the widgets too, which makes the answer of the server larger.
    #[serde(default)]
    pub count_widgets: bool,
}

/// Arguments of [`super::Dashboards::get_dashboard_by_name`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDashboardByName {
    /// The dashboard's title; an id is accepted too.
    pub dashboard_name: String,
    /// Whether to count the widgets too, which makes the answer of the server larger.
    #[serde(default)]
    pub count_widgets: bool,
}

/// Arguments of [`super::Dashboards::resolve_dashboard_reference`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveDashboardReference {
    /// The dashboard's id or title.
    pub dashboard_ref: String,
}

/// Arguments of [`super::Dashboards::get_dashboard_columns`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDashboardColumns {
    /// The dashboard's title or id.
    pub dashboard_name: String,
    /// Whether to read the data models too: names are then spelled as the model does, and columns
    /// that it does not have are told. One more request per data model. Default false.
    #[serde(default)]
    pub compare_with_datamodel: bool,
}

/// Arguments of [`super::Dashboards::get_dashboard_share`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetDashboardShare {
    /// The dashboard's title or id.
    pub dashboard_name: String,
}

/// The text of a script: as it is, or in an object with one member `script`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Script {
    /// The JavaScript text. An empty one takes the script away.
    Text(String),
    /// The text in an object.
    Wrapped(WrappedScript),
}

/// A script in an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrappedScript {
    /// The JavaScript text.
    pub script: String,
}

impl Script {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Script::Text(text) => text,
            Script::Wrapped(wrapped) => &wrapped.script,
        }
    }
}

impl From<&str> for Script {
    fn from(text: &str) -> Self {
        Script::Text(text.to_owned())
    }
}

/// Whether a change is pushed to those with whom the dashboard is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Publish {
    /// Not pushed: recipients see it after the next publish.
    #[default]
    None,
    /// Pushed; who edited an own copy keeps it.
    Normal,
    /// Pushed over every copy. Edits that recipients made in their copies are lost.
    Force,
}

/// Arguments of [`super::Dashboards::add_dashboard_script`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDashboardScript {
    /// The dashboard's id or title.
    pub dashboard_id: String,
    /// The JavaScript text, or an object with one member `script`.
    pub script: Script,
    /// E-mail or login of the user whose token is used. Only checked against the token.
    #[serde(default)]
    pub executing_user: Option<String>,
    /// Whether recipients get it at once.
    #[serde(default)]
    pub publish: Publish,
}

/// Arguments of [`super::Dashboards::add_widget_script`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddWidgetScript {
    /// The dashboard's id or title.
    pub dashboard_id: String,
    /// The widget's id.
    pub widget_id: String,
    /// The JavaScript text, or an object with one member `script`.
    pub script: Script,
    /// E-mail or login of the user whose token is used. Only checked against the token.
    #[serde(default)]
    pub executing_user: Option<String>,
    /// Whether recipients get it at once.
    #[serde(default = "force")]
    pub publish: Publish,
}

fn force() -> Publish {
    Publish::Force
}

/// What a share allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareRule {
    /// To look.
    View,
    /// To edit the own copy.
    Edit,
}

impl ShareRule {
    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ShareRule::View => "view",
            ShareRule::Edit => "edit",
        }
    }
}

/// With whom to share, and what that allows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// E-mail or login of a user, or name of a group.
    pub name: String,
    /// Whether the name is a user's or a group's.
    #[serde(rename = "type")]
    pub kind: PartyType,
    /// What it allows.
    pub rule: ShareRule,
    /// Whether they get the dashboard's reports by mail. Left as it is when not given.
    #[serde(default)]
    pub subscribe: Option<bool>,
}

/// Arguments of [`super::Dashboards::add_dashboard_shares`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDashboardShares {
    /// The dashboard's id or title.
    pub dashboard_id: String,
    /// With whom to share. Everybody else keeps what they have.
    #[schemars(length(min = 1))]
    pub shares: Vec<NewShare>,
}

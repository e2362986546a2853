//! What a parameter stands for, by its name and the operation's.

use serde_json::Value;
use sisense_core::Operation;

use crate::host::Kind;

/// What a parameter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Slot {
    /// A user, by e-mail.
    User,
    /// A group, by name.
    Group,
    /// Users, by e-mail.
    Users,
    /// Groups, by name.
    Groups,
    /// A dashboard, by title.
    DashboardTitle,
    /// A dashboard, by id.
    DashboardId,
    /// Dashboards, by id or title.
    Dashboards,
    /// A data model, by title.
    Datamodel,
    /// Data models, by id or title.
    Datamodels,
    /// The title of something that is to be made.
    NewName,
    /// A new user: e-mail, role, names, groups.
    NewUser,
    /// Changes to a user: role, groups, names.
    UserChanges,
    /// With whom to share a dashboard.
    DashboardShares,
    /// With whom to share a data model.
    DatamodelShares,
    /// The name of a role.
    Role,
    /// A folder, by name.
    Folder,
    /// The text after a noun, such as `table Orders`.
    Labelled(&'static str),
    /// When a build runs: several parameters at once, see `planner::when`.
    BuildType,
    /// Extract or live.
    ModelType,
    /// Something that words do not fill.
    Other,
}

impl Slot {
    /// The kinds of things that may fill it, or a part of it.
    pub(crate) fn kinds(self) -> &'static [Kind] {
        match self {
            Slot::NewUser | Slot::DashboardShares | Slot::DatamodelShares => {
                &[Kind::User, Kind::Group]
            }
            Slot::UserChanges | Slot::Group | Slot::Groups => &[Kind::Group],
            Slot::User | Slot::Users => &[Kind::User],
            Slot::DashboardTitle | Slot::DashboardId | Slot::Dashboards => &[Kind::Dashboard],
            Slot::Datamodel | Slot::Datamodels => &[Kind::Datamodel],
            _ => &[],
        }
    }

    /// The kind of thing that fills it.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Slot::User | Slot::Users | Slot::NewUser => Some(Kind::User),
            Slot::Group | Slot::Groups => Some(Kind::Group),
            Slot::DashboardTitle | Slot::DashboardId | Slot::Dashboards => Some(Kind::Dashboard),
            Slot::Datamodel | Slot::Datamodels => Some(Kind::Datamodel),
            _ => None,
        }
    }
}

/// What a parameter of an operation stands for.
fn slot(operation: &Operation, parameter: &str) -> Slot {
    let name = operation.id.split_once('.').map_or(operation.id.as_str(), |(_, name)| name);
    let makes_model = matches!(name, "create_datamodel" | "setup_datamodel");
    match parameter {
        "user_name" | "user_email" | "new_owner_name" | "new_owner" => Slot::User,
        "group_name" | "group" => Slot::Group,
        "name" if name.contains("group") => Slot::Group,
        "dashboard_name" | "dashboard_ref" => Slot::DashboardTitle,
        "dashboard_id" => Slot::DashboardId,
        "user_name_list" => Slot::Users,
        "group_name_list" => Slot::Groups,
        "dashboards" | "dashboard_names" => Slot::Dashboards,
        "datamodel_name" if makes_model => Slot::NewName,
        "datamodel_name" | "datamodel_ref" => Slot::Datamodel,
        "datamodels" | "datamodel_names" => Slot::Datamodels,
        "user_data" if name.starts_with("create") => Slot::NewUser,
        "user_data" => Slot::UserChanges,
        "shares" if is_switch(operation, parameter) => Slot::Other,
        "shares" if name.contains("datamodel") => Slot::DatamodelShares,
        "shares" if name.contains("dashboard") => Slot::DashboardShares,
        "role" => Slot::Role,
        "folder_name" => Slot::Folder,
        "connection_name" => Slot::Labelled("connection"),
        "database_name" => Slot::Labelled("database"),
        "schema_name" => Slot::Labelled("schema"),
        "table_name" => Slot::Labelled("table"),
        "dataset_name" => Slot::Labelled("dataset"),
        "widget_id" => Slot::Labelled("widget"),
        "build_type" => Slot::BuildType,
        "datamodel_type" => Slot::ModelType,
        _ => Slot::Other,
    }
}

/// Whether a parameter is yes or no.
fn is_switch(operation: &Operation, parameter: &str) -> bool {
    let kind = operation.input_schema.pointer(&format!("/properties/{parameter}/type"));
    kind.is_some_and(|kind| match kind {
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "boolean"),
        kind => kind == "boolean",
    })
}

/// The parameters of an operation: name, what it stands for, whether it is required. The members
/// of shares and user data are known to the planner and count through their parent.
pub(crate) fn slots(operation: &Operation) -> Vec<(String, Slot, bool)> {
    let schema = &operation.input_schema;
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    properties
        .keys()
        .map(|name| (name.clone(), slot(operation, name), required.contains(&name.as_str())))
        .collect()
}

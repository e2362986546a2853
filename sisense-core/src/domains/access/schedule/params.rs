//! Arguments of the operations on build schedules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of [`crate::domains::access::Access::create_schedule_build`]: either days with a time,
/// or an interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateScheduleBuild {
    /// The data model's title or id.
    pub datamodel_name: String,
    /// What the build does with the data.
    #[serde(default)]
    pub build_type: BuildType,
    /// The days of the week: `SUN`, `MON`, `TUE`, `WED`, `THU`, `FRI`, `SAT` or full names, in any
    /// case; `["*"]` means every day. Needs `hour`. Not together with an interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<String>>,
    /// The hour of the day, 0 to 23, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 23))]
    pub hour: Option<u32>,
    /// The minute of the hour, 0 to 59. Without it the full hour is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 59))]
    pub minute: Option<u32>,
    /// Days between two builds; added to hours and minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_days: Option<u32>,
    /// Hours between two builds; added to days and minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_hours: Option<u32>,
    /// Minutes between two builds; added to days and hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_minutes: Option<u32>,
}

/// What a build does with the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum BuildType {
    /// Table by table, each as its own build behaviour says; accumulated rows stay.
    #[default]
    #[serde(rename = "ACCUMULATE", alias = "accumulate", alias = "by_table", alias = "by-table")]
    Accumulate,
    /// Replaces all data.
    #[serde(rename = "FULL", alias = "full")]
    Full,
    /// Only what changed in the schema since the last build.
    #[serde(rename = "SCHEMA_CHANGES", alias = "schema_changes", alias = "schema-changes")]
    SchemaChanges,
}

impl BuildType {
    /// The word that the server takes.
    pub(super) fn wire(self) -> &'static str {
        match self {
            BuildType::Accumulate => "ACCUMULATE",
            BuildType::Full => "FULL",
            BuildType::SchemaChanges => "SCHEMA_CHANGES",
        }
    }

    /// Read any spelling that a server may use.
    pub(super) fn read(word: &str) -> Option<Self> {
        match word.to_lowercase().replace('-', "_").as_str() {
            "accumulate" | "by_table" => Some(BuildType::Accumulate),
            "full" => Some(BuildType::Full),
            "schema_changes" => Some(BuildType::SchemaChanges),
            _ => None,
        }
    }
}

//! Arguments of the operations about connections.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::ConnectionParameters;

/// Arguments of [`crate::domains::datamodel::Datamodel::get_connection`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetConnection {
    /// The connection's name or id.
    pub connection_name: String,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::create_connections`]: either a payload, or
/// the type of the source with its parameters.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct CreateConnections {
    /// The connection as the server takes it, with real secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_payload: Option<ConnectionPayload>,
    /// In place of a payload: the type of the source. Needs `connection_params`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datasource_type: Option<DatasourceType>,
    /// In place of a payload: what `generate_connections_payload` takes for this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_params: Option<ConnectionParameters>,
}

/// Arguments of [`crate::domains::datamodel::Datamodel::generate_connections_payload`].
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateConnectionsPayload {
    /// The type of the source.
    pub datasource_type: DatasourceType,
    /// What the type needs. Athena: `name`, `region`, `s3_output_location`, `aws_access_key`,
    /// `aws_secret_key`. RedShift: `name`, `server`, `username`, `password`. BigQuery: `name`,
    /// `service_account_key_path`. DataBricks: `name`, `connection_string`, `token`. Custom:
    /// `name`, `provider` and `parameters` as the server takes them. Optional for all:
    /// `description`; for some: `schema`, `database`, `default_database`, `additional_parameters`,
    /// `use_dynamic_schema` and others of that type. What is not known is passed on.
    pub connection_params: ConnectionParameters,
}

/// A connection as the server takes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConnectionPayload {
    /// The kind of the source as the server spells it, case included, such as `RedShift`.
    pub provider: String,
    /// The name.
    pub name: String,
    /// What it is for, in words.
    #[serde(default)]
    pub description: String,
    /// How the source is reached and who signs in. Secrets are shown as `***`.
    #[serde(default)]
    pub parameters: ConnectionParameters,
    /// Whether it may be used.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether a person makes it, and not the system.
    #[serde(default = "yes", alias = "created_by_user")]
    pub created_by_user: bool,
    /// The kinds of data model that may use it: `LIVE`, `EXTRACT`.
    #[serde(default = "both", alias = "supported_model_types")]
    pub supported_model_types: Vec<String>,
    /// The names of the parameters that are secrets. Those whose keys read like secrets need not be
    /// named.
    #[serde(
        default,
        rename = "secret_parameters",
        alias = "secretParameters",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub secret_parameters: Vec<String>,
}

fn yes() -> bool {
    true
}

pub(super) fn both() -> Vec<String> {
    vec!["LIVE".to_owned(), "EXTRACT".to_owned()]
}

/// The types of sources whose parameters are known, and one for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub enum DatasourceType {
    /// Amazon Athena.
    Athena,
    /// Amazon Redshift.
    RedShift,
    /// Google BigQuery.
    BigQuery,
    /// Databricks.
    DataBricks,
    /// Any other: `provider` and `parameters` are given as the server takes them.
    Custom,
}

impl DatasourceType {
    const NAMES: [&str; 5] = ["Athena", "RedShift", "BigQuery", "DataBricks", "Custom"];
}

impl<'de> Deserialize<'de> for DatasourceType {
    /// In any case.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        match word.trim().to_lowercase().as_str() {
            "athena" => Ok(DatasourceType::Athena),
            "redshift" => Ok(DatasourceType::RedShift),
            "bigquery" | "googlebigquery" => Ok(DatasourceType::BigQuery),
            "databricks" => Ok(DatasourceType::DataBricks),
            "custom" => Ok(DatasourceType::Custom),
            _ => Err(serde::de::Error::unknown_variant(&word, &DatasourceType::NAMES)),
        }
    }
}

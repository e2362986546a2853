//! The payload of a new connection, from the words of a person to those of the server.

use serde_json::{Map, Value};

use super::params::both;
use super::{ConnectionParameters, ConnectionPayload, DatasourceType, GenerateConnectionsPayload};
use crate::domains::datamodel::Datamodel;
use crate::error::{Error, Result};

/// Where the value of a parameter comes from.
enum From {
    /// It must be given.
    Needed(&'static str),
    /// A text, with what is taken when it is not given.
    Text(&'static str, &'static str),
    /// Yes or no, with what is taken when it is not given.
    Flag(&'static str, bool),
    /// Always this.
    Fixed(bool),
}

use From::{Fixed, Flag, Needed, Text};

/// A type of source: the server's name of it, its parameters, and those that are secrets although
/// their keys do not tell.
struct Recipe {
    provider: &'static str,
    parameters: &'static [(&'static str, From)],
    secrets: &'static [&'static str],
}

const ATHENA: Recipe = Recipe {
    provider: "athena",
    parameters: &[
        ("Basic", Fixed(true)),
        ("AwsRegion", Needed("region")),
        ("S3OutputLocation", Needed("s3_output_location")),
        ("userName", Needed("aws_access_key")),
        ("password", Needed("aws_secret_key")),
        ("UseDynamicSchema", Flag("use_dynamic_schema", false)),
        ("SchemaName", Text("schema", "")),
        ("AdditionalParameters", Text("additional_parameters", "")),
        ("advance", Fixed(false)),
        ("EC2Instance", Fixed(false)),
    ],
    secrets: &["userName"],
};

const DATABRICKS: Recipe = Recipe {
    provider: "Databricks",
    parameters: &[
        ("connectionString", Needed("connection_string")),
        ("password", Needed("token")),
        ("UseDynamicSchema", Flag("use_dynamic_schema", false)),
        ("Schema", Text("schema", "")),
    ],
    secrets: &[],
};

const BIG_QUERY: Recipe = Recipe {
    provider: "GoogleBigQuery",
    parameters: &[
        ("googleAccount", Fixed(false)),
        ("serviceAccount", Flag("use_service_account", true)),
        ("serviceAccountKeyPath", Needed("service_account_key_path")),
        ("UseProxyServer", Flag("use_proxy_server", false)),
        ("UseDynamicSchema", Flag("use_dynamic_schema", false)),
        ("samplingLevel", Text("record_field_flattening_level", "2")),
        ("unnestArrays", Flag("unnest_arrays", false)),
        ("allowLargeResults", Flag("allow_large_results", false)),
        ("useStorageApi", Flag("use_storage_api", false)),
        ("AdditionalParameters", Text("additional_parameters", "")),
        ("DB", Text("database", "")),
    ],
    secrets: &[],
};

const RED_SHIFT: Recipe = Recipe {
    provider: "RedShift",
    parameters: &[
        ("Server", Needed("server")),
        ("UserName", Needed("username")),
        ("Password", Needed("password")),
        ("DefaultDatabase", Text("default_database", "")),
        ("UseDynamicSchema", Flag("use_dynamic_schema", false)),
        ("EncryptConnection", Flag("encrypt_connection", false)),
        ("AdditionalParameters", Text("additional_parameters", "")),
    ],
    secrets: &[],
};

impl Datamodel {
    /// Prepare the payload of a new connection. Sends nothing.
    ///
    /// Pure: the same arguments give the same payload, so it is a read. Secrets are shown as `***`
    /// and named in `secret_parameters`; nobody who reads the answer learns them. To make the
    /// connection, give the same `datasource_type` and `connection_params` to
    /// `create_connections`; a payload with `***` in it is refused there. A Rust program may hand
    /// on the payload itself, which holds the secrets.
    ///
    /// # Errors
    /// `invalid_input` for an unknown type, with those that are known, or with all parameters that
    /// are missing or of the wrong type.
    ///
    /// # Ask
    /// - Prepare the payload of a BigQuery connection
    /// - What does a Redshift connection to h.example.com need?
    /// - Compose the settings of a Snowflake connection, without creating it
    /// - Which parameters does a connection to PostgreSQL take?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    #[allow(clippy::unused_async, reason = "operations are async, also those that send nothing")]
    pub async fn generate_connections_payload(
        &self,
        params: GenerateConnectionsPayload,
    ) -> Result<ConnectionPayload> {
        generate(params.datasource_type, params.connection_params)
    }
}

pub(super) fn generate(
    kind: DatasourceType,
    mut given: ConnectionParameters,
) -> Result<ConnectionPayload> {
    let mut problems = Problems::default();
    let name = problems.needed(&mut given, "name");
    let description = problems.text(&mut given, "description", "");
    let (provider, mut parameters, secrets) = match kind {
        DatasourceType::Athena => known(&ATHENA, &mut given, &mut problems),
        DatasourceType::RedShift => known(&RED_SHIFT, &mut given, &mut problems),
        DatasourceType::BigQuery => known(&BIG_QUERY, &mut given, &mut problems),
        DatasourceType::DataBricks => known(&DATABRICKS, &mut given, &mut problems),
        DatasourceType::Custom => {
            let provider = problems.needed(&mut given, "provider");
            let parameters = match given.take("parameters") {
                Some(Value::Object(map)) => map,
                Some(_) => problems.wrong("parameters", "an object"),
                None => problems.missing("parameters"),
            };
            (provider, ConnectionParameters::new(parameters), &[][..])
        }
    };
    problems.none()?;
    // What a server may know besides is passed on as it is given.
    for (key, value) in given.exposed() {
        parameters.set(&key, value);
    }
    for key in secrets {
        parameters.hide(key);
    }
    let secret_parameters = parameters.secret_names();
    Ok(ConnectionPayload {
        provider,
        name,
        description,
        parameters,
        enabled: true,
        created_by_user: true,
        supported_model_types: both(),
        secret_parameters,
    })
}

fn known(
    recipe: &'static Recipe,
    given: &mut ConnectionParameters,
    problems: &mut Problems,
) -> (String, ConnectionParameters, &'static [&'static str]) {
    let mut parameters = Map::new();
    for (key, from) in recipe.parameters {
        let value = match from {
            Needed(name) => problems.needed(given, name).into(),
            Text(name, default) => problems.text(given, name, default).into(),
            Flag(name, default) => problems.flag(given, name, *default).into(),
            Fixed(value) => (*value).into(),
        };
        parameters.insert((*key).to_owned(), value);
    }
    let parameters = ConnectionParameters::new(parameters);
    (recipe.provider.to_owned(), parameters, recipe.secrets)
}

/// What is wrong with the parameters, so that a person learns of all of it at once. Names only:
/// values may be secrets.
#[derive(Default)]
struct Problems {
    missing: Vec<&'static str>,
    wrong: Vec<String>,
}

impl Problems {
    fn missing<T: Default>(&mut self, name: &'static str) -> T {
        self.missing.push(name);
        T::default()
    }

    fn wrong<T: Default>(&mut self, name: &str, should: &str) -> T {
        self.wrong.push(format!("{name} should be {should}"));
        T::default()
    }

    fn needed(&mut self, given: &mut ConnectionParameters, name: &'static str) -> String {
        match given.take(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => text,
            None | Some(Value::Null | Value::String(_)) => self.missing(name),
            Some(_) => self.wrong(name, "a text"),
        }
    }

    fn text(&mut self, given: &mut ConnectionParameters, name: &str, default: &str) -> String {
        match given.take(name) {
            None | Some(Value::Null) => default.to_owned(),
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => self.wrong(name, "a text"),
        }
    }

    fn flag(&mut self, given: &mut ConnectionParameters, name: &str, default: bool) -> bool {
        match given.take(name) {
            None | Some(Value::Null) => default,
            Some(Value::Bool(flag)) => flag,
            Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => true,
            Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => false,
            Some(_) => self.wrong(name, "true or false"),
        }
    }

    fn none(self) -> Result<()> {
        let mut parts = Vec::new();
        if !self.missing.is_empty() {
            parts.push(format!("these are missing: {}", self.missing.join(", ")));
        }
        parts.extend(self.wrong);
        if parts.is_empty() {
            return Ok(());
        }
        let message =
            format!("the argument `connection_params` does not fit: {}", parts.join("; "));
        Err(Error::invalid(message).with_next_step("give all that this type of source needs"))
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn make(kind: DatasourceType, given: Value) -> Result<ConnectionPayload> {
        generate(kind, serde_json::from_value(given).unwrap())
    }

    #[test]
    fn all_that_is_missing_or_wrong_is_named_at_once_and_no_value() {
        let given =
            json!({"name": " ", "server": 5, "password": "hunter2", "encrypt_connection": 1});
        let error = make(DatasourceType::RedShift, given).unwrap_err().to_string();
        for named in ["name", "username", "server should be a text", "encrypt_connection"] {
            assert!(error.contains(named), "{error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
        let error = make(DatasourceType::Custom, json!({"name": "n"})).unwrap_err().to_string();
        assert!(error.contains("provider, parameters"), "{error}");
    }

    #[test]
    fn a_payload_holds_its_secrets_and_shows_none() {
        let given = json!({
            "name": "Clicks", "region": "eu-west-1", "s3_output_location": "s3://b/o",
            "aws_access_key": "AKIAHUNTERHUNTER", "aws_secret_key": "hunter2", "Extra": "x",
        });
        let payload = make(DatasourceType::Athena, given).unwrap();
        assert_eq!(payload.secret_parameters, ["password", "userName"]);
        assert_eq!(payload.parameters.exposed()["password"], "hunter2");
        assert_eq!(
            serde_json::to_value(&payload).unwrap(),
            json!({
                "provider": "athena", "name": "Clicks", "description": "", "enabled": true,
                "createdByUser": true, "supportedModelTypes": ["LIVE", "EXTRACT"],
                "secret_parameters": ["password", "userName"],
                "parameters": {
                    "Basic": true, "AwsRegion": "eu-west-1", "S3OutputLocation": "s3://b/o",
                    "userName": "***", "password": "***", "UseDynamicSchema": false,
                    "SchemaName": "", "AdditionalParameters": "", "advance": false,
                    "EC2Instance": false, "Extra": "x",
                },
            })
        );
        assert!(!format!("{payload:?}").contains("hunter2"));
    }

    #[test]
    fn any_other_source_is_taken_as_it_is_given() {
        let parameters = json!({"Server": "h", "Password": "hunter2", "deep": {"token": "t"}});
        let given = json!({"name": "n", "provider": "PostgreSQL", "parameters": parameters});
        let payload = make(DatasourceType::Custom, given).unwrap();
        assert_eq!(payload.provider, "PostgreSQL");
        assert_eq!(Value::Object(payload.parameters.exposed()), parameters);
        assert_eq!(payload.secret_parameters, ["Password", "deep"]);
    }
}

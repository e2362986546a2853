//! Connections to sources, and what a source says of one of its tables.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::{about, not_found, pick};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Answer, ApiPath, ReadPost};

/// A connection on the wire. Its parameters may hold secrets that the server left clear, so they
/// are not in the Debug form.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionRecord {
    pub(crate) oid: String,
    pub(crate) name: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) supported_model_types: Option<Vec<String>>,
    pub(crate) owner_id: Option<String>,
    pub(crate) created_by_user: Option<bool>,
    pub(crate) last_modified: Option<String>,
    #[serde(default, deserialize_with = "settings")]
    pub(crate) parameters: Option<Map<String, Value>>,
}

/// Settings are an object. A model that came without credentials leaves an empty text in their place.
fn settings<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Map<String, Value>>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(members) => Some(members),
        _ => None,
    })
}

impl fmt::Debug for ConnectionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionRecord")
            .field("oid", &self.oid)
            .field("name", &self.name)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

impl ConnectionRecord {
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn provider(&self) -> &str {
        self.provider.as_deref().unwrap_or_default()
    }

    /// Whether models of a kind, `extract` or `live`, may use it. One that does not say may.
    pub(crate) fn supports(&self, kind: &str) -> bool {
        let fits = |one: &String| one.eq_ignore_ascii_case(kind);
        self.supported_model_types.as_ref().is_none_or(|kinds| kinds.iter().any(fits))
    }

    fn describe(&self) -> String {
        format!("{} ({}, {})", self.name(), self.provider(), self.oid)
    }
}

/// A column as its source describes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourceColumn {
    #[serde(rename = "columnName")]
    pub(crate) name: String,
    #[serde(rename = "dbType", default)]
    pub(crate) db_type: Option<i64>,
    #[serde(default)]
    pub(crate) size: Option<i64>,
    #[serde(default)]
    pub(crate) precision: Option<i64>,
    #[serde(default)]
    pub(crate) scale: Option<i64>,
    #[serde(rename = "columnOrder", default)]
    pub(crate) order: Option<i64>,
}

/// A table as its source describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SourceTable {
    pub(crate) kind: Option<String>,
    pub(crate) columns: Vec<SourceColumn>,
}

/// Where a table lies in its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SourcePlace<'a> {
    pub(crate) database: &'a str,
    pub(crate) schema: &'a str,
    pub(crate) table: &'a str,
}

const SPELLING: &str = "check database, schema and table as the source spells them, case included";

impl Client {
    /// All connections that the caller sees. `unsupported` when connection management is off.
    pub(crate) async fn list_connections(&self) -> Result<Vec<ConnectionRecord>> {
        let listed = self.transport().list("all connections", connections_path(), Vec::new());
        listed.await.map_err(|error| switched_off(error).with_asset("all connections"))
    }

    /// Every connection of a name or id. Names need not be unique. At least one, or "not there".
    pub(crate) async fn find_connections(&self, reference: &str) -> Result<Vec<ConnectionRecord>> {
        super::required("the connection's name", reference)?;
        self.look_for_connections(reference).await.map_err(about("connection", reference))
    }

    /// The one connection of a name or id.
    pub(crate) async fn find_connection(&self, reference: &str) -> Result<ConnectionRecord> {
        let mut found = self.find_connections(reference).await?;
        match found.len() {
            1 => Ok(found.remove(0)),
            _ => {
                let candidates = found.iter().map(ConnectionRecord::describe).collect();
                Err(Error::ambiguous("connection", reference, candidates)
                    .with_asset(format!("connection \"{reference}\"")))
            }
        }
    }

    async fn look_for_connections(&self, reference: &str) -> Result<Vec<ConnectionRecord>> {
        let query = vec![("name", reference.to_owned())];
        let filtered = self.transport().get(connections_path(), query).await;
        let filtered: Vec<ConnectionRecord> =
            filtered.and_then(Answer::decode_list).map_err(switched_off)?;
        let named: Vec<ConnectionRecord> =
            filtered.into_iter().filter(|one| one.name() == reference).collect();
        if !named.is_empty() {
            return Ok(named);
        }
        let all = self.list_connections().await?;
        if let Some(one) = all.iter().find(|one| one.oid.eq_ignore_ascii_case(reference)) {
            return Ok(vec![one.clone()]);
        }
        let names = ConnectionRecord::name;
        match pick("connection", reference, &all, names, ConnectionRecord::describe)? {
            Some(one) => Ok(vec![one.clone()]),
            None => Err(not_found("connection", reference, all.iter().map(names))),
        }
    }

    /// The columns of a table in a connection's source. The source is asked, which may take long.
    /// A table that the source does not know is "not there".
    pub(crate) async fn source_table(
        &self,
        connection: &ConnectionRecord,
        place: SourcePlace<'_>,
    ) -> Result<SourceTable> {
        let SourcePlace { database, schema, table } = place;
        let asset = format!("table \"{database}.{schema}.{table}\" of {}", connection.name());
        let missing = || {
            Error::new(ErrorKind::NotFound, format!("the source shows no such table: {table}"))
                .with_asset(asset.clone())
                .with_endpoint(format!(
                    "POST /api/v1/connection/{}/table_schema_details",
                    connection.oid
                ))
                .with_next_step(SPELLING)
        };
        let endpoint = ReadPost::TableSchemaDetails(&connection.oid);
        let body = json!({
            "provider": connection.provider(),
            "connectionData": {
                "provider": connection.provider(),
                "connection": { "Database": database },
                "schema": schema,
                "table": table,
            },
        });
        let asked = match self.transport().query(endpoint, body.clone()).await {
            // Some versions want the whole connection beside the database.
            Err(error) if error.status() == Some(400) => {
                let body = whole_form(body, connection, database);
                self.transport().query(endpoint, body).await
            }
            other => other,
        };
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing()),
            // Nobody knows how servers say that they do not know a table; some may do it like this.
            Err(error) if error.status() == Some(400) => {
                return Err(error.with_asset(asset.clone()).with_other_step(SPELLING));
            }
            Err(error) => return Err(error.with_asset(asset.clone())),
        };
        let table = read_source_table(answer).map_err(|error| error.with_asset(asset.clone()))?;
        if table.columns.is_empty() { Err(missing()) } else { Ok(table) }
    }
}

fn connections_path() -> ApiPath {
    ApiPath::new(["api", "v2", "connections"])
}

/// A 404 on the list itself is no missing connection: the server has no such list.
fn switched_off(error: Error) -> Error {
    if error.status() != Some(404) {
        return error;
    }
    let message = "connection management is off, or this server version has none";
    let off = Error::new(ErrorKind::Unsupported, message).with_status(404).with_next_step(
        "turn connection management on in the server's feature management, or use a newer version",
    );
    match &error.report().endpoint {
        Some(endpoint) => off.with_endpoint(endpoint.clone()),
        None => off,
    }
}

fn whole_form(mut body: Value, connection: &ConnectionRecord, database: &str) -> Value {
    let mut whole = connection.parameters.clone().unwrap_or_default();
    whole.insert("Database".to_owned(), Value::from(database));
    body["connectionData"]["connection"] = Value::Object(whole);
    body
}

/// An object, a list with one object, or nothing.
fn read_source_table(answer: Answer) -> Result<SourceTable> {
    let object = match answer.body() {
        Value::Null => return Ok(SourceTable::default()),
        Value::Array(items) if items.is_empty() => return Ok(SourceTable::default()),
        Value::Array(items) if items.len() == 1 && items[0].is_object() => items[0].clone(),
        Value::Object(_) => answer.body().clone(),
        _ => return Err(answer.misshaped("the description of one table")),
    };
    let kind = object.get("tableType").and_then(Value::as_str).map(str::to_owned);
    let columns = match object.get("columns") {
        None | Some(Value::Null) => Vec::new(),
        Some(columns) => answer.with_body(columns.clone()).decode()?,
    };
    Ok(SourceTable { kind, columns })
}

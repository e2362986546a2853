//! Make a connection.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::payload::generate;
use super::{Connection, ConnectionPayload, CreateConnections, CreatedConnection};
use crate::domains::datamodel::{Datamodel, ModelType};
use crate::domains::lookup::connections::ConnectionRecord;
use crate::domains::lookup::required;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, Asset, AssetKind, Change, Door, Run, Undo};
use crate::transport::{Answer, ApiPath};

const OPERATION: &str = "datamodel.create_connections";

impl Datamodel {
    /// Create a connection to a data source.
    ///
    /// Give a payload, or `datasource_type` with `connection_params`. A connection of this name
    /// with the same provider and the same parameters is left as it is (`created` is then
    /// `false`); its secrets cannot be compared. Nobody tries the credentials: the first query or
    /// build does. Secrets are only in the request: previews, journals, errors and the answer have
    /// none.
    ///
    /// # Errors
    /// `invalid_input` before anything is sent, when a secret is masked as `***`, or when
    /// parameters are missing; `conflict` when the name is taken by another connection;
    /// `unsupported` when connection management is off.
    ///
    /// # Ask
    /// - Create a connection to Redshift
    /// - Add a new Athena connection called Clickstream
    /// - Connect a new data source, Snowflake
    /// - Set up a new connection to a PostgreSQL database
    ///
    /// <!-- @effect create -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk high -->
    pub async fn create_connections(
        &self,
        run: &Run,
        params: CreateConnections,
    ) -> Result<CreatedConnection> {
        let payload = payload(params)?;
        let secrets = payload.parameters.secret_texts();
        if let Some(known) = self.known_connection(&payload.name).await? {
            return same_or_conflict(&payload, known);
        }
        let change = change(self.client.name(), &payload);
        let planned = change.planned_id();
        let record = match run.admit(change).await? {
            Door::Planned(_) => planned_record(&payload, planned),
            Door::Recorded(_) => return Err(lost(&payload)),
            Door::Open(pass) => {
                let body = Some(body(&payload));
                let transport = self.client.transport();
                let sent = transport.write(&pass, Method::POST, path(), Vec::new(), body).await;
                let sent = sent.map_err(|error| without(error, &secrets));
                let sent = match sent {
                    Err(error) if error.is_unanswered() => {
                        self.look_for_connection(&payload).await.ok_or(error)
                    }
                    other => other,
                };
                let answer = pass.settle(sent).await?;
                self.new_connection(&payload, answer).await?
            }
        };
        let created = !crate::run::is_planned(&record.oid);
        let notes = notes(&payload);
        Ok(CreatedConnection { connection: shown(record, &payload), created, notes })
    }

    /// The connection of this name, if there is one. One whose name differs in case counts too.
    async fn known_connection(&self, name: &str) -> Result<Option<ConnectionRecord>> {
        let mut found = match self.client.find_connections(name).await {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound && error.status().is_none() => {
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::Ambiguous => {
                let candidates = error.candidates().to_vec();
                return Err(conflict(name, "several connections have this name but for case")
                    .with_candidates(candidates));
            }
            Err(error) => return Err(error),
        };
        if found.len() > 1 {
            let ids = found.iter().map(|one| one.oid.clone()).collect();
            return Err(conflict(name, "several connections have this name").with_candidates(ids));
        }
        Ok(found.pop())
    }

    /// Whether a connection whose write got no answer is there.
    async fn look_for_connection(&self, payload: &ConnectionPayload) -> Option<Answer> {
        let found = self.client.find_connection(&payload.name).await.ok()?;
        let is_it = found.name() == payload.name && differences(payload, &found).is_empty();
        is_it.then(|| Answer::new(200, json!({ "oid": found.oid })))
    }

    /// The new connection as the server told it; looked up when the answer does not tell.
    async fn new_connection(
        &self,
        payload: &ConnectionPayload,
        answer: Answer,
    ) -> Result<ConnectionRecord> {
        let told = answer.body().get("provider").is_some() && answer.id().is_some();
        if told && let Ok(record) = answer.clone().decode::<ConnectionRecord>() {
            return Ok(record);
        }
        match self.client.find_connection(&payload.name).await {
            Ok(record) => Ok(record),
            // It is made, and the answer told its id: that much is known.
            Err(_) if answer.id().is_some() => {
                Ok(planned_record(payload, answer.id().unwrap_or_default().to_owned()))
            }
            Err(error) => Err(error.with_next_step("look at the connections before going on")),
        }
    }
}

/// The payload that is given, or made of what is given.
fn payload(params: CreateConnections) -> Result<ConnectionPayload> {
    let CreateConnections { connection_payload, datasource_type, connection_params } = params;
    let mut payload = match (connection_payload, datasource_type, connection_params) {
        (Some(payload), None, None) => payload,
        (None, Some(kind), Some(given)) => generate(kind, given)?,
        _ => {
            let message = "connection_payload is missing, or datasource_type and \
                           connection_params, or there is too much";
            return Err(Error::invalid(message)
                .with_next_step("give either the payload, or the type with its parameters"));
        }
    };
    required("the connection's name", &payload.name)?;
    required("the provider", &payload.provider)?;
    let masked = payload.parameters.masked();
    if !masked.is_empty() {
        let message = format!("these parameters are masked, not real: {}", masked.join(", "));
        return Err(Error::invalid(message).with_next_step(
            "give datasource_type and connection_params, or a payload with the real values",
        ));
    }
    let unknown = payload.supported_model_types.iter().find(|kind| ModelType::read(kind).is_none());
    if let Some(kind) = unknown {
        return Err(Error::invalid(format!("this is no kind of data model: {kind}"))
            .with_next_step("give LIVE, EXTRACT or both as supportedModelTypes"));
    }
    for name in payload.secret_parameters.clone() {
        payload.parameters.hide(&name);
    }
    Ok(payload)
}

fn path() -> ApiPath {
    ApiPath::new(["api", "v2", "connections"])
}

fn kinds(payload: &ConnectionPayload) -> Vec<String> {
    payload.supported_model_types.iter().map(|kind| kind.to_uppercase()).collect()
}

/// The one place in which the secrets are exposed.
fn body(payload: &ConnectionPayload) -> Value {
    json!({
        "enabled": payload.enabled,
        "createdByUser": payload.created_by_user,
        "provider": payload.provider,
        "name": payload.name,
        "description": payload.description,
        "parameters": payload.parameters.exposed(),
        "supportedModelTypes": kinds(payload),
    })
}

fn change(deployment: &str, payload: &ConnectionPayload) -> Change {
    let asset = Asset {
        deployment: deployment.to_owned(),
        kind: AssetKind::Connection,
        id: None,
        name: payload.name.clone(),
    };
    let summary = format!("Create the connection {} to {}", payload.name, payload.provider);
    let mut change = Change::new(OPERATION, asset, Action::Create, summary)
        .after(json!({
            "name": payload.name, "provider": payload.provider,
            "description": payload.description, "enabled": payload.enabled,
            "supported_model_types": kinds(payload),
            "parameters": payload.parameters.fingerprints(),
        }))
        .undo(Undo::Partly(
            "delete it on the web page, while no model uses it; a server may keep the credentials"
                .to_owned(),
        ))
        .risk(Risk::High);
    for note in notes(payload) {
        change = change.note(note);
    }
    change
}

fn notes(payload: &ConnectionPayload) -> Vec<String> {
    let mut notes = vec!["the credentials are not tried".to_owned()];
    let is_blank = |key: &&str| {
        crate::redact::is_secret_key(key)
            && payload.parameters.plain().any(|(own, value)| own == *key && value == "")
    };
    let blank: Vec<&str> = payload.parameters.keys().filter(is_blank).collect();
    if !blank.is_empty() {
        notes.push(format!("these are empty: {}", blank.join(", ")));
    }
    notes
}

/// A connection that is there already: fine when all that can be compared is as wanted.
fn same_or_conflict(
    payload: &ConnectionPayload,
    known: ConnectionRecord,
) -> Result<CreatedConnection> {
    if known.name() != payload.name {
        let message =
            format!("a connection has this name but for case, or as its id: {}", known.name());
        return Err(conflict(&payload.name, &message));
    }
    let differs = differences(payload, &known);
    if !differs.is_empty() {
        let message = format!("a connection of this name differs in: {}", differs.join(", "));
        return Err(conflict(&payload.name, &message));
    }
    let mut notes = vec!["the connection was there already".to_owned()];
    if !payload.parameters.secret_names().is_empty() {
        notes.push("its secrets could not be compared and were not changed".to_owned());
    }
    Ok(CreatedConnection { connection: shown(known, payload), created: false, notes })
}

/// The names of what is wanted otherwise than it is, secrets aside.
fn differences(payload: &ConnectionPayload, known: &ConnectionRecord) -> Vec<String> {
    let mut differs = Vec::new();
    if known.provider() != payload.provider {
        differs.push("provider".to_owned());
    }
    if known.enabled.is_some_and(|enabled| enabled != payload.enabled) {
        differs.push("enabled".to_owned());
    }
    let unsupported = |kind: &&String| !known.supports(kind);
    if payload.supported_model_types.iter().any(|kind| unsupported(&kind)) {
        differs.push("supportedModelTypes".to_owned());
    }
    let none = Map::new();
    let own = known.parameters.as_ref().unwrap_or(&none);
    for (key, value) in payload.parameters.plain() {
        let is_blank = |value: &Value| value.is_null() || value == "";
        let same = match own.get(key) {
            Some(own) => plain_text(own) == plain_text(value),
            None => is_blank(value),
        };
        if !same {
            differs.push(key.to_owned());
        }
    }
    differs
}

/// Servers tell numbers and yes or no as texts.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        Value::Null => String::new(),
        other => other.to_string().to_lowercase(),
    }
}

fn conflict(name: &str, message: &str) -> Error {
    Error::new(ErrorKind::Conflict, message)
        .with_asset(format!("connection \"{name}\""))
        .with_next_step("creating never changes a connection: choose another name")
}

fn lost(payload: &ConnectionPayload) -> Error {
    Error::new(ErrorKind::NotFound, "this run made the connection, and it is not there any more")
        .with_asset(format!("connection \"{}\"", payload.name))
        .with_next_step("look at the connections before going on")
}

/// What the connection is to be.
fn planned_record(payload: &ConnectionPayload, id: String) -> ConnectionRecord {
    ConnectionRecord {
        oid: id,
        name: Some(payload.name.clone()),
        provider: Some(payload.provider.clone()),
        description: Some(payload.description.clone()),
        enabled: Some(payload.enabled),
        supported_model_types: Some(kinds(payload)),
        created_by_user: Some(payload.created_by_user),
        parameters: Some(payload.parameters.exposed()),
        ..ConnectionRecord::default()
    }
}

/// The connection without secrets, also those that only the payload knows as such.
fn shown(record: ConnectionRecord, payload: &ConnectionPayload) -> Connection {
    let mut connection = Connection::from(record);
    let parameters = connection.parameters.iter_mut().flatten();
    let secrets = payload.parameters.secret_names();
    for (_, value) in parameters.filter(|(key, _)| secrets.contains(key)) {
        if !value.is_null() && *value != "" {
            *value = Value::from("***");
        }
    }
    connection
}

/// An error that repeats no secret, wherever a server put it.
fn without(error: Error, secrets: &[String]) -> Error {
    let clean = |text: &str| {
        let long = secrets.iter().filter(|secret| !secret.trim().is_empty());
        long.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    };
    let report = error.report();
    let message = clean(&report.message);
    let snippet = report.snippet.as_deref().map(clean);
    if message == report.message && snippet == report.snippet {
        return error;
    }
    let mut report = error.into_report();
    report.message = message;
    report.snippet = snippet;
    Error::from(report)
}

//! Managed connections: who sees them, and the rules of making and changing them.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Deployment;
use super::doc::{list, now, set, text};
use crate::auth::Caller;
use crate::config::NameFilter;
use crate::model_variants::ConnectionTwin;
use crate::touched::{AssetKind, Change};
use crate::wire::Reply;

/// A connection, and whom it is shared with.
#[derive(Clone)]
pub(crate) struct Connection {
    /// The record with its password.
    pub(crate) doc: Value,
    /// Users and groups that may use it besides its owner and the admins.
    pub(crate) parties: Vec<String>,
}

impl Connection {
    /// The record as answers show it. The server hides one parameter and knows no other secret.
    pub(crate) fn view(&self) -> Value {
        let mut view = self.doc.clone();
        if view["parameters"].get("Password").is_some() {
            set(&mut view["parameters"], "Password", "");
        }
        view
    }
}

impl Deployment {
    /// Whether a caller sees a connection.
    pub(crate) fn sees_connection(&self, connection: &Connection, caller: &Caller) -> bool {
        caller.role.is_admin()
            || text(&connection.doc, "ownerId") == caller.id
            || connection
                .parties
                .iter()
                .any(|party| *party == caller.id || self.in_group(&caller.id, party))
    }

    /// A connection by its id, or 404; 403 when the caller does not see it.
    pub(crate) fn connection(&self, oid: &str, caller: &Caller) -> Result<&Connection, Reply> {
        let missing = || {
            Reply::problem(StatusCode::NOT_FOUND, "ConnectionNotFound", 1010, "no such connection")
        };
        let connection = self.connections.get(oid).ok_or_else(missing)?;
        if self.sees_connection(connection, caller) {
            Ok(connection)
        } else {
            Err(Reply::forbidden())
        }
    }

    /// Makes a connection.
    pub(crate) fn create_connection(
        &mut self,
        body: &Map<String, Value>,
        caller: &Caller,
    ) -> Result<Value, Reply> {
        let oid = self.ids.uuid();
        let mut doc = connection_record(&oid, &caller.id);
        for key in ["provider", "name", "parameters"] {
            if !body.contains_key(key) {
                return Err(bad(&format!("'{key}' is required")));
            }
        }
        apply(&mut doc, body, &["provider", "createdByUser"])?;
        self.no_twin(text(&doc, "name"))?;
        set(&mut doc, "created", moment());
        let connection = Connection { doc, parties: Vec::new() };
        let view = connection.view();
        self.touch_doc(AssetKind::Connection, &view, Change::Created);
        self.connections.insert(oid, connection);
        Ok(view)
    }

    fn no_twin(&self, name: &str) -> Result<(), Reply> {
        let taken = self
            .connections
            .values()
            .any(|one| super::doc::named(text(&one.doc, "name"), name, NameFilter::Exact));
        let status = match self.variants.connection_twin {
            ConnectionTwin::BadRequest => StatusCode::BAD_REQUEST,
            ConnectionTwin::Conflict => StatusCode::CONFLICT,
            ConnectionTwin::Created => return Ok(()),
        };
        if !taken {
            return Ok(());
        }
        let detail = "a connection with this name already exists";
        Err(Reply::problem(status, "ConnectionAlreadyExists", 1011, detail))
    }

    /// Changes a connection, and with it every dataset that reads through it.
    pub(crate) fn change_connection(
        &mut self,
        oid: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Reply> {
        let Some(connection) = self.connections.get_mut(oid) else {
            return Ok(Value::Null);
        };
        let mut doc = connection.doc.clone();
        let password = doc["parameters"].get("Password").cloned();
        apply(&mut doc, body, &[])?;
        // Whoever writes back what was read has not seen the password.
        if let Some(password) = password.filter(|_| text(&doc["parameters"], "Password").is_empty())
        {
            set(&mut doc["parameters"], "Password", password);
        }
        set(&mut doc, "lastModified", moment());
        connection.doc = doc;
        let view = connection.view();
        self.touch_doc(AssetKind::Connection, &view, Change::Updated);
        for model in self.models.values_mut() {
            let own = |dataset: &Value| text(&dataset["connection"], "oid") == oid;
            if !list(model, "datasets").iter().any(own) {
                continue;
            }
            let datasets = model.get_mut("datasets").and_then(Value::as_array_mut);
            for dataset in datasets.into_iter().flatten().filter(|dataset| own(dataset)) {
                set(dataset, "connection", view.clone());
            }
        }
        Ok(view)
    }

    /// Takes the connection of a loaded dataset in, unless it is known.
    pub(crate) fn adopt_connection(&mut self, connection: &Value) {
        let oid = text(connection, "oid");
        if oid.is_empty() || self.connections.contains_key(oid) {
            return;
        }
        let owner = self.first_admin();
        let mut doc = connection_record(oid, &owner);
        if let (Some(doc), Some(connection)) = (doc.as_object_mut(), connection.as_object()) {
            doc.extend(connection.clone());
        }
        self.touch_doc(AssetKind::Connection, &doc, Change::Created);
        self.connections.insert(oid.to_owned(), Connection { doc, parties: Vec::new() });
    }
}

/// A connection that leads nowhere yet.
pub(crate) fn connection_record(oid: &str, owner: &str) -> Value {
    json!({
        "id": null, "oid": oid, "provider": "", "parameters": {}, "schema": null, "owner": null,
        "fileName": null, "protectedParameters": null, "uiParams": null,
        "globalTableConfigOptions": null, "enabled": true, "created": null,
        "lastModified": moment(), "supportedModelTypes": ["LIVE", "EXTRACT"], "ownerId": owner,
        "createdByUser": false, "name": "", "description": "", "connectionPermissions": null,
    })
}

/// The present moment as connections write it.
fn moment() -> String {
    now().replace('Z', "+00:00")
}

/// Checks the members of a body and sets those that may be written.
fn apply(doc: &mut Value, body: &Map<String, Value>, also: &[&str]) -> Result<(), Reply> {
    let kinds = |value: &Value| {
        let known = |kind: &Value| kind == "EXTRACT" || kind == "LIVE";
        value.as_array().is_some_and(|kinds| !kinds.is_empty() && kinds.iter().all(known))
    };
    let word = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    type Check<'a> = (&'a str, &'a dyn Fn(&Value) -> bool, &'a str);
    let checks: [Check<'_>; 7] = [
        ("provider", &word, "must be a text that is not blank"),
        ("name", &word, "must be a text that is not blank"),
        ("description", &Value::is_string, "must be a text"),
        ("parameters", &Value::is_object, "must be an object"),
        ("enabled", &Value::is_boolean, "must be true or false"),
        ("createdByUser", &Value::is_boolean, "must be true or false"),
        ("supportedModelTypes", &kinds, "must list EXTRACT, LIVE or both"),
    ];
    for (key, fits, must) in checks {
        let Some(value) = body.get(key) else { continue };
        if ["provider", "createdByUser"].contains(&key) && !also.contains(&key) {
            continue;
        }
        if !fits(value) {
            return Err(bad(&format!("'{key}' {must}")));
        }
        set(doc, key, value.clone());
    }
    Ok(())
}

fn bad(detail: &str) -> Reply {
    Reply::problem(StatusCode::BAD_REQUEST, "ValidationError", 1002, detail)
}

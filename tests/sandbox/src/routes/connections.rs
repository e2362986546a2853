//! Managed connections, and the columns of the tables behind them.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Routes;
use crate::model_variants::{
    ConnectionDelete, Connections, TableSchema, TableSchemaBody, UnknownTable,
};
use crate::state::Deployment;
use crate::state::doc::{named, text};
use crate::state::listing::Listing;
use crate::touched::{AssetKind, Change};
use crate::wire::{Answer, Call, Reply};

const ALL: &str = "/api/v2/connections";
const ONE: &str = "/api/v2/connections/{id}";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get(ALL, all)
        .post(ALL, create)
        .get(ONE, one)
        .patch(ONE, change)
        .delete(ONE, delete)
        .post("/api/v1/connection/{id}/table_schema_details", table_schema)
}

fn all(deployment: &mut Deployment, call: &Call) -> Answer {
    managed(deployment, "GET", ALL)?;
    let listing = Listing::from_query(call, deployment.variants, &[])?;
    let how = deployment.variants.name_filter;
    let seen = deployment.connections.values().filter(|connection| {
        deployment.sees_connection(connection, &call.caller)
            && call
                .query("name")
                .is_none_or(|wanted| named(text(&connection.doc, "name"), wanted, how))
    });
    let rows = seen.map(|connection| connection.view()).collect();
    Ok(Reply::ok(listing.apply(rows, &[])))
}

fn create(deployment: &mut Deployment, call: &Call) -> Answer {
    managed(deployment, "POST", ALL)?;
    let body = call.object()?;
    Ok(Reply::created(deployment.create_connection(&body, &call.caller)?))
}

fn one(deployment: &mut Deployment, call: &Call) -> Answer {
    managed(deployment, "GET", &path(call))?;
    let oid = call.uuid("id")?;
    Ok(Reply::ok(deployment.connection(&oid, &call.caller)?.view()))
}

fn change(deployment: &mut Deployment, call: &Call) -> Answer {
    managed(deployment, "PATCH", &path(call))?;
    let oid = own(deployment, call)?;
    let body = call.object()?;
    Ok(Reply::ok(deployment.change_connection(&oid, &body)?))
}

/// Datasets that read through a deleted connection keep what they show of it; their builds fail.
fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    managed(deployment, "DELETE", &path(call))?;
    let how = deployment.variants.connection_delete;
    if how == ConnectionDelete::NoRoute {
        return Err(no_route("DELETE", &path(call)));
    }
    let oid = own(deployment, call)?;
    if let Some(connection) = deployment.connections.remove(&oid) {
        deployment.touch_doc(AssetKind::Connection, &connection.doc, Change::Deleted);
    }
    Ok(match how {
        ConnectionDelete::Ok => {
            Reply::problem(StatusCode::OK, "Success", 0, "the connection was deleted")
        }
        _ => Reply::no_content(),
    })
}

/// The id of a connection that the caller may change: its owner and admins may.
fn own(deployment: &Deployment, call: &Call) -> Result<String, Reply> {
    let oid = call.uuid("id")?;
    let connection = deployment.connection(&oid, &call.caller)?;
    if call.caller.role.is_admin() || text(&connection.doc, "ownerId") == call.caller.id {
        Ok(oid)
    } else {
        Err(Reply::forbidden())
    }
}

fn path(call: &Call) -> String {
    format!("{ALL}/{}", call.param("id"))
}

fn managed(deployment: &Deployment, method: &str, path: &str) -> Result<(), Reply> {
    match deployment.variants.connections {
        Connections::On => Ok(()),
        Connections::Off => Err(no_route(method, path)),
    }
}

fn no_route(method: &str, path: &str) -> Reply {
    Reply::text(StatusCode::NOT_FOUND, &format!("Cannot {method} {path}"))
}

/// The columns of one table. Errors have the form of the service that talks to databases.
fn table_schema(deployment: &mut Deployment, call: &Call) -> Answer {
    let connection = match uuid::Uuid::parse_str(call.param("id")) {
        Ok(oid) => deployment.connections.get(&oid.hyphenated().to_string()),
        Err(_) => return Err(refused(StatusCode::BAD_REQUEST, "invalid connection id", "")),
    };
    let missing = || refused(StatusCode::NOT_FOUND, "connection not found", call.param("id"));
    let connection = connection.ok_or_else(missing)?;
    if !deployment.sees_connection(connection, &call.caller) {
        return Err(refused(StatusCode::FORBIDDEN, "access denied", call.param("id")));
    }
    let asked = Asked::read(&call.object()?, deployment.variants.table_schema_body)
        .map_err(|message| refused(StatusCode::BAD_REQUEST, &message, ""))?;
    let provider = text(&connection.doc, "provider");
    if asked.provider != provider {
        let message = format!("the connection's provider is {provider}");
        return Err(refused(StatusCode::BAD_REQUEST, &message, &asked.provider));
    }
    let [database, schema, table] = &asked.at;
    let found = deployment.sources.columns(provider, [database, schema, table]);
    let shown = |columns: &[Value]| {
        json!({
            "catalog": database, "schemaName": schema, "tableName": table, "tableType": "TABLE",
            "columns": columns, "relations": [],
        })
    };
    let answer = match (found, deployment.variants.unknown_table) {
        (Some(columns), _) => shown(columns),
        (None, UnknownTable::Empty) => json!({}),
        (None, UnknownTable::NoColumns) => shown(&[]),
        (None, UnknownTable::NotFound) => {
            return Err(refused(StatusCode::NOT_FOUND, "table not found", table));
        }
        (None, UnknownTable::BadRequest) => {
            return Err(refused(StatusCode::BAD_REQUEST, "table not found", table));
        }
    };
    Ok(Reply::ok(match deployment.variants.table_schema {
        TableSchema::Object => answer,
        TableSchema::Array => json!([answer]),
    }))
}

/// What a body asks for.
struct Asked {
    provider: String,
    at: [String; 3],
}

impl Asked {
    fn read(body: &Map<String, Value>, form: TableSchemaBody) -> Result<Self, String> {
        let none = Value::Null;
        let data = body.get("connectionData").unwrap_or(&none);
        let (inner, provider) = (&data["connection"], body.get("provider"));
        let needed = |doc: &Value, key: &str| match text(doc, key) {
            "" => Err(format!("'{key}' is required")),
            found => Ok(found.to_owned()),
        };
        let provider = provider.and_then(Value::as_str).ok_or("'provider' is required")?.to_owned();
        if form == TableSchemaBody::Full {
            needed(data, "provider")?;
            needed(inner, "Server")?;
            needed(inner, "UserName")?;
        }
        let at = [needed(inner, "Database")?, needed(data, "schema")?, needed(data, "table")?];
        Ok(Self { provider, at })
    }
}

fn refused(status: StatusCode, message: &str, name: &str) -> Reply {
    Reply::json(
        status,
        json!({ "error": {
            "code": status.as_u16(), "message": message, "status": status.as_u16(),
            "httpStatus": status.canonical_reason().unwrap_or("Error"),
            "resourceType": "connection", "resourceName": name,
        } }),
    )
}

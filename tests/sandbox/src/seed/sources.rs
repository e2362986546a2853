//! Connections and the databases behind them.

use serde_json::{Value, json};

use super::people::{CREATED, TOUCHED};
use super::story::Cast;
use crate::state::Deployment;
use crate::state::connections::{Connection, connection_record};
use crate::state::doc::{set, text};
use crate::state::sources::SourceColumn;

/// The password of every seeded connection that has one.
const PASSWORD: &str = "sandbox-source-password";

/// The connection of a provider as datasets show it; made when it is asked for first. Its id is
/// a part of model definitions, which keep their ids wherever they are loaded.
pub(super) fn connection(deployment: &mut Deployment, provider: &str, owner: &str) -> Value {
    // Drawn in any case, so that what is shared does not change the ids behind it.
    let oid = deployment.ids.model_uuid();
    let name = match provider {
        "PostgreSQL" => "Acme Warehouse",
        "CSV" => "Acme Files",
        "RedShift" => "Acme Clinic",
        "Snowflake" => "Acme CRM",
        other => other,
    };
    let known = deployment.connections.values().find(|one| text(&one.doc, "name") == name);
    if let Some(known) = known {
        return known.view();
    }
    let parameters = match provider {
        "CSV" => json!({
            "ApiVersion": "2", "culture": "en-US", "Database": "null", "delimiter": ",",
            "files": ["country.csv", "web_traffic.csv"], "folder": null, "hasHeader": "true",
            "ignoreFirstRows": "0", "ignoreLastRows": "0", "Password": "", "Port": "-1",
            "Schema": "null", "Server": "/storage/uploads", "UserName": "null",
        }),
        _ => json!({
            "Server": "data.acme.example", "UserName": "reader", "Password": PASSWORD,
            "Database": "acme", "Schema": "public", "ApiVersion": "2",
        }),
    };
    add(deployment, &oid, owner, provider, name, parameters)
}

fn add(
    deployment: &mut Deployment,
    oid: &str,
    owner: &str,
    provider: &str,
    name: &str,
    parameters: Value,
) -> Value {
    let mut doc = connection_record(oid, owner);
    for (key, value) in [("provider", provider), ("name", name), ("created", CREATED)] {
        set(&mut doc, key, value);
    }
    set(&mut doc, "lastModified", TOUCHED.replace('Z', "+00:00"));
    set(&mut doc, "parameters", parameters);
    let connection = Connection { doc, parties: Vec::new() };
    let view = connection.view();
    deployment.connections.insert(oid.to_owned(), connection);
    view
}

/// The story's share of it: connections that no model reads through, and tables that none has.
pub(super) fn settle(deployment: &mut Deployment, cast: &Cast) {
    // Secrets stand under any key but the one that the server hides.
    for (provider, name, parameters) in [
        (
            "athena",
            "Acme Clickstream",
            json!({
                "Basic": true, "AwsRegion": "eu-west-1", "S3OutputLocation": "s3://acme-example/out",
                "userName": "sandbox-access-key", "password": "sandbox-athena-secret",
                "aws_secret_key": "sandbox-aws-secret", "UseDynamicSchema": false,
            }),
        ),
        (
            "Databricks",
            "Acme Lake",
            json!({
                "connectionString":
                    "jdbc:databricks://lake.acme.example:443;AuthMech=3;UID=token;PWD=sandbox-lake-secret",
                "token": "sandbox-lake-token", "UseDynamicSchema": false, "Schema": "public",
            }),
        ),
        (
            "GoogleBigQuery",
            "Acme Ads",
            json!({
                "serviceAccount": true, "serviceAccountKeyPath": "/secrets/acme-ads.json",
                "AdditionalParameters": "OAuthRefreshToken=sandbox-refresh-token", "DB": "acme",
            }),
        ),
        // Its name begins like another's, and it is switched off.
        (
            "PostgreSQL",
            "Acme Warehouse (old)",
            json!({
                "Server": "old.acme.example", "UserName": "reader", "Password": PASSWORD,
                "Database": "acme", "Schema": "public", "ApiVersion": "2",
            }),
        ),
        (
            "PostgreSQL",
            "Größen & Maße",
            json!({
                "Server": "data.acme.example", "UserName": "reader", "Password": PASSWORD,
                "Database": "staging", "Schema": "public", "ApiVersion": "2",
            }),
        ),
    ] {
        let oid = deployment.ids.uuid();
        add(deployment, &oid, &cast.ada, provider, name, parameters);
    }
    for connection in deployment.connections.values_mut() {
        match text(&connection.doc, "name") {
            "Acme Warehouse" => connection.parties.push(cast.analysts.clone()),
            "Acme CRM" => {
                connection.parties.push(cast.deniz.clone());
                set(&mut connection.doc, "supportedModelTypes", json!(["LIVE"]));
            }
            "Acme Files" => set(&mut connection.doc, "supportedModelTypes", json!(["EXTRACT"])),
            "Acme Warehouse (old)" => set(&mut connection.doc, "enabled", false),
            _ => {}
        }
    }
    show_in_models(deployment);
    tables(deployment);
}

/// Datasets were made before the connections had their last touch.
fn show_in_models(deployment: &mut Deployment) {
    let views: Vec<(String, Value)> =
        deployment.connections.iter().map(|(oid, one)| (oid.clone(), one.view())).collect();
    for model in deployment.models.values_mut() {
        let datasets = model.get_mut("datasets").and_then(Value::as_array_mut);
        for dataset in datasets.into_iter().flatten() {
            let own = views.iter().find(|(oid, _)| *oid == text(&dataset["connection"], "oid"));
            if let Some((_, view)) = own {
                set(dataset, "connection", view.clone());
            }
        }
    }
}

fn tables(deployment: &mut Deployment) {
    let orders =
        ["Order ID:int", "Line:int", "Article:text", "Price:decimal", "Shipped At:datetime"];
    let sizes = ["Größe:text", "Maß in cm:double", "Geprüft:bool", "Stand:date"];
    // The same table name in another schema and in another database, with other columns.
    let old = ["Order ID:int", "Revenue:decimal"];
    let source = &mut deployment.sources;
    source.add("PostgreSQL", ["acme", "public", "Order Lines"], &columns(&orders));
    source.add("PostgreSQL", ["acme", "public", "Größen & Maße"], &columns(&sizes));
    source.add("PostgreSQL", ["acme", "archive", "Commerce"], &columns(&old));
    source.add("PostgreSQL", ["acme", "archive", "Orders 2019"], &columns(&orders));
    source.add("PostgreSQL", ["staging", "public", "Commerce"], &columns(&old));
    source.add(
        "RedShift",
        ["acme", "public", "Wards"],
        &columns(&["Ward ID:int", "Ward Name:text", "Beds:int"]),
    );
    source.add(
        "Snowflake",
        ["acme", "public", "Touch Points"],
        &columns(&["Lead ID:int", "Touched At:datetime", "Channel:text", "Score:double"]),
    );
    source.add("CSV", ["null", "null", "regions.csv"], &columns(&["Region:text", "Code:text"]));
    // Behind every provider that has no tables of its own.
    source.add(
        "",
        ["acme", "public", "Events"],
        &columns(&["Event ID:bigint", "At:datetime", "Kind:text", "Value:double"]),
    );
    source.add("", ["acme", "public", "Événements"], &columns(&["Événement:text", "Début:date"]));
}

fn columns(specs: &[&str]) -> Vec<SourceColumn> {
    let column = |spec: &&str| {
        let (name, kind) = spec.split_once(':').unwrap_or((spec, "text"));
        let (code, size, precision, scale) = match kind {
            "int" => (8, json!(4), json!(10), json!(0)),
            "bigint" => (0, json!(8), json!(19), json!(0)),
            "decimal" => (5, json!(16), json!(18), json!(2)),
            "double" => (40, json!(8), json!(15), json!(0)),
            "datetime" => (4, json!(8), json!(0), json!(0)),
            "date" => (31, json!(4), Value::Null, Value::Null),
            "bool" => (2, json!(1), Value::Null, Value::Null),
            _ => (18, json!(50), json!(0), json!(0)),
        };
        SourceColumn { name: name.to_owned(), code, size, precision, scale }
    };
    specs.iter().map(column).collect()
}

//! Managed connections and the tables behind them.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{
    ConnectionDelete, ConnectionTwin, Connections, NameFilter, TableSchema, TableSchemaBody,
    UnknownTable, Variants,
};

use super::{Bench, texts};

const ALL: &str = "/api/v2/connections";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn base() -> Variants {
    Variants::default()
}

fn lake() -> Value {
    json!({
        "enabled": true, "createdByUser": true, "provider": "RedShift", "name": "Second clinic",
        "description": "", "parameters": { "Server": "two.acme.example", "Password": "hush" },
        "supportedModelTypes": ["LIVE", "EXTRACT"],
    })
}

impl Bench {
    async fn named(&self, name: &str) -> Value {
        let name = name.replace('&', "%26").replace(' ', "%20");
        let (_, rows) = self.get(&format!("{ALL}?name={name}")).await;
        assert_eq!(rows.as_array().unwrap().len(), 1, "{name}");
        rows[0].clone()
    }

    async fn columns_of(&self, connection: &str, database: &str, table: &str) -> (u16, Value) {
        let connection = self.named(connection).await;
        let path = path(&connection);
        self.post(&path, asked(&connection, database, table)).await
    }
}

fn path(connection: &Value) -> String {
    format!("/api/v1/connection/{}/table_schema_details", connection["oid"].as_str().unwrap())
}

fn asked(connection: &Value, database: &str, table: &str) -> Value {
    json!({
        "provider": connection["provider"],
        "connectionData": {
            "connection": { "Database": database }, "schema": "public", "table": table,
        },
    })
}

#[tokio::test]
async fn bad_ids_and_bodies_are_told_apart() {
    let bench = Bench::start().await;
    let (status, body) = bench.get(&format!("{ALL}/nonsense")).await;
    assert_eq!((status, &body["sub"]), (400, &json!(1012)));
    assert_eq!(bench.get(&format!("{ALL}/{NOBODY}")).await.0, 404);
    for (key, value) in [
        ("name", json!(" ")),
        ("name", Value::Null),
        ("provider", json!(7)),
        ("parameters", json!("{}")),
        ("enabled", json!("true")),
        ("supportedModelTypes", json!(["IMPORT"])),
        ("supportedModelTypes", json!([])),
    ] {
        let mut body = lake();
        body[key] = value;
        let (status, answer) = bench.post(ALL, body).await;
        assert_eq!((status, &answer["sub"]), (400, &json!(1002)), "{key}");
        assert!(answer["detail"].as_str().unwrap().contains(key));
    }
    assert_eq!(bench.post(ALL, json!({ "name": "x" })).await.0, 400);
}

#[tokio::test]
async fn the_connection_of_a_dataset_is_the_managed_one() {
    let bench = Bench::start().await;
    let warehouse = bench.named("Acme Warehouse").await;
    let (_, model) = bench.get("/api/v2/datamodels/schema?title=Sample%20ECommerce").await;
    assert_eq!(model["datasets"][0]["connection"], warehouse);
    let one = format!("{ALL}/{}", warehouse["oid"].as_str().unwrap());
    assert_eq!(bench.get(&one).await.1, warehouse);
    let patch = json!({ "description": "moved", "provider": "MySQL", "parameters": { "Server": "b", "Password": "" } });
    let (status, changed) =
        bench.send(bench.sandbox.token(), Method::PATCH, &one, Some(patch)).await;
    assert_eq!((status, &changed["parameters"]["Server"]), (200, &json!("b")));
    assert_eq!(changed["provider"], "PostgreSQL");
    assert_ne!(changed["lastModified"], warehouse["lastModified"]);
    let (_, model) = bench.get("/api/v2/datamodels/schema?title=Sample%20ECommerce").await;
    assert_eq!(model["datasets"][0]["connection"], changed);
    // Writing back what was read does not lose the password, which no answer shows.
    let state = bench.sandbox.state();
    let kept = state["connections"].as_array().unwrap();
    let kept = kept.iter().find(|kept| kept["oid"] == warehouse["oid"]).unwrap();
    assert_eq!(kept["parameters"]["Password"], "sandbox-source-password");
    let bad = json!({ "enabled": 1 });
    assert_eq!(bench.send(bench.sandbox.token(), Method::PATCH, &one, Some(bad)).await.0, 400);
}

#[tokio::test]
async fn only_the_parameter_password_is_hidden() {
    let bench = Bench::start().await;
    let all = bench.get(ALL).await.1;
    assert!(!all.to_string().contains("sandbox-source-password"));
    let clear = |name: &str, key: &str| {
        let all = all.as_array().unwrap();
        let one = all.iter().find(|one| one["name"] == name).unwrap();
        one["parameters"][key].as_str().unwrap().to_owned()
    };
    assert_eq!(clear("Acme Warehouse", "Password"), "");
    assert_eq!(clear("Acme Clickstream", "password"), "sandbox-athena-secret");
    assert_eq!(clear("Acme Clickstream", "aws_secret_key"), "sandbox-aws-secret");
    assert_eq!(clear("Acme Lake", "token"), "sandbox-lake-token");
    assert!(clear("Acme Lake", "connectionString").contains("PWD=sandbox-lake-secret"));
}

#[tokio::test]
async fn connections_are_seen_by_admins_owners_and_those_they_are_shared_with() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens().clone();
    let names = async |token: &str| {
        let mut names = texts(&bench.send(token, Method::GET, ALL, None).await.1, "name");
        names.sort();
        names
    };
    assert_eq!(names(&tokens.admin).await.len(), 9);
    assert_eq!(names(&tokens.super_admin).await.len(), 9);
    assert_eq!(names(&tokens.data_admin).await, ["Acme CRM"]);
    assert_eq!(names(&tokens.data_designer).await, ["Acme CRM", "Acme Warehouse"]);
    assert_eq!(names(&tokens.viewer).await, Vec::<String>::new());
    let warehouse = bench.named("Acme Warehouse").await;
    let one = format!("{ALL}/{}", warehouse["oid"].as_str().unwrap());
    assert_eq!(bench.send(&tokens.viewer, Method::GET, &one, None).await.0, 403);
    let body = Some(json!({ "enabled": false }));
    assert_eq!(bench.send(&tokens.data_designer, Method::PATCH, &one, body).await.0, 403);
    assert_eq!(bench.send(&tokens.data_designer, Method::DELETE, &one, None).await.0, 403);
    let (status, body) = bench
        .send(
            &tokens.viewer,
            Method::POST,
            &path(&warehouse),
            Some(asked(&warehouse, "acme", "Brand")),
        )
        .await;
    assert_eq!((status, &body["error"]["httpStatus"]), (403, &json!("Forbidden")));
}

#[tokio::test]
async fn a_connection_is_made_found_and_deleted() {
    for (connection_delete, status, left) in [
        (ConnectionDelete::NoContent, 204, 0),
        (ConnectionDelete::Ok, 200, 0),
        (ConnectionDelete::NoRoute, 404, 1),
    ] {
        let bench = Bench::variants(Variants { connection_delete, ..base() }).await;
        let designer = bench.sandbox.tokens().data_designer.clone();
        let (got, made) = bench.send(&designer, Method::POST, ALL, Some(lake())).await;
        assert_eq!((got, &made["parameters"]["Password"]), (201, &json!("")));
        assert_eq!(made["ownerId"], bench.user("deniz.yilmaz@acme.example"));
        let one = format!("{ALL}/{}", made["oid"].as_str().unwrap());
        assert_eq!(bench.get(&one).await, (200, made));
        let (got, body) = bench.send(&designer, Method::DELETE, &one, None).await;
        assert_eq!(got, status);
        if status == 404 {
            assert_eq!(body, json!(format!("Cannot DELETE {one}")));
        }
        let (_, rows) = bench.get(&format!("{ALL}?name=Second%20clinic")).await;
        assert_eq!(rows.as_array().unwrap().len(), left);
    }
}

#[tokio::test]
async fn twins_are_made_or_refused() {
    for (connection_twin, status) in [
        (ConnectionTwin::Created, 201),
        (ConnectionTwin::BadRequest, 400),
        (ConnectionTwin::Conflict, 409),
    ] {
        let bench = Bench::variants(Variants { connection_twin, ..base() }).await;
        assert_eq!(bench.post(ALL, lake()).await.0, 201);
        assert_eq!(bench.post(ALL, lake()).await.0, status);
        let rows = bench.get(&format!("{ALL}?name=Second%20clinic")).await.1;
        assert_eq!(rows.as_array().unwrap().len(), if status == 201 { 2 } else { 1 });
    }
}

#[tokio::test]
async fn names_are_compared_as_the_filter_says() {
    for (name_filter, exact, part, other_case) in [
        (NameFilter::Exact, 1, 0, 0),
        (NameFilter::Partial, 2, 2, 0),
        (NameFilter::CaseBlind, 1, 0, 1),
    ] {
        let bench = Bench::variants(Variants { name_filter, ..base() }).await;
        for (name, count) in
            [("Acme%20Warehouse", exact), ("Warehouse", part), ("ACME%20WAREHOUSE", other_case)]
        {
            let (_, rows) = bench.get(&format!("{ALL}?name={name}")).await;
            assert_eq!(rows.as_array().unwrap().len(), count, "{name_filter:?} {name}");
        }
    }
}

#[tokio::test]
async fn without_managed_connections_every_path_is_unknown() {
    let bench = Bench::variants(Variants { connections: Connections::Off, ..base() }).await;
    for method in [Method::GET, Method::POST] {
        let (status, body) = bench.send(bench.sandbox.token(), method.clone(), ALL, None).await;
        assert_eq!((status, body), (404, json!(format!("Cannot {method} {ALL}"))));
    }
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let path = format!("{ALL}/{NOBODY}");
        let (status, body) = bench.send(bench.sandbox.token(), method.clone(), &path, None).await;
        assert_eq!((status, body), (404, json!(format!("Cannot {method} {path}"))));
    }
}

#[tokio::test]
async fn the_columns_of_source_tables_are_read() {
    let bench = Bench::start().await;
    let (status, brand) = bench.columns_of("Acme Warehouse", "acme", "Brand").await;
    assert_eq!((status, &brand["tableName"]), (200, &json!("Brand")));
    assert_eq!(texts(&brand["columns"], "columnName"), ["Brand ID", "Brand", "Supplier"]);
    assert_eq!(
        brand["columns"][0],
        json!({ "columnName": "Brand ID", "dbType": 8, "size": 4, "precision": 10, "scale": 0, "columnOrder": 1 })
    );
    // Custom columns are the model's, not the source's.
    let (_, commerce) = bench.columns_of("Acme Warehouse", "acme", "Commerce").await;
    assert_eq!(commerce["columns"].as_array().unwrap().len(), 22);
    let (_, staged) = bench.columns_of("Acme Warehouse", "staging", "Commerce").await;
    assert_eq!(staged["columns"].as_array().unwrap().len(), 2);
    let (_, odd) = bench.columns_of("Größen & Maße", "acme", "Größen & Maße").await;
    assert_eq!(texts(&odd["columns"], "columnName")[1], "Maß in cm");
    let (_, spaced) = bench.columns_of("Acme Warehouse", "acme", "Order Lines").await;
    assert_eq!(spaced["columns"].as_array().unwrap().len(), 5);
    let (_, other) = bench.columns_of("Acme Lake", "acme", "Événements").await;
    assert_eq!(other["columns"].as_array().unwrap().len(), 2);
    assert_eq!(bench.columns_of("Acme Warehouse", "acme", "brand").await.1, json!({}));
    let counts = bench.sandbox.counts();
    assert_eq!(counts.writes, 0);
}

#[tokio::test]
async fn questions_about_source_tables_must_be_whole() {
    let bench = Bench::start().await;
    let warehouse = bench.named("Acme Warehouse").await;
    let path = path(&warehouse);
    let good = asked(&warehouse, "acme", "Brand");
    let mut wrong = vec![json!({}), json!({ "provider": "PostgreSQL" })];
    for pointer in ["/provider", "/connectionData/schema", "/connectionData/table"] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = json!("");
        wrong.push(body);
    }
    let mut body = good.clone();
    body["connectionData"]["connection"] = json!({});
    wrong.push(body);
    for body in wrong {
        let (status, answer) = bench.post(&path, body.clone()).await;
        assert_eq!((status, &answer["error"]["status"]), (400, &json!(400)), "{body}");
    }
    let at = |id: &str| format!("/api/v1/connection/{id}/table_schema_details");
    assert_eq!(bench.post(&at(NOBODY), good.clone()).await.0, 404);
    assert_eq!(bench.post(&at("nonsense"), good).await.0, 400);
}

#[tokio::test]
async fn the_longer_question_is_understood_everywhere_and_the_short_one_by_variant() {
    for (table_schema_body, short) in [(TableSchemaBody::Any, 200), (TableSchemaBody::Full, 400)] {
        let bench = Bench::variants(Variants { table_schema_body, ..base() }).await;
        let warehouse = bench.named("Acme Warehouse").await;
        let mut body = asked(&warehouse, "acme", "Brand");
        assert_eq!(bench.post(&path(&warehouse), body.clone()).await.0, short);
        body["connectionData"]["provider"] = json!("PostgreSQL");
        let connection = &mut body["connectionData"]["connection"];
        connection["Server"] = json!("data.acme.example");
        connection["UserName"] = json!("reader");
        assert_eq!(bench.post(&path(&warehouse), body).await.0, 200);
    }
}

#[tokio::test]
async fn an_unknown_table_has_four_answers() {
    for (unknown_table, status, columns) in [
        (UnknownTable::Empty, 200, Value::Null),
        (UnknownTable::NoColumns, 200, json!([])),
        (UnknownTable::NotFound, 404, Value::Null),
        (UnknownTable::BadRequest, 400, Value::Null),
    ] {
        let bench = Bench::variants(Variants { unknown_table, ..base() }).await;
        let (got, body) = bench.columns_of("Acme Warehouse", "acme", "Nothing").await;
        assert_eq!((got, &body["columns"]), (status, &columns));
    }
    let table_schema = TableSchema::Array;
    let bench = Bench::variants(Variants { table_schema, ..base() }).await;
    let (_, rows) = bench.columns_of("Acme Warehouse", "acme", "Brand").await;
    assert_eq!(texts(&rows, "tableName"), ["Brand"]);
}

//! Writes to datasets and tables.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{Connections, DroppedColumns, Variants};

use super::{Bench, texts};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

impl Bench {
    async fn fresh(&self, kind: &str) -> String {
        let body = json!({ "title": "Fresh", "type": kind });
        let (_, made) = self.post("/api/v2/datamodels", body).await;
        format!("/api/v2/datamodels/{}/schema/datasets", made["oid"].as_str().unwrap())
    }

    fn connection(&self, name: &str) -> Value {
        json!({ "oid": self.find("connections", "name", name, "oid") })
    }

    fn body(&self, name: &str) -> Value {
        json!({
            "name": name, "type": "extract", "connection": self.connection("Acme Warehouse"),
            "database": "acme", "schemaName": "public",
        })
    }

    async fn dataset(&self, datasets: &str) -> String {
        let (status, made) = self.post(datasets, self.body("public")).await;
        assert_eq!(status, 201);
        format!("{datasets}/{}/tables", made["oid"].as_str().unwrap())
    }

    async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.sandbox.token(), Method::PATCH, path, Some(body)).await
    }

    async fn remove(&self, path: &str) -> u16 {
        self.send(self.sandbox.token(), Method::DELETE, path, None).await.0
    }
}

fn brand() -> Value {
    json!({
        "id": "Brand", "name": "Brand", "hidden": false, "expression": null, "type": "base",
        "description": "", "tags": ["new"], "configOptions": null,
        "buildBehavior": { "type": "sync", "accumulativeConfig": null },
        "columns": [
            { "id": "Brand ID", "name": "Brand ID", "type": 8, "size": 4, "precision": 10,
              "scale": 0, "hidden": false, "indexed": true, "isUpsertBy": false,
              "description": null, "expression": null, "import": null, "isCustom": null },
            { "id": "Brand", "type": 22 },
        ],
    })
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

#[tokio::test]
async fn bad_ids_are_400_and_unknown_ones_404() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let tables = bench.dataset(&datasets).await;
    let bad = "/api/v2/datamodels/nonsense/schema/datasets".to_owned();
    for path in [bad, format!("{datasets}/x/tables")] {
        let (status, body) = bench.post(&path, brand()).await;
        assert_eq!((status, &body["sub"]), (400, &json!(1012)), "{path}");
    }
    let (status, body) = bench.patch(&format!("{tables}/x"), json!({})).await;
    assert_eq!((status, &body["title"]), (400, &json!("EcmApiError")));
    let unknown = format!("/api/v2/datamodels/{NOBODY}/schema/datasets");
    assert_eq!(bench.post(&unknown, bench.body("a")).await.0, 404);
    assert_eq!(bench.post(&format!("{datasets}/{NOBODY}/tables"), brand()).await.0, 404);
    assert_eq!(bench.patch(&format!("{tables}/{NOBODY}"), json!({})).await.0, 404);
    assert_eq!(bench.get(&format!("{tables}/{NOBODY}")).await.0, 404);
    assert_eq!(bench.remove(&format!("{tables}/{NOBODY}")).await, 404);
    assert_eq!(bench.remove(&format!("{datasets}/{NOBODY}")).await, 404);
}

#[tokio::test]
async fn a_dataset_needs_a_name_a_fitting_type_and_a_fitting_connection() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let good = bench.body("public");
    let live_only = bench.connection("Acme CRM");
    for (key, value) in [
        ("name", json!("")),
        ("type", json!("live")),
        ("type", json!("odd")),
        ("connection", Value::Null),
        ("connection", json!({ "provider": "PostgreSQL" })),
        ("connection", live_only),
    ] {
        let (status, body) = bench.post(&datasets, with(good.clone(), key, value)).await;
        assert_eq!((status, &body["sub"]), (400, &json!(1002)), "{key}");
        assert!(body["detail"].as_str().unwrap().starts_with("Validation"));
    }
    let bad = with(good.clone(), "connection", json!({ "oid": "x" }));
    assert_eq!(bench.post(&datasets, bad).await.1["sub"], 1012);
    let unknown = with(good.clone(), "connection", json!({ "oid": NOBODY }));
    assert_eq!(bench.post(&datasets, unknown).await.0, 404);
    let custom = with(good, "type", json!("custom"));
    assert_eq!(bench.post(&datasets, custom).await.0, 400);
}

#[tokio::test]
async fn a_dataset_is_made_once_per_name_and_deleted() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let model = datasets.replace("/datasets", "");
    let before = bench.get(&model).await.1["lastUpdated"].clone();
    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    let (status, made) = bench.post(&datasets, bench.body("public")).await;
    assert_eq!(
        (status, &made["fullname"], &made["type"]),
        (201, &json!("PostgreSQL:public"), &json!("extract"))
    );
    assert_eq!((&made["database"], &made["schemaName"]), (&json!("acme"), &json!("public")));
    let after = bench.get(&model).await.1;
    assert_eq!(after["datasets"], json!([made]));
    assert!(after["lastUpdated"].as_str() > before.as_str());
    let (status, body) = bench.post(&datasets, bench.body("public")).await;
    assert_eq!(
        (status, &body["title"], &body["sub"]),
        (400, &json!("ValidationError"), &json!(1002))
    );
    assert_eq!(bench.post(&datasets, bench.body("Public")).await.0, 201);
    let own = json!({ "provider": "CSV", "parameters": { "Password": "x" }, "schema": "/a.csv" });
    let body = with(bench.body("inline"), "connection", own);
    let (status, inline) = bench.post(&datasets, body).await;
    assert_eq!((status, &inline["connection"]["parameters"]["Password"]), (201, &json!("")));
    let custom = json!({ "name": "made", "type": "custom" });
    let (_, made) = bench.post(&datasets, custom).await;
    assert_eq!((&made["connection"], &made["fullname"]), (&Value::Null, &json!("made")));
    let one = format!("{datasets}/{}", made["oid"].as_str().unwrap());
    assert_eq!(bench.remove(&one).await, 200);
    assert_eq!(bench.get(&one).await.0, 404);
}

#[tokio::test]
async fn live_models_take_live_datasets_of_live_connections() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("live").await;
    let body = with(bench.body("crm"), "connection", bench.connection("Acme CRM"));
    assert_eq!(bench.post(&datasets, body.clone()).await.0, 400);
    assert_eq!(bench.post(&datasets, with(body.clone(), "type", json!("live"))).await.0, 201);
    let files = with(body, "connection", bench.connection("Acme Files"));
    assert_eq!(bench.post(&datasets, with(files, "type", json!("live"))).await.0, 400);
}

#[tokio::test]
async fn without_managed_connections_a_dataset_brings_its_own() {
    let bench =
        Bench::variants(Variants { connections: Connections::Off, ..Variants::default() }).await;
    let datasets = bench.fresh("extract").await;
    assert_eq!(bench.post(&datasets, bench.body("public")).await.0, 400);
}

#[tokio::test]
async fn model_writes_are_for_data_people_with_the_right_share() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens().clone();
    let at = |title: &str| format!("/api/v2/datamodels/{}/schema/datasets", bench.model(title));
    let body = |name: &str| Some(bench.body(name));
    for (token, title, status) in [
        (&tokens.viewer, "Sample ECommerce", 403),
        (&tokens.designer, "Sample ECommerce", 403),
        (&tokens.data_designer, "Sample Healthcare", 403),
        (&tokens.data_designer, "Sample ECommerce", 201),
        (&tokens.super_admin, "Sample Healthcare", 201),
    ] {
        let name = format!("own {status}");
        let (got, _) = bench.send(token, Method::POST, &at(title), body(&name)).await;
        assert_eq!(got, status, "{title}");
    }
    // Data admins see every model, but only their own connections.
    let path = at("Sample Healthcare");
    assert_eq!(bench.send(&tokens.data_admin, Method::POST, &path, body("a")).await.0, 403);
}

#[tokio::test]
async fn a_table_needs_an_id_columns_and_sound_members() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let tables = bench.dataset(&datasets).await;
    let column =
        |key: &str, value: Value| json!([with(json!({ "id": "a", "type": 8 }), key, value)]);
    for (key, value) in [
        ("id", json!("")),
        ("columns", Value::Null),
        ("columns", json!([{ "type": 8 }])),
        ("columns", json!([{ "id": "a" }])),
        ("columns", json!([{ "id": "a", "type": 8 }, { "id": "a", "type": 8 }])),
        ("columns", column("type", json!("int"))),
        ("columns", column("hidden", json!("no"))),
        ("columns", column("expression", json!("[a] + 1"))),
        ("columns", column("isCustom", json!(true))),
        ("columns", column("oid", json!(NOBODY))),
        ("type", json!("custom")),
        ("expression", json!("select 1 from a")),
        ("hidden", json!(1)),
        ("tags", json!("a")),
        ("configOptions", json!("SELECT 1")),
        ("buildBehavior", json!({ "type": "replace" })),
        ("buildBehavior", json!({ "type": "sync", "accumulativeConfig": { "column": NOBODY } })),
        (
            "buildBehavior",
            json!({ "type": "accumulativeSync", "accumulativeConfig": { "column": NOBODY, "type": "lastStored" } }),
        ),
    ] {
        let (status, body) = bench.post(&tables, with(brand(), key, value.clone())).await;
        assert_eq!((status, &body["sub"]), (400, &json!(1002)), "{key} {value}");
    }
    let (_, none) = bench.get(&tables).await;
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn a_table_gets_ids_for_itself_and_its_columns() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let tables = bench.dataset(&datasets).await;
    let custom =
        json!({ "id": "Twice", "type": 8, "isCustom": true, "expression": "[Brand ID] * 2" });
    let mut body = brand();
    body["columns"].as_array_mut().unwrap().push(custom);
    body["configOptions"] = json!({ "importQuery": "SELECT * FROM brand" });
    let (status, made) = bench.post(&tables, body).await;
    assert_eq!((status, &made["name"], &made["tags"]), (201, &json!("Brand"), &json!(["new"])));
    let oids = texts(&made["columns"], "oid");
    assert!(oids.iter().all(|oid| oid.len() == 36) && oids[0] != oids[1]);
    // A text comes back as an object; the older code for texts as the present one.
    let twice = &made["columns"][2];
    assert_eq!(twice["expression"]["expression"], "[Brand ID] * 2");
    assert!(twice["expression"]["oid"].is_string());
    assert_eq!(
        (&made["columns"][1]["type"], &made["columns"][1]["name"]),
        (&json!(18), &json!("Brand"))
    );
    assert_eq!(made["columns"][1]["indexed"], false);
    let one = format!("{tables}/{}", made["oid"].as_str().unwrap());
    assert_eq!(bench.get(&one).await, (200, made.clone()));
    assert_eq!(bench.get(&tables).await.1, json!([made]));
    for (id, name) in [("Brand", "Brand"), ("Other", "brand")] {
        let twin = with(with(brand(), "id", json!(id)), "name", json!(name));
        assert_eq!(bench.post(&tables, twin).await.1["sub"], 1002);
    }
    let renamed = with(brand(), "name", json!("Brand again"));
    assert_eq!(bench.post(&tables, renamed).await.0, 201);
    assert_eq!(bench.remove(&one).await, 200);
    assert_eq!(bench.get(&one).await.0, 404);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_columns_are_complete() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let tables = bench.dataset(&datasets).await;
    let (_, made) = bench.post(&tables, brand()).await;
    let one = format!("{tables}/{}", made["oid"].as_str().unwrap());
    let (status, changed) = bench.patch(&one, json!({ "name": "Marke", "hidden": true })).await;
    assert_eq!(
        (status, &changed["name"], &changed["hidden"]),
        (200, &json!("Marke"), &json!(true))
    );
    assert_eq!(changed["columns"], made["columns"]);
    assert_ne!(changed["vTag"], made["vTag"]);

    let id = made["columns"][0]["oid"].clone();
    for body in [
        json!({ "type": "custom" }),
        json!({ "columns": [{ "oid": "x" }] }),
        json!({ "columns": [{ "oid": NOBODY }] }),
        json!({ "columns": [{ "oid": id }, { "oid": id }] }),
        json!({ "columns": [{ "oid": id, "isCustom": true, "expression": { "expression": "1" } }] }),
    ] {
        assert_eq!(bench.patch(&one, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(bench.get(&one).await.1, changed);

    let body = json!({ "columns": [{ "oid": id, "hidden": true }, { "id": "New", "type": 8 }] });
    let (_, changed) = bench.patch(&one, body).await;
    assert_eq!(texts(&changed["columns"], "name"), ["Brand ID", "New"]);
    assert_eq!(changed["columns"][0]["oid"], id);
    assert_eq!(
        (&changed["columns"][0]["hidden"], &changed["columns"][0]["type"]),
        (&json!(true), &json!(8))
    );
    assert!(changed["columns"][1]["oid"].is_string());
}

#[tokio::test]
async fn a_table_grows_by_a_column_of_its_own() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let tables = bench.dataset(&datasets).await;
    let (_, made) = bench.post(&tables, brand()).await;
    let one = format!("{tables}/{}", made["oid"].as_str().unwrap());
    let grows = |config: Value| json!({ "buildBehavior": { "type": "accumulativeSync", "accumulativeConfig": config } });
    let column = made["columns"][0]["oid"].clone();
    for config in [
        json!({ "column": column }),
        json!({ "column": column, "type": "lastDays", "lastDays": null }),
        json!({ "column": column, "type": "lastStored", "keepOnlyDays": 0 }),
        json!({ "column": NOBODY, "type": "lastStored" }),
    ] {
        assert_eq!(bench.patch(&one, grows(config.clone())).await.1["sub"], 1002, "{config}");
    }
    let bad = grows(json!({ "column": "Brand ID", "type": "lastStored" }));
    assert_eq!(bench.patch(&one, bad).await.1["sub"], 1012);
    let stored =
        json!({ "column": column, "type": "lastStored", "lastDays": null, "keepOnlyDays": null });
    let (status, changed) = bench.patch(&one, grows(stored.clone())).await;
    assert_eq!((status, &changed["buildBehavior"]["accumulativeConfig"]), (200, &stored));
    for kind in ["ignoreIfExists", "accumulativeSync", "sync"] {
        let body = json!({ "buildBehavior": { "type": kind, "accumulativeConfig": null } });
        assert_eq!(bench.patch(&one, body.clone()).await.1["buildBehavior"], body["buildBehavior"]);
    }
}

#[tokio::test]
async fn the_columns_of_a_custom_table_follow_from_its_sql() {
    let bench = Bench::start().await;
    let datasets = bench.fresh("extract").await;
    let tables = bench.dataset(&datasets).await;
    bench.post(&tables, brand()).await;
    let (_, made) = bench.post(&datasets, json!({ "name": "made", "type": "custom" })).await;
    let customs = format!("{datasets}/{}/tables", made["oid"].as_str().unwrap());
    for body in [
        json!({ "id": "a", "type": "custom" }),
        json!({ "id": "a", "type": "custom", "expression": "delete from a" }),
        json!({ "id": "a", "type": "base", "expression": "select a from b" }),
    ] {
        assert_eq!(bench.post(&customs, body.clone()).await.0, 400, "{body}");
    }
    let sql = "/* all, from */ SELECT b.[Brand ID], UPPER([Brand]) AS \"Big Brand\", COUNT(*), \
        (select max(x) from y) as top FROM [Brand] b";
    let body = json!({ "id": "a", "name": "Mine", "type": "custom", "expression": sql });
    let (status, made) = bench.post(&customs, body).await;
    assert_eq!((status, &made["expression"]["expression"]), (201, &json!(sql)));
    assert_eq!(texts(&made["columns"], "name"), ["Brand ID", "Big Brand", "Column", "top"]);
    assert_eq!(made["columns"][0]["type"], 8);
    let one = format!("{customs}/{}", made["oid"].as_str().unwrap());
    let (_, changed) = bench.patch(&one, json!({ "expression": "select * from Brand" })).await;
    assert_eq!(texts(&changed["columns"], "name"), ["Brand ID", "Brand"]);
    // The column that stays keeps its id; the expression is a new one.
    assert_eq!(changed["columns"][0]["oid"], made["columns"][0]["oid"]);
    assert_ne!(changed["expression"]["oid"], made["expression"]["oid"]);
}

#[tokio::test]
async fn relations_of_what_is_gone_go_or_are_marked() {
    for dropped_columns in [DroppedColumns::Removed, DroppedColumns::Marked] {
        let bench = Bench::variants(Variants { dropped_columns, ..Variants::default() }).await;
        let (_, model) = bench.get("/api/v2/datamodels/schema?title=Sample%20ECommerce").await;
        let datasets = model["datasets"].as_array().unwrap();
        let at = format!("/api/v2/datamodels/{}/schema", model["oid"].as_str().unwrap());
        let brand =
            datasets.iter().find(|one| one["schema"]["tables"][0]["name"] == "Brand").unwrap();
        let country =
            datasets.iter().find(|one| one["schema"]["tables"][0]["name"] == "Country").unwrap();
        let oid = |value: &Value| value["oid"].as_str().unwrap().to_owned();
        let table = &brand["schema"]["tables"][0];
        let one = format!("{at}/datasets/{}/tables/{}", oid(brand), oid(table));
        // Without its key column, a table is out of two relations.
        let columns = json!({ "columns": [table["columns"][1]] });
        assert_eq!(bench.patch(&one, columns).await.0, 200);
        assert_eq!(bench.remove(&format!("{at}/datasets/{}", oid(country))).await, 200);
        let (_, relations) = bench.get(&format!("{at}/relations")).await;
        let marked = relations.to_string().matches("\"isDropped\":true").count();
        let seen = (relations.as_array().unwrap().len(), marked);
        let wanted = if dropped_columns == DroppedColumns::Removed { (3, 0) } else { (6, 3) };
        assert_eq!(seen, wanted);
        let pairs = bench.get(&at).await.1["relationsTables"].as_array().unwrap().len();
        assert_eq!(pairs, wanted.0);
    }
}

//! Models, their schedules, shares and security.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bench, texts};

const SCHEMA: &str = "/api/v2/datamodels/schema";

#[tokio::test]
async fn a_title_gives_one_object_and_no_title_a_list() {
    let bench = Bench::start().await;
    let (_, rows) = bench.get(&format!("{SCHEMA}?fields=oid, title,type&sort=title")).await;
    assert_eq!(
        texts(&rows, "title"),
        [
            "Sample Budget",
            "Sample ECommerce",
            "Sample Healthcare",
            "Sample Lead Generation",
            "Sample Warehouse"
        ]
    );
    assert_eq!(rows[0].as_object().unwrap().len(), 3);
    let (_, model) = bench.get(&format!("{SCHEMA}?title=Sample%20ECommerce")).await;
    assert_eq!(model["oid"], rows[1]["oid"]);
    let oid = model["oid"].as_str().unwrap();
    assert_eq!(bench.get(&format!("/api/v2/datamodels/{oid}/schema")).await.1, model);
    let (status, body) = bench.get("/api/v2/datamodels/nonsense/schema").await;
    assert_eq!((status, &body["sub"], &body["title"]), (400, &json!(1012), &json!("EcmApiError")));
    assert_eq!(
        bench.get("/api/v2/datamodels/00000000-0000-4000-8000-000000000000/schema").await.0,
        404
    );
}

#[tokio::test]
async fn the_seeded_model_has_the_members_of_a_real_answer() {
    let bench = Bench::start().await;
    let (_, model) = bench.get(&format!("{SCHEMA}?title=Sample%20ECommerce")).await;
    let tables: Vec<&Value> = model["datasets"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|dataset| dataset["schema"]["tables"].as_array().unwrap())
        .collect();
    let table = |name: &str| tables.iter().find(|table| table["name"] == name).unwrap();
    assert_eq!(table("Staging Orders")["hidden"], true);
    assert!(
        table("Best Brands")["expression"]["expression"].as_str().unwrap().contains("Customer ID")
    );
    assert_eq!(table("Commerce")["buildBehavior"]["type"], "accumulativeSync");
    let columns = table("Commerce")["columns"].as_array().unwrap();
    let column = |name: &str| columns.iter().find(|column| column["name"] == name).unwrap();
    assert_eq!(column("Revenue")["isCustom"], Value::Null);
    assert_eq!(column("Unit Margin")["isCustom"], true);
    assert_eq!(
        table("Commerce")["buildBehavior"]["accumulativeConfig"]["column"],
        column("Modified")["oid"]
    );
    // Relations name tables and columns by id; one table is in none.
    let linked = model["relations"].to_string();
    let islands: Vec<&Value> = tables
        .iter()
        .filter(|table| !linked.contains(table["oid"].as_str().unwrap()))
        .map(|table| &table["name"])
        .collect();
    assert_eq!(islands, ["web_traffic.csv"]);
    let custom =
        model["datasets"].as_array().unwrap().iter().find(|set| set["type"] == "custom").unwrap();
    assert_eq!(custom["connection"], Value::Null);
}

#[tokio::test]
async fn datasets_and_tables_are_read_one_by_one_too() {
    let bench = Bench::start().await;
    let (_, model) = bench.get(&format!("{SCHEMA}?title=Sample%20ECommerce")).await;
    let at = format!("/api/v2/datamodels/{}/schema/datasets", model["oid"].as_str().unwrap());
    let (_, datasets) = bench.get(&at).await;
    assert_eq!(datasets, model["datasets"]);
    let one = format!("{at}/{}", datasets[0]["oid"].as_str().unwrap());
    assert_eq!(bench.get(&one).await.1, datasets[0]);
    let (status, tables) = bench.get(&format!("{one}/tables")).await;
    assert_eq!((status, &tables), (200, &datasets[0]["schema"]["tables"]));
    let unknown = format!("{at}/00000000-0000-4000-8000-000000000000/tables");
    assert_eq!(bench.get(&unknown).await.0, 404);
}

#[tokio::test]
async fn model_ids_are_the_same_in_every_deployment_and_other_ids_are_not() {
    let bench = Bench::start().await;
    let other = Bench::with(sisense_sandbox::SandboxConfig {
        name: "staging".into(),
        ..Default::default()
    })
    .await;
    assert_eq!(bench.model("Sample ECommerce"), other.model("Sample ECommerce"));
    assert_ne!(bench.user("zoe.mueller@acme.example"), other.user("zoe.mueller@acme.example"));
    assert_ne!(bench.sandbox.token(), other.sandbox.token());
    let again = Bench::start().await;
    assert_eq!(bench.sandbox.token(), again.sandbox.token());
    // No assert_eq: a difference would print the whole deployment.
    assert!(bench.sandbox.state() == again.sandbox.state());
}

#[tokio::test]
async fn models_are_seen_by_role_and_share() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens();
    for (token, status) in
        [(&tokens.data_admin, 200), (&tokens.designer, 403), (&tokens.viewer, 403)]
    {
        assert_eq!(bench.send(token, Method::GET, SCHEMA, None).await.0, status);
    }
    let (_, seen) = bench.send(&tokens.data_designer, Method::GET, SCHEMA, None).await;
    assert_eq!(texts(&seen, "title"), ["Sample ECommerce"]);
    let hidden = format!("/api/v2/datamodels/{}/schema", bench.model("Sample Healthcare"));
    assert_eq!(bench.send(&tokens.data_designer, Method::GET, &hidden, None).await.0, 403);
}

#[tokio::test]
async fn models_are_created_once_per_title_and_deleted() {
    let bench = Bench::start().await;
    let (status, made) =
        bench.post("/api/v2/datamodels", json!({ "title": "Fresh", "type": "live" })).await;
    assert_eq!((status, &made["shares"][0]["permission"]), (201, &json!("w")));
    let (status, body) = bench.post("/api/v2/datamodels", json!({ "title": "Fresh" })).await;
    assert_eq!(
        (status, &body["title"], &body["sub"]),
        (400, &json!("ElasticubeAlreadyExists"), &json!(1011))
    );
    // A live model has no live record before it was published.
    assert_eq!(bench.get("/api/v1/elasticubes/live/Fresh/datasecurity").await.0, 404);
    let path = format!("/api/v2/datamodels/{}", made["oid"].as_str().unwrap());
    assert_eq!(bench.send(bench.sandbox.token(), Method::DELETE, &path, None).await.0, 200);
    assert_eq!(bench.get(&format!("{path}/schema")).await.0, 404);
}

#[tokio::test]
async fn security_names_parties_for_extract_models_only() {
    let bench = Bench::start().await;
    let (_, rules) = bench.get("/api/elasticubes/localhost/Sample%20ECommerce/datasecurity").await;
    assert_eq!(rules.as_array().unwrap().len(), 7);
    assert_eq!(rules[0]["shares"][0]["partyName"], "Analysts");
    assert_eq!(rules[4]["shares"], json!([]));
    let (_, live) =
        bench.get("/api/v1/elasticubes/live/Sample%20Lead%20Generation/datasecurity").await;
    assert_eq!(live.as_array().unwrap().len(), 2);
    assert!(live[0]["shares"][0].get("partyName").is_none());
    assert_eq!(live[0]["fullname"], "live:Sample Lead Generation");
    let tokens = bench.sandbox.tokens();
    for path in [
        "/api/elasticubes/localhost/Sample%20ECommerce/datasecurity",
        "/api/v1/elasticubes/live/Sample%20Lead%20Generation/datasecurity",
    ] {
        assert_eq!(bench.send(&tokens.designer, Method::GET, path, None).await.0, 403);
    }
    assert_eq!(
        bench.get("/api/elasticubes/localhost/sample%20ecommerce/datasecurity").await.0,
        400
    );
    let column = "/api/elasticubes/localhost/Sample%20ECommerce/datasecurity/Commerce/Old%20Region";
    assert_eq!(bench.get(column).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn permissions_are_replaced_whole() {
    let bench = Bench::start().await;
    let path = "/api/elasticubes/localhost/Sample%20Healthcare/permissions";
    let group = bench.group("Sales");
    let (_, before) = bench.get(path).await;
    assert_eq!(before["shares"].as_array().unwrap().len(), 1);
    let rows = json!([{ "party": group, "type": "group", "permission": "a" }]);
    assert_eq!(
        bench.send(bench.sandbox.token(), Method::PUT, path, Some(rows)).await,
        (200, json!(true))
    );
    let wanted = json!([{ "partyId": group, "type": "group", "permission": "a" }]);
    assert_eq!(bench.get(path).await.1["shares"], wanted);
    let bad = json!([{ "party": "0123456789abcdef01234567", "type": "group", "permission": "a" }]);
    let (status, body) = bench.send(bench.sandbox.token(), Method::PUT, path, Some(bad)).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(27006)));
    let live =
        format!("/api/v1/elasticubes/live/{}/permissions", bench.model("Sample Lead Generation"));
    let rows = json!([{ "partyId": group, "type": "group", "permission": "r" }]);
    assert_eq!(
        bench.send(bench.sandbox.token(), Method::PATCH, &live, Some(rows.clone())).await,
        (200, rows.clone())
    );
    assert_eq!(bench.get(&live).await.1, rows);
    let extract =
        format!("/api/v1/elasticubes/live/{}/permissions", bench.model("Sample Healthcare"));
    assert_eq!(bench.get(&extract).await.0, 404);
}

#[tokio::test]
async fn hierarchies_and_formulas_belong_to_a_title() {
    let bench = Bench::start().await;
    let path = "/api/elasticubes/hierarchies?elasticube=Sample%20ECommerce&server=localhost";
    let (_, rows) = bench.get(path).await;
    assert_eq!(rows[0]["levels"][0]["column"], "Continent");
    let (_, rows) = bench.get("/api/v1/formulas?datasource=Sample%20ECommerce&flat=true").await;
    assert_eq!(rows[0]["context"]["[COUPO-2]"]["column"], "Coupon Code");
    assert_eq!(bench.get("/api/v1/formulas?datasource=Other&flat=true").await.1, json!([]));
}

#[tokio::test]
async fn schedules_are_one_per_model_and_not_for_live() {
    let bench = Bench::start().await;
    let path = |title: &str| format!("/api/v2/datamodels/{}/schedule", bench.model(title));
    let shop = path("Sample ECommerce");
    assert_eq!(bench.get(&shop).await.0, 404);
    let body = json!({ "scheduleType": "Interval", "buildType": "FULL", "intervalSeconds": 3600 });
    assert_eq!(bench.post(&shop, body.clone()).await.0, 200);
    assert_eq!(bench.get(&shop).await.1, body);
    assert_eq!(bench.post(&path("Sample Lead Generation"), body).await.0, 400);
    assert_eq!(bench.get(&path("Sample Healthcare")).await.1["daysOfWeek"], json!(["MON", "THU"]));
    assert_eq!(bench.send(bench.sandbox.token(), Method::DELETE, &shop, None).await.0, 200);
    assert_eq!(bench.get(&shop).await.0, 404);
}

//! The endpoints that take SQL: what they answer, and whom.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{RowSizes, SandboxConfig, SqlBody, SqlErrors, SubSelect, Variants};

use super::Bench;

const WAREHOUSE: &str = "Sample Warehouse";

fn details(body: &Value) -> &str {
    assert_eq!((&body["error"], body.get("values")), (&json!(true), None), "{body}");
    body["details"].as_str().unwrap()
}

#[tokio::test]
async fn an_answer_has_headers_values_and_metadata() {
    let bench = Bench::start().await;
    let body = bench.sql(WAREHOUSE, "SELECT [Part ID], \"Part\" FROM [Parts] LIMIT 2").await;
    assert_eq!(
        body,
        json!({
            "headers": ["Part ID", "Part"],
            "values": [[1, "Bolt, M8"], [2, "Nut \"wide\""]],
            "metadata": [
                { "name": "Part ID", "dataType": 8 }, { "name": "Part", "dataType": 18 },
            ],
        })
    );
    let body = bench.sql(WAREHOUSE, "SELECT COUNT(*), COUNT(*) AS n FROM Parts").await;
    assert_eq!((&body["headers"], &body["values"]), (&json!(["Column", "n"]), &json!([[12, 12]])));
}

#[tokio::test]
async fn the_parameters_of_a_query_choose_the_part_of_the_answer() {
    let bench = Bench::start().await;
    let token = bench.sandbox.token();
    let ask = async |rest: &str| {
        bench.sql_as(token, WAREHOUSE, "SELECT [Part ID] FROM Parts", rest).await
    };
    let ids = |body: &Value| {
        let rows = body["values"].as_array().unwrap().iter();
        rows.map(|row| row[0].as_i64().unwrap()).collect::<Vec<_>>()
    };
    for (rest, wanted) in [
        ("&count=-1", (1..=12).collect()),
        ("&count=3", vec![1, 2, 3]),
        ("&count=2&offset=4", vec![5, 6]),
        ("&offset=10", vec![11, 12]),
        ("&count=0", vec![]),
        ("&offset=99", vec![]),
    ] {
        assert_eq!(ids(&ask(rest).await.1), wanted, "{rest}");
    }
    let (_, body) = ask("&includeMetadata=false&isMaskedResponse=false&format=json").await;
    assert!(body.get("metadata").is_none());
    for rest in ["&count=many", "&offset=-1", "&offset=x", "&format=xml"] {
        assert_eq!(ask(rest).await.0, 422, "{rest}");
    }
    assert_eq!(bench.get("/api/datasources/Sample%20Warehouse/sql").await.0, 422);
}

#[tokio::test]
async fn what_is_wrong_with_a_query_comes_in_the_body() {
    let bench = Bench::start().await;
    for (query, part) in [
        ("SELECT * FROM Nothing", "no such table: 'Nothing'"),
        ("SELECT Nothing FROM Parts", "no such column: 'Nothing'"),
        ("SELECT FROM", "SQL compilation error"),
        ("DROP TABLE Parts", "only SELECT"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT * FROM Storage Bins", "no such table: 'Storage'"),
    ] {
        let body = bench.sql(WAREHOUSE, query).await;
        assert!(details(&body).contains(part), "{query}: {body}");
    }
    // Hidden tables are for the editor only.
    let body = bench.sql("Sample ECommerce", "SELECT * FROM [Staging Orders]").await;
    assert!(details(&body).contains("no such table: 'Staging Orders'"));
    assert!(details(&bench.sql("sample warehouse", "SELECT 1").await).contains("CUBE_NOT_EXISTS"));
}

#[tokio::test]
async fn errors_may_come_as_a_status_instead() {
    let variants = Variants { sql_errors: SqlErrors::Status, ..Variants::default() };
    let bench = Bench::variants(variants).await;
    bench.post("/api/v2/datamodels", json!({ "title": "Fresh" })).await;
    for (title, query, wanted) in [
        ("Nothing", "SELECT 1", 404),
        ("Fresh", "SELECT 1", 400),
        (WAREHOUSE, "SELECT * FROM Nothing", 400),
        (WAREHOUSE, "SELECT 1", 200),
    ] {
        let (status, body) = bench.sql_as(bench.sandbox.token(), title, query, "").await;
        assert_eq!(status, wanted, "{title}: {body}");
        assert_eq!(body["error"]["message"].is_string(), wanted != 200);
    }
}

#[tokio::test]
async fn a_model_is_queried_only_once_it_was_built_or_published() {
    let bench = Bench::start().await;
    for kind in ["extract", "live"] {
        let title = format!("A/B & Ç {kind}");
        let (_, made) =
            bench.post("/api/v2/datamodels", json!({ "title": title, "type": kind })).await;
        assert!(details(&bench.sql(&title, "SELECT 1").await).contains("CUBE_INSTANCE_MISSING"));
        let mut model = made;
        let moment = if kind == "live" { "lastPublishTime" } else { "lastBuildTime" };
        model[moment] = json!("2026-05-18T14:30:00.000Z");
        bench.sandbox.load(model).unwrap();
        assert_eq!(bench.rows(&title, "SELECT 1").await, json!([[1]]));
    }
}

#[tokio::test]
async fn sub_selects_can_be_beyond_the_server() {
    let query = "SELECT COUNT(*) FROM (SELECT [Warehouse ID], [Bin No] FROM [Storage Bins] \
        GROUP BY [Warehouse ID], [Bin No]) x";
    let bench = Bench::start().await;
    assert_eq!(bench.rows(WAREHOUSE, query).await, json!([[16]]));
    let bench =
        Bench::variants(Variants { sub_select: SubSelect::Off, ..Variants::default() }).await;
    assert!(details(&bench.sql(WAREHOUSE, query).await).contains("not supported"));
}

#[tokio::test]
async fn a_long_query_goes_in_the_body() {
    let path = "/api/datasources/LocalHost/elasticubes/Sample%20Warehouse/sql?count=1";
    let query = "SELECT [Part ID] FROM Parts ORDER BY 1 DESC";
    for (sql_body, statuses) in
        [(SqlBody::Both, [200, 200]), (SqlBody::Text, [200, 400]), (SqlBody::Json, [400, 200])]
    {
        let bench = Bench::variants(Variants { sql_body, ..Variants::default() }).await;
        for (body, status) in [query.to_owned(), json!(query).to_string()].iter().zip(statuses) {
            let url = format!("{}{path}", bench.sandbox.url());
            let request = bench.client.post(url).bearer_auth(bench.sandbox.token());
            let answer = request.body(body.clone()).send().await.unwrap();
            assert_eq!(answer.status(), status, "{sql_body:?} {body}");
            if status == 200 {
                let body: Value = answer.json().await.unwrap();
                assert_eq!(body["values"], json!([[12]]));
            }
        }
        assert_eq!(bench.send(bench.sandbox.token(), Method::POST, path, None).await.0, 400);
        // It reads, although it is a POST.
        assert_eq!((bench.sandbox.counts().total, bench.sandbox.counts().writes), (3, 0));
    }
}

#[tokio::test]
async fn answers_end_at_the_cap_of_the_models_kind() {
    let rows = RowSizes { live_cap: 10, extract_cap: 15, ..RowSizes::default() };
    let bench = Bench::with(SandboxConfig { rows, ..SandboxConfig::default() }).await;
    let count = async |title: &str, query: &str, rest: &str| {
        let (_, body) = bench.sql_as(bench.sandbox.token(), title, query, rest).await;
        body["values"].as_array().unwrap().len()
    };
    let (live, leads) = ("Sample Lead Generation", "SELECT * FROM Leads");
    assert_eq!(count(live, leads, "").await, 10);
    assert_eq!(count(live, leads, "&count=500").await, 10);
    assert_eq!(count(live, leads, "&count=4").await, 4);
    assert_eq!(count(live, leads, "&offset=115").await, 5);
    assert_eq!(count(WAREHOUSE, "SELECT * FROM [Price List]", "&count=-1").await, 15);
    // What is counted is not what is sent.
    assert_eq!(bench.rows(live, "SELECT COUNT(*) FROM Leads").await, json!([[120]]));
}

#[tokio::test]
async fn sql_is_for_admins_and_for_roles_that_grant_it() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens();
    let query = "SELECT COUNT(*) FROM Budget";
    for (token, wanted) in [
        (&tokens.admin, 200),
        (&tokens.super_admin, 200),
        (&tokens.data_admin, 403),
        (&tokens.data_designer, 403),
        (&tokens.designer, 403),
        (&tokens.viewer, 403),
        (&"wrong".to_owned(), 401),
    ] {
        assert_eq!(bench.sql_as(token, "Sample Budget", query, "").await.0, wanted);
    }
    // A refusal comes before any word about the model.
    assert_eq!(bench.sql_as(&tokens.viewer, "Nothing", query, "").await.0, 403);
    let granted = bench.token_of("mixed.case@acme.example").await;
    let ask = async |title, query| bench.sql_as(&granted, title, query, "").await.0;
    assert_eq!(ask(WAREHOUSE, "SELECT COUNT(*) FROM Parts").await, 200);
    // The model itself is not shared with her.
    assert_eq!(ask("Sample Budget", query).await, 403);
    let path = "/api/datasources/LocalHost/elasticubes/Sample%20Budget/sql";
    let body = Some(json!(query));
    assert_eq!(bench.send(&tokens.viewer, Method::POST, path, body).await.0, 403);
}

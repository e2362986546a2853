//! Rows of a table or a query: what is asked, where an answer ends, why one was refused.

use futures_util::TryStreamExt;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{DataRequest, DataRows, GetData};
use sisense_core::{ErrorKind, Result};
use wiremock::{Request, Respond, ResponseTemplate};

use super::{OID, SCHEMA, SQL, model};
use crate::suite::fake::Fake;

fn params(args: Value) -> GetData {
    let mut all = json!({"datamodel_name": "Sales", "table_name": "Orders"});
    for (key, value) in args.as_object().unwrap() {
        all[key] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

async fn ask(fake: &Fake, args: Value) -> Result<DataRows> {
    fake.client.datamodel().get_data(params(args)).await
}

/// A table of rows `0`, `1`, `2` … behind an engine that stops at `cap` rows.
struct Engine {
    rows: u64,
    cap: u64,
    heeds_offset: bool,
}

impl Respond for Engine {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let number = |key: &str| -> u64 {
            let mut pairs = request.url.query_pairs();
            pairs.find(|(name, _)| name == key).unwrap().1.parse().unwrap()
        };
        let offset = if self.heeds_offset { number("offset") } else { 0 };
        let end = self.rows.min(offset.saturating_add(number("count").min(self.cap)));
        let values: Vec<Value> = (offset..end).map(|row| json!([row])).collect();
        ResponseTemplate::new(200).set_body_json(json!({"headers": ["n"], "values": values}))
    }
}

async fn engine(rows: u64, cap: u64) -> Fake {
    let fake = Fake::start().await;
    fake.on("GET", SQL, &[], Engine { rows, cap, heeds_offset: true }, None).await;
    fake
}

/// `count@offset` of each query.
async fn windows(fake: &Fake) -> Vec<String> {
    let requests = fake.server.received_requests().await.unwrap();
    let window = |request: &Request| {
        let pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let of = |key: &str| pairs.iter().find(|(name, _)| name == key).unwrap().1.clone();
        format!("{}@{}", of("count"), of("offset"))
    };
    requests.iter().map(window).collect()
}

#[tokio::test]
async fn a_table_is_one_query_that_asks_for_one_row_more() {
    let fake = Fake::start().await;
    let answer = json!({"headers": ["Id", "Column", "Column"],
        "values": [[1, "a", null], [2, "b", 0.5]],
        "metadata": [{"name": "Id", "dataType": 8}, {"dataType": 18}, {}]});
    fake.get(SQL, &[], answer).await;
    let found = ask(&fake, json!({})).await.unwrap();
    assert_eq!(
        serde_json::to_value(found).unwrap(),
        json!({
            "columns": [{"name": "Id", "type": "Integer"}, {"name": "Column", "type": "Text"},
                        {"name": "Column_2", "type": null}],
            "rows": [{"Id": 1, "Column": "a", "Column_2": null},
                     {"Id": 2, "Column": "b", "Column_2": 0.5}],
            "row_count": 2, "truncated": false, "next_offset": null})
    );
    let sent = "GET /api/datasources/Sales/sql?query=SELECT * FROM [Orders]&count=1001&offset=0\
                &includeMetadata=true&isMaskedResponse=false";
    assert_eq!(fake.requests().await, [sent]);
}

#[tokio::test]
async fn an_answer_says_whether_there_is_more_and_how_to_go_on() {
    for (rows, limit, offset, given, truncated) in
        [(7, 5, 0, 5, true), (5, 5, 0, 5, false), (7, 5, 5, 2, false), (0, 5, 0, 0, false)]
    {
        let fake = engine(rows, 1_000_000).await;
        let found = ask(&fake, json!({"limit": limit, "offset": offset})).await.unwrap();
        assert_eq!(
            (found.row_count, found.truncated),
            (given, truncated),
            "{rows} {limit} {offset}"
        );
        assert_eq!(found.next_offset, truncated.then_some(5));
        assert_eq!(found.columns[0].name, "n");
        assert_eq!(windows(&fake).await, [format!("6@{offset}")]);
    }
}

#[tokio::test]
async fn a_limit_of_the_server_is_gone_on_behind() {
    let fake = engine(12_345, 5_000).await;
    let found = ask(&fake, json!({"limit": 50_000})).await.unwrap();
    assert_eq!((found.row_count, found.truncated), (12_345, false));
    assert_eq!(found.rows[12_344]["n"], 12_344);
    assert_eq!(windows(&fake).await, ["10000@0", "5000@5000", "5000@10000"]);

    // The last row that is wanted is the last that the server gives at once.
    for (rows, truncated) in [(5_001, true), (4_999, false)] {
        let fake = engine(rows, 5_000).await;
        let found = ask(&fake, json!({"limit": 5_000})).await.unwrap();
        assert_eq!((found.row_count as u64, found.truncated), (rows.min(5_000), truncated));
    }
}

#[tokio::test]
async fn an_answer_that_ends_at_a_known_limit_may_have_been_cut() {
    let fake = engine(5_000, 1_000_000).await;
    let found = ask(&fake, json!({"limit": 50_000})).await.unwrap();
    assert_eq!((found.row_count, found.truncated, found.next_offset), (5_000, true, Some(5_000)));
    let fake = engine(4_900, 1_000_000).await;
    let found = ask(&fake, json!({"limit": 50_000})).await.unwrap();
    assert_eq!((found.row_count, found.truncated), (4_900, false));
}

#[tokio::test]
async fn pages_hold_no_more_than_asked_and_end_with_the_rows() {
    let fake = engine(25, 1_000_000).await;
    let request = DataRequest::table("Sales", "Orders").page_size(10).limit(22);
    let pages = fake.client.datamodel().data_pages(request).unwrap().into_stream();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    let sizes: Vec<usize> = pages.iter().map(|page| page.rows.len()).collect();
    assert_eq!(sizes, [10, 10, 2]);
    assert_eq!(windows(&fake).await, ["10@0", "10@10", "3@20"]);

    let mut all = fake
        .client
        .datamodel()
        .data_pages(DataRequest::query("Sales", "select n from Orders").page_size(5))
        .unwrap();
    let mut rows = Vec::new();
    while let Some(page) = all.next().await.unwrap() {
        rows.extend(page.rows);
    }
    assert_eq!(rows, (0..25).map(|n| vec![json!(n)]).collect::<Vec<_>>());
    assert_eq!((all.rows_read(), all.is_truncated()), (25, false));
}

#[tokio::test]
async fn a_server_that_ignores_the_offset_does_not_hold_us() {
    let fake = Fake::start().await;
    fake.on("GET", SQL, &[], Engine { rows: 9, cap: 9, heeds_offset: false }, None).await;
    let mut pages = fake
        .client
        .datamodel()
        .data_pages(DataRequest::table("Sales", "Orders").page_size(3))
        .unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().rows.len(), 3);
    let error = pages.next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("offset"), "{error}");
    assert_eq!(pages.next().await.unwrap(), None, "a broken reading is not gone on with");
}

#[tokio::test]
async fn equal_rows_on_two_pages_are_rows_all_the_same() {
    let fake = Fake::start().await;
    let same = json!({"headers": ["a"], "values": [["x"], ["x"]]});
    for (offset, answer) in [
        ("0", same.clone()),
        ("2", same.clone()),
        ("4", same),
        ("6", json!({"headers": ["a"], "values": [["x"]]})),
    ] {
        fake.get(SQL, &[("offset", offset)], answer).await;
    }
    fake.get(SQL, &[], json!({"headers": ["a"], "values": []})).await;
    let request = DataRequest::table("Sales", "Orders").page_size(2);
    let pages = fake.client.datamodel().data_pages(request).unwrap().into_stream();
    let rows: usize = pages.try_fold(0, async |sum, page| Ok(sum + page.rows.len())).await.unwrap();
    assert_eq!(rows, 7);
    assert_eq!(fake.requests().await.len(), 5);
}

#[tokio::test]
async fn a_page_with_other_columns_is_no_continuation() {
    let fake = Fake::start().await;
    fake.get(SQL, &[("offset", "0")], json!({"headers": ["a"], "values": [[1]]})).await;
    fake.get(SQL, &[], json!({"headers": ["b"], "values": [[1]]})).await;
    let request = DataRequest::table("Sales", "Orders").page_size(1);
    let mut pages = fake.client.datamodel().data_pages(request).unwrap();
    assert!(pages.next().await.is_ok());
    assert_eq!(pages.next().await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_it_is_sent() {
    let fake = Fake::start().await;
    for args in [
        json!({"query": "delete from Orders"}),
        json!({"query": "select 1; select 2"}),
        json!({"query": ""}),
        json!({"limit": 0}),
        json!({"limit": 50_001}),
        json!({"table_name": " "}),
        json!({"datamodel_name": ""}),
    ] {
        let error = ask(&fake, args.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{args}");
        assert!(error.report().next_step.is_some(), "{args}");
    }
    for pages in [0, 50_001] {
        let request = DataRequest::table("Sales", "Orders").page_size(pages);
        assert!(fake.client.datamodel().data_pages(request).is_err());
    }
    assert!(fake.requests().await.is_empty());
}

/// A refusal in the body, or by a status.
fn refusals() -> [(u16, Value); 3] {
    [
        (200, json!({"error": true, "details": "CUBE says no"})),
        (400, json!({"error": {"code": 400, "message": "CUBE says no", "status": 400}})),
        (404, json!({"error": {"code": 404, "message": "CUBE says no", "status": 404}})),
    ]
}

async fn refused(
    document: Value,
    args: Value,
    status: u16,
    answer: &Value,
) -> (Fake, sisense_core::Error) {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Sales")], document.clone()).await;
    fake.get(SCHEMA, &[("title", "")], json!([{"oid": OID, "title": "Sales"}])).await;
    fake.get(SCHEMA, &[], json!([])).await;
    fake.get(&format!("/api/v2/datamodels/{OID}/schema"), &[], document).await;
    fake.on(
        "GET",
        r"/api/datasources/Saless/sql",
        &[],
        ResponseTemplate::new(status).set_body_json(answer),
        None,
    )
    .await;
    fake.reply("GET", SQL, &[], status, answer.clone()).await;
    let error = ask(&fake, args).await.unwrap_err();
    (fake, error)
}

#[tokio::test]
async fn a_look_at_the_model_tells_why_a_query_was_refused() {
    let mut unbuilt = model();
    unbuilt["lastBuildTime"] = Value::Null;
    let mut unpublished = unbuilt.clone();
    unpublished["type"] = json!("live");
    unpublished["lastPublishTime"] = Value::Null;
    for (document, args, kind, words, near) in [
        (model(), json!({"datamodel_name": "Saless"}), ErrorKind::NotFound, "data model", "Sales"),
        (model(), json!({"table_name": "Order"}), ErrorKind::NotFound, "no such table", "Orders"),
        (model(), json!({"table_name": "xyz"}), ErrorKind::NotFound, "no such table", "Orders"),
        (model(), json!({"table_name": "Items"}), ErrorKind::Unsupported, "hidden", ""),
        (unbuilt, json!({}), ErrorKind::Unsupported, "never built", ""),
        (unpublished, json!({}), ErrorKind::Unsupported, "never published", ""),
        (model(), json!({"query": "select 1 from xyz"}), ErrorKind::NotFound, "no table", "Orders"),
        (model(), json!({"query": "select 1 from items"}), ErrorKind::Unsupported, "hidden", ""),
    ] {
        for (status, answer) in refusals() {
            let (_, error) = refused(document.clone(), args.clone(), status, &answer).await;
            assert_eq!(error.kind(), kind, "{args} {status}: {error}");
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!(error.candidates().first().map_or("", String::as_str), near, "{error}");
            assert!(error.report().next_step.is_some() && error.report().asset.is_some());
        }
    }
}

#[tokio::test]
async fn a_refusal_without_a_reason_keeps_the_servers_words() {
    for (status, answer) in refusals() {
        for args in [json!({}), json!({"query": "select nope from [Orders]"})] {
            let (fake, error) = refused(model(), args.clone(), status, &answer).await;
            assert!(error.to_string().contains("CUBE says no"), "{error}");
            let queries =
                fake.requests().await.iter().filter(|line| line.contains("/sql?")).count();
            // A table is tried once more with its name in double quotes.
            assert_eq!(queries, if args == json!({}) { 2 } else { 1 });
        }
    }
    // The model cannot be looked at: the first error stays.
    let fake = Fake::start().await;
    fake.reply("GET", SCHEMA, &[], 403, Value::Null).await;
    fake.reply("GET", SQL, &[], 500, json!({"error": {"message": "engine down"}})).await;
    let error = ask(&fake, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.to_string().contains("engine down"), "{error}");
}

#[tokio::test]
async fn other_spellings_of_model_and_table_are_mended() {
    for (name, table) in [("sales ", "ORDERS"), (OID, "Orders")] {
        let fake = Fake::start().await;
        fake.get(SCHEMA, &[("title", "")], json!([{"oid": OID, "title": "Sales"}])).await;
        fake.get(SCHEMA, &[], json!([])).await;
        fake.get(&format!("/api/v2/datamodels/{OID}/schema"), &[], model()).await;
        fake.get(
            SQL,
            &[("query", "SELECT * FROM [Orders]")],
            json!({"headers": ["a"], "values": [[1]]}),
        )
        .await;
        let unknown = json!({"error": true, "details": "unknown"});
        fake.get("/api/datasources/sales%20/sql", &[], unknown).await;
        let found = ask(&fake, json!({"datamodel_name": name, "table_name": table})).await.unwrap();
        assert_eq!(found.row_count, 1, "{name}");
    }
    // An engine that wants double quotes.
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], model()).await;
    let good = json!({"headers": ["a"], "values": [[1]]});
    fake.get(SQL, &[("query", "SELECT * FROM \"Orders\"")], good).await;
    fake.get(SQL, &[], json!({"error": true, "details": "syntax"})).await;
    assert_eq!(ask(&fake, json!({})).await.unwrap().row_count, 1);
}

#[tokio::test]
async fn a_missing_right_is_an_error_at_once() {
    let fake = Fake::start().await;
    fake.reply("GET", SQL, &[], 403, Value::Null).await;
    let error = ask(&fake, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.to_string().contains("queries in SQL"), "{error}");
    assert_eq!(fake.requests().await.len(), 1);
}

#[tokio::test]
async fn a_query_goes_out_on_one_line() {
    let fake = engine(1, 10).await;
    let query = "select n -- all\n  from [Orders];";
    ask(&fake, json!({"query": query})).await.unwrap();
    let sent = &fake.requests().await[0];
    assert!(sent.contains("?query=select n from [Orders]&"), "{sent}");
}

//! Counting keys: the queries, their number, and what a failure leaves unknown.

use pretty_assertions::assert_eq;
use sisense_core::domains::wellcheck::{
    CheckDatamodelM2mRelationships, CompositeKey, ManyToManyCheck,
};
use sisense_core::{ErrorKind, Partial, Result};

use super::*;

pub const SQL: &str = "/api/datasources/Shop/sql";

async fn m2m(
    fake: &Fake,
    names: &[&str],
    live: bool,
    most: u32,
) -> Result<Partial<ManyToManyCheck>> {
    let params = CheckDatamodelM2mRelationships {
        datamodels: words(names),
        include_live: live,
        max_queries: most,
    };
    fake.client.wellcheck().check_datamodel_m2m_relationships(params).await
}

fn shop(relations: Value) -> Value {
    let columns = [("x", 8), ("y", 8)];
    let tables = json!([table("A", &columns), table("B", &columns), table("C", &columns)]);
    model("m1", "Shop", tables, relations)
}

pub fn key(table: &str, column: &str) -> String {
    format!(
        "SELECT COUNT(*) AS r, COUNT([{column}]) AS n, COUNT(DISTINCT [{column}]) AS u FROM [{table}]"
    )
}

fn set(table: &str) -> String {
    format!(
        "SELECT COUNT(*) AS n FROM (SELECT [x], [y] FROM [{table}] \
         WHERE [x] IS NOT NULL AND [y] IS NOT NULL GROUP BY [x], [y]) x"
    )
}

pub async fn answer(fake: &Fake, path: &str, query: &str, values: &[u64]) {
    let headers = vec!["Column"; values.len()];
    fake.get(path, &[("query", query)], json!({"headers": headers, "values": [values]})).await;
}

async fn refuse(fake: &Fake, query: &str) {
    let said = json!({"error": true, "details": "no such table"});
    fake.get(SQL, &[("query", query)], said).await;
}

/// Queries in the order in which they were asked.
async fn queries(fake: &Fake) -> Vec<String> {
    let requests = fake.server.received_requests().await.unwrap();
    let of = |request: &wiremock::Request| {
        let pair = request.url.query_pairs().find(|(key, _)| key == "query")?;
        Some(pair.1.into_owned())
    };
    requests.iter().filter_map(of).collect()
}

/// Two relations that share `B.x`.
fn chain() -> Value {
    json!([relation("r1", &["A.x", "B.x"]), relation("r2", &["B.x", "C.x"])])
}

#[tokio::test]
async fn wrong_limits_are_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    for (names, most) in [(&["Shop"][..], 0), (&["Shop"], 5001), (&[], 10)] {
        let error = m2m(&fake, names, false, most).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn each_column_is_counted_once_however_many_relations_use_it() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Shop")], shop(chain())).await;
    answer(&fake, SQL, &key("A", "x"), &[10, 10, 4]).await;
    answer(&fake, SQL, &key("B", "x"), &[8, 7, 5]).await;
    answer(&fake, SQL, &key("C", "x"), &[3, 3, 3]).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert!(found.is_whole());
    let told: Vec<_> =
        found.value.relations.iter().map(|row| (row.relation_id.as_deref(), row.is_m2m)).collect();
    assert_eq!(told, [(Some("r1"), Some(true)), (Some("r2"), Some(false))]);
    let first = &found.value.relations[0];
    assert_eq!(
        (first.rows_left, first.rows_right, first.nulls_right),
        (Some(10), Some(8), Some(1))
    );
    assert_eq!((found.value.m2m_count, found.value.queries_run), (1, 3));
    let mut asked = queries(&fake).await;
    asked.sort();
    assert_eq!(asked, [key("A", "x"), key("B", "x"), key("C", "x")]);
}

#[tokio::test]
async fn the_limit_bounds_the_queries_and_says_so() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Shop")], shop(chain())).await;
    answer(&fake, SQL, &key("A", "x"), &[10, 10, 4]).await;
    answer(&fake, SQL, &key("B", "x"), &[8, 8, 5]).await;
    let found = m2m(&fake, &["Shop"], false, 2).await.unwrap();
    assert_eq!((found.value.queries_run, found.value.queries_skipped), (2, 1));
    assert_eq!((found.value.m2m_count, found.value.unknown_count), (1, 1));
    let unknown = &found.value.relations[1];
    assert_eq!((unknown.is_m2m, unknown.right_unique), (None, None));
    assert!(unknown.reason.as_deref().unwrap().contains("max_queries"));
    assert_eq!(whats(&found), ["1 counts of keys"]);
    assert_eq!(queries(&fake).await.len(), 2);
}

#[tokio::test]
async fn two_relations_between_two_tables_are_counted_together_when_that_matters() {
    let fake = Fake::start().await;
    let relations = json!([relation("r1", &["A.x", "B.x"]), relation("r2", &["A.y", "B.y"])]);
    fake.get(SCHEMA, &[("title", "Shop")], shop(relations)).await;
    for (table, column) in [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")] {
        answer(&fake, SQL, &key(table, column), &[10, 10, 4]).await;
    }
    answer(&fake, SQL, &set("A"), &[10]).await;
    answer(&fake, SQL, &set("B"), &[6]).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert!(found.is_whole());
    for row in &found.value.relations {
        assert_eq!((row.composite, row.is_m2m), (CompositeKey::Tested, Some(false)));
        assert_eq!(row.left_unique, Some(false));
    }
    assert_eq!(found.value.queries_run, 6);
}

#[tokio::test]
async fn a_server_without_sub_selects_leaves_the_set_untested() {
    let fake = Fake::start().await;
    let relations = json!([relation("r1", &["A.x", "B.x"]), relation("r2", &["A.y", "B.y"])]);
    fake.get(SCHEMA, &[("title", "Shop")], shop(relations)).await;
    for (table, column) in [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")] {
        answer(&fake, SQL, &key(table, column), &[10, 10, 4]).await;
    }
    refuse(&fake, &set("A")).await;
    refuse(&fake, &set("B")).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert_eq!(whats(&found), ["a key of several columns of \"Shop\""; 2]);
    for row in &found.value.relations {
        assert_eq!((row.composite, row.is_m2m), (CompositeKey::Untested, None));
        assert!(row.reason.as_deref().unwrap().contains("no such table"));
    }
}

#[tokio::test]
async fn a_lost_count_of_a_set_makes_a_part() {
    let fake = Fake::start().await;
    let relations = json!([relation("r1", &["A.x", "B.x"]), relation("r2", &["A.y", "B.y"])]);
    fake.get(SCHEMA, &[("title", "Shop")], shop(relations)).await;
    for (table, column) in [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")] {
        answer(&fake, SQL, &key(table, column), &[10, 10, 4]).await;
    }
    fake.reply("GET", SQL, &[], 500, json!({})).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert_eq!(whats(&found), ["a key of several columns of \"Shop\""; 2]);
    assert_eq!(found.value.relations[0].composite, CompositeKey::Untested);
}

#[tokio::test]
async fn a_set_with_a_unique_column_costs_no_query() {
    let fake = Fake::start().await;
    let relations = json!([relation("r1", &["A.x", "B.x"]), relation("r2", &["A.y", "B.y"])]);
    fake.get(SCHEMA, &[("title", "Shop")], shop(relations)).await;
    for (table, column, distinct) in [("A", "x", 4), ("A", "y", 10), ("B", "x", 4), ("B", "y", 4)] {
        answer(&fake, SQL, &key(table, column), &[10, 10, distinct]).await;
    }
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert!(found.is_whole());
    assert_eq!((found.value.m2m_count, found.value.queries_run), (0, 4));
}

#[tokio::test]
async fn a_failed_count_is_null_with_its_reason_and_makes_a_part() {
    let fake = Fake::start().await;
    let mut model = shop(chain());
    model["datasets"][0]["schema"]["tables"][2]["hidden"] = json!(true);
    fake.get(SCHEMA, &[("title", "Shop")], model).await;
    answer(&fake, SQL, &key("A", "x"), &[10, 10, 4]).await;
    answer(&fake, SQL, &key("B", "x"), &[8, 8, 5]).await;
    refuse(&fake, &key("C", "x")).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    let row = &found.value.relations[1];
    assert_eq!((row.is_m2m, row.left_unique, row.right_unique), (None, Some(false), None));
    let reason = row.reason.as_deref().unwrap();
    assert!(reason.contains("no such table") && reason.contains("hidden"), "{reason}");
    assert_eq!(whats(&found), ["key C.x of \"Shop\""]);
}

#[tokio::test]
async fn a_model_that_cannot_be_queried_is_missing_once() {
    for (status, body, sent) in [
        // Each is refused by itself: every one is asked for.
        (200, json!({"error": true, "details": "not built"}), 3),
        // The model as a whole is: the first one tells.
        (404, json!({}), 1),
        (403, json!({}), 1),
    ] {
        let fake = Fake::start().await;
        fake.get(SCHEMA, &[("title", "Shop")], shop(chain())).await;
        fake.reply("GET", SQL, &[], status, body).await;
        let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
        assert_eq!(whats(&found), ["relations of \"Shop\""], "{status}");
        assert_eq!((found.value.unknown_count, queries(&fake).await.len()), (2, sent), "{status}");
        assert!(found.value.relations.iter().all(|row| row.reason.is_some()));
    }
}

#[tokio::test]
async fn a_model_that_was_never_built_is_missing_once_and_not_asked() {
    let fake = Fake::start().await;
    let mut model = shop(chain());
    model["lastBuildTime"] = Value::Null;
    fake.get(SCHEMA, &[("title", "Shop")], model).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert_eq!(whats(&found), ["relations of \"Shop\""]);
    assert_eq!(found.missing[0].error.next_step.as_deref(), Some("build it first"));
    assert_eq!((found.value.unknown_count, found.value.queries_run), (2, 0));
    assert!(queries(&fake).await.is_empty());
}

#[tokio::test]
async fn live_models_are_counted_only_on_request() {
    let fake = Fake::start().await;
    let mut model = shop(json!([relation("r1", &["A.x", "B.x"])]));
    model["type"] = json!("live");
    fake.get(SCHEMA, &[("title", "Shop")], model).await;
    answer(&fake, SQL, &key("A", "x"), &[10, 10, 4]).await;
    answer(&fake, SQL, &key("B", "x"), &[8, 8, 5]).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert!(found.is_whole());
    assert_eq!((&found.value.live_not_counted, found.value.queries_run), (&words(&["Shop"]), 0));
    assert!(found.value.relations[0].reason.as_deref().unwrap().contains("live"));
    assert!(queries(&fake).await.is_empty());
    let found = m2m(&fake, &["Shop"], true, 200).await.unwrap();
    assert_eq!((found.value.m2m_count, found.value.queries_run), (1, 2));
    assert!(found.value.live_not_counted.is_empty());
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_an_error() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Shop")], shop(chain())).await;
    fake.reply("GET", SQL, &[], 401, json!({})).await;
    let error = m2m(&fake, &["Shop"], false, 200).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_count_without_its_numbers_is_not_understood() {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[("title", "Shop")], shop(chain())).await;
    fake.get(SQL, &[], json!({"headers": ["Column"], "values": [[1]]})).await;
    let found = m2m(&fake, &["Shop"], false, 200).await.unwrap();
    assert_eq!(found.missing[0].error.kind, ErrorKind::Decode);
    assert_eq!(found.value.unknown_count, 2);
}

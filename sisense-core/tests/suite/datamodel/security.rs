//! Data security: both families, every form of a rule, and refusals that are no empty list.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::ErrorKind;
use sisense_core::domains::datamodel::{GetDatasecurity, GetDatasecurityDetail};

use super::{SCHEMA, model};
use crate::suite::fake::Fake;

const EXTRACT: &str = "/api/elasticubes/localhost/Sales/datasecurity";
const LIVE: &str = "/api/v1/elasticubes/live/Sales/datasecurity";
const USERS: &str = "/api/v1/users";
const GROUPS: &str = "/api/v1/groups";

fn list() -> GetDatasecurity {
    GetDatasecurity { datamodel_name: "Sales".into() }
}

fn detail() -> GetDatasecurityDetail {
    GetDatasecurityDetail { datamodel_name: "Sales".into() }
}

fn rule(column: &str, more: &Value) -> Value {
    let mut rule = json!({"_id": format!("r-{column}"), "table": "Orders", "column": column,
        "datatype": "text", "members": [], "allMembers": false, "shares": []});
    for (key, value) in more.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

async fn extract(rules: Value) -> Fake {
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], model()).await;
    fake.get(EXTRACT, &[], rules).await;
    fake
}

#[tokio::test]
async fn columns_are_listed_once_and_orphans_are_marked() {
    let fake = extract(json!([
        rule("Region", &json!({})),
        rule("Gone", &json!({"datatype": null})),
        rule("Region", &json!({"members": ["a"]})),
        rule("region", &json!({"datatype": "numeric"})),
    ]))
    .await;
    let rows = fake.client.datamodel().get_datasecurity(list()).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (row.column_name.as_str(), row.data_type.as_deref(), row.rule_count, row.orphaned)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Gone", None, 1, true),
            ("Region", Some("text"), 2, false),
            ("region", Some("numeric"), 1, false)
        ]
    );
    assert_eq!(fake.requests().await.len(), 2);
}

#[tokio::test]
async fn no_rules_are_an_empty_list_and_a_refusal_is_an_error() {
    let fake = extract(json!([])).await;
    assert_eq!(fake.client.datamodel().get_datasecurity(list()).await.unwrap(), []);
    assert_eq!(fake.client.datamodel().get_datasecurity_detail(detail()).await.unwrap().value, []);
    for (status, answer, kind) in [
        (403, Value::Null, ErrorKind::Forbidden),
        (400, json!({"error": {"message": "invalid cube"}}), ErrorKind::InvalidInput),
        (200, json!({"rules": []}), ErrorKind::Decode),
        (200, json!([{"table": "Orders"}]), ErrorKind::Decode),
        (200, json!(["?"]), ErrorKind::Decode),
    ] {
        let fake = Fake::start().await;
        fake.get(SCHEMA, &[], model()).await;
        fake.reply("GET", EXTRACT, &[], status, answer.clone()).await;
        let error = fake.client.datamodel().get_datasecurity(list()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {answer}");
        let asset = error.report().asset.as_deref().unwrap();
        assert!(asset.ends_with("data model \"Sales\""), "{asset}");
        let error = fake.client.datamodel().get_datasecurity_detail(detail()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn a_rule_has_a_row_for_each_party_and_one_for_nobody() {
    let fake = extract(json!([
        rule(
            "Region",
            &json!({"members": ["EU", "US"], "allMembers": null, "exclusionary": true,
            "shares": [{"party": "u1", "type": "user", "partyName": "ann@x"},
                       {"partyId": "g1", "type": "group", "partyName": "Analysts"},
                       {"type": "default"}]})
        ),
        rule("Id", &json!({"datatype": "numeric", "allMembers": null})),
    ]))
    .await;
    let found = fake.client.datamodel().get_datasecurity_detail(detail()).await.unwrap();
    assert!(found.is_whole());
    let rows = serde_json::to_value(&found.value).unwrap();
    assert_eq!(
        rows[0],
        json!({"datamodel_name": "Sales", "rule_id": "r-Id", "table_name": "Orders",
            "column_name": "Id", "data_type": "numeric", "value": null, "exclusionary": null,
            "all_members": null, "interpretation": "uncertain", "share_type": "none",
            "share_id": null, "share_name": null, "orphaned": false,
            "rule_description": "for nobody: sees everything or nothing: the rule does not say which"})
    );
    let told: Vec<_> = found.value[1..].iter().map(|row| row.rule_description.as_str()).collect();
    assert_eq!(
        told,
        [
            "ann@x sees all but EU, US",
            "Analysts sees all but EU, US",
            "Everyone sees all but EU, US"
        ]
    );
    assert_eq!(rows[1]["value"], json!(["EU", "US"]));
    assert_eq!(rows[3]["share_type"], "everyone");
    assert_eq!(fake.requests().await.len(), 2, "no list is asked for when all names are there");
}

#[tokio::test]
async fn names_that_the_server_does_not_tell_are_looked_up() {
    let mut live = model();
    live["type"] = json!("live");
    live["lastPublishTime"] = json!("2026-11-01T00:00:00.000Z");
    let rules = json!([rule(
        "Region",
        &json!({"allMembers": true, "shares": [
        {"partyId": "u1", "type": "user"}, {"partyId": "gone", "type": "group"}]})
    )]);
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], live.clone()).await;
    fake.get(LIVE, &[], rules.clone()).await;
    fake.get(USERS, &[], json!([{"_id": "u1", "email": "ann@x"}])).await;
    fake.get(GROUPS, &[], json!([])).await;
    let found = fake.client.datamodel().get_datasecurity_detail(detail()).await.unwrap();
    assert!(found.is_whole());
    let names: Vec<_> = found.value.iter().map(|row| row.share_name.as_deref()).collect();
    assert_eq!(names, [Some("ann@x"), None]);
    assert_eq!(found.value[1].rule_description, "gone sees everything");

    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], live).await;
    fake.get(LIVE, &[], rules).await;
    fake.reply("GET", USERS, &[], 403, Value::Null).await;
    fake.get(GROUPS, &[], json!([])).await;
    let found = fake.client.datamodel().get_datasecurity_detail(detail()).await.unwrap();
    assert_eq!(found.missing.len(), 1);
    assert_eq!((found.missing[0].what.as_str(), found.value.len()), ("names of users", 2));
}

#[tokio::test]
async fn a_live_model_without_a_published_record_has_no_rules() {
    for (time, empty) in [(Value::Null, true), (json!("2026-11-01T00:00:00.000Z"), false)] {
        let mut live = model();
        live["type"] = json!("live");
        live["lastPublishTime"] = time;
        let fake = Fake::start().await;
        fake.get(SCHEMA, &[], live).await;
        fake.reply("GET", LIVE, &[], 404, json!({"error": {"code": 404}})).await;
        let found = fake.client.datamodel().get_datasecurity(list()).await;
        match found {
            Ok(rows) => assert!(empty && rows.is_empty()),
            Err(error) => assert_eq!((empty, error.kind()), (false, ErrorKind::NotFound)),
        }
    }
}

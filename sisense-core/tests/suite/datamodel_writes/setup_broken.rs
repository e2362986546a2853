//! Setting up a model when a write fails: what is there is told, the rest goes on.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::{ErrorKind, Run};

use super::setup::{DATASETS, TABLES, two};
use super::{MODELS, model, with_connection, with_model, with_source, without_model, written};
use crate::suite::fake::Fake;

/// A deployment whose writes are scripted by the test.
async fn deployment() -> Fake {
    let fake = Fake::start().await;
    with_connection(&fake).await;
    with_source(&fake, &["Orders", "Items"]).await;
    fake
}

#[tokio::test]
async fn a_model_that_cannot_be_made_is_an_error_and_nothing_else_is_sent() {
    let fake = deployment().await;
    without_model(&fake).await;
    fake.reply("POST", MODELS, &[], 403, Value::Null).await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().setup_datamodel(&run, two()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(written(&fake).await, [format!("POST {MODELS}")]);
    assert_eq!(run.entries().len(), 4, "the journal tells of all four");
}

#[tokio::test]
async fn a_lost_dataset_takes_its_tables_with_it_and_the_model_is_told() {
    let fake = deployment().await;
    without_model(&fake).await;
    fake.reply("POST", MODELS, &[], 201, model(json!([]))).await;
    fake.reply("POST", DATASETS, &[], 400, json!({"title": "ValidationError", "sub": 1002})).await;
    let run = Run::unattended().start();
    let made = fake.client.datamodel().setup_datamodel(&run, two()).await.unwrap();
    assert_eq!((made.value.datamodel_id.as_str(), made.value.created), ("m1", true));
    assert_eq!(made.value.dataset_id, None);
    let what: Vec<&str> = made.missing.iter().map(|missing| missing.what.as_str()).collect();
    assert_eq!(what, ["dataset \"public\"", "table \"Orders\"", "table \"Items\""]);
    assert_eq!(made.value.failed.len(), 2);
    assert_eq!(written(&fake).await, [format!("POST {MODELS}"), format!("POST {DATASETS}")]);
}

#[tokio::test]
async fn one_table_that_fails_does_not_keep_the_others_back() {
    let fake = deployment().await;
    without_model(&fake).await;
    fake.reply("POST", MODELS, &[], 201, model(json!([]))).await;
    fake.reply("POST", DATASETS, &[], 201, json!({"oid": "d1"})).await;
    let answer = |request: &wiremock::Request| {
        let body: Value = request.body_json().unwrap();
        if body["name"] == "Orders" {
            wiremock::ResponseTemplate::new(500)
        } else {
            wiremock::ResponseTemplate::new(201).set_body_json(json!({"oid": "t2", "columns": []}))
        }
    };
    fake.on("POST", TABLES, &[], answer, None).await;
    let run = Run::unattended().start();
    let made = fake.client.datamodel().setup_datamodel(&run, two()).await.unwrap();
    assert_eq!(made.value.failed[0].table_name, "Orders");
    assert_eq!(made.value.failed[0].error.kind, ErrorKind::Server);
    assert_eq!(made.value.tables[0].table_id, "t2");
}

#[tokio::test]
async fn an_unknown_token_or_a_stop_ends_the_sending() {
    let fake = deployment().await;
    without_model(&fake).await;
    fake.reply("POST", MODELS, &[], 201, model(json!([]))).await;
    fake.reply("POST", DATASETS, &[], 201, json!({"oid": "d1"})).await;
    fake.reply("POST", TABLES, &[], 401, Value::Null).await;
    let run = Run::unattended().start();
    let made = fake.client.datamodel().setup_datamodel(&run, two()).await.unwrap();
    let kinds: Vec<ErrorKind> = made.value.failed.iter().map(|failed| failed.error.kind).collect();
    assert_eq!(kinds, [ErrorKind::Unauthenticated, ErrorKind::Cancelled]);
    assert_eq!(written(&fake).await.iter().filter(|line| line.contains("tables")).count(), 1);
}

#[tokio::test]
async fn an_answer_without_an_id_is_looked_up() {
    let fake = deployment().await;
    fake.get_once(super::SCHEMA, &[("title", "Sales")], json!([])).await;
    fake.get_once(super::SCHEMA, &[], json!([])).await;
    with_model(&fake, model(json!([]))).await;
    fake.reply("POST", MODELS, &[], 201, Value::Null).await;
    fake.reply("POST", DATASETS, &[], 201, Value::Null).await;
    let run = Run::unattended().start();
    let made = fake.client.datamodel().setup_datamodel(&run, two()).await.unwrap();
    assert_eq!(made.value.datamodel_id, "m1");
    assert_eq!(made.missing[0].error.kind, ErrorKind::Decode, "the model has no such dataset");
    assert_eq!(made.value.failed.len(), 2);
}

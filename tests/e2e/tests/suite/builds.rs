//! Building and publishing over the sandbox: the draft, the wait, and what queries see of it.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{Build, BuildStatus, DeployDatamodel};
use sisense_core::{Client, ErrorKind, Partial, Result, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::support::{client, client_with, sandbox};

fn wish(more: Value) -> DeployDatamodel {
    let mut args = json!({"datamodel_name": "Shop", "wait": true});
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(args).unwrap()
}

async fn deploy(client: &Client, more: Value) -> Result<Partial<Build>> {
    let run = Run::unattended().start();
    client.datamodel().deploy_datamodel(&run, wish(more)).await
}

/// A model of the tables, not built yet.
async fn shop(client: &Client, kind: &str, tables: Value) {
    let wish = json!({
        "datamodel_name": "Shop", "datamodel_type": kind, "connection_name": "Acme Warehouse",
        "database_name": "acme", "schema_name": "public", "tables": tables,
    });
    let wish = serde_json::from_value(wish).unwrap();
    let run = Run::unattended().start();
    let made = client.datamodel().setup_datamodel(&run, wish).await.unwrap();
    assert!(made.is_whole(), "{:?}", made.missing);
}

/// How many rows queries see of a table; `None` when they are refused.
async fn rows(client: &Client, table: &str) -> Option<u64> {
    let query = format!("select count(*) from [{table}]");
    let query = [("query", query.as_str()), ("count", "1")];
    let answer = client.read(&["api", "datasources", "Shop", "sql"], &query).await.ok()?;
    answer.body()["values"][0][0].as_u64()
}

fn variants(sandbox: &Sandbox, variants: Value) {
    sandbox.set_variants(serde_json::from_value(variants).unwrap());
}

#[tokio::test]
async fn rows_are_seen_once_the_build_has_ended_and_a_limit_cuts_them() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    shop(&client, "extract", json!([{"table_name": "Order Lines"}])).await;
    assert!(rows(&client, "Order Lines").await.is_none(), "a draft answers no query");
    for (form, window) in
        [("documented", "null-window"), ("asked", "404-window"), ("documented", "400-window")]
    {
        variants(&sandbox, json!({"build_form": form, "build_task": window}));
        let build = deploy(&client, json!({})).await.unwrap();
        assert!(build.is_whole(), "{window}: {:?}", build.missing);
        assert_eq!(build.value.status, Some(BuildStatus::Done), "{window}");
        assert_eq!(build.value.build_type.as_deref(), Some("full"));
    }
    let all = rows(&client, "Order Lines").await.unwrap();
    assert!(all > 2);
    let _ = deploy(&client, json!({"row_limit": 2, "build_type": "by-table"})).await.unwrap();
    assert_eq!(rows(&client, "Order Lines").await.unwrap(), 2);
}

#[tokio::test]
async fn a_live_model_is_published() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    shop(&client, "live", json!([{"table_name": "Order Lines"}])).await;
    let build = deploy(&client, json!({})).await.unwrap().value;
    assert_eq!(
        (build.status, build.build_type.as_deref()),
        (Some(BuildStatus::Done), Some("publish"))
    );
    assert!(rows(&client, "Order Lines").await.unwrap() > 0);
}

#[tokio::test]
async fn one_build_at_a_time_is_started_and_both_who_ask_see_its_end() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    shop(&client, "extract", json!([{"table_name": "Order Lines"}])).await;
    let first = deploy(&client, json!({"wait": false})).await.unwrap().value;
    let second = deploy(&client, json!({})).await.unwrap().value;
    assert_eq!(second.build_id, first.build_id);
    assert!(second.already_running && second.waited);
    assert_eq!(second.status, Some(BuildStatus::Done));
}

#[tokio::test]
async fn an_answer_that_was_lost_starts_no_second_build() {
    for action in [
        FaultAction::ApplyThenDrop,
        FaultAction::DropMidBody,
        FaultAction::EmptyBody,
        FaultAction::TruncatedJson,
    ] {
        let told = format!("{action:?}");
        let (sandbox, client) = with_fault(action).await;
        let build = deploy(&client, json!({})).await.unwrap();
        assert_eq!(build.value.status, Some(BuildStatus::Done), "{told}");
        assert_eq!(builds(&client).await, 1, "{told}");
        assert!(!build.value.already_running, "{told}");
        drop(sandbox);
    }
    let (_sandbox, client) = with_fault(FaultAction::CloseConnection).await;
    let error = deploy(&client, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
    assert_eq!(builds(&client).await, 0);
}

/// A model to build, and a fault that meets whoever starts a build.
async fn with_fault(action: FaultAction) -> (Sandbox, Client) {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    shop(&client, "extract", json!([{"table_name": "Order Lines"}])).await;
    let mut fault = Fault::new("/api/v2/builds", action);
    fault.method = Some("POST".to_owned());
    sandbox.add_fault(fault);
    (sandbox, client)
}

/// How many builds the server knows.
async fn builds(client: &Client) -> usize {
    let answer = client.read(&["api", "v2", "builds"], &[]).await.unwrap();
    answer.body().as_array().unwrap().len()
}

#[tokio::test]
async fn a_failed_build_tells_the_servers_reason() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for place in ["log", "body"] {
        variants(&sandbox, json!({ "build_error": place }));
        let empty = json!({"datamodel_name": "Empty", "datamodel_type": "cube"});
        let empty = serde_json::from_value(empty).unwrap();
        client.datamodel().create_datamodel(&Run::unattended().start(), empty).await.unwrap();
        let error = deploy(&client, json!({"datamodel_name": "Empty"})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "{place}");
        assert!(error.to_string().contains("no tables"), "{place}: {error}");
    }
}

#[tokio::test]
async fn who_may_not_build_is_refused() {
    let sandbox = sandbox().await;
    shop(&client(&sandbox), "extract", json!([{"table_name": "Order Lines"}])).await;
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer);
    let error = deploy(&viewer, json!({})).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound), "{error}");
}

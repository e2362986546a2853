//! A deployment that answers nothing well: whatever is asked, the error is typed and says what it
//! is about, where it happened and what to do next. No write is sent.

use std::time::Duration;

use serde_json::{Value, json};
use sisense_core::{Client, ErrorKind, Limits, Run, Secret, generated};
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::support::{client, sandbox};

/// Good arguments of every operation that takes some. A new operation without a row fails the test.
fn arguments(id: &str, dashboard: &str) -> Value {
    let user = "vera.viewer@acme.example";
    match id {
        "access.change_folder_and_dashboard_ownership" => {
            json!({"folder_name": "Commerce", "new_owner_name": user})
        }
        "access.create_schedule_build" => {
            json!({"datamodel_name": "Sample ECommerce", "days": ["MON"], "hour": 6, "minute": 0})
        }
        "access.create_user" => {
            json!({"user_data": {"email": "neo@acme.example", "role": "viewer"}})
        }
        "access.update_user" => json!({"user_name": user, "user_data": {"first_name": "V"}}),
        "access.get_user" | "access.delete_user" => json!({ "user_name": user }),
        "access.get_group" => json!({"name": "Analysts"}),
        "access.users_per_group" => json!({"group_name": "Analysts"}),
        "access.get_unused_columns_bulk" => json!({"datamodels": ["Sample ECommerce"]}),
        "access.get_datamodel_columns"
        | "access.get_unused_columns"
        | "datamodel.describe_datamodel"
        | "datamodel.get_datamodel"
        | "datamodel.get_model_schema" => json!({"datamodel_name": "Sample ECommerce"}),
        "datamodel.get_connection" => json!({"connection_name": "Acme Warehouse"}),
        "datamodel.get_table_schema" => json!({
            "connection_name": "Acme Warehouse", "database_name": "acme",
            "schema_name": "public", "table_name": "Commerce"
        }),
        "datamodel.create_datamodel" => {
            json!({"datamodel_name": "New", "datamodel_type": "extract"})
        }
        "datamodel.create_dataset" => json!({
            "datamodel_name": "Sample ECommerce", "connection_name": "Acme Warehouse",
            "database_name": "acme", "schema_name": "public"
        }),
        "datamodel.create_table" => {
            json!({"datamodel_name": "Sample ECommerce", "table_name": "Commerce"})
        }
        "datamodel.setup_datamodel" => json!({
            "datamodel_name": "New", "datamodel_type": "extract", "connection_name": "Acme Warehouse",
            "database_name": "acme", "schema_name": "public", "tables": [{"table_name": "Commerce"}]
        }),
        "datamodel.resolve_datamodel_reference" => json!({"datamodel_ref": "Sample ECommerce"}),
        "dashboard.add_dashboard_script" => json!({"dashboard_id": dashboard, "script": "// x"}),
        "dashboard.add_widget_script" => {
            json!({"dashboard_id": dashboard, "widget_id": dashboard, "script": "// x"})
        }
        "dashboard.add_dashboard_shares" => json!({
            "dashboard_id": dashboard,
            "shares": [{"name": "Analysts", "type": "group", "rule": "view"}]
        }),
        "dashboard.get_dashboard_by_id" => json!({ "dashboard_id": dashboard }),
        "dashboard.resolve_dashboard_reference" => json!({"dashboard_ref": "Pipeline"}),
        "dashboard.get_dashboard_by_name"
        | "dashboard.get_dashboard_columns"
        | "dashboard.get_dashboard_share" => json!({"dashboard_name": "Pipeline"}),
        "wellcheck.run_full_wellcheck" => json!({"dashboards": ["*"], "datamodels": ["*"]}),
        _ if id.starts_with("wellcheck.check_datamodel") => {
            json!({"datamodels": ["Sample ECommerce"]})
        }
        _ if id.starts_with("wellcheck.check_") => json!({"dashboards": [dashboard]}),
        _ => json!({}),
    }
}

/// One attempt, so that a test of errors ends soon.
fn hasty(sandbox: &Sandbox) -> Client {
    let limits =
        Limits { retries: 0, call_timeout: Duration::from_millis(250), ..Limits::default() };
    let token = Secret::new(sandbox.token());
    let builder = Client::builder(sandbox.url()).name(sandbox.name());
    builder.token(token).limits(limits).build().unwrap()
}

async fn pipeline(sandbox: &Sandbox) -> String {
    let (client, run) = (client(sandbox), Run::reads().start());
    let args = json!({"dashboard_ref": "Pipeline"});
    let id = "dashboard.resolve_dashboard_reference";
    let found = generated::call(&client, &run, id, args).await.unwrap();
    found.result["dashboard_id"].as_str().unwrap().to_owned()
}

/// Every operation fails with one of these kinds and says all that an error should, or gives a part
/// that names what is missing.
async fn all_fail(action: FaultAction, kinds: &[ErrorKind]) {
    let sandbox = sandbox().await;
    let dashboard = pipeline(&sandbox).await;
    let told = format!("{action:?}");
    sandbox.add_fault(Fault::new("/api/", action));
    let mut wrong = Vec::new();
    for operation in generated::operations() {
        let id = operation.id.as_str();
        let client = hasty(&sandbox);
        let run = Run::unattended().start();
        let result = generated::call(&client, &run, id, arguments(id, &dashboard)).await;
        let error = match result {
            Err(error) => error,
            // A part that names what is missing hides nothing.
            Ok(outcome) if !outcome.missing.is_empty() => continue,
            Ok(outcome) => {
                wrong.push(format!("{id} hides {told}: {outcome:?}"));
                continue;
            }
        };
        if !kinds.contains(&error.kind()) {
            wrong.push(format!("{id} {told}: not {kinds:?}: {error}"));
        }
        let report = error.report();
        for (part, there) in [
            ("operation", report.operation.as_deref() == Some(id)),
            ("asset", report.asset.is_some()),
            ("endpoint", report.endpoint.is_some()),
            ("next step", report.next_step.is_some()),
        ] {
            if !there {
                wrong.push(format!("{id} {told}: no {part}: {error}"));
            }
        }
        assert!(!error.to_string().contains(sandbox.token()), "{id} {told}: {error}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(sandbox.counts().writes, 0, "{told}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for (status, kind) in [
        (401, ErrorKind::Unauthenticated),
        (403, ErrorKind::Forbidden),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (502, ErrorKind::Server),
    ] {
        all_fail(FaultAction::status(status), &[kind]).await;
    }
}

#[tokio::test]
async fn pages_and_broken_answers_are_told_apart() {
    all_fail(FaultAction::LoginPage, &[ErrorKind::Unauthenticated]).await;
    all_fail(FaultAction::LoginRedirect, &[ErrorKind::Unauthenticated]).await;
    all_fail(FaultAction::TruncatedJson, &[ErrorKind::Decode]).await;
}

#[tokio::test]
async fn silence_and_broken_connections_are_told_apart() {
    all_fail(FaultAction::CloseConnection, &[ErrorKind::Connect]).await;
    all_fail(FaultAction::DropMidBody, &[ErrorKind::Connect]).await;
    all_fail(FaultAction::Silence, &[ErrorKind::Timeout]).await;
}

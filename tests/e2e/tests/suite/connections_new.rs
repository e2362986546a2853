//! Making connections over the sandbox.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{CreateConnections, CreatedConnection};
use sisense_core::{Client, ErrorKind, Result, Run};

use super::support::{client, sandbox};

/// A PostgreSQL connection, which the types of `generate_connections_payload` do not know.
fn wish(name: &str) -> CreateConnections {
    serde_json::from_value(json!({
        "datasource_type": "custom",
        "connection_params": {
            "name": name, "provider": "PostgreSQL", "parameters": {
                "Server": "data.acme.example", "Database": "acme", "UserName": "reader",
                "Password": "very-own-password", "apiToken": "very-own-token",
            },
        },
    }))
    .unwrap()
}

async fn create(client: &Client, run: &Run, name: &str) -> Result<CreatedConnection> {
    client.datamodel().create_connections(run, wish(name)).await
}

#[tokio::test]
async fn a_new_connection_feeds_a_model_and_shows_no_secret() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let preview = Run::preview().start();
    create(&client, &preview, "Fresh").await.unwrap();
    assert_eq!(sandbox.counts().writes, 0);
    let run = Run::approved(preview.changes()).start();
    let made = create(&client, &run, "Fresh").await.unwrap();
    assert!(made.created);
    let again = create(&client, &Run::unattended().start(), "Fresh").await.unwrap();
    assert!(!again.created);
    assert_eq!(sandbox.counts().writes, 1);
    let read = serde_json::from_value(json!({"connection_name": "Fresh"})).unwrap();
    let read = client.datamodel().get_connection(read).await.unwrap();
    for shown in [
        serde_json::to_string(&made).unwrap(),
        serde_json::to_string(&again).unwrap(),
        serde_json::to_string(&read).unwrap(),
        serde_json::to_string(&run.entries()).unwrap(),
    ] {
        assert!(!shown.contains("very-own"), "{shown}");
    }
    // The server has the real ones.
    let stored = sandbox.state()["connections"].to_string();
    assert!(stored.contains("very-own-token"), "{stored}");

    let model = serde_json::from_value(json!({
        "datamodel_name": "Shop", "datamodel_type": "live", "connection_name": "Fresh",
        "database_name": "acme", "schema_name": "public", "tables": [{"name": "Order Lines"}],
    }))
    .unwrap();
    let model =
        client.datamodel().setup_datamodel(&Run::unattended().start(), model).await.unwrap();
    assert!(model.is_whole(), "{:?}", model.missing);
    assert_eq!(model.value.datasets[0].connection_id, made.connection.connection_id);
}

#[tokio::test]
async fn a_name_is_taken_once_whatever_the_server_allows() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for twin in ["created", "400", "409"] {
        let variants: Value = json!({ "connection_twin": twin });
        sandbox.set_variants(serde_json::from_value(variants).unwrap());
        let run = Run::unattended().start();
        let error = create(&client, &run, "Acme Clinic").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{twin}: {error}");
    }
    assert_eq!(sandbox.counts().writes, 0);
}

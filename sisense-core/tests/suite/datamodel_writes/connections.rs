//! Making connections: no secret leaves in anything but the one request.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{CreateConnections, GenerateConnectionsPayload};
use sisense_core::run::{Journal, MemoryJournal};
use sisense_core::{ErrorKind, Run, generated};

use super::{CONNECTIONS, approved};
use crate::suite::fake::Fake;

const SECRETS: [&str; 2] = ["hunter2", "9876"];

fn wish() -> CreateConnections {
    serde_json::from_value(json!({"connection_payload": {
        "provider": "RedShift", "name": "Warehouse", "supportedModelTypes": ["LIVE", "extract"],
        "parameters": {"Server": "h:5439", "Password": "hunter2", "EncryptConnection": true,
                       "pin": "9876", "DefaultDatabase": ""},
        "secret_parameters": ["pin"],
    }}))
    .unwrap()
}

fn stored(parameters: Value) -> Value {
    json!({
        "oid": "k1", "name": "Warehouse", "provider": "RedShift", "description": "",
        "enabled": true, "supportedModelTypes": ["LIVE", "EXTRACT"], "parameters": parameters,
    })
}

/// A server that leaves one secret clear.
fn echoed() -> Value {
    stored(json!({"Server": "h:5439", "Password": "", "EncryptConnection": "True", "pin": "9876"}))
}

async fn without_connection() -> Fake {
    let fake = Fake::start().await;
    fake.get(CONNECTIONS, &[("name", "Warehouse")], json!([])).await;
    fake.get(CONNECTIONS, &[], json!([])).await;
    fake
}

fn assert_clean(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what}: {text}");
    }
}

#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_asked() {
    let fake = Fake::start().await;
    let payload = |parameters: Value| json!({"connection_payload": {"provider": "x", "name": "n", "parameters": parameters}});
    for args in [
        json!({}),
        json!({"datasource_type": "RedShift"}),
        json!({"connection_params": {"name": "n"}}),
        json!({"datasource_type": "redshift", "connection_params": {"name": "n", "server": "s"}}),
        json!({"datasource_type": "Mongo", "connection_params": {"name": "n"}}),
        payload(json!({"Password": "***"})),
        payload(json!({"connectionString": "Server=h;***"})),
        json!({"connection_payload": {"provider": "", "name": "n"}}),
        json!({"connection_payload": {"provider": "x", "name": "n", "supportedModelTypes": ["x"]}}),
    ] {
        let run = Run::unattended().start();
        let id = "datamodel.create_connections";
        let error = generated::call(&fake.client, &run, id, args.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{args}");
        assert!(error.report().next_step.is_some(), "{args}: {error}");
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_before_anything_is_sent() {
    let mut other = stored(json!({"Server": "elsewhere", "EncryptConnection": true}));
    for (twins, named) in [
        (json!([other.clone()]), "Server"),
        (json!([echoed(), echoed()]), "several"),
        (json!([{"oid": "k2", "name": "WAREHOUSE", "provider": "RedShift"}]), "WAREHOUSE"),
        (
            {
                other["provider"] = json!("athena");
                json!([other])
            },
            "provider",
        ),
    ] {
        let fake = Fake::start().await;
        fake.get(CONNECTIONS, &[], twins).await;
        let run = Run::unattended().start();
        let error = fake.client.datamodel().create_connections(&run, wish()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains(named), "{error}");
        assert_clean("conflict", &error.to_string());
        assert!(fake.writes().await.is_empty());
    }
}

#[tokio::test]
async fn the_same_connection_is_left_and_its_secrets_are_said_not_to_be_compared() {
    let fake = Fake::start().await;
    fake.get(CONNECTIONS, &[], json!([echoed()])).await;
    let run = Run::unattended().start();
    let there = fake.client.datamodel().create_connections(&run, wish()).await.unwrap();
    assert_eq!((there.connection.connection_id.as_str(), there.created), ("k1", false));
    assert!(there.notes.iter().any(|note| note.contains("could not be compared")));
    assert_clean("result", &serde_json::to_string(&there).unwrap());
    assert!(run.changes().is_empty() && fake.writes().await.is_empty());
}

#[tokio::test]
async fn secrets_are_in_the_request_and_nowhere_else() {
    let fake = without_connection().await;
    fake.reply("POST", CONNECTIONS, &[], 201, echoed()).await;
    let preview = Run::preview().start();
    let datamodel = fake.client.datamodel();
    let planned = datamodel.create_connections(&preview, wish()).await.unwrap();
    assert!(!planned.created && fake.writes().await.is_empty());
    assert_clean("planned", &serde_json::to_string(&planned).unwrap());
    assert_clean("preview", &serde_json::to_string(&preview.changes()).unwrap());
    assert_eq!(preview.changes()[0].after["parameters"]["Server"], "h:5439");
    assert!(preview.changes()[0].after["parameters"]["pin"]["secret"].is_string());

    let journal = Arc::new(MemoryJournal::default());
    let run = Run::approved(preview.changes()).journal(journal.clone()).start();
    let made = datamodel.create_connections(&run, wish()).await.unwrap();
    assert_eq!((made.connection.connection_id.as_str(), made.created), ("k1", true));
    assert_clean("result", &serde_json::to_string(&made).unwrap());
    assert_clean("debug", &format!("{:?} {made:?}", wish()));
    let kept = serde_json::to_string(&journal.entries(run.id()).await.unwrap()).unwrap();
    assert_clean("journal", &kept);
    let body = json!({
        "enabled": true, "createdByUser": true, "provider": "RedShift", "name": "Warehouse",
        "description": "", "supportedModelTypes": ["LIVE", "EXTRACT"],
        "parameters": {"Server": "h:5439", "Password": "hunter2", "EncryptConnection": true,
                       "pin": "9876", "DefaultDatabase": ""},
    });
    let lines = fake.writes().await;
    let sent = lines[0].strip_prefix(&format!("POST {CONNECTIONS} ")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(sent).unwrap(), body);
}

#[tokio::test]
async fn another_secret_is_another_change() {
    let fake = without_connection().await;
    let preview = Run::preview().start();
    let datamodel = fake.client.datamodel();
    datamodel.create_connections(&preview, wish()).await.unwrap();
    let other = json!({"connection_payload": {
        "provider": "RedShift", "name": "Warehouse", "secret_parameters": ["pin"],
        "parameters": {"Server": "h:5439", "Password": "hunter2", "EncryptConnection": true,
                       "pin": "1234", "DefaultDatabase": ""},
    }});
    let other = serde_json::from_value(other).unwrap();
    let error =
        datamodel.create_connections(&approved(preview.changes()), other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_server_that_repeats_a_secret_in_its_refusal_is_not_quoted() {
    let refusals = [
        json!({"title": "ValidationError", "detail": "'hunter2' or 9876 is no good"}),
        json!({"error": {"message": "bad pin 9876"}}),
    ];
    for refusal in refusals {
        let fake = without_connection().await;
        fake.reply("POST", CONNECTIONS, &[], 400, refusal).await;
        let run = Run::unattended().start();
        let error = fake.client.datamodel().create_connections(&run, wish()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_clean("error", &format!("{error} {error:?}"));
        assert_clean("journal", &serde_json::to_string(&run.entries()).unwrap());
    }
    let fake = without_connection().await;
    let page = wiremock::ResponseTemplate::new(500).set_body_string("oops: hunter2");
    fake.on("POST", CONNECTIONS, &[], page, None).await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().create_connections(&run, wish()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_clean("error", &format!("{error} {error:?}"));
}

#[tokio::test]
async fn a_lost_answer_is_looked_after() {
    let fake = Fake::start().await;
    fake.get_once(CONNECTIONS, &[("name", "Warehouse")], json!([])).await;
    fake.get_once(CONNECTIONS, &[], json!([])).await;
    fake.get(CONNECTIONS, &[], json!([echoed()])).await;
    fake.reply("POST", CONNECTIONS, &[], 504, Value::Null).await;
    let run = Run::unattended().start();
    let made = fake.client.datamodel().create_connections(&run, wish()).await.unwrap();
    assert_eq!((made.connection.connection_id.as_str(), made.created), ("k1", true));
    assert_eq!(fake.writes().await.len(), 1);

    let fake = without_connection().await;
    fake.reply("POST", CONNECTIONS, &[], 504, Value::Null).await;
    let error = fake.client.datamodel().create_connections(&run, wish()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);
}

#[tokio::test]
async fn a_generated_payload_makes_the_connection_without_anybody_reading_it() {
    let params = json!({"name": "Warehouse", "server": "h:5439", "username": "u",
                        "password": "hunter2", "encrypt_connection": "true"});
    let fake = without_connection().await;
    fake.reply("POST", CONNECTIONS, &[], 201, echoed()).await;
    let datamodel = fake.client.datamodel();
    let generate: GenerateConnectionsPayload =
        serde_json::from_value(json!({"datasource_type": "REDSHIFT", "connection_params": params}))
            .unwrap();
    let payload = datamodel.generate_connections_payload(generate).await.unwrap();
    assert!(fake.requests().await.is_empty());
    let shown = serde_json::to_value(&payload).unwrap();
    assert_eq!(shown["parameters"]["Password"], "***");
    assert_eq!(shown["secret_parameters"], json!(["Password"]));

    // The payload itself holds the secret; what is shown of it does not, and is refused.
    let run = Run::unattended().start();
    let by_hand = CreateConnections { connection_payload: Some(payload), ..Default::default() };
    datamodel.create_connections(&run, by_hand).await.unwrap();
    let from_text = serde_json::from_value(json!({ "connection_payload": shown })).unwrap();
    let error = datamodel.create_connections(&run, from_text).await.unwrap_err();
    assert!(error.to_string().contains("masked"), "{error}");
    let by_params = json!({"datasource_type": "RedShift", "connection_params": params});
    let by_params = serde_json::from_value(by_params).unwrap();
    datamodel.create_connections(&run, by_params).await.unwrap();
    let sent = fake.writes().await;
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert!(sent[0].contains("hunter2"));
}

#[tokio::test]
async fn a_server_without_connections_says_so() {
    let fake = Fake::start().await;
    let lacks = wiremock::ResponseTemplate::new(404).set_body_string("Cannot GET");
    fake.on("GET", CONNECTIONS, &[], lacks, None).await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().create_connections(&run, wish()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(fake.writes().await.is_empty());
}

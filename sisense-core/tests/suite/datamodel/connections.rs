//! The read of connections: names that fit several, a feature that is off, secrets.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{Connection, GetConnection};
use sisense_core::{ErrorKind, Result};

use crate::suite::fake::Fake;

const CONNECTIONS: &str = "/api/v2/connections";
const OID: &str = "5f0cb527-50f2-482b-aece-33e2ece6fe81";

fn connection(oid: &str, name: &str) -> Value {
    json!({"oid": oid, "name": name, "provider": "RedShift", "enabled": true,
        "supportedModelTypes": ["LIVE", "EXTRACT"], "ownerId": "aa", "parameters": {
            "Server": "h:5439", "Password": "", "secretKey": "clear-1",
            "AdditionalParameters": "ssl=true;Pwd=clear-2", "uri": "pg://me:clear-3@h/db"}})
}

async fn ask(fake: &Fake, name: &str) -> Result<Vec<Connection>> {
    let params = GetConnection { connection_name: name.to_owned() };
    fake.client.datamodel().get_connection(params).await
}

#[tokio::test]
async fn no_secret_leaves_whatever_the_server_left_in() {
    let fake = Fake::start().await;
    fake.get(CONNECTIONS, &[("name", "Warehouse")], json!([connection(OID, "Warehouse")])).await;
    let found = ask(&fake, "Warehouse").await.unwrap();
    let row = serde_json::to_value(&found[0]).unwrap();
    assert_eq!(
        row["parameters"],
        json!({"Server": "h:5439", "Password": "", "secretKey": "***",
            "AdditionalParameters": "ssl=true;***", "uri": "pg://***@h/db"})
    );
    assert_eq!(row["supported_model_types"], json!(["live", "extract"]));
    assert!(!format!("{found:?}").contains("clear-"));
    assert_eq!(fake.requests().await, ["GET /api/v2/connections?name=Warehouse"]);
}

#[tokio::test]
async fn twins_are_all_given_and_near_names_are_not() {
    let fake = Fake::start().await;
    // A filter may be partial.
    let all = [connection("1", "Warehouse"), connection("2", "Warehouse"), connection("3", "Ware")];
    fake.get(CONNECTIONS, &[], json!(all)).await;
    let found = ask(&fake, "Warehouse").await.unwrap();
    let ids: Vec<&str> = found.iter().map(|one| one.connection_id.as_str()).collect();
    assert_eq!(ids, ["1", "2"]);
}

#[tokio::test]
async fn another_case_and_an_id_are_found_in_the_list() {
    let fake = Fake::start().await;
    fake.get(CONNECTIONS, &[("name", "")], json!([connection(OID, "Warehouse")])).await;
    fake.get(CONNECTIONS, &[], json!([])).await;
    for reference in ["WAREHOUSE ", &OID.to_uppercase()] {
        assert_eq!(ask(&fake, reference).await.unwrap()[0].connection_id, OID);
    }
    let error = ask(&fake, "Warehous").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.candidates()),
        (ErrorKind::NotFound, &["Warehouse".to_owned()][..])
    );
}

#[tokio::test]
async fn names_that_differ_only_in_case_are_ambiguous() {
    let fake = Fake::start().await;
    fake.get(CONNECTIONS, &[("name", "")], json!([connection("1", "dwh"), connection("2", "Dwh")]))
        .await;
    fake.get(CONNECTIONS, &[], json!([])).await;
    let error = ask(&fake, "DWH").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.candidates(), ["dwh (RedShift, 1)", "Dwh (RedShift, 2)"]);
}

#[tokio::test]
async fn a_server_without_connection_management_is_told_from_a_missing_name() {
    for body in [Value::Null, json!({"error": {"code": 404, "message": "not found"}})] {
        let fake = Fake::start().await;
        fake.reply("GET", CONNECTIONS, &[], 404, body).await;
        let error = ask(&fake, "Warehouse").await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, Some(404)));
        assert!(error.to_string().contains("connection management"), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_a_lost_id_and_an_empty_name_are_errors() {
    let fake = Fake::start().await;
    assert_eq!(ask(&fake, " ").await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(fake.requests().await.is_empty());
    fake.reply("GET", CONNECTIONS, &[("name", "a")], 403, Value::Null).await;
    assert_eq!(ask(&fake, "a").await.unwrap_err().kind(), ErrorKind::Forbidden);
    fake.get(CONNECTIONS, &[("name", "b")], json!([{"name": "b"}])).await;
    assert_eq!(ask(&fake, "b").await.unwrap_err().kind(), ErrorKind::Decode);
}

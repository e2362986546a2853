//! Calls, previews and refusals over a deployment in memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};

use fes_bindings::{ErrorKind, Handle, Listener, Options, Sandbox, report, writes};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

async fn opened() -> (Sandbox, Handle) {
    let sandbox = Sandbox::start("{}").await.unwrap();
    let handle = Handle::open(Options {
        url: sandbox.url().into(),
        token: sandbox.token().into(),
        timeout: Some(1.0),
        ..Options::default()
    });
    (sandbox, handle.unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn an_error_crosses_with_every_part_and_without_the_token() {
    let (sandbox, handle) = opened().await;
    let error =
        handle.call("access.get_user", r#"{"user_name": "nobody"}"#, None).await.unwrap_err();
    let text = report(&error);
    assert!(!text.contains(sandbox.token()));
    assert!(!format!("{handle:?}").contains(sandbox.token()));
    let told = json(&text);
    assert_eq!(told["kind"], "not_found");
    assert_eq!(told["operation"], "access.get_user");
    assert_eq!(told["text"], error.to_string());
    let error = handle.call("access.get_user", "{", None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_stopped_sandbox_answers_nobody() {
    let (sandbox, handle) = opened().await;
    sandbox.stop().await;
    sandbox.stop().await;
    let error = handle.call("access.get_user", r#"{"user_name": "a@b"}"#, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(Sandbox::start(r#"{"sise": 1}"#).await.is_err());
}

#[tokio::test]
async fn a_listener_is_told_how_far_a_call_has_come() {
    let (_sandbox, handle) = opened().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let listener: Listener = Box::new(move |event| heard.lock().unwrap().push(event));
    let id = "access.get_unused_columns_bulk";
    handle.call(id, r#"{"datamodels": ["*"]}"#, Some(listener)).await.unwrap();
    let told = told.lock().unwrap();
    assert!(!told.is_empty());
    assert!(told.iter().all(|event| json(event)["operation"] == id));
}

#[test]
fn settings_that_are_none_are_refused() {
    let base = || Options { url: "https://h".into(), token: "t".into(), ..Options::default() };
    for bad in [
        Options { timeout: Some(0.0), ..base() },
        Options { timeout: Some(f64::NAN), ..base() },
        Options { ca_file: Some("/no/such/file.pem".into()), ..base() },
        Options { url: "ftp://h".into(), ..base() },
    ] {
        assert_eq!(Handle::open(bad).unwrap_err().kind(), ErrorKind::Config);
    }
    let handle = Handle::open(Options { name: Some("prod".into()), ..base() }).unwrap();
    assert_eq!(handle.name(), "prod");
    assert_eq!(handle.reopen().unwrap().url(), handle.url());
}

#[test]
fn an_unknown_operation_has_no_effect_to_tell() {
    assert_eq!(writes("access_get_user").unwrap(), false);
    let error = writes("access.get_usr").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(
        json(&report(&error))["candidates"].as_array().unwrap().contains(&json!("access.get_user"))
    );
}

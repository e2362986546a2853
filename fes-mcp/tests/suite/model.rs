//! Requests in words with a language model, from the environment to its server.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::fes;

/// A server that answers one chat completion, and then says what it was asked.
fn server(answer: &Value) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let body = json!({ "choices": [{ "finish_reason": "stop",
                                     "message": { "content": answer.to_string() } }] })
    .to_string();
    let asked = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut got = Vec::new();
        let mut buffer = [0_u8; 4096];
        loop {
            let count = socket.read(&mut buffer).unwrap();
            got.extend_from_slice(&buffer[..count]);
            let text = String::from_utf8_lossy(&got);
            let Some((head, sent)) = text.split_once("\r\n\r\n") else { continue };
            let lower = head.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
            if sent.len() >= length.unwrap().trim().parse::<usize>().unwrap() {
                break;
            }
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
        write!(socket, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        String::from_utf8(got).unwrap()
    });
    (base, asked)
}

#[test]
fn a_request_is_planned_by_the_configured_model() {
    let plan = json!({ "kind": "plan", "plan": { "goal": "x", "steps": [
        { "id": "a", "tool": "access.users_per_group", "args": { "group_name": "Analysts" } }] } });
    let (base, asked) = server(&plan);
    let state = TempDir::new().unwrap();
    let output = fes(state.path())
        .args(["ask", "wer gehört zu Analysts?", "--sandbox", "--json"])
        .env("LLM_PROVIDER", "openai")
        .env("OPENAI_BASE_URL", base)
        .env("OPENAI_API_KEY", "key-4711")
        .env("OPENAI_MODEL", "test")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["steps"][0]["tool"], "access.users_per_group", "{report:#}");
    assert_eq!(report["goal"], "wer gehört zu Analysts?");
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{asked:.300}");
    assert!(asked.contains("authorization: Bearer key-4711\r\n"), "{asked:.300}");
    assert!(asked.contains("wer gehört zu Analysts?") && !asked.contains("@acme.example"));
}

#[test]
fn half_a_configuration_ends_with_the_name_of_the_variable() {
    let state = TempDir::new().unwrap();
    let output = fes(state.path())
        .args(["ask", "list all users", "--sandbox"])
        .env("LLM_PROVIDER", "databricks")
        .env("DATABRICKS_HOST", "https://dbc.example")
        .env("DATABRICKS_TOKEN", "key-4711")
        .env_remove("LLM_ENDPOINT")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(told.contains("LLM_ENDPOINT is missing for LLM_PROVIDER=databricks"), "{told}");
    assert!(!told.contains("key-4711"));
}

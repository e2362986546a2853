//! Requests in words with a language model, from the environment to its server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::agent::AgentClient;
use crate::support::{Running, fes};

/// A server that answers chat completions one after the other, and then says what it was asked.
fn server(answers: &[String]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let bodies: Vec<String> = answers
        .iter()
        .map(|answer| {
            json!({ "choices": [{ "finish_reason": "stop", "message": { "content": answer } }],
                    "usage": { "prompt_tokens": 1000, "completion_tokens": 100 } })
            .to_string()
        })
        .collect();
    let asked = std::thread::spawn(move || {
        let answer = |body| answer(listener.accept().unwrap().0, body);
        bodies.iter().map(answer).collect()
    });
    (base, asked)
}

/// Read a request, and answer it.
fn answer(mut socket: TcpStream, body: &String) -> String {
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
}

/// The plan of one call that takes nothing.
fn plan(tool: &str, args: &Value) -> String {
    json!({ "kind": "plan", "plan": { "goal": "x", "steps": [
        { "id": "a", "tool": tool, "args": args }] } })
    .to_string()
}

/// The environment of a model at an address.
fn with_model(base: &str) -> Vec<(&str, &str)> {
    vec![
        ("LLM_PROVIDER", "openai"),
        ("OPENAI_BASE_URL", base),
        ("OPENAI_API_KEY", "key-4711"),
        ("OPENAI_MODEL", "test"),
    ]
}

#[test]
fn a_request_is_planned_by_the_configured_model() {
    let (base, asked) =
        server(&[plan("access.users_per_group", &json!({ "group_name": "Analysts" }))]);
    let state = TempDir::new().unwrap();
    let output = fes(state.path())
        .args(["ask", "wer gehört zu Analysts?", "--sandbox", "--json"])
        .envs(with_model(&base))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["steps"][0]["tool"], "access.users_per_group", "{report:#}");
    assert_eq!(report["goal"], "wer gehört zu Analysts?");
    let asked = asked.join().unwrap().remove(0);
    assert!(asked.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{asked:.300}");
    assert!(asked.contains("authorization: Bearer key-4711\r\n"), "{asked:.300}");
    assert!(asked.contains("wer gehört zu Analysts?") && !asked.contains("@acme.example"));
}

#[test]
fn a_result_is_told_by_the_model_only_where_operator_and_person_say_so() {
    let state = TempDir::new().unwrap();
    let ask = |base: &str, allowed: &str, more: &[&str]| {
        fes(state.path())
            .args(["ask", "list all users", "--sandbox"])
            .args(more)
            .envs(with_model(base))
            .env("ALLOW_SUMMARIZATION", allowed)
            .output()
            .unwrap()
    };
    let users = plan("access.get_users_all", &json!({}));
    let told = "Everybody is there.".to_owned();

    let (base, asked) = server(&[users.clone(), told.clone()]);
    let output = ask(&base, "true", &["--summarize"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("Everybody is there.\n\n"), "{shown}");
    assert!(shown.contains("vera.viewer@acme.example"), "{shown}");
    let asked = asked.join().unwrap();
    assert!(!asked[0].contains("@acme.example") && asked[1].contains("@acme.example"));

    // The operator does not allow it: it is said, and the model is asked for the plan only.
    let (base, asked) = server(std::slice::from_ref(&users));
    let output = ask(&base, "false", &["--summarize", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report.get("told"), asked.join().unwrap().len()), (None, 1));
    let noted = String::from_utf8(output.stderr).unwrap();
    assert!(noted.contains("ALLOW_SUMMARIZATION=true"), "{noted}");

    // The model is gone when it should tell: the report stands, and why is said.
    let (base, _asked) = server(std::slice::from_ref(&users));
    let output = ask(&base, "true", &["--summarize", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["ok"], &report["told"]["by_model"]), (&json!(true), &json!(false)));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no model told this"));
}

#[test]
fn a_turn_says_whether_it_may_be_told_and_what_it_took() {
    let users = plan("access.get_users_all", &json!({}));
    let gone = plan("access.get_user", &json!({ "user_name": "gone@acme.example" }));
    let answers = [
        users.clone(),
        users.clone(),
        "Two lines.\nTold.".to_owned(),
        gone,
        users,
        "All of them.".to_owned(),
    ];
    let (base, asked) = server(&answers);
    let mut env = with_model(&base);
    env.extend([
        ("ALLOW_SUMMARIZATION", "true"),
        ("LLM_PRICE_INPUT", "2"),
        ("LLM_PRICE_OUTPUT", "10"),
    ]);
    let args = ["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json"];
    let state = TempDir::new().unwrap();
    let mut command = fes(state.path());
    command.args(args).envs(env);
    let running = Running::of(command, state);
    let client = AgentClient::new(&running.text("/url"));

    let quiet = client.say(None, "list all users");
    assert_eq!(quiet["usage"]["calls"], 1, "{quiet}");
    assert!(quiet["report"].get("told").is_none());

    let body = json!({ "user_input": "list all users", "allow_summarization": true });
    let events = client.stream("/agent/turn", &body);
    let lines: Vec<&Value> = events
        .iter()
        .filter(|told| told.data["type"] == "text")
        .map(|told| &told.data["text"])
        .collect();
    assert_eq!(lines, ["Two lines.\n", "Told.\n"]);
    let result = &events.iter().find(|told| told.event == "result").unwrap().data;
    assert_eq!(result["reply"], "Two lines.\nTold.");
    assert_eq!(
        result["usage"],
        json!({ "tokens_in": 2000, "tokens_out": 200, "cost": 0.006, "calls": 2, "uncounted": 0 })
    );

    let body = json!({ "user_input": "show gone", "allow_summarization": true });
    let (status, again) = client.post("/agent/turn", &body);
    assert_eq!((status, &again["tried"][0]["ok"]), (200, &json!(false)), "{again}");
    let reply = again["reply"].as_str().unwrap();
    assert!(reply.contains("So another plan was made.\n\nAll of them."), "{reply}");
    assert_eq!(asked.join().unwrap().len(), answers.len());
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

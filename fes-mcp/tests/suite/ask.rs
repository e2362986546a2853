use pretty_assertions::assert_eq;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Ended, Running, run, run_in};

const SHARE: &str = "share the dashboard Pipeline with the group Analysts for viewing";

#[test]
fn a_question_about_the_deployment_is_answered() {
    let ended = run(&["ask", "who is in the group Analysts", "--sandbox", "--json"]);
    let report = ended.json();
    assert_eq!((ended.code, &report["ok"]), (Some(0), &json!(true)), "{report:#}");
    assert_eq!(report["steps"][0]["tool"], "access.users_per_group");
    let text = run(&["ask", "who", "is", "in", "the", "group", "Analysts", "--sandbox"]);
    let count = report["steps"][0]["count"].to_string();
    assert!(text.stdout.contains(&format!("{count} rows")), "{}", text.stdout);
}

#[test]
fn a_change_waits_and_approve_goes_on() {
    let waits = run(&["ask", SHARE, "--sandbox", "--json"]);
    let answer = waits.json();
    assert_eq!(waits.code, Some(3), "{answer:#}");
    assert_eq!(answer["preview"].as_array().unwrap().len(), 1);
    let text = run(&["ask", SHARE, "--sandbox"]);
    assert_eq!(text.code, Some(3));
    assert!(text.stdout.contains("and 3 that stay"), "{}", text.stdout);
    assert!(!text.stderr.contains("approvals run"), "the sandbox is gone: {}", text.stderr);
    let done = run(&["ask", SHARE, "--sandbox", "--json", "--approve"]);
    assert_eq!(done.code, Some(0), "{} {}", done.stdout, done.stderr);
    assert_eq!(done.json()["steps"][0]["changes"][0]["state"], "done");
}

#[test]
fn what_is_approved_elsewhere_is_run_once() {
    let sandbox = Running::start(&["sandbox"]);
    let state = TempDir::new().unwrap();
    let (url, token) = (sandbox.text("/url"), sandbox.text("/token"));
    let on = |args: &[&str]| -> Ended {
        run_in(state.path(), &[args, &["--url", &url, "--token", &token, "--json"]].concat())
    };
    let waits = on(&["ask", SHARE]).json();
    let id = waits["approval"].as_str().unwrap();
    let early = on(&["approvals", "run", id]);
    assert_eq!(early.code, Some(1));
    assert_eq!(early.json()["error"]["kind"], "not_approved", "{}", early.stdout);
    assert_eq!(on(&["approvals", "approve", id, "--yes"]).code, Some(0));
    let done = on(&["approvals", "run", id]);
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    assert_eq!(done.json()["ok"], true);
    assert_eq!(on(&["approvals", "run", id]).json()["error"]["kind"], "not_approved");
    let again = on(&["ask", SHARE, "--approve"]);
    assert_eq!(again.json()["steps"][0]["changes"], json!(null), "already so: {}", again.stdout);
}

#[test]
fn explain_says_what_would_be_done_and_does_nothing() {
    let ended = run(&["ask", "delete the user vic@localhost", "--explain", "--sandbox"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("access.delete_user"), "{}", ended.stdout);
}

#[test]
fn what_is_missing_is_asked_and_what_is_not_understood_is_said() {
    let asked = run(&["ask", "delete the user", "--sandbox", "--json"]);
    assert_eq!(asked.code, Some(2));
    assert_eq!(asked.json()["question"]["tool"], "access.delete_user", "{}", asked.stdout);
    let declined = run(&["ask", "what is the weather", "--sandbox", "--json"]);
    assert_eq!(declined.code, Some(1));
    assert!(declined.json()["declined"]["text"].is_string(), "{}", declined.stdout);
    let denied = run(&["ask", SHARE, "--sandbox", "--read-only", "--approve"]);
    assert_ne!(denied.code, Some(0), "{}", denied.stdout);
}

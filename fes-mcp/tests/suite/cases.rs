//! Cases 36, 40, 42, 63 and 65 by their number: the program as a client and an operator see it.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::agent::AgentClient;
use crate::support::mcp::{Mcp, http};
use crate::support::{Running, fes};

/// A deployment that is looked at from outside, and the program that works on it.
struct Room {
    sandbox: Running,
    _server: Running,
    client: AgentClient,
}

impl Room {
    fn open() -> Room {
        let sandbox = Running::start(&["sandbox"]);
        let server = Running::serving(&sandbox);
        let client = AgentClient::new(&server.text("/url"));
        Room { sandbox, _server: server, client }
    }

    fn seen(&self, what: &str) -> Value {
        let url = format!("{}/__sandbox/{what}", self.sandbox.text("/url"));
        serde_json::from_str(&http().get(url).send().unwrap().text().unwrap()).unwrap()
    }

    /// A request that waits for a person.
    fn waits(&self, session: Option<&str>, text: &str) -> Value {
        let answer = self.client.say(session, text);
        assert_eq!(answer["kind"], "approval", "{answer:#}");
        answer
    }

    /// What waits is approved, with what the person types.
    fn approve(&self, answer: &Value, typed: Option<&str>) -> (u16, Value) {
        let body = json!({ "session_id": answer["session_id"],
            "approval": answer["approval"]["id"], "decision": "approve", "typed": typed });
        self.client.post("/agent/approve", &body)
    }
}

/// How many requests of a deployment ask for a change.
fn writes(room: &Room) -> u64 {
    room.seen("counts")["writes"].as_u64().unwrap()
}

const SHARE: &str = "share the dashboard Pipeline with the group Analysts for viewing";

/// With a read before it, the key is still that of the call that changes something.
#[test]
fn case_036_the_key_that_was_returned_runs_exactly_that_call() {
    let room = Room::open();
    for text in [SHARE, "list all groups and delete the user vera.viewer@acme.example"] {
        let answer = room.waits(None, text);
        let confirmation = &answer["tool_result"]["pending_confirmation"];
        let (tool, args) = (&confirmation["tool_id"], &confirmation["arguments"]);
        let body = json!({ "session_id": answer["session_id"], "user_input": "",
            "approved_keys": [[tool, args.to_string()]] });
        let before = writes(&room);
        let (status, ran) = room.client.post("/agent/turn", &body);
        if text == SHARE {
            assert_eq!(tool, "dashboard.add_dashboard_shares");
            assert_eq!((status, &ran["report"]["ok"]), (200, &json!(true)), "{ran:#}");
            let change = &answer["approval"]["preview"][0]["summary"];
            assert_eq!(&ran["report"]["steps"][0]["changes"][0]["change"]["summary"], change);
            assert_eq!(writes(&room), before + 1);
        } else {
            // What cannot be undone is not approved by a key alone: its name has to be typed.
            assert_eq!(tool, "access.delete_user");
            assert_eq!((status, &ran["error_type"]), (403, &json!("not_approved")), "{ran:#}");
            assert!(ran["next_step"].as_str().unwrap().contains("typed: vera.viewer@acme.example"));
            assert_eq!(writes(&room), before);
        }
    }
}

#[test]
fn case_040_a_pause_is_told_in_plain_words_that_name_the_target() {
    let room = Room::open();
    let long = "x".repeat(400);
    for (text, target) in [
        (SHARE.to_owned(), "Pipeline"),
        ("delete the user vera.viewer@acme.example".to_owned(), "vera.viewer@acme.example"),
        (format!("create the user {long}@acme.example as viewer"), "@acme.example"),
    ] {
        let answer = room.client.say(None, &text);
        let reason = answer["tool_result"]["pending_confirmation"]["reason"].as_str();
        let reason = reason.unwrap_or_else(|| panic!("{answer:#}")).to_lowercase();
        assert!(reason.contains(&target.to_lowercase()), "{reason}");
        for word in ["tool", "json", "{", "access."] {
            assert!(!reason.contains(word), "{word} in {reason}");
        }
        assert!(reason.contains("nothing is changed before a person approves"), "{reason}");
    }
    assert_eq!(writes(&room), 0);
}

#[test]
fn case_042_a_user_is_made_and_deleted_again_and_nobody_else_is() {
    let room = Room::open();
    let before = room.seen("state")["users"].clone();
    let email = "throw.away@acme.example";
    let make = room.waits(None, &format!("create the user {email} as viewer"));
    assert_eq!(room.seen("state")["users"], before);
    let (status, made) = room.approve(&make, None);
    assert_eq!((status, &made["report"]["ok"]), (200, &json!(true)), "{made:#}");
    assert!(room.seen("state")["users"].to_string().contains(email));

    let session = make["session_id"].as_str();
    let delete = room.waits(session, &format!("delete the user {email}"));
    assert_eq!(delete["approval"]["typed"], email);
    for wrong in [None, Some("throw.away"), Some("vera.viewer@acme.example")] {
        assert_eq!(room.approve(&delete, wrong).0, 403, "{wrong:?}");
    }
    let (status, gone) = room.approve(&delete, Some(email));
    assert_eq!((status, &gone["report"]["ok"]), (200, &json!(true)), "{gone:#}");
    assert_eq!(room.seen("state")["users"], before);
}

/// Every key within a schema, and the names of properties are none.
fn keys(schema: &Value, all: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            for (key, inner) in map {
                all.push(key.clone());
                match (key.as_str(), inner) {
                    ("properties" | "$defs", Value::Object(named)) => {
                        named.values().for_each(|one| keys(one, all));
                    }
                    ("default" | "const" | "enum" | "examples", _) => {}
                    _ => keys(inner, all),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, all)),
        _ => {}
    }
}

/// Nobody is offered `emit`: here no such argument exists at all, and no schema holds anything that
/// is meant for programs of ours alone.
#[test]
fn case_063_no_schema_that_is_shown_holds_emit_or_keys_of_our_own() {
    let running = Running::start(&["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json"]);
    let url = running.text("/url");
    let client = AgentClient::new(&url);
    let listed = Mcp::modern(&url).ask("tools/list", json!({}))["result"]["tools"].clone();
    let functions: Value = client.get("/tools").json().unwrap();
    let document: Value = client.get("/openapi.json").json().unwrap();
    let mut schemas: Vec<Value> = Vec::new();
    for tool in listed.as_array().unwrap() {
        schemas.extend([tool["inputSchema"].clone(), tool["outputSchema"].clone()]);
    }
    for tool in functions["tools"].as_array().unwrap() {
        schemas.push(tool["function"]["parameters"].clone());
    }
    for row in functions["registry"].as_object().unwrap().values() {
        schemas.push(row["output"].clone());
    }
    schemas.push(document["components"]["schemas"].clone());
    assert!(schemas.len() > 200, "{}", schemas.len());
    let mut all = Vec::new();
    schemas.iter().for_each(|schema| keys(schema, &mut all));
    assert!(all.iter().any(|key| key == "description"));
    assert_eq!(all.iter().find(|key| key.starts_with("x-")), None);
    for schema in &schemas {
        let properties = schema["properties"].as_object();
        assert!(properties.is_none_or(|named| !named.contains_key("emit")), "{schema}");
    }
}

/// The old system kept its audit in a log file, which a log level could silence. Here it is data in
/// the store, so no level of logging reaches it.
#[test]
fn case_065_what_was_approved_and_done_is_kept_whatever_is_logged() {
    let (sandbox, state) = (Running::start(&["sandbox"]), TempDir::new().unwrap());
    let (url, token) = (sandbox.text("/url"), sandbox.text("/token"));
    let fes = |args: &[&str]| {
        let mut command = fes(state.path());
        command.args(args).env("RUST_LOG", "off").env("FES_LOG_LEVEL", "WARNING");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert!(output.status.success(), "{}", text(output.stderr));
        text(output.stdout)
    };
    let ask = ["ask", SHARE, "--approve", "--url", &url, "--token", &token, "--name", "prod"];
    fes(&ask);
    let list: Value = serde_json::from_str(&fes(&["runs", "list", "--json"])).unwrap();
    let id = list[0]["id"].as_str().unwrap();
    let shown: Value = serde_json::from_str(&fes(&["runs", "show", id, "--json"])).unwrap();
    // Who, in which session, where, what for, with which approval, and what came of it.
    let run = &shown["run"];
    for key in ["principal", "session", "deployment", "goal", "created", "ended"] {
        assert!(run[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {run:#}");
    }
    assert_eq!(
        (&run["id"], &run["state"], &run["deployment"]),
        (&json!(id), &json!("done"), &json!("prod"))
    );
    let approved = &shown["approved"];
    assert_eq!(approved["id"], id);
    assert!(approved["by"].is_string() && approved["at"].is_string(), "{approved:#}");
    let call = &approved["calls"][0];
    assert_eq!(call["operation"], "dashboard.add_dashboard_shares");
    assert_eq!(call["arguments"]["shares"][0]["name"], "Analysts");
    let entry = &shown["entries"][0];
    assert_eq!((&entry["operation"], &entry["outcome"]), (&call["operation"], &json!("done")));
    assert_eq!(entry["asset"]["name"], "Pipeline");
    assert!(entry["started"].is_string() && entry["duration_ms"].is_u64(), "{entry:#}");
    let text = fes(&["runs", "show", id]);
    assert!(text.contains("asked by ") && text.contains("approved by "), "{text}");
    assert!(!text.contains(&token) && !shown.to_string().contains(&token));
}

//! The agent over HTTP, as a web page or the older client of a chat talks to it.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::Running;
use crate::support::agent::{AgentClient, Told, events};

fn serve(more: &[&str]) -> (Running, AgentClient) {
    let mut args = vec!["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json"];
    args.extend(more);
    let running = Running::start(&args);
    let client = AgentClient::new(&running.text("/url"));
    (running, client)
}

fn names(events: &[Told]) -> Vec<String> {
    let name = |told: &Told| match told.event.as_str() {
        "status" => format!("status {}", told.data["phase"].as_str().unwrap()),
        other => other.to_owned(),
    };
    events.iter().map(name).filter(|name| name != "progress").collect()
}

/// A request that waits, as its answer.
pub fn waiting(client: &AgentClient) -> Value {
    let dashboards = client.say(None, "list all dashboards");
    let rows = dashboards["report"]["steps"][0]["result"].as_array().unwrap();
    let title = rows[0]["title"].as_str().unwrap();
    let groups = client.say(None, "list all groups");
    let groups = groups["report"]["steps"][0]["result"].clone();
    let group = groups.as_array().unwrap().last().unwrap();
    let group = group["group"].as_str().or(group["group_name"].as_str()).unwrap();
    let text = format!("share the dashboard \"{title}\" with the group \"{group}\" for viewing");
    let answer = client.say(None, &text);
    assert_eq!(answer["kind"], "approval", "{answer}");
    answer
}

#[test]
fn a_turn_begins_a_session_and_a_follow_up_goes_on_in_it() {
    let (_running, client) = serve(&[]);
    let first = client.say(None, "list all users");
    assert_eq!(first["kind"], "answer");
    assert_eq!(first["tool_result"]["ok"], true);
    assert_eq!(first["step_results"][0]["tool_id"], "access.get_users_all");
    assert!(first["reply"].as_str().unwrap().starts_with("List all users"), "{first}");
    let session = first["session_id"].as_str().unwrap();
    let asks = client.say(Some(session), "show the columns of a dashboard");
    assert_eq!((&asks["kind"], &asks["session_id"]), (&json!("question"), &first["session_id"]));
    assert!(asks["display_hints"]["options"][0]["some"].as_array().unwrap().len() <= 3);
    let messages = json!({ "messages": [
        { "role": "user", "content": "list all users" },
        { "role": "assistant", "content": "…" },
        { "role": "user", "content": "write me a poem" }
    ]});
    let (status, declined) = client.post("/agent/turn", &messages);
    assert_eq!((status, &declined["kind"]), (200, &json!("decline")), "{declined}");
}

#[test]
fn events_come_in_order_and_can_be_had_again() {
    let (_running, client) = serve(&[]);
    let told = client.stream("/agent/turn", &json!({ "user_input": "list all users" }));
    assert_eq!(names(&told), ["status started", "result", "status completed"]);
    let phases: Vec<&Value> = told.iter().filter_map(|told| told.data.get("phase")).collect();
    assert_eq!(phases, ["started", "planning", "planned", "executing", "completed", "completed"]);
    let step = &told.iter().find(|told| told.data["phase"] == "executing").unwrap().data;
    assert_eq!((&step["step"], &step["max_steps"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&step["type"], &step["tool_id"]),
        (&json!("agent_progress"), &json!("access.get_users_all"))
    );
    let (session, turn) = (&told[0].data["session_id"], &told[0].data["turn"]);
    let path = format!(
        "/agent/events?session_id={}&turn={}&after=1",
        session.as_str().unwrap(),
        turn.as_str().unwrap()
    );
    assert_eq!(events(&client.get(&path).text().unwrap()), told[1..]);
    let stranger = format!("/agent/events?session_id=x&turn={}", turn.as_str().unwrap());
    assert_eq!(client.get(&stranger).status(), 404);
}

#[test]
fn what_waits_is_approved_by_its_id_once() {
    let (_running, client) = serve(&[]);
    let answer = waiting(&client);
    let confirmation = &answer["tool_result"]["pending_confirmation"];
    assert_eq!(confirmation["tool_id"], "dashboard.add_dashboard_shares");
    let body = json!({
        "session_id": answer["session_id"], "approval": answer["approval"]["id"],
        "decision": "approve"
    });
    let other = client.say(None, "list all users");
    let mut foreign = body.clone();
    foreign["session_id"] = other["session_id"].clone();
    assert_eq!(client.post("/agent/approve", &foreign).0, 404);
    let told = client.stream("/agent/approve", &body);
    assert_eq!(names(&told), ["status started", "result", "status completed"]);
    let result = &told.iter().find(|told| told.event == "result").unwrap().data;
    assert_eq!(result["report"]["ok"], true, "{result}");
    let (status, again) = client.post("/agent/approve", &body);
    assert_eq!((status, &again["error_type"]), (403, &json!("not_approved")));
}

#[test]
fn a_rejection_changes_nothing() {
    let (_running, client) = serve(&[]);
    let answer = waiting(&client);
    let body = json!({
        "session_id": answer["session_id"], "approval": answer["approval"]["id"],
        "decision": "reject"
    });
    let (status, rejected) = client.post("/agent/approve", &body);
    assert_eq!((status, &rejected["kind"]), (200, &json!("rejected")));
}

/// The older client approves by the keys of the calls; cases 52, 53 and 55 of the evaluation.
#[test]
fn case_052_053_055_keys_count_only_for_what_was_shown_in_that_session() {
    let (_running, client) = serve(&[]);
    let answer = waiting(&client);
    let confirmation = &answer["tool_result"]["pending_confirmation"];
    let (tool, args) = (&confirmation["tool_id"], &confirmation["arguments"]);
    let keys = |session: &Value, tool: &Value, args: &Value| {
        let body = json!({
            "session_id": session, "user_input": "", "approved_keys": [[tool, args.to_string()]]
        });
        client.post("/agent/turn", &body)
    };
    let (status, forged) = keys(&answer["session_id"], &json!("access.delete_user"), args);
    assert_eq!((status, &forged["error_type"]), (403, &json!("not_approved")));
    let mut other = args.clone();
    other["dashboard_name"] = json!("another");
    assert_eq!(keys(&answer["session_id"], tool, &other).0, 403);
    let session = client.say(None, "list all users")["session_id"].clone();
    assert_eq!(keys(&session, tool, args).0, 403);
    let (status, ran) = keys(&answer["session_id"], tool, args);
    assert_eq!((status, &ran["report"]["ok"]), (200, &json!(true)), "{ran}");
}

#[test]
fn wrong_requests_get_a_status_a_reason_and_a_next_step() {
    let (_running, client) = serve(&[]);
    for (path, body, status) in [
        ("/agent/turn", json!({}), 422),
        ("/agent/turn", json!({ "user_input": 5 }), 422),
        ("/agent/turn", json!({ "user_input": "hi", "session_id": "made up" }), 404),
        ("/agent/turn", json!({ "user_input": "hi", "deployment": "moon" }), 404),
        ("/agent/turn", json!({ "user_input": "hi", "tenant_config": { "token": "t" } }), 422),
        ("/agent/cancel", json!({ "session_id": "made up" }), 404),
        ("/agent/cancel", json!({}), 422),
        ("/agent/approve", json!({ "session_id": "x", "approval": "y", "decision": "maybe" }), 422),
    ] {
        let (got, error) = client.post(path, &body);
        assert_eq!(got, status, "{path} {body}: {error}");
        assert_eq!(error["ok"], false);
        assert_eq!(error["detail"], error["error"]);
        assert!(!error["error"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_session_that_does_nothing_has_nothing_to_cancel() {
    let (_running, client) = serve(&[]);
    let session = client.say(None, "list all users")["session_id"].clone();
    let (status, answer) = client.post("/agent/cancel", &json!({ "session_id": session }));
    assert_eq!((status, &answer["cancelled"]), (200, &json!(false)));
}

#[test]
fn the_tools_and_the_description_are_for_programs() {
    let (running, client) = serve(&["--agent", "--read-only"]);
    assert_eq!(running.ready["mcp"], Value::Null);
    assert_eq!(client.get("/mcp").status(), 404);
    let tools: Value = client.get("/tools").json().unwrap();
    let row = &tools["registry"]["access.get_users_all"];
    assert_eq!((&row["module"], &row["mutates"]), (&json!("access"), &json!(false)));
    assert_eq!(tools["registry"].get("access.delete_user"), None);
    assert_eq!(tools["tools"][0]["type"], "function");
    let document: Value = client.get("/openapi.json").json().unwrap();
    assert_eq!(document["openapi"], "3.0.3");
    assert_eq!(client.get("/health").json::<Value>().unwrap()["status"], "ok");
}

#[test]
fn migration_mode_works_between_the_two() {
    let (_running, client) = serve(&[]);
    let body = json!({ "user_input": "migrate all groups", "mode": "migration" });
    let (status, answer) = client.post("/agent/turn", &body);
    assert_eq!((status, &answer["kind"]), (200, &json!("approval")), "{answer}");
    assert_eq!(answer["approval"]["target"], "sandbox-target");
}

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::Running;
use crate::support::mcp::{MODERN, Mcp};

fn serve() -> Running {
    Running::start(&["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json"])
}

fn both(running: &Running) -> [Mcp; 2] {
    let url = running.text("/url");
    [Mcp::legacy(&url), Mcp::modern(&url)]
}

#[test]
fn both_eras_list_the_same_tools_with_schemas_and_hints() {
    let running = serve();
    let [old, new] = both(&running).map(|mcp| mcp.ask("tools/list", json!({}))["result"].clone());
    assert_eq!(old["tools"], new["tools"]);
    assert!(new["ttlMs"].as_u64().unwrap() > 0);
    assert_eq!(new["cacheScope"], "private");
    let tools = new["tools"].as_array().unwrap();
    assert_eq!(tools.len() as u64, running.ready["tools"].as_u64().unwrap());
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(names.is_sorted(), "{names:?}");
    for tool in tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{hint}: {tool}");
        }
        let schemas = format!("{}{}", tool["inputSchema"], tool["outputSchema"]);
        assert!(!schemas.contains("\"$schema\"") && !schemas.contains("uint"), "{schemas}");
    }
}

#[test]
fn both_eras_call_by_every_form_of_a_name() {
    let running = serve();
    for mcp in both(&running) {
        for name in ["dashboard_get_all_dashboards", "dashboard.get_all_dashboards"] {
            let result = mcp.call(name, &json!({}));
            let rows = result["structuredContent"]["result"].as_array().unwrap();
            assert!(!rows.is_empty());
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.contains(&format!("{} rows", rows.len())), "{text}");
        }
    }
}

#[test]
fn discover_tells_every_revision_and_what_is_not_offered_is_not_answered() {
    let running = serve();
    let mcp = Mcp::modern(&running.text("/url"));
    let found = mcp.ask("server/discover", json!({}));
    let versions = found["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(MODERN)) && versions.contains(&json!("2025-11-25")));
    for method in ["prompts/list", "resources/list", "resources/templates/list"] {
        let answer = mcp.ask(method, json!({}));
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
    }
}

#[test]
fn wrong_calls_let_a_model_correct_itself() {
    let running = serve();
    for mcp in both(&running) {
        let unknown = mcp.ask("tools/call", json!({ "name": "access_get_usr", "arguments": {} }));
        assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
        assert!(unknown["error"]["message"].as_str().unwrap().contains("access_get_user"));
        let cases: [(Value, &str); 3] = [
            (json!({}), "user_name"),
            (json!({ "user_name": 5 }), "user_name"),
            (json!({ "user_name": "a", "token": "b" }), "token"),
        ];
        for (args, named) in cases {
            let result = mcp.call("access_get_user", &args);
            assert_eq!(result["isError"], true, "{args}");
            assert!(result["content"][0]["text"].as_str().unwrap().contains(named), "{result}");
            assert_eq!(result["structuredContent"]["error"]["kind"], "invalid_input");
        }
        let missing = mcp.call("access_get_user", &json!({ "user_name": "nobody@x.org" }));
        assert_eq!(missing["structuredContent"]["error"]["kind"], "not_found", "{missing}");
    }
}

#[test]
fn a_cursor_of_another_list_is_refused() {
    let running = serve();
    let mcp = Mcp::modern(&running.text("/url"));
    let answer = mcp.ask("tools/list", json!({ "cursor": "nonsense" }));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
}

#[test]
fn read_only_hides_and_refuses_what_changes() {
    let args = ["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json", "--read-only"];
    let running = Running::start(&args);
    let mcp = Mcp::modern(&running.text("/url"));
    let list = mcp.ask("tools/list", json!({}))["result"]["tools"].clone();
    let hints = list.as_array().unwrap().iter().map(|tool| &tool["annotations"]["readOnlyHint"]);
    assert!(hints.into_iter().all(|hint| *hint == true));
    let call = json!({ "name": "dashboard_add_dashboard_shares", "arguments": {} });
    assert_eq!(mcp.ask("tools/call", call)["error"]["code"], -32602);
}

#[test]
fn progress_is_told_only_to_who_asked_for_it() {
    let running = serve();
    for mcp in both(&running) {
        let call = |meta: Value| {
            let params = json!({
                "name": "dashboard_get_all_dashboards", "arguments": {}, "_meta": meta
            });
            mcp.messages("tools/call", params)
        };
        let quiet = call(json!({}));
        assert!(quiet.iter().all(|message| message["method"] != "notifications/progress"));
        let told = call(json!({ "progressToken": "p1" }));
        let progress = told.iter().filter(|message| message["method"] == "notifications/progress");
        let tokens: Vec<&Value> =
            progress.map(|message| &message["params"]["progressToken"]).collect();
        assert!(tokens.iter().all(|token| **token == "p1"), "{tokens:?}");
    }
}

#[test]
fn a_session_ends_when_its_client_says_so() {
    let running = serve();
    let mcp = Mcp::legacy(&running.text("/url"));
    assert_eq!(mcp.end(), 204);
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    assert_eq!(mcp.post(&list).send().unwrap().status(), 404, "it is gone");
}

#[cfg(unix)]
#[test]
fn ends_in_order_while_a_session_is_open() {
    let running = serve();
    let _mcp = Mcp::legacy(&running.text("/url"));
    assert_eq!(running.terminate().code(), Some(0));
}

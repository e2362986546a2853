//! A change that an MCP client asks for: it waits for a person, and then goes through once.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::Running;
use crate::support::mcp::{Mcp, http};
use crate::support::page::Page;

const SHARE: &str = "dashboard_add_dashboard_shares";

fn serve() -> Running {
    Running::start(&["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json"])
}

/// A dashboard and somebody with whom it can be shared: both exist in every sandbox.
fn share(mcp: &Mcp, rule: &str) -> Value {
    let list = mcp.call("dashboard_get_all_dashboards", &json!({}));
    let title = list["structuredContent"]["result"][0]["title"].clone();
    json!({ "dashboard_id": title, "shares": [{ "name": GROUP, "type": "group", "rule": rule }] })
}

const GROUP: &str = "Analysts";

fn rule_now(mcp: &Mcp, share: &Value) -> Value {
    let args = json!({ "dashboard_name": share["dashboard_id"] });
    let result = mcp.call("dashboard_get_dashboard_share", &args)["structuredContent"].clone();
    let shares = result["result"].as_array().cloned().unwrap_or_default();
    let named = shares.iter().find(|row| row.to_string().contains(GROUP));
    named.cloned().unwrap_or(Value::Null)
}

fn waits(result: &Value) -> (String, Value) {
    let data = &result["structuredContent"];
    assert_eq!(data["status"], "needs_approval", "{result:#}");
    assert_eq!(result["isError"], false);
    let url = data["approve_url"].as_str().unwrap().to_owned();
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(&url) && text.contains("Nothing was changed"), "{text}");
    (url, data["preview"].clone())
}

#[test]
fn waits_for_a_person_and_goes_through_once() {
    let running = serve();
    for (mcp, rule) in
        [(Mcp::legacy(&running.text("/url")), "view"), (Mcp::modern(&running.text("/url")), "edit")]
    {
        let share = share(&mcp, rule);
        let before = rule_now(&mcp, &share);
        let (url, preview) = waits(&mcp.call(SHARE, &share));
        assert_eq!(preview.as_array().unwrap().len(), 1, "{preview:#}");
        assert_eq!(rule_now(&mcp, &share), before, "nothing was changed");
        // Asking again before the decision asks the same again.
        assert_eq!(waits(&mcp.call(SHARE, &share)).0, url);

        let page = Page::open(&url);
        assert!(page.text.contains(GROUP) && page.text.contains("Undo:"), "{}", page.text);
        let shown = page.press("approve");
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert!(shown.text.contains("repeat the call"), "{}", shown.text);
        assert_eq!(rule_now(&mcp, &share), before, "the page itself changes nothing");

        let done = mcp.call(SHARE, &share);
        assert_eq!(done["structuredContent"]["status"], "done", "{done:#}");
        assert_ne!(rule_now(&mcp, &share), before);

        let again = mcp.call(SHARE, &share);
        assert_eq!(again["structuredContent"]["status"], "already_so", "{again:#}");
        let used = http().get(&url).send().unwrap().text().unwrap();
        assert!(used.contains("approved and used") && !used.contains("<form"), "{used}");
    }
}

#[test]
fn an_approval_holds_for_its_own_arguments_and_its_own_client() {
    let running = serve();
    let mcp = Mcp::modern(&running.text("/url"));
    let view = share(&mcp, "view");
    let (url, _) = waits(&mcp.call(SHARE, &view));
    assert_eq!(Page::open(&url).press("approve").status, 200);
    let mut edit = share(&mcp, "view");
    edit["shares"][0]["subscribe"] = json!(true);
    let (other, _) = waits(&mcp.call(SHARE, &edit));
    assert_ne!(other, url, "other arguments ask anew");

    let body = json!({
        "jsonrpc": "2.0", "id": 9, "method": "tools/call",
        "params": { "name": SHARE, "arguments": view, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "another client", "version": "1" } } }
    });
    let request = mcp.post(&body).header("mcp-protocol-version", "2026-07-28");
    let request = request.header("mcp-method", "tools/call").header("mcp-name", SHARE);
    let text = request.send().unwrap().text().unwrap();
    assert!(text.contains("needs_approval"), "another client asks anew: {text}");
    assert_eq!(mcp.call(SHARE, &view)["structuredContent"]["status"], "done");
}

#[test]
fn no_argument_and_no_metadata_stands_in_for_a_person() {
    let running = serve();
    let mcp = Mcp::modern(&running.text("/url"));
    let share = share(&mcp, "view");
    for extra in ["approve", "confirm", "yes", "approval"] {
        let mut args = share.clone();
        args[extra] = json!(true);
        let result = mcp.call(SHARE, &args);
        assert_eq!(result["isError"], true, "{extra}: {result}");
        let params = json!({ "name": SHARE, "arguments": share, "_meta": { extra: true } });
        let result = mcp.ask("tools/call", params)["result"].clone();
        assert_eq!(result["structuredContent"]["status"], "needs_approval", "{extra}");
    }
}

#[test]
fn a_rejection_changes_nothing_and_the_same_call_asks_anew() {
    let running = serve();
    let mcp = Mcp::legacy(&running.text("/url"));
    let share = share(&mcp, "view");
    let before = rule_now(&mcp, &share);
    let (url, _) = waits(&mcp.call(SHARE, &share));
    let page = Page::open(&url);
    let shown = page.press("reject");
    assert!(shown.text.contains("Nothing was changed"), "{}", shown.text);
    assert_eq!(page.press("approve").status, 409, "what is decided stays decided");
    let (next, _) = waits(&mcp.call(SHARE, &share));
    assert_ne!(next, url);
    assert_eq!(rule_now(&mcp, &share), before);
}

#[test]
fn a_form_without_its_mark_is_refused() {
    let running = serve();
    let mcp = Mcp::modern(&running.text("/url"));
    let share = share(&mcp, "view");
    let (url, _) = waits(&mcp.call(SHARE, &share));
    let page = Page::open(&url);
    assert_eq!(page.send(&[("decision", "approve")]).status, 403);
    assert_eq!(page.send(&[("csrf", "0"), ("decision", "approve")]).status, 403);
    let bare = http().post(&url).form(&[("decision", "approve")]).send().unwrap();
    assert_eq!(bare.status(), 403);
    waits(&mcp.call(SHARE, &share));
    let list = http().get(format!("{}/approvals", running.text("/url"))).send().unwrap();
    assert!(list.text().unwrap().contains("1 approval waits for you"));
}

#[test]
fn what_changed_in_between_stops_the_call_and_shows_the_new_preview() {
    let running = serve();
    let mcp = Mcp::modern(&running.text("/url"));
    let mut quiet = share(&mcp, "view");
    quiet["shares"][0]["subscribe"] = json!(false);
    let mut loud = quiet.clone();
    loud["shares"][0]["subscribe"] = json!(true);
    let approve = |args: &Value| {
        let (url, _) = waits(&mcp.call(SHARE, args));
        assert_eq!(Page::open(&url).press("approve").status, 200);
        url
    };
    let first = approve(&quiet);
    approve(&loud);
    assert_eq!(mcp.call(SHARE, &loud)["structuredContent"]["status"], "done");
    let result = mcp.call(SHARE, &quiet);
    let (fresh, _) = waits(&result);
    assert_ne!(fresh, first);
    assert!(result["content"][0]["text"].as_str().unwrap().contains("new preview"), "{result}");
}

#[test]
fn what_cannot_be_undone_needs_the_name_typed() {
    let running = serve();
    let mcp = Mcp::modern(&running.text("/url"));
    let user = json!({ "user_name": "vic@localhost" });
    let (url, _) = waits(&mcp.call("access_delete_user", &user));
    let page = Page::open(&url);
    assert!(page.text.contains("type: vic@localhost"), "{}", page.text);
    assert_eq!(page.press("approve").status, 422);
    let fields = [("csrf", page.csrf.as_str()), ("decision", "approve"), ("typed", "vic")];
    assert_eq!(page.send(&fields).status, 422);
    waits(&mcp.call("access_delete_user", &user));
    let fields =
        [("csrf", page.csrf.as_str()), ("decision", "approve"), ("typed", "vic@localhost")];
    assert_eq!(page.send(&fields).status, 200);
    let done = mcp.call("access_delete_user", &user);
    assert_eq!(done["structuredContent"]["status"], "done", "{done:#}");
}

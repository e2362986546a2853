use pretty_assertions::assert_eq;
use serde_json::json;
use tempfile::TempDir;

use crate::support::mcp::{MODERN, Mcp, http};
use crate::support::page::Page;
use crate::support::{Running, run};

const SERVE: [&str; 5] = ["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json"];

#[test]
fn other_hosts_and_foreign_origins_are_refused_everywhere() {
    let running = Running::start(&SERVE);
    let url = running.text("/url");
    for path in ["/health", "/approvals", "/approvals/x", "/mcp", "/"] {
        let get = |name: &str, value: &str| {
            http().get(format!("{url}{path}")).header(name, value).send().unwrap().status()
        };
        assert_eq!(get("host", "evil.example"), 403, "{path}");
        assert_eq!(get("origin", "http://evil.example"), 403, "{path}");
        assert_eq!(get("origin", "null"), 403, "{path}");
    }
    let mcp = Mcp::modern(&url);
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
        assert_eq!(mcp.post(&list).header(name, value).send().unwrap().status(), 403, "{name}");
    }
    assert_ne!(mcp.post(&list).header("origin", &url).send().unwrap().status(), 403);
}

#[test]
fn health_tells_little() {
    let running = Running::start(&SERVE);
    let answer = http().get(format!("{}/health", running.text("/url"))).send().unwrap();
    assert_eq!(answer.text().unwrap(), "{\"status\":\"ok\"}");
}

#[test]
fn a_bearer_token_is_asked_for_when_one_is_set() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let file = file.display().to_string();
    let running = Running::start(&[&SERVE[..], &["--auth-token-file", &file]].concat());
    let mcp = Mcp::modern(&running.text("/url"));
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    let refused = mcp.post(&list).send().unwrap();
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().contains_key("www-authenticate"));
    assert_eq!(mcp.post(&list).bearer_auth("wrong").send().unwrap().status(), 401);
    assert_ne!(mcp.post(&list).bearer_auth("s3cret").send().unwrap().status(), 401);
}

#[test]
fn other_machines_are_let_in_only_on_purpose() {
    let ended = run(&["serve", "--sandbox", "--bind", "0.0.0.0:0"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--allow-remote"), "{}", ended.stderr);
}

#[test]
fn no_log_level_tells_a_token() {
    let sandbox = Running::start(&["sandbox"]);
    let (url, token) = (sandbox.text("/url"), sandbox.text("/token"));
    let call = ["tools", "call", "dashboard.get_all_dashboards", "-vvv"];
    let ended = run(&[&call[..], &["--url", &url, "--token", &token]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.is_empty(), "it logs");
    assert!(!ended.stderr.contains(&token) && !ended.stdout.contains(&token));
}

#[test]
fn a_server_for_others_hides_the_list_and_asks_for_the_code() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (token, code) = (file("token", "s3cret"), file("code", "0451"));
    let serve = ["serve", "--sandbox", "--bind", "0.0.0.0:0", "--json", "--allow-remote"];
    let guards = ["--auth-token-file", &token, "--approval-code-file", &code];
    let public = ["--public-url", "http://fes.example.com"];
    let running = Running::start(&[&serve[..], &guards, &public].concat());
    let url = running.text("/url");
    let get = |path: &str| http().get(format!("{url}{path}")).send().unwrap();
    assert_eq!(get("/approvals").status(), 404);

    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "access_delete_user", "arguments": { "user_name": "vic@localhost" },
            "_meta": { "io.modelcontextprotocol/protocolVersion": MODERN,
                       "io.modelcontextprotocol/clientCapabilities": {} } }
    });
    let request = Mcp::modern(&url).post(&call).bearer_auth("s3cret");
    let request = request.header("mcp-protocol-version", MODERN);
    let request =
        request.header("mcp-method", "tools/call").header("mcp-name", "access_delete_user");
    let text = request.send().unwrap().text().unwrap();
    let id = text.split("http://fes.example.com/approvals/").nth(1).unwrap();
    let id: String = id.chars().take_while(char::is_ascii_alphanumeric).collect();
    let page = Page::open(&format!("{url}/approvals/{id}"));
    let decide = |code: &str| {
        let mark = [("csrf", page.csrf.as_str()), ("decision", "approve")];
        page.send(&[&mark[..], &[("typed", "vic@localhost"), ("code", code)]].concat()).status
    };
    assert_eq!((decide("1234"), decide(""), decide("0451")), (403, 403, 200));
}

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::mcp::LEGACY;
use crate::support::page::Page;
use crate::support::{fes, run_in};

/// A client that has started the binary.
struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    state: TempDir,
    last: u64,
}

impl Client {
    fn start() -> Self {
        let state = TempDir::new().unwrap();
        let mut child = fes(state.path())
            .args(["stdio", "--sandbox"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(state.path().join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut client = Client { child, stdin, stdout, state, last: 0 };
        let hello = json!({
            "protocolVersion": LEGACY, "capabilities": {},
            "clientInfo": { "name": "stdio test", "version": "1" }
        });
        let answer = client.ask("initialize", hello);
        assert_eq!(answer["result"]["serverInfo"]["name"], "fes-mcp");
        client.tell(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn tell(&mut self, message: &Value) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{message}").unwrap();
        stdin.flush().unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        self.tell(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).unwrap() == 0 {
                let said = std::fs::read_to_string(self.state.path().join("stderr")).unwrap();
                panic!("the server went away: {:?}: {said}", self.child.wait());
            }
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn call(&mut self, tool: &str, args: &Value) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": args }))["result"].clone()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_round_trip_and_a_clean_end() {
    let mut client = Client::start();
    let list = client.ask("tools/list", json!({}));
    assert!(!list["result"]["tools"].as_array().unwrap().is_empty());
    let result = client.call("dashboard.get_all_dashboards", &json!({}));
    assert!(!result["structuredContent"]["result"].as_array().unwrap().is_empty());
    client.stdin = None;
    assert_eq!(client.child.wait().unwrap().code(), Some(0), "it ends with its client");
}

#[test]
fn a_change_is_approved_on_a_page_of_this_process_or_in_a_terminal() {
    let mut client = Client::start();
    let list = client.call("dashboard_get_all_dashboards", &json!({}));
    let title = list["structuredContent"]["result"][0]["title"].clone();
    let args = |rule: &str| {
        let share = json!({ "name": "Analysts", "type": "group", "rule": rule });
        json!({ "dashboard_id": title, "shares": [share] })
    };
    let tool = "dashboard_add_dashboard_shares";

    let waits = client.call(tool, &args("view"))["structuredContent"].clone();
    let url = waits["approve_url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(Page::open(&url).press("approve").status, 200);
    let done = client.call(tool, &args("view"))["structuredContent"].clone();
    assert_eq!(done["status"], "done", "{done:#}");

    let waits = client.call(tool, &args("edit"))["structuredContent"].clone();
    let id = waits["approval"].as_str().unwrap();
    let approved = run_in(client.state.path(), &["approvals", "approve", id, "--yes"]);
    assert_eq!(approved.code, Some(0), "{}", approved.stderr);
    let done = client.call(tool, &args("edit"))["structuredContent"].clone();
    assert_eq!(done["status"], "done", "{done:#}");
}

//! An MCP client that speaks raw JSON-RPC over HTTP, in both eras.

use std::time::Duration;

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// The newest revision, without sessions.
pub const MODERN: &str = "2026-07-28";
/// The newest revision with a handshake.
pub const LEGACY: &str = "2025-11-25";

/// The id of a call that is left alone.
const CALL: u64 = 7;

/// A client of one server.
pub struct Mcp {
    http: Client,
    pub url: String,
    /// The session of a client that opened one; else the client is a modern one.
    session: Option<String>,
}

impl Mcp {
    /// A modern client: every request tells for itself.
    pub fn modern(server: &str) -> Self {
        Mcp { http: http(), url: format!("{server}/mcp"), session: None }
    }

    /// A client that opens a session.
    pub fn legacy(server: &str) -> Self {
        let mut client = Mcp::modern(server);
        let hello = json!({
            "protocolVersion": LEGACY, "capabilities": {},
            "clientInfo": { "name": "test client", "version": "1" }
        });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello });
        let response = client.post(&body).send().unwrap();
        let session = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let answer = message(response).pop().unwrap();
        assert_eq!(answer["result"]["protocolVersion"], LEGACY, "{answer}");
        client.session = Some(session);
        let done = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(client.post(&done).send().unwrap().status(), 202);
        client
    }

    /// A request with this body, with the headers of the era.
    pub fn post(&self, body: &Value) -> RequestBuilder {
        let request = self
            .http
            .post(&self.url)
            .header("accept", "application/json, text/event-stream")
            .json(body);
        match &self.session {
            Some(session) => {
                request.header("mcp-session-id", session).header("mcp-protocol-version", LEGACY)
            }
            None => request,
        }
    }

    /// End the session, and tell the status.
    pub fn end(&self) -> u16 {
        let request = self.http.delete(&self.url).header("mcp-protocol-version", LEGACY);
        let session = self.session.as_deref().unwrap();
        request.header("mcp-session-id", session).send().unwrap().status().as_u16()
    }

    /// All messages that answer a request, the response last.
    pub fn messages(&self, method: &str, mut params: Value) -> Vec<Value> {
        let mut name = None;
        if self.session.is_none() {
            let meta = params.as_object_mut().unwrap().entry("_meta").or_insert(json!({}));
            let prefix = "io.modelcontextprotocol";
            meta[format!("{prefix}/protocolVersion")] = json!(MODERN);
            meta[format!("{prefix}/clientCapabilities")] = json!({});
            meta[format!("{prefix}/clientInfo")] = json!({ "name": "test client", "version": "1" });
            name = params["name"].as_str().map(str::to_owned);
        }
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let mut request = self.post(&body);
        if self.session.is_none() {
            request = request.header("mcp-protocol-version", MODERN).header("mcp-method", method);
        }
        if let Some(name) = name {
            request = request.header("mcp-name", name);
        }
        message(request.send().unwrap())
    }

    /// The response of a request.
    pub fn ask(&self, method: &str, params: Value) -> Value {
        self.messages(method, params).pop().unwrap()
    }

    /// Call a tool, and wait for an answer no longer than so. A session that ends or a call that is
    /// cancelled has none.
    pub fn call_until(&self, tool: &str, args: &Value, longest: Duration) {
        let params = json!({ "name": tool, "arguments": args });
        let body =
            json!({ "jsonrpc": "2.0", "id": CALL, "method": "tools/call", "params": params });
        if let Ok(response) = self.post(&body).timeout(longest).send() {
            drop(response.text());
        }
    }

    /// Cancel the call that is under way.
    pub fn cancel(&self) {
        let params = json!({ "requestId": CALL, "reason": "the person said so" });
        let method = "notifications/cancelled";
        let body = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        assert_eq!(self.post(&body).send().unwrap().status(), 202);
    }

    /// The result of a tool call.
    pub fn call(&self, tool: &str, args: &Value) -> Value {
        let answer = self.ask("tools/call", json!({ "name": tool, "arguments": args }));
        assert!(answer["error"].is_null(), "{answer:#}");
        answer["result"].clone()
    }
}

/// A plain HTTP client.
pub fn http() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The messages of an answer, whether it is JSON or a stream of events.
fn message(response: Response) -> Vec<Value> {
    let text = response.text().unwrap();
    if let Ok(value) = serde_json::from_str(&text) {
        return vec![value];
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let messages: Vec<Value> =
        data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect();
    assert!(!messages.is_empty(), "no message in {text:?}");
    messages
}

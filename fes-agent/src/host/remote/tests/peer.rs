//! A peer that answers as a test says, down to the bytes.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the peer was asked: method, session and last event from the headers, and the message.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) headers: String,
    pub(super) message: Value,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(super) fn asks(&self) -> &str {
        self.message["method"].as_str().unwrap_or_default()
    }

    /// A response to this very request.
    pub(super) fn result(&self, result: Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": self.message["id"], "result": result })
    }
}

pub(super) enum Reply {
    Json(Value),
    /// Status, further headers, body.
    Raw(u16, &'static str, String),
    /// Events, each with its id; then the stream ends.
    Events(Vec<(&'static str, Value)>),
    /// The connection closes without an answer.
    Drop,
    /// Nothing comes.
    Silence,
    /// As a server does that has nothing special to say.
    Usual,
}

type Script = Arc<dyn Fn(&Request, usize) -> Reply + Send + Sync>;

pub(super) struct Peer {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Peer {
    /// Start a peer. The script gets each request and how many of the same method came before.
    pub(super) async fn start(
        script: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static,
    ) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, all): (Script, _) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&all)));
            }
        });
        Peer { url, seen }
    }

    pub(super) fn seen(&self, asks: &str) -> Vec<Request> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|request| request.asks() == asks).cloned().collect()
    }
}

async fn serve(mut stream: TcpStream, script: Script, seen: Arc<Mutex<Vec<Request>>>) {
    let Some(request) = read(&mut stream).await else { return };
    let before = {
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|other| other.asks() == request.asks()).count();
        seen.push(request.clone());
        before
    };
    let reply = match script(&request, before) {
        Reply::Usual => usual(&request),
        reply => reply,
    };
    let (status, headers, body) = match reply {
        Reply::Json(value) => (200, "content-type: application/json", value.to_string()),
        Reply::Raw(status, headers, body) => (status, headers, body),
        Reply::Events(events) => {
            let event = |(id, data): &(&str, Value)| match data {
                Value::Null => format!("id: {id}\nretry: 1\ndata:\n\n"),
                data => format!("id: {id}\ndata: {data}\n\n"),
            };
            let body = events.iter().map(event).collect();
            (200, "content-type: text/event-stream", body)
        }
        Reply::Drop | Reply::Usual => return,
        Reply::Silence => {
            tokio::time::sleep(std::time::Duration::from_secs(30)).await;
            return;
        }
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} x\r\n{headers}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let request = Request {
            method: head.split(' ').next()?.to_owned(),
            headers: head.to_owned(),
            message: Value::Null,
        };
        let length = request.header("content-length").and_then(|text| text.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            let message = serde_json::from_str(body).unwrap_or(Value::Null);
            return Some(Request { message, ..request });
        }
    }
}

pub(super) fn tools() -> Value {
    let schema = json!({ "type": "object", "properties": {
        "text": { "type": "string" }, "password": { "type": "string" } } });
    json!([
        { "name": "look", "inputSchema": schema, "annotations": { "readOnlyHint": true } },
        { "name": "act", "inputSchema": schema, "description": "Act on it." },
    ])
}

pub(super) fn hello(request: &Request, capabilities: Value) -> String {
    request
        .result(json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities,
            "serverInfo": { "name": "odd peer", "version": "7" } }))
        .to_string()
}

pub(super) const IN_SESSION: &str = "content-type: application/json\r\nmcp-session-id: s1";

fn usual(request: &Request) -> Reply {
    match request.asks() {
        "initialize" => Reply::Raw(200, IN_SESSION, hello(request, json!({ "tools": {} }))),
        "tools/list" => Reply::Json(request.result(json!({ "tools": tools() }))),
        "tools/call" => Reply::Json(
            request.result(json!({ "content": [{ "type": "text", "text": "{\"n\":1}" }] })),
        ),
        _ => Reply::Raw(202, "x-nothing: 1", String::new()),
    }
}

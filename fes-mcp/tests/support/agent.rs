//! A client of the agent API.

use std::time::Duration;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

/// Longest time for an answer that a run stands behind.
const LONGEST: Duration = Duration::from_secs(120);

pub struct AgentClient {
    http: Client,
    url: String,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub id: String,
    pub event: String,
    pub data: Value,
}

impl AgentClient {
    pub fn new(url: &str) -> Self {
        AgentClient { http: Client::new(), url: url.to_owned() }
    }

    pub fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.url)).send().unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.http.post(format!("{}{path}", self.url)).json(body).send().unwrap();
        (response.status().as_u16(), response.json().unwrap())
    }

    /// The same to a server that may be gone before it answers.
    pub fn try_post(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let response = self.http.post(format!("{}{path}", self.url)).json(body).timeout(LONGEST);
        let response = response.send().ok()?;
        Some((response.status().as_u16(), response.json().ok()?))
    }

    pub fn stream(&self, path: &str, body: &Value) -> Vec<Told> {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        let response = request.header("accept", "text/event-stream").send().unwrap();
        assert_eq!(response.status(), 200);
        events(&response.text().unwrap())
    }

    pub fn say(&self, session: Option<&str>, text: &str) -> Value {
        let body = json!({ "session_id": session, "user_input": text });
        let (status, answer) = self.post("/agent/turn", &body);
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

/// The events of a stream.
pub fn events(text: &str) -> Vec<Told> {
    let blocks = text.split("\n\n").filter(|block| block.contains("event:"));
    blocks
        .map(|block| {
            let field = |name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_default().trim().to_owned()
            };
            let data = serde_json::from_str(&field("data:")).unwrap();
            Told { id: field("id:"), event: field("event:"), data }
        })
        .collect()
}

//! What the tests share: a raw client that knows nothing of Sisense.

mod access;
mod builds;
mod bulk;
mod connections;
mod control;
mod dashboards;
mod datasets;
mod faults;
mod folders;
mod import;
mod loading;
mod migration;
mod model_files;
mod model_shares;
mod models;
mod running;
mod scale;
mod security;
mod shares;
mod sql;
mod sql_rows;
mod sql_security;
mod variants;
mod write_log;

use reqwest::{Client, Method, Response, redirect};
use serde_json::Value;
use sisense_sandbox::{Sandbox, SandboxConfig, Variants};

/// A running sandbox and a client for it.
pub struct Bench {
    pub sandbox: Sandbox,
    pub client: Client,
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(SandboxConfig::default()).await
    }

    pub async fn with(config: SandboxConfig) -> Self {
        let sandbox = Sandbox::start(config).await.unwrap();
        let client =
            Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { sandbox, client }
    }

    pub async fn variants(variants: Variants) -> Self {
        Self::with(SandboxConfig { variants, ..SandboxConfig::default() }).await
    }

    pub async fn raw(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Response> {
        let mut request = self.client.request(method, format!("{}{path}", self.sandbox.url()));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    /// Sends as somebody; answers with status and JSON, or the text when it is none.
    pub async fn send(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let response = self.raw(token, method, path, body.as_ref()).await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Reads as the first admin.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.sandbox.token(), Method::GET, path, None).await
    }

    /// Writes as the first admin.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.sandbox.token(), Method::POST, path, Some(body)).await
    }

    /// Queries a model as somebody.
    pub async fn sql_as(&self, token: &str, title: &str, query: &str, rest: &str) -> (u16, Value) {
        let encode =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let path = format!("/api/datasources/{}/sql?query={}{rest}", encode(title), encode(query));
        self.send(token, Method::GET, &path, None).await
    }

    /// Queries a model as the first admin.
    pub async fn sql(&self, title: &str, query: &str) -> Value {
        let (status, body) = self.sql_as(self.sandbox.token(), title, query, "").await;
        assert_eq!(status, 200, "{query}: {body}");
        body
    }

    /// The rows that the first admin gets.
    pub async fn rows(&self, title: &str, query: &str) -> Value {
        let mut body = self.sql(title, query).await;
        assert!(body["values"].is_array(), "{query}: {body}");
        body["values"].take()
    }

    /// Logs a seeded person in.
    pub async fn token_of(&self, email: &str) -> String {
        let form = format!("username={email}&password={}", sisense_sandbox::PASSWORD);
        let path = format!("{}/api/v1/authentication/login", self.sandbox.url());
        let answer = self.client.post(path).body(form).send().await.unwrap();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// A seeded user's id by e-mail address.
    pub fn user(&self, email: &str) -> String {
        self.find("users", "email", email, "_id")
    }

    /// A seeded group's id by name.
    pub fn group(&self, name: &str) -> String {
        self.find("groups", "name", name, "_id")
    }

    /// A seeded dashboard's id by title.
    pub fn dashboard(&self, title: &str) -> String {
        self.find("dashboards", "title", title, "oid")
    }

    /// A seeded model's id by title.
    pub fn model(&self, title: &str) -> String {
        self.find("models", "title", title, "oid")
    }

    pub fn find(&self, kind: &str, key: &str, value: &str, wanted: &str) -> String {
        let state = self.sandbox.state();
        let rows = state[kind].as_array().unwrap();
        let row = rows.iter().find(|row| row[key] == value).unwrap();
        row[wanted].as_str().unwrap().to_owned()
    }
}

/// The texts of a member over a list.
pub fn texts(rows: &Value, key: &str) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap_or("").to_owned()).collect()
}

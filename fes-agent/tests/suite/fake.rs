//! A scripted deployment behind the real door: its writes go through `Run::admit` and a real
//! client to a server that answers yes and counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fes_agent::{Agent, Kind, Name, Place, Policy, Session, Store, Tools};
use jiff::Timestamp;
use serde_json::{Value, json};
use sisense_core::run::{Action, Asset, AssetKind, Door, Undo, fingerprint};
use sisense_core::{Change, Client, Error, ErrorKind, Operation, Outcome, Result, Run, Secret};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// The deployment: users and their roles.
pub struct Fake {
    operations: Vec<Operation>,
    client: Client,
    server: MockServer,
    pub users: Mutex<BTreeMap<String, String>>,
    pub reads: AtomicUsize,
    pub in_flight: AtomicUsize,
    pub most_in_flight: AtomicUsize,
}

fn operation(id: &str, effect: &str, risk: &str, input: Value) -> Operation {
    serde_json::from_value(json!({
        "id": id, "aliases": [], "summary": format!("Do {id}."), "description": "", "ask": [],
        "effect": effect, "idempotent": false, "scope": "deployment", "risk": risk,
        "streams": false, "partial": false, "input_schema": input, "output_schema": {}
    }))
    .unwrap()
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

impl Fake {
    pub async fn start() -> Arc<Self> {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "_id": "made" })))
            .mount(&server)
            .await;
        Self::over(server)
    }

    pub async fn refusing(status: u16) -> Arc<Self> {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        Self::over(server)
    }

    fn over(server: MockServer) -> Arc<Self> {
        let client =
            Client::builder(server.uri()).name("prod").token(Secret::new("t")).build().unwrap();
        let user = json!({ "user": { "type": "string" }, "role": { "type": "string" },
            "pin": { "type": "string", "format": "password" } });
        let users = [("ann", "viewer"), ("bob", "viewer"), ("carla", "designer")];
        Arc::new(Fake {
            operations: vec![
                operation("access.get_user", "read", "low", object(&["user"], user.clone())),
                operation("access.get_users_all", "read", "low", object(&[], json!({}))),
                operation("access.slow", "read", "low", object(&[], json!({}))),
                operation(
                    "access.set_role",
                    "update",
                    "normal",
                    object(&["user", "role"], user.clone()),
                ),
                operation(
                    "access.set_all_roles",
                    "update",
                    "high",
                    object(&["role"], user.clone()),
                ),
                operation("access.set_pin", "update", "normal", object(&["user", "pin"], user)),
            ],
            client,
            server,
            users: Mutex::new(users.map(|(n, r)| (n.to_owned(), r.to_owned())).into()),
            reads: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        })
    }

    /// How many writes reached the server.
    pub async fn writes(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    pub fn role(&self, user: &str) -> String {
        self.users.lock().unwrap()[user].clone()
    }

    pub fn change_behind_the_back(&self, user: &str, role: &str) {
        self.users.lock().unwrap().insert(user.to_owned(), role.to_owned());
    }

    async fn set_role(&self, run: &Run, operation: &str, user: &str, role: &str) -> Result<bool> {
        let now = self.users.lock().unwrap().get(user).cloned();
        let now = now.ok_or_else(|| Error::not_found("user", user))?;
        if now == role {
            return Ok(false);
        }
        let change =
            Change::new(operation, asset(user), Action::Update, format!("Make {user} a {role}"))
                .before(json!({ "role": now }))
                .after(json!({ "role": role }))
                .undo(Undo::Yes("set the old role".into()));
        match run.admit(change).await? {
            Door::Planned(_) | Door::Recorded(_) => Ok(true),
            Door::Open(pass) => {
                let sent =
                    self.client.write(&pass, "PATCH", &["api", "v1", "users", user], None).await;
                pass.settle(sent).await?;
                self.users.lock().unwrap().insert(user.to_owned(), role.to_owned());
                Ok(true)
            }
        }
    }
}

fn asset(user: &str) -> Asset {
    Asset {
        deployment: "prod".into(),
        kind: AssetKind::User,
        id: Some(format!("id-{user}")),
        name: user.into(),
    }
}

#[async_trait]
impl Tools for Fake {
    fn operations(&self) -> &[Operation] {
        &self.operations
    }

    fn deployments(&self) -> Vec<String> {
        vec!["prod".into()]
    }

    fn check(&self, id: &str, args: &Value) -> Result<()> {
        let operation = self.find(id).ok_or_else(|| Error::not_found("operation", id))?;
        let required = operation.input_schema["required"].as_array().unwrap();
        match required.iter().filter_map(Value::as_str).find(|key| args.get(key).is_none()) {
            Some(key) => Err(Error::invalid(format!("the argument `{key}` is missing"))),
            None => Ok(()),
        }
    }

    async fn call(&self, _: Place<'_>, run: &Run, id: &str, args: Value) -> Result<Outcome> {
        let text = |key: &str| args[key].as_str().unwrap_or_default().to_owned();
        let outcome = |result| Ok(Outcome { result, missing: Vec::new() });
        match id {
            "access.get_user" => {
                self.reads.fetch_add(1, Ordering::SeqCst);
                let users = self.users.lock().unwrap();
                let role = users
                    .get(&text("user"))
                    .ok_or_else(|| Error::not_found("user", &text("user")))?;
                outcome(json!({ "email": text("user"), "role": role }))
            }
            "access.get_users_all" => {
                let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
                self.most_in_flight.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
                let users = self.users.lock().unwrap();
                outcome(users.iter().map(|(n, r)| json!({ "email": n, "role": r })).collect())
            }
            "access.slow" => {
                run.progress(id, "half way", 1, Some(2));
                std::future::pending::<()>().await;
                outcome(Value::Null)
            }
            "access.set_role" => {
                let changed = self.set_role(run, id, &text("user"), &text("role")).await?;
                outcome(json!({ "changed": changed }))
            }
            "access.set_all_roles" => {
                let users: Vec<String> = self.users.lock().unwrap().keys().cloned().collect();
                for user in users {
                    self.set_role(run, id, &user, &text("role")).await?;
                }
                outcome(json!({}))
            }
            "access.set_pin" => {
                let change = Change::new(id, asset(&text("user")), Action::Update, "Set a new pin")
                    .after(json!({ "pin": fingerprint(&text("pin")) }));
                if let Door::Open(pass) = run.admit(change).await? {
                    let body = json!({ "pin": text("pin") });
                    let path = ["api", "v1", "users", "pin"];
                    let sent = self.client.write(&pass, "POST", &path, Some(body)).await;
                    pass.settle(sent).await?;
                }
                outcome(json!({ "changed": true }))
            }
            other => Err(Error::new(ErrorKind::NotFound, format!("no such operation: {other}"))),
        }
    }

    async fn names(&self, _: &str, _: Kind) -> Result<Vec<Name>> {
        Ok(Vec::new())
    }
}

/// A clock that a test moves.
#[derive(Clone)]
pub struct Hands(Arc<Mutex<Timestamp>>);

impl Hands {
    pub fn new() -> Self {
        Hands(Arc::new(Mutex::new(Timestamp::now())))
    }

    pub fn forward(&self, minutes: i64) {
        let mut now = self.0.lock().unwrap();
        *now += jiff::SignedDuration::from_mins(minutes);
    }

    pub fn clock(&self) -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
        let hands = self.clone();
        Arc::new(move || *hands.0.lock().unwrap())
    }
}

/// An agent over a fake with everything at its default.
pub async fn agent(fake: &Arc<Fake>) -> Agent {
    agent_with(fake, Policy::default(), &Hands::new()).await
}

pub async fn agent_with(fake: &Arc<Fake>, policy: Policy, hands: &Hands) -> Agent {
    agent_over(fake, policy, hands, Store::memory().await.unwrap())
}

pub fn agent_over(fake: &Arc<Fake>, policy: Policy, hands: &Hands, store: Store) -> Agent {
    let tools: Arc<dyn Tools> = fake.clone();
    Agent::builder(tools).policy(policy).store(store).clock(hands.clock()).build().unwrap()
}

pub fn session() -> Session {
    Session::new("s1", "ann", "prod")
}

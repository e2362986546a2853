//! Two scripted deployments behind the real door: groups and users that are migrated, asset by
//! asset, and taken back. A write can be made to hang, so that a test can drop its run there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fes_agent::{Agent, Kind, Name, Place, Plan, Session, Store, Tools};
use serde_json::{Value, json};
use sisense_core::run::{Action, Asset, AssetKind, Door, Journal, Outcome as Ended, Undo};
use sisense_core::{Change, Client, Error, ErrorKind, Operation, Outcome, Result, Run, Secret};
use tokio::sync::Notify;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::fake::Hands;

/// Names and what they are worth, by their kind.
type Assets = BTreeMap<String, String>;

pub struct Two {
    operations: Vec<Operation>,
    client: Client,
    server: MockServer,
    pub source: Mutex<Assets>,
    pub target: Mutex<Assets>,
    /// Every write that reached the target, in order.
    pub written: Mutex<Vec<String>>,
    /// The write at which the run hangs: after it was applied, and before its answer came.
    pub hang_at: AtomicUsize,
    pub hanging: Notify,
    /// The asset whose write the target refuses.
    pub refused: Mutex<Option<String>>,
    pub looks: AtomicUsize,
}

fn operation(id: &str, scope: &str, effect: &str) -> Operation {
    serde_json::from_value(json!({
        "id": id, "aliases": [], "summary": format!("Do {id}."), "description": "", "ask": [],
        "effect": effect, "idempotent": false, "scope": scope, "risk": "normal",
        "streams": false, "partial": false, "input_schema": { "type": "object" },
        "output_schema": {}
    }))
    .unwrap()
}

impl Two {
    pub async fn start() -> Arc<Self> {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "_id": "made" })))
            .mount(&server)
            .await;
        let client =
            Client::builder(server.uri()).name("target").token(Secret::new("t")).build().unwrap();
        let source = ["group A", "group B", "user ann", "user bob", "user carla", "user dora"];
        Arc::new(Two {
            operations: vec![
                operation("migration.migrate_all_groups", "source-target", "create"),
                operation("migration.migrate_all_users", "source-target", "create"),
                operation("access.rename", "deployment", "update"),
            ],
            client,
            server,
            source: Mutex::new(source.map(|name| (name.to_owned(), "1".to_owned())).into()),
            target: Mutex::default(),
            written: Mutex::default(),
            hang_at: AtomicUsize::new(usize::MAX),
            hanging: Notify::new(),
            refused: Mutex::default(),
            looks: AtomicUsize::new(0),
        })
    }

    pub async fn requests(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    pub fn put(&self, name: &str, worth: &str) {
        self.target.lock().unwrap().insert(name.to_owned(), worth.to_owned());
    }

    pub fn at_target(&self) -> Vec<String> {
        self.target.lock().unwrap().iter().map(|(n, w)| format!("{n}={w}")).collect()
    }

    /// Send one change, apply it, and hang if it is the one to hang at.
    async fn send(&self, run: &Run, change: Change) -> Result<Option<Value>> {
        let (name, worth) = (change.asset.name.clone(), change.after["worth"].clone());
        match run.admit(change).await? {
            Door::Planned(_) => Ok(None),
            Door::Recorded(recorded) => Ok(Some(json!(recorded.id))),
            Door::Open(pass) => {
                if self.refused.lock().unwrap().as_deref() == Some(name.as_str()) {
                    let error = Error::new(ErrorKind::Server, "the target broke").with_status(500);
                    return pass.settle(Err(error)).await.map(|_| None);
                }
                let sent = self.client.write(&pass, "POST", &["api", "v1", "any"], None).await;
                match worth.as_str() {
                    Some(worth) => self.put(&name, worth),
                    None => drop(self.target.lock().unwrap().remove(&name)),
                }
                let count = {
                    let mut written = self.written.lock().unwrap();
                    written.push(name);
                    written.len()
                };
                if count > self.hang_at.load(Ordering::SeqCst) {
                    self.hanging.notify_one();
                    std::future::pending::<()>().await;
                }
                Ok(Some(json!(pass.settle(sent).await?.id())))
            }
        }
    }

    async fn migrate(&self, run: &Run, id: &str, kind: &str) -> Result<Outcome> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        let source = self.source.lock().unwrap().clone();
        let wanted: Vec<_> = source.into_iter().filter(|(n, _)| n.starts_with(kind)).collect();
        let requested = wanted.len();
        let (mut items, mut stopped) = (Vec::new(), false);
        for (name, worth) in wanted {
            let there = self.target.lock().unwrap().get(&name).cloned();
            let mut row = json!({ "kind": kind, "name": name, "source_id": format!("s-{name}") });
            if there.as_deref() == Some(worth.as_str()) {
                row["outcome"] = json!("skipped");
                row["reason"] = json!("it is there already");
                items.push(row);
                continue;
            }
            let (action, planned, done) = match there {
                None => (Action::Create, "would_create", "created"),
                Some(_) => (Action::Overwrite, "would_overwrite", "overwritten"),
            };
            let change = Change::new(id, asset(&name), action, format!("Make {name}"))
                .before(json!(there.map(|worth| json!({ "worth": worth }))))
                .after(json!({ "worth": worth }))
                .undo(Undo::Yes("take it away".into()));
            match self.send(run, change).await {
                Ok(None) => row["outcome"] = json!(planned),
                Ok(Some(id)) => {
                    row["outcome"] = json!(done);
                    row["target_id"] = id;
                }
                Err(error) if error.kind() == ErrorKind::Cancelled => {
                    stopped = true;
                    break;
                }
                Err(error) => {
                    let refused =
                        matches!(error.kind(), ErrorKind::Drifted | ErrorKind::NotApproved);
                    row["outcome"] = json!(if refused { "blocked" } else { "failed" });
                    row["reason"] = json!(error.report().message);
                }
            }
            items.push(row);
        }
        let trouble = |row: &Value| matches!(row["outcome"].as_str(), Some("blocked" | "failed"));
        let complete = !stopped && !items.iter().any(trouble);
        Ok(whole(json!({ "requested": requested, "items": items, "warnings": [],
            "complete": complete, "stopped": stopped })))
    }
}

fn whole(result: Value) -> Outcome {
    Outcome { result, missing: Vec::new() }
}

fn asset(name: &str) -> Asset {
    Asset {
        deployment: "target".into(),
        kind: AssetKind::User,
        id: Some(format!("t-{name}")),
        name: name.into(),
    }
}

#[async_trait]
impl Tools for Two {
    fn operations(&self) -> &[Operation] {
        &self.operations
    }

    fn deployments(&self) -> Vec<String> {
        vec!["source".into(), "target".into()]
    }

    fn check(&self, _: &str, _: &Value) -> Result<()> {
        Ok(())
    }

    async fn call(&self, place: Place<'_>, run: &Run, id: &str, _: Value) -> Result<Outcome> {
        match id {
            "access.rename" => {
                let change = Change::new(id, asset("user eve"), Action::Update, "Rename eve")
                    .before(json!({ "looks": "same" }))
                    .after(json!({ "worth": "2" }));
                self.send(run, change).await?;
                Ok(whole(json!({ "changed": true })))
            }
            _ => {
                assert_eq!(place, Place { source: "source", target: Some("target") });
                self.migrate(run, id, if id.ends_with("groups") { "group" } else { "user" }).await
            }
        }
    }

    async fn undo(&self, run: &Run, original: &str, journal: Arc<dyn Journal>) -> Result<Outcome> {
        let mut items = Vec::new();
        let entries = journal.entries(original).await?;
        for entry in entries.iter().rev().filter(|entry| entry.outcome != Ended::Failed) {
            let name = &entry.change.asset.name;
            let there = self.target.lock().unwrap().get(name).cloned();
            let change = Change::new("undo", asset(name), Action::Delete, format!("Undo {name}"))
                .before(json!({ "worth": there }))
                .after(entry.change.before.clone());
            let done = self.send(run, change).await?;
            let outcome = if done.is_some() { "overwritten" } else { "would_overwrite" };
            items.push(json!({ "kind": "user", "name": name, "outcome": outcome }));
        }
        Ok(whole(json!({ "requested": items.len(), "items": items, "complete": true })))
    }

    async fn names(&self, _: &str, _: Kind) -> Result<Vec<Name>> {
        Ok(Vec::new())
    }
}

pub fn session() -> Session {
    Session::new("s1", "ann", "source").to("target")
}

pub fn agent(two: &Arc<Two>, store: &Store, hands: &Hands) -> Agent {
    let tools: Arc<dyn Tools> = two.clone();
    Agent::builder(tools).store(store.clone()).clock(hands.clock()).build().unwrap()
}

/// A plan of these tools, in this order.
pub fn plan(tools: &[&str]) -> Plan {
    let steps: Vec<Value> = tools
        .iter()
        .enumerate()
        .map(|(n, tool)| json!({ "id": format!("s{n}"), "tool": tool, "args": {} }))
        .collect();
    serde_json::from_value(json!({ "goal": "move everything", "steps": steps })).unwrap()
}

/// Users before groups: the wrong way round, which the agent puts right.
pub fn everything() -> Plan {
    plan(&["migration.migrate_all_users", "migration.migrate_all_groups"])
}

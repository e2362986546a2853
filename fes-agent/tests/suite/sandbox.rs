//! Requests in words, from the planner to the deployment: the real operations over the sandbox.

use std::sync::Arc;

use fes_agent::{Agent, Called, Kind, Local, Options, Person, Ran, Session, Store, Tools, Turn};
use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::{Client, Secret};
use sisense_sandbox::{Sandbox, SandboxConfig};

struct Room {
    sandbox: Sandbox,
    agent: Agent,
}

impl Room {
    async fn open() -> Room {
        let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
        let token = Secret::new(sandbox.token());
        let client = Client::builder(sandbox.url()).name("prod").token(token).build().unwrap();
        let tools: Arc<dyn Tools> = Arc::new(Local::new([client]).unwrap());
        let store = Store::memory().await.unwrap();
        let agent = Agent::builder(tools).store(store).build().unwrap();
        Room { sandbox, agent }
    }

    async fn ask(&self, text: &str) -> Turn {
        self.agent.ask(&session(), text, Options::default()).await.unwrap()
    }
}

fn session() -> Session {
    Session::new("s1", "ann", "prod")
}

/// What a turn came to, in one line.
fn line(turn: &Turn) -> String {
    match turn {
        Turn::Answer(report) => {
            let tools: Vec<&str> = report.steps.iter().map(|step| step.tool.as_str()).collect();
            format!(
                "{} {}: {}",
                if report.ok { "ok" } else { "failed" },
                tools.join(","),
                report.summary
            )
        }
        Turn::Approval(pending) => {
            let changes: Vec<&str> = pending.changes.iter().map(|c| c.summary.as_str()).collect();
            format!("approve {}", changes.join(" | "))
        }
        Turn::Question(question) => format!("? {}", question.text),
        Turn::Decline(_) => "no".to_owned(),
    }
}

#[tokio::test]
async fn requests_in_words_reach_the_deployment_and_write_nothing_unasked() {
    let room = Room::open().await;
    for (text, wanted) in [
        (
            "Which columns are unused in Sample ECommerce?",
            "ok access.get_unused_columns: Sample ECommerce has 48 columns: 17 used and 15 unused, 16 needed by the model itself.",
        ),
        (
            "list all users",
            "ok access.get_users_all: List all users with their roles and groups: 14 rows.",
        ),
        (
            "show user vera",
            "ok access.get_user: Get one user by e-mail or login: vera.viewer@acme.example.",
        ),
        ("who is in group R&D", "ok access.users_per_group: List the users of one group: 2 users."),
        (
            "what groups is vera in?",
            "ok access.get_user: Get one user by e-mail or login: vera.viewer@acme.example.",
        ),
        ("who has access to Weekly Sales", "? Which dashboard"),
        (
            "share the dashboard Umsätze & Größen + 100 % with the group Größe + Maß for viewing",
            "approve Share dashboard",
        ),
        (
            "make vera a designer",
            "approve Change vera.viewer@acme.example: role from viewer to designer",
        ),
        (
            "remove vera from Sales",
            "approve Change vera.viewer@acme.example: groups from Sales to none",
        ),
        ("delete the user Idle Ines", "approve Delete idle.ines@acme.example"),
        ("create user dora@acme.example as viewer", "approve Create dora@acme.example as viewer"),
        (
            "schedule a build of Sample ECommerce every Monday at 6:00",
            "approve Build Sample ECommerce every Monday at 06:00 UTC",
        ),
        ("delete vera and all her dashboards", "no"),
        (
            "show user zzz@nowhere.example",
            "failed access.get_user: Failed: no user fits this reference",
        ),
    ] {
        let said = line(&room.ask(text).await);
        assert!(said.starts_with(wanted), "{text}\n   wanted {wanted}\n   got    {said}");
    }
    assert_eq!(room.sandbox.counts().writes, 0);
}

#[tokio::test]
async fn a_share_in_words_is_approved_made_and_then_already_so() {
    let room = Room::open().await;
    let text = "Give the Analysts group view access to Pipeline";
    let turn = room.ask(text).await;
    let Turn::Approval(pending) = turn else { panic!("not waiting: {turn:?}") };
    assert_eq!(room.sandbox.counts().writes, 0);
    let ann = Person::new("ann");
    room.agent.approve(&pending.id, &ann).await.unwrap();
    let ran = room.agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    assert!(ran.report().ok, "{:?}", ran.report());
    assert_eq!(room.sandbox.counts().writes, 1);
    let said = line(&room.ask(text).await);
    assert!(said.ends_with("Nothing to change: it is already so."), "{said}");
    assert_eq!(room.sandbox.counts().writes, 1);
}

#[tokio::test]
async fn drift_in_the_deployment_is_seen_before_anything_is_written() {
    let room = Room::open().await;
    let ann = Person::new("ann");
    let mut ids = Vec::new();
    for role in ["designer", "dataDesigner"] {
        let turn = room.ask(&format!("make vera.viewer@acme.example a {role}")).await;
        let Turn::Approval(pending) = turn else { panic!("not waiting: {turn:?}") };
        room.agent.approve(&pending.id, &ann).await.unwrap();
        ids.push(pending.id);
    }
    let run = |id: String| {
        let agent = room.agent.clone();
        async move { agent.run_approved(&session(), &id, Options::default()).await.unwrap() }
    };
    assert!(run(ids.remove(0)).await.report().ok);
    let second = run(ids.remove(0)).await;
    let Ran::Drifted { report, fresh } = second else { panic!("not drifted: {second:?}") };
    assert!(!report.ok);
    assert_eq!(fresh.changes[0].before["role"], "designer");
    assert_eq!(room.sandbox.counts().writes, 1);
}

#[tokio::test]
async fn every_kind_of_name_is_listed_with_its_id() {
    let room = Room::open().await;
    for (kind, known) in [
        (Kind::Dashboard, "Pipeline"),
        (Kind::Datamodel, "Sample ECommerce"),
        (Kind::Group, "Analysts"),
        (Kind::User, "vera.viewer@acme.example"),
    ] {
        let names = room.agent.tools().names("prod", kind).await.unwrap();
        let found = names.iter().find(|name| name.name == known);
        assert!(found.is_some_and(|name| name.id.is_some()), "{kind:?}: {names:?}");
    }
}

#[tokio::test]
async fn the_secrets_of_a_new_connection_are_in_no_approval_and_still_reach_the_server() {
    let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
    let token = Secret::new(sandbox.token());
    let client = Client::builder(sandbox.url()).name("prod").token(token).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("private").join("store.db");
    let tools: Arc<dyn Tools> = Arc::new(Local::new([client]).unwrap());
    let agent = Agent::builder(tools).store(Store::open(&path).await.unwrap()).build().unwrap();
    let payload = json!({ "connection_payload": {
        "name": "Fresh", "provider": "PostgreSQL", "secret_parameters": ["pin"],
        "parameters": { "Server": "data.acme.example", "Password": "very-own-1", "pin": "very-own-2" },
    } });
    let params = json!({ "datasource_type": "DataBricks", "connection_params": {
        "name": "Lake", "connection_string": "jdbc:very-own-3", "token": "very-own-4",
    } });
    for args in [payload, params] {
        let id = "datamodel.create_connections";
        let session = session();
        let call = || agent.call(&session, id, args.clone(), Options::default());
        let called = call().await.unwrap();
        let Called::NeedsApproval(pending) = called else { panic!("not pending: {called:?}") };
        let shown = serde_json::to_string(&pending).unwrap();
        assert!(!shown.contains("very-own"), "{shown}");
        agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
        let called = call().await.unwrap();
        let Called::Done(step) = called else { panic!("not done: {called:?}") };
        let shown = serde_json::to_string(&step).unwrap();
        assert!(step.ok && !shown.contains("very-own"), "{shown}");
        for name in ["store.db", "store.db-wal"] {
            let bytes = std::fs::read(path.with_file_name(name)).unwrap_or_default();
            assert!(!bytes.windows(8).any(|w| w == b"very-own"), "{name}");
        }
    }
    let stored = sandbox.state()["connections"].to_string();
    for number in 1..=4 {
        assert!(stored.contains(&format!("very-own-{number}")), "{stored}");
    }
}

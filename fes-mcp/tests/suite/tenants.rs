//! Clients of the agent API that bring deployments with tokens of their own.

use std::fs;
use std::path::PathBuf;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_sandbox::{Sandbox, SandboxConfig};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::agent::AgentClient;
use crate::support::stage::Stage;
use crate::support::{Running, fes};

/// A server with a deployment of its own, where deployments at these origins may be brought.
fn serve(origins: &[&str]) -> (Running, AgentClient, PathBuf) {
    let folder = TempDir::new().unwrap();
    let state = folder.path().to_path_buf();
    let mut command = fes(&state);
    command.args(["serve", "--sandbox", "--bind", "127.0.0.1:0", "--json"]);
    command.args(["--allow-origin", &origins.join(",")]);
    let running = Running::of(command, folder);
    let client = AgentClient::new(&running.text("/url"));
    (running, client, state)
}

/// Two deployments in memory, of which the first may be brought.
struct Scene {
    _runtime: Runtime,
    first: Sandbox,
    second: Sandbox,
    state: PathBuf,
    client: AgentClient,
    _running: Running,
}

impl Scene {
    fn open() -> Scene {
        let runtime = Runtime::new().unwrap();
        let start = |name: &str| {
            let config = SandboxConfig { name: name.into(), ..SandboxConfig::default() };
            runtime.block_on(Sandbox::start(config)).unwrap()
        };
        let (first, second) = (start("first"), start("second"));
        let (running, client, state) = serve(&[&first.url()]);
        Scene { _runtime: runtime, first, second, state, client, _running: running }
    }

    fn say(&self, session: Option<&Value>, text: &str, more: Value) -> (u16, Value) {
        let mut body = json!({ "user_input": text, "session_id": session });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.client.post("/agent/turn", &body)
    }
}

fn tenant(sandbox: &Sandbox) -> Value {
    json!({ "domain": sandbox.url(), "token": sandbox.token(), "ssl": true })
}

#[test]
fn a_session_works_on_the_deployment_that_it_brought_and_on_no_other() {
    let scene = Scene::open();
    let own = json!({ "tenant_config": tenant(&scene.first) });
    let (status, answer) = scene.say(None, "list all users", own.clone());
    assert_eq!((status, &answer["kind"]), (200, &json!("answer")), "{answer}");
    let asked = scene.first.counts().total;
    assert!(asked > 0);
    // Without it in a later turn it is still there, and another one is refused.
    let session = &answer["session_id"];
    let (status, again) = scene.say(Some(session), "list all groups", json!({}));
    assert_eq!((status, &again["kind"]), (200, &json!("answer")), "{again}");
    assert!(scene.first.counts().total > asked);
    let other = json!({ "tenant_config": tenant(&scene.second) });
    assert_eq!(scene.say(Some(session), "list all groups", other.clone()).0, 403);
    assert_eq!(scene.say(None, "list all groups", other).0, 403);
    assert_eq!(scene.second.counts().total, 0);
    // Nor can a session of the server's own deployment be given another one.
    let (_, server) = scene.say(None, "list all users", json!({}));
    let (status, moved) = scene.say(Some(&server["session_id"]), "list all users", own);
    assert_eq!((status, &moved["error_type"]), (409, &json!("conflict")));
}

#[test]
fn a_wrong_token_is_the_deployments_no_and_is_told_nowhere() {
    let scene = Scene::open();
    let wrong = json!({ "domain": scene.first.url(), "token": "wrong-4711", "ssl": true });
    let (status, answer) = scene.say(None, "list all users", json!({ "tenant_config": wrong }));
    assert_eq!((status, &answer["tool_result"]["error_type"]), (200, &json!("unauthenticated")));
    assert!(!answer.to_string().contains("wrong-4711"));
    let (_, well) =
        scene.say(None, "list all users", json!({ "tenant_config": tenant(&scene.first) }));
    assert_eq!(well["kind"], "answer");
    for entry in fs::read_dir(&scene.state).unwrap() {
        let Ok(bytes) = fs::read(entry.unwrap().path()) else { continue };
        for secret in ["wrong-4711", scene.first.token()] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
    }
}

/// The older client: each turn brings both deployments, and the yes is a turn too.
#[test]
fn a_migration_between_two_that_were_brought_runs_after_the_yes() {
    let stage = Stage::new();
    let (_running, client, _state) = serve(&[&stage.source.url(), &stage.target.url()]);
    let config = json!({ "source": tenant(&stage.source), "target": tenant(&stage.target) });
    let turn = |more: Value| {
        let mut body = json!({ "mode": "migration", "migration_config": config });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.post("/agent/turn", &body)
    };
    let (_, waits) = turn(json!({ "user_input": "migrate all groups" }));
    assert_eq!(waits["kind"], "approval", "{waits}");
    assert!(waits["approval"]["target"].as_str().unwrap().ends_with(" (own token)"), "{waits}");
    assert_eq!(stage.target.counts().writes, 0);
    let confirmation = &waits["tool_result"]["pending_confirmation"];
    let keys = json!([[confirmation["tool_id"], confirmation["arguments"].to_string()]]);
    let (status, done) = turn(json!({ "session_id": waits["session_id"], "approved_keys": keys }));
    assert_eq!((status, &done["report"]["ok"]), (200, &json!(true)), "{done}");
    let names = |sandbox: &Sandbox| {
        let state = sandbox.state();
        let mut names: Vec<String> = state["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert!(names(&stage.source).len() > 3);
    assert_eq!(names(&stage.target), names(&stage.source));
    stage.close();
}

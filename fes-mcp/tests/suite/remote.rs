//! Three processes: a deployment, `fes-mcp serve` over it, and the agent over that server's tools.

use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_sandbox::{Fault, FaultAction, Sandbox, SandboxConfig};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::support::agent::AgentClient;
use crate::support::mcp::Mcp;
use crate::support::{Running, fes, run};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "a-token-of-the-tools-server";
const SHARE: &str = "share the dashboard \"Pipeline\" with the group \"Analysts\" for viewing";

struct Three {
    _runtime: Runtime,
    sandbox: Sandbox,
    server: Running,
    agent: Running,
    folder: TempDir,
}

/// One process, which listens somewhere and answers in JSON.
fn serve(args: &[&str], env: &[(&str, &str)]) -> Running {
    let state = TempDir::new().unwrap();
    let mut command = fes(state.path());
    command.args(["serve", "--bind", "127.0.0.1:0", "--json"]).args(args);
    command.envs(env.iter().copied());
    Running::of(command, state)
}

impl Three {
    fn start() -> Three {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = SandboxConfig { name: "prod".to_owned(), ..SandboxConfig::default() };
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        let folder = TempDir::new().unwrap();
        let token = folder.path().join("token");
        std::fs::write(&token, TOKEN).unwrap();
        let url = sandbox.url();
        let server = serve(
            &[
                &["--url", &url, "--token", sandbox.token(), "--name", "prod"],
                &["--auth-token-file", token.to_str().unwrap()][..],
            ]
            .concat(),
            &[("FES_AGENT_KEY", KEY)],
        );
        let tools = format!("{}/mcp/", server.text("/url"));
        let agent = serve(
            &["--agent", "--tools-url", &tools],
            &[("FES_TOOLS_TOKEN", TOKEN), ("FES_AGENT_KEY", KEY)],
        );
        Three { _runtime: runtime, sandbox, server, agent, folder }
    }

    fn client(&self) -> AgentClient {
        AgentClient::new(&self.agent.text("/url"))
    }

    fn writes(&self) -> usize {
        self.sandbox.requests().iter().filter(|request| request.writes).count()
    }
}

fn approve(answer: &Value) -> Value {
    json!({
        "session_id": answer["session_id"], "approval": answer["approval"]["id"],
        "decision": "approve"
    })
}

#[test]
fn a_read_is_answered_with_the_progress_of_the_other_process() {
    let three = Three::start();
    let ready = &three.agent.ready;
    assert_eq!((&ready["mcp"], &ready["deployment"]), (&Value::Null, &json!("prod")));
    assert_eq!(ready["tools_server"]["takes_approvals"], true);
    three.sandbox.set_latency(Duration::from_millis(20));
    let text = "which columns of Sample ECommerce are unused";
    let told = three.client().stream("/agent/turn", &json!({ "user_input": text }));
    let result = &told.iter().find(|told| told.event == "result").unwrap().data;
    assert_eq!(result["report"]["ok"], true, "{result}");
    let here = AgentClient::new(&three.server.text("/url"));
    let there = |told: &&crate::support::agent::Told| {
        told.event == "progress" && told.data["type"] != "agent_progress"
    };
    assert!(told.iter().any(|told| there(&told)), "{told:?}");
    // Without the token nobody is served.
    assert_eq!(here.get("/agent/tools").status(), 401);
}

#[test]
fn a_change_is_previewed_there_approved_here_and_made_once() {
    let three = Three::start();
    let client = three.client();
    let answer = client.say(None, SHARE);
    assert_eq!(answer["kind"], "approval", "{answer}");
    // The same as the process shows that has the deployment itself.
    let local = in_process(&three);
    let mine = answer["approval"]["preview"].clone();
    assert_eq!(mine, local["approval"]["preview"]);
    assert_eq!(mine.as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(three.writes(), 0, "nothing is written before somebody approved");

    let (status, ran) = client.post("/agent/approve", &approve(&answer));
    assert_eq!((status, &ran["report"]["ok"]), (200, &json!(true)), "{ran}");
    assert_eq!(ran["report"]["steps"][0]["changes"][0]["state"], "done");
    assert_eq!(three.writes(), 1);
    let (status, _) = client.post("/agent/approve", &approve(&answer));
    assert_eq!((status, three.writes()), (403, 1));
    // It is so already: no approval, no write.
    let again = client.say(None, SHARE);
    assert_eq!((&again["kind"], three.writes()), (&json!("answer"), 1), "{again}");
}

/// The same request to a process that works on the deployment itself.
fn in_process(three: &Three) -> Value {
    let url = three.sandbox.url();
    let running =
        serve(&["--agent", "--url", &url, "--token", three.sandbox.token(), "--name", "prod"], &[]);
    AgentClient::new(&running.text("/url")).say(None, SHARE)
}

#[test]
fn what_changed_since_the_preview_is_shown_again() {
    let three = Three::start();
    let client = three.client();
    let answer = client.say(None, SHARE);
    let other = client.say(None, &SHARE.replace("Analysts", "Field Ops"));
    let (status, ran) = client.post("/agent/approve", &approve(&other));
    assert_eq!((status, three.writes()), (200, 1), "{ran}");
    let (status, drifted) = client.post("/agent/approve", &approve(&answer));
    assert_eq!((status, &drifted["kind"]), (200, &json!("approval")), "{drifted}");
    assert_eq!(three.writes(), 1, "nothing was written over what changed");
    let before = |answer: &Value| answer["approval"]["preview"][0]["before"].clone();
    assert_ne!(before(&drifted), before(&answer), "the new preview is of what is there now");
    let (_, ran) = client.post("/agent/approve", &approve(&drifted));
    assert_eq!((&ran["report"]["ok"], three.writes()), (&json!(true), 2), "{ran}");
}

#[test]
fn a_server_that_dies_over_a_write_leaves_it_unknown_and_it_is_not_repeated() {
    let three = Three::start();
    let client = three.client();
    let answer = client.say(None, SHARE);
    three.sandbox.add_fault(Fault::new("*", FaultAction::Latency { ms: 30_000 }).writes());
    let (url, body) = (three.agent.text("/url"), approve(&answer));
    let approving =
        std::thread::spawn(move || AgentClient::new(&url).post("/agent/approve", &body));
    let started = Instant::now();
    let applied = |three: &Three| three.sandbox.state().to_string();
    let before = applied(&three);
    while applied(&three) == before {
        assert!(started.elapsed() < Duration::from_secs(60), "the write does not come");
        std::thread::yield_now();
    }
    let Three { _runtime, sandbox, server, agent, folder } = three;
    drop(server);
    let (status, ran) = approving.join().unwrap();
    assert_eq!(status, 200, "{ran}");
    let step = &ran["report"]["steps"][0];
    assert_eq!(step["error"]["kind"], "unknown_outcome", "{ran}");
    assert_eq!(step["changes"][0]["state"], "unknown", "{ran}");
    let writes = |sandbox: &Sandbox| sandbox.counts().writes;
    assert_eq!(writes(&sandbox), 1);
    let (status, _) = client.post("/agent/approve", &approve(&answer));
    assert_eq!((status, writes(&sandbox)), (403, 1));
    drop((agent, folder));
}

#[test]
fn a_grant_that_was_not_signed_with_the_key_changes_nothing() {
    let three = Three::start();
    let server = serve(
        &["--url", &three.sandbox.url(), "--token", three.sandbox.token(), "--name", "prod"],
        &[("FES_AGENT_KEY", KEY)],
    );
    let mcp = Mcp::legacy(&server.text("/url"));
    let args = json!({ "dashboard_id": "Pipeline",
        "shares": [{ "name": "Analysts", "type": "group", "rule": "view" }] });
    let name = "dashboard_add_dashboard_shares";
    let with = |meta: Value| {
        mcp.ask("tools/call", json!({ "name": name, "arguments": args, "_meta": meta }))["result"]
            .clone()
    };
    let looked = with(json!({ "fes/preview": {} }));
    let changes = &looked["structuredContent"]["looked"]["changes"];
    assert_eq!(changes.as_array().unwrap().len(), 1, "{looked}");
    let grant = json!({ "id": "1", "process": "x", "operation": "dashboard.add_dashboard_shares",
        "arguments": "x", "preview": "x", "by": "me", "expires": "2030-01-01T00:00:00Z" });
    for forged in [json!({ "grant": grant, "signature": "00" }), json!({ "approved": true })] {
        let refused = with(json!({ "fes/grant": forged }));
        assert_eq!(refused["isError"], true, "{refused}");
    }
    // As an argument it is nothing at all.
    let mut more = args.clone();
    more["fes/grant"] = json!({ "grant": grant, "signature": "00" });
    let refused = mcp.call(name, &more);
    assert_eq!(refused["isError"], true, "{refused}");
    assert_eq!(three.writes(), 0);
}

#[test]
fn a_migration_of_several_steps_comes_to_the_same_as_in_one_process() {
    let local = run(&["migrate", "all", "--sandbox", "--yes", "--json"]).json();
    let server = serve(&["--sandbox"], &[("FES_AGENT_KEY", KEY)]);
    let tools = format!("{}/mcp", server.text("/url"));
    let state = TempDir::new().unwrap();
    let mut command = fes(state.path());
    command.args(["migrate", "all", "--tools-url", &tools, "--yes", "--json"]);
    let output = command.env("FES_AGENT_KEY", KEY).output().unwrap();
    let remote: Value = serde_json::from_slice(&output.stdout).unwrap();
    let made = |report: &Value| -> Vec<String> {
        let steps = report["steps"].as_array().unwrap().iter();
        let changes =
            steps.flat_map(|step| step["changes"].as_array().cloned().unwrap_or_default());
        changes.map(|row| format!("{}: {}", row["change"]["summary"], row["state"])).collect()
    };
    assert_eq!(made(&remote), made(&local));
    assert!(made(&remote).len() > 20, "{remote}");
    let all = |report: &Value| -> Vec<Value> {
        let steps = report["steps"].as_array().unwrap().iter();
        steps.map(|step| step["summary"].clone()).collect()
    };
    assert_eq!(all(&remote), all(&local));
}

#[test]
fn a_server_that_is_not_there_is_told_at_the_start() {
    for (url, told) in [
        ("http://127.0.0.1:1/mcp", "the tools server cannot be reached"),
        ("ftp://x", "is not one of HTTP"),
    ] {
        let state = TempDir::new().unwrap();
        let args = ["serve", "--agent", "--bind", "127.0.0.1:0", "--tools-url", url];
        let output = fes(state.path()).args(args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains(told), "{stderr}");
        assert!(stderr.contains("next:"), "{stderr}");
    }
}

#[test]
fn deployments_of_clients_and_a_tools_server_do_not_go_together() {
    let url = "http://127.0.0.1:1/mcp";
    let origin = "https://bi.example.com";
    let ended = run(&["serve", "--agent", "--tools-url", url, "--allow-origin", origin]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("and not both"), "{}", ended.stderr);
}

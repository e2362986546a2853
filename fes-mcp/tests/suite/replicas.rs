//! Several servers over one PostgreSQL database: what was begun on one goes on on another, whatever
//! becomes of the first, or of the database.

use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_postgres::{Postgres, shared};

use super::agent::waiting;
use super::meaning::meaning;
use crate::support::agent::AgentClient;
use crate::support::stage::{Stage, told};
use crate::support::{Running, fes};

/// Longest time to wait for anything.
const LONGEST: Duration = Duration::from_secs(60);

/// How soon others must see that a server was killed.
const SOON: Duration = Duration::from_secs(5);

/// How slow the target is, so that a run does not end between two looks at it.
const LATENCY: Duration = Duration::from_millis(20);

/// At how many moments of a run its server is killed.
const MOMENTS: u64 = 4;

#[allow(clippy::disallowed_methods, reason = "another process is watched, which sends no signal")]
fn until(what: &str, longest: Duration, mut is: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < longest, "waited too long until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A server, in a state folder that it shares with nobody.
fn serve(stage: &Stage, url: &str) -> (Running, AgentClient) {
    let state = TempDir::new().unwrap();
    let mut command = stage.command(&state, &["serve", "--bind", "127.0.0.1:0"]);
    command.args(["--source", "source", "--target", "target"]).env("FES_STORE_URL", url);
    let running = Running::of(command, state);
    let client = AgentClient::new(&running.text("/url"));
    (running, client)
}

/// A command of yet another process over the same store, as JSON.
fn command(stage: &Stage, url: &str, args: &[&str]) -> Value {
    let state = TempDir::new().unwrap();
    let output = stage.command(&state, args).env("FES_STORE_URL", url).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn decision(answer: &Value) -> Value {
    json!({
        "session_id": answer["session_id"], "approval": answer["approval"]["id"],
        "decision": "approve"
    })
}

/// Ask for a migration of everything, and have it approved and run, aside.
fn migration(stage: &Stage, url: &str) -> (Running, Value, JoinHandle<Option<(u16, Value)>>) {
    let (running, client) = serve(stage, url);
    let body = json!({ "user_input": "migrate all groups, users, data models and dashboards", "mode": "migration" });
    let (status, answer) = client.post("/agent/turn", &body);
    assert_eq!((status, &answer["kind"]), (200, &json!("approval")), "{answer}");
    let body = decision(&answer);
    // What was seen until here was the preview.
    stage.target.clear_requests();
    // It has no answer when its server is killed.
    let run = std::thread::spawn(move || client.try_post("/agent/approve", &body));
    (running, answer["approval"]["id"].clone(), run)
}

/// The state of a run, as another process sees it.
fn state(stage: &Stage, url: &str, id: &Value) -> Value {
    let runs = command(stage, url, &["runs", "list"]);
    let run = runs.as_array().unwrap().iter().find(|run| run["id"] == *id);
    run.map_or(Value::Null, |run| run["state"].clone())
}

/// Wait until another process sees a run in the state that it must soon be in.
fn wait_for(stage: &Stage, url: &str, id: &Value, is: impl Fn(&Value) -> bool) {
    let started = Instant::now();
    loop {
        let state = state(stage, url, id);
        if is(&state) {
            return;
        }
        assert!(started.elapsed() < SOON, "it is still {state}");
    }
}

#[test]
fn a_store_that_cannot_be_used_is_told_without_its_password() {
    for (url, code, why) in [
        ("mysql://fes:hunter2@127.0.0.1/fes", 2, "not one of PostgreSQL: mysql"),
        ("postgres://fes:hun/ter2@127.0.0.1/fes", 2, "cannot be read"),
        (
            "postgres://fes:hunter2@127.0.0.1:9/fes",
            1,
            "cannot be reached: postgres://fes@127.0.0.1:9",
        ),
    ] {
        let state = TempDir::new().unwrap();
        let file = state.path().join("url");
        std::fs::write(&file, format!("{url}\n")).unwrap();
        let mut by_file = fes(state.path());
        by_file.args(["runs", "list", "-vv"]).arg("--store-url-file").arg(file);
        let mut by_name = fes(state.path());
        by_name.args(["runs", "list", "--json"]).env("FES_STORE_URL", url);
        for mut command in [by_file, by_name] {
            let output = command.output().unwrap();
            let told = told(&output);
            assert_eq!(output.status.code(), Some(code), "{told}");
            assert!(told.contains(why), "{told}");
            assert!(!told.contains("ter2"), "{told}");
        }
        assert!(!state.path().join("fes.db").exists());
    }
}

#[test]
fn the_doctor_shows_the_store_without_its_password() {
    let Some(server) = shared() else { return };
    let state = TempDir::new().unwrap();
    let doctor = fes(state.path())
        .args(["doctor", "--sandbox", "--json"])
        .env("FES_STORE_URL", server.database())
        .output()
        .unwrap();
    let checks: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let store = checks["checks"].as_array().unwrap().iter().find(|c| c["name"] == "store").unwrap();
    assert_eq!(store["state"], "ok", "{store}");
    assert!(store["detail"].as_str().unwrap().starts_with("postgres://fes@"), "{store}");
    assert!(!told(&doctor).contains("k33p"), "{store}");
}

#[test]
fn a_session_and_an_approval_of_one_server_go_on_on_another() {
    let Some(server) = shared() else { return };
    let (stage, url) = (Stage::new(), server.database());
    let ((_one, here), (_other, there)) = (serve(&stage, &url), serve(&stage, &url));
    let before = stage.source.counts().writes;
    let shown = waiting(&here);
    assert_eq!(stage.source.counts().writes, before);
    // It is approved by what the session remembers, as the older client does.
    let confirmation = &shown["tool_result"]["pending_confirmation"];
    let keys = json!([[confirmation["tool_id"], confirmation["arguments"].to_string()]]);
    let body =
        json!({ "session_id": shown["session_id"], "user_input": "", "approved_keys": keys });
    let (status, done) = there.post("/agent/turn", &body);
    assert_eq!((status, &done["report"]["ok"]), (200, &json!(true)), "{done}");
    assert!(stage.source.counts().writes > before);
    assert_eq!(state(&stage, &url, &shown["approval"]["id"]), "done");
    let (status, again) = here.post("/agent/approve", &decision(&shown));
    assert_eq!((status, &again["error_type"]), (403, &json!("not_approved")), "{again}");
    let next = here.say(shown["session_id"].as_str(), "list all users");
    assert_eq!((&next["kind"], &next["session_id"]), (&json!("answer"), &shown["session_id"]));
    stage.close();
}

#[test]
fn of_two_servers_that_are_told_at_once_one_runs() {
    let Some(server) = shared() else { return };
    let (stage, url) = (Stage::new(), server.database());
    let ((_one, here), (_other, there)) = (serve(&stage, &url), serve(&stage, &url));
    let clients = [here, there];
    let untouched = stage.source.snapshot();
    for _ in 0..5 {
        stage.source.restore(&untouched);
        let body = decision(&waiting(&clients[0]));
        let before = stage.source.counts().writes;
        let answers = std::thread::scope(|scope| {
            let body = &body;
            let posts = clients.each_ref();
            let posts =
                posts.map(|client| scope.spawn(move || client.post("/agent/approve", body)));
            posts.map(|one| one.join().unwrap())
        });
        let done = answers.iter().filter(|(status, _)| *status == 200).count();
        assert_eq!((done, stage.source.counts().writes - before), (1, 1), "{answers:?}");
    }
    stage.close();
}

#[test]
fn a_run_whose_server_is_killed_is_finished_by_another() {
    let Some(server) = shared() else { return };
    let (stage, url) = (Stage::new(), server.database());
    let (running, id, run) = migration(&stage, &url);
    let (status, done) = run.join().unwrap().unwrap();
    assert_eq!((status, &done["report"]["ok"]), (200, &json!(true)), "{done}");
    assert_eq!(state(&stage, &url, &id), "done");
    let (expected, most) = (meaning(&stage.target), stage.target.counts().writes);
    assert!(most > 2 * MOMENTS, "it is over too soon: {most} writes");
    drop(running);
    let (_other, there) = serve(&stage, &url);

    stage.target.set_latency(LATENCY);
    for moment in 1..=MOMENTS {
        stage.reset();
        let (running, id, run) = migration(&stage, &url);
        let at = most * moment / (MOMENTS + 1);
        until("the run is on its way", LONGEST, || stage.target.counts().writes >= at);
        // What is under way then is carried out after its client is gone.
        stage.target.hold();
        drop(running);
        stage.target.release();
        assert_eq!(run.join().unwrap(), None, "it had ended before");
        wait_for(&stage, &url, &id, |state| state == "interrupted");
        assert_eq!(there.say(None, "list all users")["kind"], "answer");
        let report = command(&stage, &url, &["runs", "resume", id.as_str().unwrap()]);
        assert_eq!(report["ok"], true, "{report:#}");
        assert_eq!(state(&stage, &url, &id), "done");
        assert_eq!(stage.made_twice(), Default::default(), "moment {moment}");
        assert_eq!(meaning(&stage.target), expected, "moment {moment}");
    }
    stage.close();
}

#[test]
fn a_database_that_goes_away_and_comes_again_leaves_nothing_half_done() {
    let Some(mut server) = Postgres::start() else { return };
    let (stage, url) = (Stage::new(), server.database());
    let (running, _, run) = migration(&stage, &url);
    assert_eq!(run.join().unwrap().unwrap().0, 200);
    let (expected, most) = (meaning(&stage.target), stage.target.counts().writes);
    drop(running);
    stage.reset();

    stage.target.set_latency(LATENCY);
    let (running, id, run) = migration(&stage, &url);
    let client = AgentClient::new(&running.text("/url"));
    until("the run is on its way", LONGEST, || stage.target.counts().writes >= most / 2);
    stage.target.hold();
    server.stop();
    stage.target.release();
    let (status, refused) = client.post("/agent/turn", &json!({ "user_input": "list all users" }));
    assert_eq!((status, &refused["error_type"]), (503, &json!("connect")), "{refused}");
    assert!(refused.to_string().contains("try again"), "{refused}");
    let (ended, has_ended) = mpsc::channel();
    let waits = std::thread::spawn(move || ended.send(run.join().unwrap()).unwrap());
    // It cannot keep what it means to do, so it does nothing more.
    let (_, told) = has_ended.recv_timeout(LONGEST).unwrap().unwrap();
    waits.join().unwrap();
    assert_ne!(told["report"]["ok"], true, "{told}");
    server.go_on();
    assert_eq!(client.say(None, "list all users")["kind"], "answer");
    wait_for(&stage, &url, &id, |state| state != "running");
    let report = command(&stage, &url, &["runs", "resume", id.as_str().unwrap()]);
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(stage.made_twice(), Default::default());
    assert_eq!(meaning(&stage.target), expected);
    stage.close();
}

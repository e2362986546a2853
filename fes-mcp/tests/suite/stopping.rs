//! Runs that are stopped, watched, or left alone by their client, in the real program.

use std::process::Child;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::meaning::meaning;
use crate::support::mcp::Mcp;
use crate::support::stage::{Stage, told};
use crate::support::{Running, run_in, signal};

/// Longest time to wait for anything.
const LONGEST: Duration = Duration::from_secs(60);

/// How long nothing must happen for everything to be held back.
const QUIET: Duration = Duration::from_millis(200);

#[allow(clippy::disallowed_methods, reason = "another process is watched, which sends no signal")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < LONGEST, "waited too long until {what}");
        pause(Duration::from_millis(2));
    }
}

/// Wait until dashboards are being shared, and hold the target back from there.
fn hold(stage: &Stage) {
    let shared = |route: &str| route.starts_with("POST /api/shares/dashboard");
    until("a dashboard is shared", || {
        stage.target.counts().by_route.keys().any(|route| shared(route))
    });
    stage.target.hold();
    let mut seen = 0;
    until("everything is held back", || {
        pause(QUIET);
        let before = std::mem::replace(&mut seen, stage.target.counts().total);
        before == seen
    });
}

/// What the target holds after an undisturbed migration. The target is empty again then.
fn undisturbed(stage: &Stage) -> Value {
    let state = TempDir::new().unwrap();
    let done = stage.migrate(&state).output().unwrap();
    assert!(done.status.success(), "{}", told(&done));
    let expected = meaning(&stage.target);
    stage.reset();
    expected
}

/// A migration on its way, with the target held back.
fn halfway(stage: &Stage, state: &TempDir) -> Child {
    stage.target.set_latency(Duration::from_millis(5));
    let child = stage.migrate(state).spawn().unwrap();
    hold(stage);
    child
}

/// The only run of a state folder.
fn the_run(state: &TempDir) -> Value {
    let mut runs = run_in(state.path(), &["runs", "list", "--json"]).json();
    assert_eq!(runs.as_array().unwrap().len(), 1, "{runs:#}");
    runs[0].take()
}

fn resumed(stage: &Stage, state: &TempDir, run: &Value, expected: &Value) {
    let id = run["id"].as_str().unwrap();
    let done = stage.command(state, &["runs", "resume", id]).output().unwrap();
    assert!(done.status.success(), "{}", told(&done));
    assert_eq!(the_run(state)["state"], "done");
    assert_eq!(&meaning(&stage.target), expected);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_migration_with_the_requests_that_are_under_way() {
    let stage = Stage::new();
    let expected = undisturbed(&stage);
    let state = TempDir::new().unwrap();
    let child = halfway(&stage, &state);
    let under_way = stage.target.counts().writes;
    signal(&child, "-INT");
    pause(QUIET);
    stage.target.release();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{}", told(&ended));
    assert_eq!(stage.target.counts().writes, under_way, "nothing more was written");
    // What is done, what is not and what is not known, asset by asset.
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let step = &report["steps"][3]["result"];
    assert_eq!((&report["ok"], &step["stopped"]), (&json!(false), &json!(true)), "{step:#}");
    let rows = step["items"].as_array().unwrap();
    let whole = rows.iter().filter(|row| row.get("problems").is_none());
    let whole = whole.filter(|row| row["outcome"] == "created").count();
    assert!(whole < rows.len(), "{rows:#?}");
    let run = the_run(&state);
    assert_eq!(run["state"], "stopped");
    let number = |part: &str| run["writes"][part].as_u64().unwrap();
    assert!(number("done") > 0 && number("done") < number("approved"), "{run:#}");
    assert_eq!(number("unknown"), 0, "{run:#}");
    let shown = run_in(state.path(), &["runs", "show", run["id"].as_str().unwrap()]);
    assert!(shown.stdout.contains("stopped"), "{}", shown.stdout);
    resumed(&stage, &state, &run, &expected);
    stage.close();
}

#[test]
fn a_run_of_another_process_is_watched_until_it_ends() {
    let stage = Stage::new();
    let state = TempDir::new().unwrap();
    let child = halfway(&stage, &state);
    let run = the_run(&state);
    assert_eq!(run["state"], "running");
    let id = run["id"].as_str().unwrap().to_owned();
    let watching = stage.command(&state, &["runs", "watch", &id]).spawn().unwrap();
    pause(QUIET);
    stage.target.release();
    let watched = watching.wait_with_output().unwrap();
    assert_eq!(watched.status.code(), Some(0), "{}", told(&watched));
    let lines = String::from_utf8(watched.stdout).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, before) = lines.split_last().unwrap();
    assert_eq!((&last["run"]["id"], &last["run"]["state"]), (&json!(id), &json!("done")));
    let numbers: Vec<u64> = before.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert!(numbers.len() > 1 && numbers.is_sorted(), "{numbers:?}");
    assert!(child.wait_with_output().unwrap().status.success());
    stage.close();
}

const ALL: &str = "migration_migrate_all_dashboards";

/// A server between the two deployments, and a session in which the migration of all dashboards is
/// approved.
fn approved(stage: &Stage, rule: &str, state: TempDir) -> (Running, Mcp, Value) {
    let path = state.path().to_owned();
    let what = ["serve", "--bind", "127.0.0.1:0", "--source", "source", "--target", "target"];
    let command = stage.command(&state, &[&what[..], &["--on-disconnect", rule]].concat());
    let server = Running::of(command, state);
    let mcp = Mcp::legacy(&server.text("/url"));
    let args = json!({ "migrate_share": true });
    let waits = mcp.call(ALL, &args)["structuredContent"].clone();
    let id = waits["approval"].as_str().unwrap();
    let said = run_in(&path, &["approvals", "approve", id, "--yes"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    (server, mcp, args)
}

/// How the run of a server ended, whose client cancelled it or went away in the middle.
fn left_alone(rule: &str, cancels: bool) -> Value {
    let stage = Stage::new();
    let people = ["migrate", "groups", "users", "--source", "source", "--target", "target"];
    let state = TempDir::new().unwrap();
    let done = stage.command(&state, &[&people[..], &["--yes"]].concat()).output().unwrap();
    assert!(done.status.success(), "{}", told(&done));
    let state = TempDir::new().unwrap();
    let path = state.path().to_owned();
    let (server, mcp, args) = approved(&stage, rule, state);
    stage.target.set_latency(Duration::from_millis(5));
    std::thread::scope(|threads| {
        let calling = threads.spawn(|| mcp.call_until(ALL, &args, LONGEST));
        hold(&stage);
        if cancels {
            mcp.cancel();
        } else {
            mcp.end();
        }
        // The server learns of it meanwhile.
        pause(3 * QUIET);
        stage.target.release();
        // Whether it gets an answer or not is up to the server: nobody listens.
        drop(calling.join());
    });
    let run = || run_in(&path, &["runs", "list", "--json"]).json()[0].clone();
    until("the run ends", || run()["state"] != "running");
    let run = run();
    if run["state"] != "done" {
        let id = run["id"].as_str().unwrap();
        let mut resume = stage.command(&TempDir::new().unwrap(), &["runs", "resume", id]);
        let resumed = resume.env("FES_STATE_DIR", &path).output().unwrap();
        assert!(resumed.status.success(), "{}", told(&resumed));
    }
    let (here, there) = (meaning(&stage.source), meaning(&stage.target));
    let boards = |held: &Value| held["dashboards"].as_object().unwrap().len();
    assert_eq!(boards(&here), boards(&there));
    drop(server);
    stage.close();
    run
}

fn is_part(run: &Value) {
    let number = |part: &str| run["writes"][part].as_u64().unwrap();
    assert!(number("done") > 0 && number("done") < number("approved"), "{run:#}");
}

#[test]
fn a_run_stops_with_its_client_when_that_is_the_rule() {
    let run = left_alone("stop", false);
    assert_eq!(run["state"], "stopped", "{run:#}");
    is_part(&run);
}

#[test]
fn a_run_goes_on_without_its_client_when_that_is_the_rule() {
    let run = left_alone("continue", false);
    assert_eq!(run["state"], "done", "{run:#}");
    assert_eq!(run["writes"]["done"], run["writes"]["approved"]);
}

#[test]
fn a_client_that_cancels_stops_its_run_whatever_the_rule() {
    for rule in ["stop", "continue"] {
        let run = left_alone(rule, true);
        assert_eq!(run["state"], "stopped", "{rule}: {run:#}");
        is_part(&run);
    }
}

//! Values that flow between the steps of a plan: previewed with live reads, approved as the exact
//! list, run as approved.

use std::sync::atomic::Ordering;

use fes_agent::report::ChangeState;
use fes_agent::{Agent, Options, Pending, Person, Plan, Prepared, Ran, Report};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::ErrorKind;

use super::fake::{Fake, agent, session};

fn plan(steps: Value) -> Plan {
    serde_json::from_value(json!({ "goal": "test", "steps": steps })).unwrap()
}

/// Make a designer of everyone who is a viewer.
fn promote() -> Plan {
    plan(json!([
        { "id": "users", "tool": "access.get_users_all" },
        { "id": "viewers", "for_each": "users.filter(u, u.role == 'viewer')", "as": "u", "do": [
            { "id": "promote", "tool": "access.set_role",
              "args": { "user": { "$": "u.email" }, "role": "designer" } }
        ]}
    ]))
}

async fn waits(agent: &Agent, plan: Plan) -> Pending {
    match agent.prepare(&session(), plan, Options::default()).await.unwrap() {
        Prepared::NeedsApproval(pending) => *pending,
        other => panic!("does not wait: {other:?}"),
    }
}

async fn done(agent: &Agent, plan: Plan) -> Report {
    match agent.prepare(&session(), plan, Options::default()).await.unwrap() {
        Prepared::Done(report) => report,
        other => panic!("not done: {other:?}"),
    }
}

async fn run(agent: &Agent, pending: &Pending) -> Ran {
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap()
}

fn summaries(pending: &Pending) -> Vec<&str> {
    pending.changes.iter().map(|change| change.summary.as_str()).collect()
}

#[tokio::test]
async fn a_loop_over_a_result_is_previewed_as_the_exact_list() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let pending = waits(&agent, promote()).await;
    assert_eq!(summaries(&pending), ["Make ann a designer", "Make bob a designer"]);
    let steps: Vec<&str> = pending.previews.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(steps, ["viewers[0].promote", "viewers[1].promote"]);
    assert_eq!(pending.resolved.loops["viewers"].len(), 2);
    assert_eq!(pending.resolved.arguments["viewers[1].promote"]["user"], "bob");
    assert_eq!(fake.writes().await, 0);

    let Ran::Done(report) = run(&agent, &pending).await else { panic!("drifted") };
    assert!(report.ok, "{report:?}");
    assert_eq!((fake.role("ann"), fake.role("bob")), ("designer".into(), "designer".into()));
    assert_eq!(fake.writes().await, 2);
    let step = &report.steps[1];
    assert_eq!((step.id.as_str(), step.count), ("promote", Some(2)));
    assert_eq!(step.summary, "Done 2 times. 2 of 2 changes made.");
    assert_eq!(step.result, Some(json!([{ "changed": true }, { "changed": true }])));
}

#[tokio::test]
async fn a_list_that_has_changed_since_is_shown_again_and_nothing_is_written() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let pending = waits(&agent, promote()).await;
    fake.change_behind_the_back("carla", "viewer");
    let Ran::Drifted { fresh, report } = run(&agent, &pending).await else { panic!("not drifted") };
    assert_eq!(report.error().unwrap().kind, ErrorKind::Drifted);
    assert_eq!(fresh.changes.len(), 3);
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test]
async fn a_condition_leaves_a_step_out_and_says_so() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = |role: &str| {
        plan(json!([
            { "id": "who", "tool": "access.get_user", "args": { "user": "bob" } },
            { "id": "set", "tool": "access.set_role", "when": format!("who.role == '{role}'"),
              "args": { "user": { "$": "who.email" }, "role": "designer" } }
        ]))
    };
    let report = done(&agent, steps("admin")).await;
    assert!(report.ok);
    assert_eq!(report.steps[1].summary, "Not tried: its condition does not hold.");
    assert!(!report.steps[1].attempted);
    // What the preview read is not read again.
    assert_eq!(fake.reads.load(Ordering::SeqCst), 1);
    let pending = waits(&agent, steps("viewer")).await;
    assert_eq!(summaries(&pending), ["Make bob a designer"]);
}

#[tokio::test]
async fn an_empty_list_changes_nothing_and_asks_nobody() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    for user in ["ann", "bob"] {
        fake.change_behind_the_back(user, "designer");
    }
    let report = done(&agent, promote()).await;
    assert!(report.ok);
    assert_eq!(report.steps[1].summary, "Not tried: there is nothing to repeat it for.");
}

#[tokio::test]
async fn reads_chain_and_run_side_by_side_where_they_can() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = plan(json!([
        { "id": "a", "tool": "access.get_users_all" },
        { "id": "b", "tool": "access.get_users_all" },
        { "id": "each", "for_each": "a.filter(u, b.exists(o, o.email == u.email && o.role == 'viewer'))",
          "as": "u", "do": [
            { "id": "one", "tool": "access.get_user", "args": { "user": { "$": "u.email" } } }
        ]},
        { "id": "first", "tool": "access.get_user",
          "args": { "user": { "$": "each[0].one.email" } } }
    ]));
    let report = done(&agent, steps).await;
    assert!(report.ok, "{report:?}");
    assert_eq!(fake.most_in_flight.load(Ordering::SeqCst), 2);
    let ids: Vec<&str> = report.steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "one", "first"]);
    assert_eq!(report.steps[2].result.as_ref().unwrap()[1]["email"], "bob");
    assert_eq!(report.steps[3].result.as_ref().unwrap()["email"], "ann");
}

#[tokio::test]
async fn loops_within_loops_are_bounded_by_their_calls() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let many = "[0,1,2,3,4,5,6,7,8,9].map(a, [0,1,2,3,4,5,6,7,8,9].map(b, a * b)).flatten()";
    let steps = plan(json!([{ "id": "l", "for_each": many, "as": "x", "do": [
        { "id": "m", "for_each": many, "as": "y", "do": [
            { "id": "one", "tool": "access.get_user", "args": { "user": "ann" } }
        ]}
    ]}]));
    let report = done(&agent, steps).await;
    assert!(!report.ok);
    let error = report.steps[0].error.as_ref().unwrap();
    assert_eq!(error.message, "the plan would make more than 5000 calls");
    assert_eq!(fake.reads.load(Ordering::SeqCst), 5000);
}

#[tokio::test]
async fn a_failed_read_stops_what_needs_it_and_names_it() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = plan(json!([
        { "id": "who", "tool": "access.get_user", "args": { "user": "zoe" } },
        { "id": "again", "tool": "access.get_user", "args": { "user": { "$": "who.email" } } },
        { "id": "other", "tool": "access.get_users_all" }
    ]));
    let report = done(&agent, steps).await;
    assert!(!report.ok);
    assert_eq!(report.steps[0].error.as_ref().unwrap().kind, ErrorKind::NotFound);
    assert_eq!(report.steps[1].summary, "Not tried: who has no result.");
    assert!(report.steps[2].ok);
}

#[tokio::test]
async fn an_expression_that_fails_on_the_data_names_its_step_and_writes_nothing() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = plan(json!([
        { "id": "users", "tool": "access.get_users_all" },
        { "id": "set", "tool": "access.set_role",
          "args": { "user": { "$": "users[17].email" }, "role": "designer" } }
    ]));
    let report = done(&agent, steps).await;
    assert!(!report.ok);
    let error = report.steps[1].error.as_ref().unwrap();
    assert_eq!(error.kind, ErrorKind::InvalidInput);
    assert!(error.message.contains("`users[17]`: no item at this index"), "{}", error.message);
    assert!(!error.message.contains("ann"), "{}", error.message);
    assert_eq!(fake.writes().await, 0);
}

#[tokio::test]
async fn a_stopped_loop_goes_on_where_it_stopped() {
    let fake = Fake::refusing(500).await;
    let agent = agent(&fake).await;
    let pending = waits(&agent, promote()).await;
    let Ran::Done(report) = run(&agent, &pending).await else { panic!("drifted") };
    assert!(!report.ok);
    let states: Vec<ChangeState> = report.steps[1].changes.iter().map(|c| c.state).collect();
    assert_eq!(states.len(), 2);
    assert_eq!(states[1], ChangeState::NotDone);
    assert!(report.steps[1].summary.starts_with("Done 0 of 2 times. 0 of 2 changes made."));
    assert_eq!(fake.role("bob"), "viewer");
    // The list is the approved one, also where the data would give another one now.
    fake.change_behind_the_back("carla", "viewer");
    let again = agent.resume(&pending.id, &Person::new("ann"), Options::default()).await.unwrap();
    let changes = &again.report().steps[1].changes;
    let users: Vec<&str> = changes.iter().map(|c| c.change.asset.name.as_str()).collect();
    assert_eq!(users, ["ann", "bob"]);
}

#[tokio::test]
async fn what_rests_on_a_write_is_computed_when_the_write_is_done() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = plan(json!([
        { "id": "set", "tool": "access.set_role", "args": { "user": "ann", "role": "designer" } },
        { "id": "again", "tool": "access.set_role", "when": "set.changed",
          "args": { "user": "bob", "role": { "$": "set.changed ? 'designer' : 'admin'" } } }
    ]));
    let pending = waits(&agent, steps).await;
    assert_eq!(summaries(&pending), ["Make ann a designer", "Make bob a designer"]);
    assert!(pending.resolved.is_empty(), "{:?}", pending.resolved);
    let Ran::Done(report) = run(&agent, &pending).await else { panic!("drifted") };
    assert!(report.ok, "{report:?}");
    assert_eq!(fake.role("bob"), "designer");
}

#[tokio::test]
async fn a_read_after_a_write_decides_by_the_state_of_before_and_the_preview_says_so() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let steps = plan(json!([
        { "id": "set", "tool": "access.set_role", "args": { "user": "ann", "role": "designer" } },
        { "id": "users", "tool": "access.get_users_all" },
        { "id": "all", "for_each": "users.filter(u, u.role == 'designer')", "as": "u", "do": [
            { "id": "up", "tool": "access.set_role",
              "args": { "user": { "$": "u.email" }, "role": "admin" } }
        ]}
    ]));
    let pending = waits(&agent, steps).await;
    assert_eq!(pending.resolved.early, ["users"]);
    assert_eq!(summaries(&pending), ["Make ann a designer", "Make carla a admin"]);
    // Now ann is a designer too, and nobody has seen her become an admin: the door refuses.
    let Ran::Done(report) = run(&agent, &pending).await else { panic!("drifted") };
    assert!(!report.ok);
    assert_eq!(report.error().unwrap().kind, ErrorKind::NotApproved);
    assert_eq!(fake.role("ann"), "designer");
}

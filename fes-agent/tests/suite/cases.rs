//! Cases 61, 75, 76, 82 and 83 by their number: approved plans over the real operations.

use std::path::Path;
use std::sync::Arc;

use fes_agent::planner::Answer;
use fes_agent::report::{ChangeState, Migration};
use fes_agent::skills::Skills;
use fes_agent::{Agent, Local, Options, Pending, Person, Plan, Prepared, Report, Session, Store};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::{Client, ErrorKind, Secret};
use sisense_sandbox::{Fault, FaultAction, Sandbox, SandboxConfig};

fn session() -> Session {
    Session::new("s1", "ann", "prod")
}

fn ann() -> Person {
    Person::new("ann")
}

fn tools(sandbox: &Sandbox) -> Arc<Local> {
    let token = Secret::new(sandbox.token());
    let client = Client::builder(sandbox.url()).name("prod").token(token).build().unwrap();
    Arc::new(Local::new([client]).unwrap())
}

fn plan(steps: Value) -> Plan {
    serde_json::from_value(json!({ "goal": "test", "steps": steps })).unwrap()
}

async fn waits(agent: &Agent, plan: Plan) -> Pending {
    match agent.prepare(&session(), plan, Options::default()).await.unwrap() {
        Prepared::NeedsApproval(pending) => *pending,
        other => panic!("does not wait: {other:?}"),
    }
}

async fn run(agent: &Agent, pending: &Pending) -> Report {
    agent.approve(&pending.id, &ann()).await.unwrap();
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    ran.report().clone()
}

/// What is told to be asked next is understood when it is asked.
#[tokio::test]
async fn case_061_after_a_model_was_set_up_the_next_request_builds_it() {
    let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
    let store = Store::memory().await.unwrap();
    let agent = Agent::builder(tools(&sandbox)).store(store).build().unwrap();
    let Answer::Plan(setup) = agent
        .plan(
            &session(),
            "Set up an extract model called \"Orders 2027\" over the connection \"Acme Warehouse\", \
             database acme, schema public, with the table \"Order Lines\"",
        )
        .await
        .unwrap()
    else {
        panic!("no plan")
    };
    let report = run(&agent, &waits(&agent, setup).await).await;
    assert!(report.ok, "{report:?}");
    let [next] = report.next.as_slice() else { panic!("{:?}", report.next) };
    let (_, ask) = next.split_once("ask to ").unwrap();
    let Answer::Plan(build) = agent.plan(&session(), ask).await.unwrap() else { panic!("{ask}") };
    let call = build.calls()[0];
    assert_eq!(call.tool, "datamodel.deploy_datamodel");
    assert_eq!(call.args["datamodel_name"], "Orders 2027");
}

fn skill(folder: &Path, version: u32, role: &str) {
    let steps = json!([{ "id": "set", "tool": "access.update_user", "args": {
        "user_name": { "$": "params.user" }, "user_data": { "role": role } } }]);
    let text = format!(
        "+++\nname = \"promote\"\ndescription = \"Promote somebody\"\nversion = {version}\n\
         requires_role = \"admin\"\ntools = [\"access.update_user\"]\nask = [\"promote {{user}}\"]\n\n\
         [parameters.user]\ndescription = \"who\"\n+++\nText.\n\n```json plan\n{steps}\n```\n"
    );
    std::fs::create_dir_all(folder.join("promote")).unwrap();
    std::fs::write(folder.join("promote").join("SKILL.md"), text).unwrap();
}

/// The old system kept the name of the skill with the approval, so that another version of it had to
/// be refused. Here the approval keeps the whole plan that the person saw: that one runs, whatever the
/// skill has become, and a refusal would only ask the person for the same yes again. The new version
/// is what the next request gets.
#[tokio::test]
async fn case_082_a_skill_that_changed_after_the_approval_runs_as_it_was_shown() {
    let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
    let (store, folder) = (Store::memory().await.unwrap(), tempfile::tempdir().unwrap());
    let agent = || {
        let tools = tools(&sandbox);
        let mut skills = Skills::default();
        skills.add_folder(folder.path(), tools.as_ref()).unwrap();
        Agent::builder(tools).store(store.clone()).skills(skills).build().unwrap()
    };
    skill(folder.path(), 1, "designer");
    let before = agent();
    let asked = "promote vera.viewer@acme.example";
    let Answer::Plan(plan) = before.plan(&session(), asked).await.unwrap() else { panic!() };
    let pending = waits(&before, plan).await;
    before.approve(&pending.id, &ann()).await.unwrap();

    skill(folder.path(), 2, "dataDesigner");
    let after = agent();
    let ran = after.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    assert_eq!(ran.report().summary, format!("Done: {}.", pending.changes[0].summary));
    assert!(pending.changes[0].summary.ends_with("to designer"), "{:?}", pending.changes);
    let Answer::Plan(plan) = after.plan(&session(), asked).await.unwrap() else { panic!() };
    let again = waits(&after, plan).await;
    assert!(again.changes[0].summary.ends_with("from designer to dataDesigner"), "{again:?}");
}

fn update(id: &str, user: &str) -> Value {
    json!({ "id": id, "tool": "access.update_user",
        "args": { "user_name": user, "user_data": { "role": "designer" } } })
}

fn has_user(sandbox: &Sandbox, email: &str) -> bool {
    sandbox.state()["users"].to_string().contains(&format!("\"{email}\""))
}

/// The old system went back by itself, and stopped where that failed. Here a failed run stops with
/// what it has done, and the way back is shown to the person first: it may be better to go on.
#[tokio::test]
async fn case_083_a_failed_step_ends_the_run_and_what_was_done_is_taken_back() {
    let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
    let store = Store::memory().await.unwrap();
    let agent = Agent::builder(tools(&sandbox)).store(store).build().unwrap();
    let (dora, ines) = ("dora@acme.example", "idle.ines@acme.example");
    let make = |id: &str, email: &str| {
        json!({ "id": id, "tool": "access.create_user",
            "args": { "user_data": { "email": email, "role": "viewer" } } })
    };
    let pending = waits(
        &agent,
        plan(json!([
            make("first", dora),
            { "id": "gone", "tool": "access.delete_user", "args": { "user_name": ines } },
            make("last", "eli@acme.example"),
            update("fails", "vera.viewer@acme.example"),
            update("never", "new.hire@acme.example")
        ])),
    )
    .await;
    sandbox.add_fault(Fault::new("*", FaultAction::status(400)).writes().nth(4));
    let report = run(&agent, &pending).await;
    assert!(!report.ok);
    let tried: Vec<(bool, bool)> = report.steps.iter().map(|s| (s.ok, s.attempted)).collect();
    assert_eq!(
        tried,
        [(true, true), (true, true), (true, true), (false, true), (false, false)],
        "{report:?}"
    );
    assert_eq!(report.steps[4].changes[0].state, ChangeState::NotDone);
    assert!(has_user(&sandbox, dora) && !has_user(&sandbox, ines));

    let prepared = agent.undo(&session(), &pending.id, &ann(), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(back) = prepared else { panic!("not pending: {prepared:?}") };
    let rows = |result: &Value| -> Vec<(String, String)> {
        let items = Migration::read(result).unwrap().items;
        items.into_iter().map(|item| (item.name, item.outcome)).collect()
    };
    let wanted = |done: &str| {
        [
            ("vera.viewer@acme.example", "nothing_to_do"),
            ("eli@acme.example", done),
            (ines, "not_possible"),
            (dora, done),
        ]
        .map(|(name, outcome)| (name.to_owned(), outcome.to_owned()))
    };
    assert_eq!(rows(back.previews[0].result.as_ref().unwrap()), wanted("would_take_back"));
    let writes = sandbox.counts().writes;
    let report = run(&agent, &back).await;
    // What has no way back stands first, and the whole is no success.
    assert!(!report.ok);
    assert!(report.summary.starts_with(&format!("No way back: user \"{ines}\"")), "{report:?}");
    assert_eq!(rows(report.steps[0].result.as_ref().unwrap()), wanted("taken_back"));
    assert_eq!(sandbox.counts().writes, writes + 2);
    assert!(!has_user(&sandbox, dora) && !has_user(&sandbox, "eli@acme.example"));
}

/// No operation swaps the datasource of a dashboard, so no skill can: one that names such a step is
/// refused when it is loaded, whatever guards it. Which dashboards may be changed by a swap is to be
/// decided together with that operation.
#[tokio::test]
async fn case_075_076_a_skill_that_swaps_a_datasource_is_not_loaded() {
    let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
    let tools = tools(&sandbox);
    for when in [json!(null), json!("board.title != ''")] {
        let mut swap = json!({ "id": "swap", "tool": "dashboard.swap_datasource",
            "args": { "dashboard_id": { "$": "params.board" } } });
        if !when.is_null() {
            swap["when"] = when;
        }
        let steps = json!([
            { "id": "board", "tool": "dashboard.get_dashboard_by_name",
              "args": { "dashboard_name": { "$": "params.board" } } },
            swap
        ]);
        let text = format!(
            "+++\nname = \"swap\"\ndescription = \"Swap\"\nversion = 1\nrequires_role = \"admin\"\n\
             tools = [\"dashboard.get_dashboard_by_name\", \"dashboard.swap_datasource\"]\n\
             ask = [\"swap {{board}}\"]\n\n[parameters.board]\ndescription = \"which\"\n+++\nText.\n\n\
             ```json plan\n{steps}\n```\n"
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("swap")).unwrap();
        std::fs::write(folder.path().join("swap").join("SKILL.md"), text).unwrap();
        let mut skills = Skills::default();
        let error = skills.add_folder(folder.path(), tools.as_ref()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let message = &error.report().message;
        assert!(message.contains("no operation dashboard.swap_datasource"), "{message}");
        assert_eq!(skills.all().count(), 0);
    }
}

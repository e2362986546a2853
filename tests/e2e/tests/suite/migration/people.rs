//! Groups and users, to another deployment.

use std::collections::BTreeMap;

use pretty_assertions::assert_eq;
use serde_json::Value;
use sisense_core::domains::migration::{ItemOutcome, MigrateGroups, MigrateUsers, Migration};
use sisense_core::{ErrorKind, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox, SandboxConfig};

use super::super::support::client;
use super::support::{Pair, bare, count, row};

/// Groups by name with the name of their role, built-in ones aside.
fn groups(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let state = sandbox.state();
    let groups = state["groups"].as_array().unwrap().iter();
    let own = groups.filter(|g| g["admins"] != true && g["everyone"] != true && g["ad"] != true);
    own.map(|g| (text(g, "name"), role(&state, g))).collect()
}

/// Users by e-mail: names, role and groups, as words.
fn users(sandbox: &Sandbox) -> BTreeMap<String, (String, String, Vec<String>)> {
    let state = sandbox.state();
    let named = |id: &Value| {
        let group = state["groups"].as_array().unwrap().iter().find(|g| g["_id"] == *id)?;
        (group["everyone"] != true && group["ad"] != true).then(|| text(group, "name"))
    };
    let users = state["users"].as_array().unwrap().iter();
    users
        .map(|user| {
            let of = user["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
            let mut of: Vec<String> = of.iter().filter_map(named).collect();
            of.retain(|name| name != "All users in system" && name != "Admins");
            of.sort();
            of.dedup();
            let name = format!("{} {}", text(user, "firstName"), text(user, "lastName"));
            (text(user, "email").to_lowercase(), (name, role(&state, user), of))
        })
        .collect()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn role(state: &Value, of: &Value) -> String {
    let roles = state["roles"].as_array().unwrap().iter();
    let role = roles.clone().find(|role| role["_id"] == of["roleId"]);
    role.map(|role| text(role, "name")).unwrap_or_default()
}

/// Everybody is there as on the source, but for the one whose role the target does not have.
fn all_but_the_storyteller(pair: &Pair, done: &Migration) {
    let (here, there) = (users(&pair.source), users(&pair.target));
    let kept = |email: &str| {
        done.items.iter().any(|i| i.name == email && i.outcome == ItemOutcome::Skipped)
    };
    // Whoever was there before is left as they were.
    for (email, user) in here.iter().filter(|(email, _)| !kept(email)) {
        let expected = (email != "mixed.case@acme.example").then_some(user);
        assert_eq!(there.get(email), expected, "{email}");
    }
    let item = row(done, "Mixed.Case@Acme.Example");
    assert_eq!(item.outcome, ItemOutcome::Blocked);
    assert_eq!(item.reason.as_deref(), Some("the target has no role storyteller"));
    assert_eq!((done.failed, done.blocked, done.unknown), (0, 1, 0), "{done:#?}");
}

#[tokio::test]
async fn all_groups_and_users_arrive_with_role_and_membership() {
    let pair = Pair::to_a_bare_one().await;
    let migrations = pair.migrations();
    let (planned, done) = pair
        .approved(|run| {
            let migrations = migrations.clone();
            async move { migrations.migrate_all_groups(&run).await }
        })
        .await;
    assert_eq!(planned.created, done.created);
    // A directory's group comes from the target's own directory.
    assert_eq!((done.failed, done.blocked, done.unknown), (0, 1, 0), "{done:#?}");
    assert_eq!(row(&done, "ACME-Directory").outcome, ItemOutcome::Blocked);
    assert!(
        done.items.iter().all(|i| i.outcome != ItemOutcome::Created || i.verified == Some(true))
    );
    assert_eq!(groups(&pair.source), groups(&pair.target));

    pair.target.clear_requests();
    let (_, done) = pair
        .approved(|run| {
            let migrations = migrations.clone();
            async move { migrations.migrate_all_users(&run).await }
        })
        .await;
    all_but_the_storyteller(&pair, &done);
    let again = migrations.migrate_all_users(&Run::preview().start()).await.unwrap();
    assert_eq!((again.created, again.skipped), (0, again.requested - 1));
}

#[tokio::test]
async fn users_find_the_groups_that_the_same_plan_makes() {
    let pair = Pair::to_a_bare_one().await;
    let plan = |run: Run| {
        let migrations = pair.migrations();
        async move {
            migrations.migrate_all_groups(&run).await?;
            migrations.migrate_all_users(&run).await
        }
    };
    let (planned, done) = pair.approved(plan).await;
    let unmapped = planned.items.iter().flat_map(|item| &item.unmapped);
    assert!(unmapped.clone().all(|lost| lost.name == "ACME-Directory"), "{planned:#?}");
    all_but_the_storyteller(&pair, &done);
}

#[tokio::test]
async fn missing_groups_are_listed_and_names_that_nobody_has_fail() {
    let pair = Pair::to_a_bare_one().await;
    let member = users(&pair.source).into_iter().find(|(_, (_, _, groups))| !groups.is_empty());
    let (email, (_, _, of)) = member.unwrap();
    let args =
        MigrateUsers { user_name_list: vec![email.clone(), "nobody@nowhere.example".into()] };
    let planned = pair.migrations().migrate_users(&Run::preview().start(), args).await.unwrap();
    assert_eq!(row(&planned, "nobody@nowhere.example").outcome, ItemOutcome::Failed);
    let lost: Vec<&str> = planned.items[0].unmapped.iter().map(|u| u.name.as_str()).collect();
    assert_eq!(lost.len(), of.len());
    assert!(!planned.complete);
}

#[tokio::test]
async fn nothing_is_sent_for_bad_input() {
    let pair = Pair::to_a_bare_one().await;
    let run = Run::preview().start();
    let none = MigrateGroups { group_name_list: Vec::new() };
    let error = pair.migrations().migrate_groups(&run, none).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let onto_itself = pair.from.migration(&client(&pair.source)).migrate_all_users(&run).await;
    assert_eq!(onto_itself.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!((pair.source.counts().total, pair.target.counts().total), (0, 0));
}

#[tokio::test]
async fn one_bad_user_fails_alone() {
    let sizes = sisense_sandbox::Sizes { users: 7, ..Default::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    // The login of one is taken on the target by somebody with another e-mail.
    let victim = users(&pair.source).into_keys().find(|email| email.starts_with("user")).unwrap();
    let here = pair.source.state();
    let login = here["users"].as_array().unwrap().iter().find(|u| u["email"] == victim).unwrap();
    let login = text(login, "userName");
    let body = serde_json::json!({ "email": "other@there.example", "userName": login });
    let run = Run::unattended().start();
    let create = serde_json::from_value(serde_json::json!({ "user_data": {
        "email": body["email"], "user_name": body["userName"], "role": "viewer" } }));
    pair.to.access().create_user(&run, create.unwrap()).await.unwrap();
    let run = Run::unattended().start();
    let done = pair.migrations().migrate_all_users(&run).await.unwrap();
    assert!(!done.complete || row(&done, &victim).outcome == ItemOutcome::Skipped);
    assert_eq!(count(&done, ItemOutcome::Created), 6, "{done:#?}");
}

#[tokio::test]
async fn a_write_that_nobody_saw_end_is_looked_up_and_not_repeated() {
    let sizes = sisense_sandbox::Sizes { users: 5, groups: 3, ..Default::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    pair.target.add_fault(Fault::new("/api/", FaultAction::ApplyThenDrop).method("POST"));
    let run = Run::unattended().start();
    let groups_done = pair.migrations().migrate_all_groups(&run).await.unwrap();
    assert!(groups_done.complete, "{groups_done:#?}");
    let done = pair.migrations().migrate_all_users(&run).await.unwrap();
    assert!(done.complete, "{done:#?}");
    assert_eq!(groups(&pair.source), groups(&pair.target));
    let bulk = pair.target.requests().iter().filter(|r| r.path.ends_with("/bulk")).count();
    assert_eq!(bulk, 2, "each was sent once");
}

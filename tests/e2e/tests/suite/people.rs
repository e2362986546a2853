//! Users and groups over a whole deployment, whatever its habits.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::access::{
    CreateUser, DeleteUser, GetGroup, GetUser, GetUsersAll, UpdateUser, UsersPerGroup,
};
use sisense_core::{Client, ErrorKind, Run};
use sisense_sandbox::{ExpandWithFields, NameFilter, Sandbox, Variants};

use super::support::{client, client_with, sandbox};

fn user(name: &str) -> GetUser {
    GetUser { user_name: name.to_owned() }
}

fn new(data: Value) -> CreateUser {
    serde_json::from_value(json!({ "user_data": data })).unwrap()
}

fn change(name: &str, data: Value) -> UpdateUser {
    serde_json::from_value(json!({ "user_name": name, "user_data": data })).unwrap()
}

/// Preview, see that nothing was written, approve.
async fn approved<F, T>(sandbox: &Sandbox, operation: impl Fn(Run) -> F) -> (Run, T)
where
    F: Future<Output = sisense_core::Result<T>>,
{
    let before = sandbox.state();
    let preview = Run::preview().start();
    operation(preview.clone()).await.unwrap();
    assert_eq!(sandbox.state(), before, "a preview changes nothing");
    let run = Run::approved(preview.changes()).start();
    let result = operation(run.clone()).await.unwrap();
    assert!(run.left().is_empty());
    (run, result)
}

fn held(sandbox: &Sandbox, email: &str) -> Option<Value> {
    let state = sandbox.state();
    state["users"].as_array().unwrap().iter().find(|user| user["email"] == email).cloned()
}

async fn life_of_a_user(sandbox: &Sandbox, client: &Client) {
    let access = client.access();
    let dora = || {
        new(json!({
            "email": "Dora+New@acme.example", "role": "designer", "firstName": "Dora",
            "groups": ["R&D", "analysts"],
        }))
    };
    let (_, made) = approved(sandbox, |run| {
        let access = access.clone();
        async move { access.create_user(&run, dora()).await }
    })
    .await;
    assert!(made.created);
    assert_eq!(made.user.groups.len(), 2);
    let again = access.create_user(&Run::unattended().start(), dora()).await.unwrap();
    assert!(!again.created, "{:?}", again.notes);

    let (_, updated) = approved(sandbox, |run| {
        let access = access.clone();
        let wish = json!({"last_name": "New", "remove_groups": ["R&D"], "add_groups": ["Sales"]});
        async move { access.update_user(&run, change("dora+new@ACME.example", wish)).await }
    })
    .await;
    assert_eq!(updated.changed, ["last_name", "groups"]);
    assert_eq!(updated.user.groups, ["Analysts", "Sales"]);
    let seen = access.get_user(user("Dora+New@acme.example")).await.unwrap();
    assert_eq!(seen.groups, ["Analysts", "Sales"]);
    assert_eq!(seen.role_name.as_deref(), Some("designer"));

    let (_, gone) = approved(sandbox, |run| {
        let access = access.clone();
        let who = DeleteUser { user_name: "dora+new@acme.example".to_owned() };
        async move { access.delete_user(&run, who).await }
    })
    .await;
    assert!(gone.deleted && gone.dashboards_deleted.is_empty());
    assert_eq!(held(sandbox, "Dora+New@acme.example"), None);
}

#[tokio::test]
async fn a_user_is_made_changed_and_deleted_whatever_the_habits_of_the_server() {
    for name_filter in [NameFilter::Exact, NameFilter::Partial, NameFilter::CaseBlind] {
        for expand_with_fields in [ExpandWithFields::Both, ExpandWithFields::FieldsWin] {
            let sandbox = sandbox().await;
            sandbox.set_variants(Variants {
                name_filter,
                expand_with_fields,
                ..Variants::default()
            });
            life_of_a_user(&sandbox, &client(&sandbox)).await;
        }
    }
}

#[tokio::test]
async fn a_change_that_names_no_groups_leaves_them() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let before = held(&sandbox, "zoe.mueller@acme.example").unwrap()["groups"].clone();
    let wish = change("zoe", json!({"first_name": "Zoe"}));
    let done = access.update_user(&Run::unattended().start(), wish).await.unwrap();
    assert_eq!(done.changed, ["first_name"]);
    let now = held(&sandbox, "zoe.mueller@acme.example").unwrap();
    assert_eq!((&now["groups"], &now["firstName"]), (&before, &json!("Zoe")));
}

#[tokio::test]
async fn the_dashboards_of_a_deleted_user_are_kept_before_they_go() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let who = || DeleteUser { user_name: "sam+sales@acme.example".to_owned() };
    let (run, gone) = approved(&sandbox, |run| {
        let access = access.clone();
        async move { access.delete_user(&run, who()).await }
    })
    .await;
    assert!(!gone.dashboards_deleted.is_empty());
    let kept = run.changes()[0].before["dashboards"].as_array().unwrap().clone();
    assert_eq!(kept.len(), gone.dashboards_deleted.len());
    assert!(kept.iter().all(|row| row["document"]["widgets"].is_array()), "{kept:?}");
}

#[tokio::test]
async fn the_system_administrator_and_the_own_user_stay() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    for name in ["olga.root@acme.example", "ada.admin@acme.example"] {
        let who = DeleteUser { user_name: name.to_owned() };
        let error = access.delete_user(&Run::unattended().start(), who).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
}

#[tokio::test]
async fn people_and_groups_are_told_as_they_are() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let users = access.get_users_all(GetUsersAll::default()).await.unwrap();
    assert_eq!(users.len(), sandbox.state()["users"].as_array().unwrap().len());
    let told = serde_json::to_string(&users).unwrap();
    assert!(!told.contains("sandbox-activation-secret"));
    let vic = users.iter().find(|user| user.email.as_deref() == Some("vic@localhost")).unwrap();
    assert_eq!(vic.last_name, None);
    let role = GetUsersAll { role: Some("Storyteller".to_owned()), ..GetUsersAll::default() };
    assert_eq!(access.get_users_all(role).await.unwrap().len(), 1);

    let group = access.get_group(GetGroup { name: "größe + maß".to_owned() }).await.unwrap();
    assert_eq!(group.group_name, "Größe + Maß");
    let members = UsersPerGroup { group_name: "Größe + Maß".to_owned() };
    let members = access.users_per_group(members).await.unwrap().users;
    assert_eq!(members[0].email.as_deref(), Some("Mixed.Case@Acme.Example"));

    sandbox.clear_requests();
    let rows = access.users_per_group_all().await.unwrap();
    assert_eq!(sandbox.counts().total, 2);
    let analysts = rows.iter().find(|row| row.group.as_deref() == Some("Analysts")).unwrap();
    let zoe = analysts.users.iter().filter(|login| login.as_str() == "zoe").count();
    assert_eq!(zoe, 1, "a repeated group counts once");
    assert!(rows.iter().all(|row| row.resolved && row.group.as_deref() != Some("Everyone")));
}

#[tokio::test]
async fn who_may_not_see_people_gets_an_error() {
    let sandbox = sandbox().await;
    let access = client_with(&sandbox, &sandbox.tokens().viewer).access();
    let error = access.get_users_all(GetUsersAll::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let error = access.users_per_group_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_taken_seat_is_told_with_a_way_on() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let run = Run::unattended().start();
    let mut refused = None;
    for number in 0..200 {
        let wish = new(json!({"email": format!("admin{number}@acme.example"), "role": "admin"}));
        if let Err(error) = access.create_user(&run, wish).await {
            refused = Some(error);
            break;
        }
    }
    let error = refused.expect("the licence has a bound");
    assert_eq!(error.report().code, Some(2007));
    assert!(error.to_string().contains("seats"), "{error}");
}

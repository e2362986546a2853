//! Making users.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::access::{CreateUser, CreatedUser};
use sisense_core::{Change, ErrorKind, Result, Risk, Run};

use super::{GROUPS, ROLES, USERS, approved, groups, roles};
use crate::suite::fake::Fake;

fn wish(user_data: Value) -> CreateUser {
    serde_json::from_value(json!({ "user_data": user_data })).unwrap()
}

fn dora() -> Value {
    json!({
        "email": "dora@example.com", "role": "viewer", "firstName": "Dora",
        "groups": ["analysts", "Everyone"], "password": "hunter2", "preferences": {"language": "de"},
    })
}

async fn preview(fake: &Fake, user: Value) -> (Result<CreatedUser>, Vec<Arc<Change>>) {
    let run = Run::preview().start();
    let result = fake.client.access().create_user(&run, wish(user)).await;
    (result, run.changes())
}

const BODY: &str = concat!(
    r#"POST /api/v1/users {"firstName":"Dora","preferences":{"language":"de"},"#,
    r#""email":"dora@example.com","roleId":"r1","groups":["g2"],"password":"hunter2"}"#
);

#[tokio::test]
async fn a_preview_shows_the_user_without_the_password_and_sends_nothing() {
    let fake = Fake::with_people().await;
    let (result, changes) = preview(&fake, dora()).await;
    let result = result.unwrap();
    assert!(!result.created);
    assert!(sisense_core::run::is_planned(&result.user.user_id));
    assert_eq!(result.user.role_name.as_deref(), Some("viewer"));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].summary, "Create dora@example.com as viewer");
    assert_eq!(changes[0].after["groups"], json!(["Analysts"]));
    assert_eq!(changes[0].risk, Risk::Normal);
    assert!(!serde_json::to_string(&changes).unwrap().contains("hunter2"));
    assert!(fake.writes().await.is_empty());
    assert_eq!(fake.requests().await.len(), 4);
}

#[tokio::test]
async fn an_approved_user_is_made_with_one_request() {
    let fake = Fake::with_people().await;
    let made = json!({"_id": "u7", "email": "dora@example.com", "active": false});
    fake.reply("POST", USERS, &[], 201, made).await;
    let (_, changes) = preview(&fake, dora()).await;
    let run = approved(changes);
    let made = fake.client.access().create_user(&run, wish(dora())).await.unwrap();
    assert!(made.created);
    assert_eq!(made.user.user_id, "u7");
    assert_eq!(made.user.groups, ["Analysts"], "the answer leaves the groups out");
    assert_eq!(made.notes, ["the account is not active: the server did not take the password"]);
    assert_eq!(fake.writes().await, [BODY]);
    assert!(run.left().is_empty());
}

#[tokio::test]
async fn another_wish_than_the_approved_one_is_not_sent() {
    let fake = Fake::with_people().await;
    let (_, changes) = preview(&fake, dora()).await;
    let mut other = dora();
    other["role"] = json!("admin");
    let error = fake.client.access().create_user(&approved(changes), wish(other)).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Drifted);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_user_who_is_there_as_wanted_is_left_alone_and_another_is_a_conflict() {
    let fake = Fake::with_people().await;
    let run = Run::unattended().start();
    let same = json!({"email": "Ann@Example.com", "role": "Viewer", "groups": ["Analysts"]});
    let result = fake.client.access().create_user(&run, wish(same)).await.unwrap();
    assert!(!result.created);
    assert_eq!(result.user.user_id, "u1");
    let other = json!({"email": "ann@example.com", "role": "admin", "last_name": "Lee"});
    let error = fake.client.access().create_user(&run, wish(other)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(error.candidates(), ["role", "last_name"]);
    assert!(run.changes().is_empty());
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_taken_login_is_a_conflict() {
    let fake = Fake::with_people().await;
    let wanted = json!({"email": "new@example.com", "role": "viewer", "userName": "ANN"});
    let (result, changes) = preview(&fake, wanted).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(changes.is_empty());
}

#[tokio::test]
async fn all_unknown_names_are_told_at_once() {
    let fake = Fake::with_people().await;
    let wanted = json!({"email": "d@x", "role": "chef", "groups": ["Analyst", "Nobody"]});
    let (result, _) = preview(&fake, wanted).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let words = error.to_string();
    for part in ["chef", "viewer, designer, admin, sysAdmin", "Analyst", "Analysts", "Nobody"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    let (result, _) = preview(&fake, json!({"email": "dora", "role": "viewer"})).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(fake.requests().await.is_empty());
    assert!(serde_json::from_value::<CreateUser>(json!({"user_data": {"email": "x@y"}})).is_err());
}

#[tokio::test]
async fn an_admin_asks_for_more_care() {
    let fake = Fake::with_people().await;
    let (_, changes) = preview(&fake, json!({"email": "d@x", "role": "admin"})).await;
    assert_eq!(changes[0].risk, Risk::High);
    assert!(changes[0].notes[0].contains("invitation"));
}

#[tokio::test]
async fn known_refusals_come_with_a_way_on() {
    for (code, kind, step) in [
        (2004, ErrorKind::Conflict, "update it instead"),
        (2006, ErrorKind::InvalidInput, "another role"),
        (2007, ErrorKind::InvalidInput, "seats"),
    ] {
        let fake = Fake::with_people().await;
        let refusal = json!({"error": {"code": code, "message": "no", "status": 400}});
        fake.reply("POST", USERS, &[], 400, refusal).await;
        let run = Run::unattended().start();
        let wanted = wish(json!({"email": "d@x", "role": "viewer"}));
        let error = fake.client.access().create_user(&run, wanted).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(step), "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_an_id_is_looked_up() {
    let fake = Fake::start().await;
    fake.get(ROLES, &[], roles()).await;
    fake.get(GROUPS, &[], groups()).await;
    fake.get_once(USERS, &[("email", "d@x")], json!([])).await;
    fake.get(USERS, &[("email", "d@x")], json!([{"_id": "u7", "email": "d@x"}])).await;
    fake.get(USERS, &[("email", "")], json!([])).await;
    fake.reply("POST", USERS, &[], 201, Value::Null).await;
    let run = Run::unattended().start();
    let wanted = wish(json!({"email": "d@x", "role": "viewer"}));
    let made = fake.client.access().create_user(&run, wanted).await.unwrap();
    assert_eq!((made.user.user_id.as_str(), made.created), ("u7", true));
}

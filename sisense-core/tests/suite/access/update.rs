//! Changing users.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::access::{UpdateUser, UpdatedUser};
use sisense_core::run::Undo;
use sisense_core::{Change, ErrorKind, Result, Risk, Run};

use super::{USERS, approved, root};
use crate::suite::fake::Fake;

const ANN: &str = "/api/v1/users/u1";

fn wish(user_data: &Value) -> UpdateUser {
    let args = json!({"user_email": "ann@example.com", "user_data": user_data});
    serde_json::from_value(args).unwrap()
}

async fn preview(fake: &Fake, changes: &Value) -> (Result<UpdatedUser>, Vec<Arc<Change>>) {
    let run = Run::preview().start();
    let result = fake.client.access().update_user(&run, wish(changes)).await;
    (result, run.changes())
}

/// Preview, approve, run; the answer of the server is Ann with ids only.
async fn change(fake: &Fake, changes: &Value, answer: Value) -> UpdatedUser {
    fake.reply("PATCH", ANN, &[], 200, answer).await;
    let (_, approvable) = preview(fake, changes).await;
    assert!(fake.writes().await.is_empty());
    let run = approved(approvable);
    fake.client.access().update_user(&run, wish(changes)).await.unwrap()
}

#[tokio::test]
async fn only_what_changes_is_sent_and_the_groups_stay() {
    let fake = Fake::with_people().await;
    let answer = json!({
        "_id": "u1", "email": "ann@example.com", "lastName": "Lee", "roleId": "r1",
        "groups": ["g0", "g2"], "activationToken": "secret-activation",
    });
    let wanted = json!({"lastName": "Lee", "first_name": "Ann"});
    let updated = change(&fake, &wanted, answer).await;
    assert_eq!(updated.changed, ["last_name"]);
    assert_eq!(updated.user.groups, ["Analysts"]);
    assert_eq!(updated.user.role_name.as_deref(), Some("viewer"));
    assert_eq!(fake.writes().await, [r#"PATCH /api/v1/users/u1 {"lastName":"Lee"}"#]);
}

#[tokio::test]
async fn groups_are_added_removed_or_set() {
    let cases = [
        (json!({"add_groups": ["R&D + Sales"]}), r#"{"groups":["g2","g3"]}"#),
        (json!({"remove_groups": ["analysts"]}), r#"{"groups":[]}"#),
        (json!({"groups": ["Empty", "Everyone"]}), r#"{"groups":["g4"]}"#),
        (json!({"groups": []}), r#"{"groups":[]}"#),
    ];
    for (wanted, body) in cases {
        let fake = Fake::with_people().await;
        change(&fake, &wanted, json!({"_id": "u1"})).await;
        assert_eq!(fake.writes().await, [format!("PATCH {ANN} {body}")]);
    }
}

#[tokio::test]
async fn already_as_wanted_sends_nothing() {
    let fake = Fake::with_people().await;
    let wanted = json!({
        "role": "Viewer", "groups": ["Analysts"], "first_name": "Ann", "email": "ann@example.com",
        "preferences": {"localeId": "en-US"},
    });
    let run = Run::unattended().start();
    let result = fake.client.access().update_user(&run, wish(&wanted)).await.unwrap();
    assert!(result.changed.is_empty());
    assert!(run.changes().is_empty());
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_change_says_what_was_and_what_will_be() {
    let fake = Fake::with_people().await;
    let wanted = json!({
        "role": "designer", "groups": ["Empty"], "preferences": {"language": "de"},
    });
    let (result, changes) = preview(&fake, &wanted).await;
    let result = result.unwrap();
    assert_eq!(result.changed, ["role", "groups", "preferences"]);
    assert_eq!(result.user.role_name.as_deref(), Some("designer"));
    let change = &changes[0];
    assert_eq!(
        change.summary,
        "Change ann@example.com: role from viewer to designer; groups from Analysts to Empty; \
         preferences from {\"localeId\":\"en-US\"} to {\"localeId\":\"en-US\",\"language\":\"de\"}"
    );
    assert_eq!(change.before["groups"], json!(["Analysts"]));
    assert_eq!(change.risk, Risk::High, "the role rises");
    assert!(matches!(change.undo, Undo::Yes(_)));
}

#[tokio::test]
async fn a_password_is_never_shown_and_cannot_be_undone() {
    let fake = Fake::with_people().await;
    let (_, changes) = preview(&fake, &json!({"password": "hunter2"})).await;
    assert!(!serde_json::to_string(&changes).unwrap().contains("hunter2"));
    assert!(matches!(changes[0].undo, Undo::Partly(_)));
    change(&fake, &json!({"password": "hunter2"}), json!({"_id": "u1"})).await;
    assert_eq!(fake.writes().await, [r#"PATCH /api/v1/users/u1 {"password":"hunter2"}"#]);
}

#[tokio::test]
async fn drift_since_the_preview_is_refused() {
    let fake = Fake::with_people().await;
    let (_, changes) = preview(&fake, &json!({"role": "designer"})).await;
    let later = Fake::start().await;
    let mut ann = super::ann();
    ann["role"] = json!({"_id": "r5", "name": "admin"});
    later.get(USERS, &[], json!([ann])).await;
    later.get(super::ROLES, &[], super::roles()).await;
    later.get(super::WHOAMI, &[], json!({"_id": "u9", "email": "root@example.com"})).await;
    let run = approved(changes);
    let error = later.client.access().update_user(&run, wish(&json!({"role": "designer"}))).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Drifted);
    assert!(later.writes().await.is_empty());
}

#[tokio::test]
async fn the_own_role_warns_of_a_lock_out() {
    let own = Fake::start().await;
    own.get(USERS, &[], json!([root()])).await;
    own.get(super::ROLES, &[], super::roles()).await;
    own.get(super::WHOAMI, &[], json!({"_id": "u9", "email": "root@example.com"})).await;
    let run = Run::preview().start();
    let args = json!({"user_name": "root@example.com", "user_data": {"role": "viewer"}});
    let params = serde_json::from_value(args).unwrap();
    own.client.access().update_user(&run, params).await.unwrap();
    assert_eq!(run.changes()[0].risk, Risk::High);
    assert!(run.changes()[0].notes[0].contains("lock you out"));
}

#[tokio::test]
async fn wrong_wishes_are_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    for wrong in [
        json!({}),
        json!({"groups": ["Analysts"], "add_groups": ["Empty"]}),
        json!({"email": "nobody"}),
    ] {
        let (result, _) = preview(&fake, &wrong).await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput, "{wrong}");
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn unknown_names_are_told_together_and_a_taken_address_is_a_conflict() {
    let fake = Fake::with_people().await;
    let (result, _) = preview(&fake, &json!({"role": "chef", "add_groups": ["Analyst"]})).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("chef") && error.to_string().contains("Analysts"));

    let taken = Fake::start().await;
    taken.get(USERS, &[("email", "ann@example.com")], json!([super::ann()])).await;
    taken.get(USERS, &[("email", "root@example.com")], json!([root()])).await;
    let (result, _) = preview(&taken, &json!({"email": "root@example.com"})).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_refused_change_names_the_user_and_is_journaled_as_failed() {
    let fake = Fake::with_people().await;
    fake.reply("PATCH", ANN, &[], 403, json!(null)).await;
    let run = Run::unattended().start();
    let wanted = json!({"last_name": "Lee"});
    let error = fake.client.access().update_user(&run, wish(&wanted)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.report().asset.as_deref(), Some("user \"ann@example.com\" (u1)"));
    assert_eq!(run.entries()[0].outcome, sisense_core::run::Outcome::Failed);
}

//! Reading users.

use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::ErrorKind;
use sisense_core::domains::access::{GetUser, GetUsersAll};

use super::{ROLES, USERS, ann};
use crate::suite::fake::Fake;

fn user(name: &str) -> GetUser {
    GetUser { user_name: name.to_owned() }
}

#[tokio::test]
async fn a_user_is_asked_for_by_e_mail_in_one_request() {
    let fake = Fake::with_people().await;
    let ann = fake.client.access().get_user(user("ann@example.com")).await.unwrap();
    assert_eq!(ann.user_id, "u1");
    assert_eq!(ann.role_name.as_deref(), Some("viewer"));
    assert_eq!(ann.groups, ["Analysts"], "repeats and implied groups are left out");
    assert_eq!((ann.last_name, ann.last_login), (None, None));
    assert_eq!(
        fake.requests().await,
        ["GET /api/v1/users?email=ann@example.com&expand=groups,role"]
    );
}

#[tokio::test]
async fn another_case_than_the_filter_takes_is_found_among_all() {
    let fake = Fake::with_people().await;
    let found = fake.client.access().get_user(user("ANN@Example.com")).await.unwrap();
    assert_eq!(found.user_id, "u1");
    assert_eq!(fake.requests().await.len(), 3);
}

#[tokio::test]
async fn a_login_is_found_among_all_users_and_read_by_id() {
    let fake = Fake::start().await;
    fake.get(USERS, &[("email", "ann")], json!([])).await;
    fake.get(USERS, &[("email", "")], json!([{"_id": "u1", "email": "a@x", "userName": "ANN"}]))
        .await;
    fake.get("/api/v1/users/u1", &[], ann()).await;
    let found = fake.client.access().get_user(user("ann")).await.unwrap();
    assert_eq!(found.email.as_deref(), Some("ann@example.com"));
    assert_eq!(
        fake.requests().await,
        [
            "GET /api/v1/users?email=ann&expand=groups,role",
            "GET /api/v1/users?fields=_id,email,userName,firstName,lastName,active,roleId,groups",
            "GET /api/v1/users/u1?expand=groups,role",
        ]
    );
}

#[tokio::test]
async fn the_first_hit_of_a_loose_filter_is_not_trusted() {
    let fake = Fake::start().await;
    let joanne = json!({"_id": "u2", "email": "joann@example.com"});
    fake.get(USERS, &[("email", "ann@example.com")], json!([joanne, ann()])).await;
    let found = fake.client.access().get_user(user("ann@example.com")).await.unwrap();
    assert_eq!(found.user_id, "u1");
}

#[tokio::test]
async fn two_users_with_one_address_are_ambiguous_and_nobody_is_not_found() {
    let fake = Fake::start().await;
    let twin = json!({"_id": "u2", "email": "Ann@example.com"});
    fake.get(USERS, &[("email", "ann@example.com")], json!([ann(), twin])).await;
    let error = fake.client.access().get_user(user("ann@example.com")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.candidates(), ["ann@example.com (u1)", "Ann@example.com (u2)"]);

    let fake = Fake::with_people().await;
    let error = fake.client.access().get_user(user("anna@example.com")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.candidates(), ["ann@example.com", "ann"]);
}

#[tokio::test]
async fn an_empty_reference_is_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    let error = fake.client.access().get_user(user(" ")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn all_users_are_one_request() {
    let fake = Fake::with_people().await;
    let users = fake.client.access().get_users_all(GetUsersAll::default()).await.unwrap();
    assert_eq!(users.len(), 2);
    assert_eq!(users[1].groups, Vec::<String>::new());
    assert_eq!(fake.requests().await, ["GET /api/v1/users?expand=groups,role&fields=-uiSettings"]);
}

#[tokio::test]
async fn a_server_that_lets_fields_win_over_expand_is_asked_again() {
    let fake = Fake::start().await;
    let lean = json!([{"_id": "u1", "email": "ann@example.com", "roleId": "r1", "groups": ["g2"]}]);
    fake.get(USERS, &[("fields", "-uiSettings")], lean).await;
    fake.get(USERS, &[("fields", "")], json!([ann()])).await;
    let users = fake.client.access().get_users_all(GetUsersAll::default()).await.unwrap();
    assert_eq!(users[0].role_name.as_deref(), Some("viewer"));
    assert_eq!(fake.requests().await.len(), 2);
}

#[tokio::test]
async fn users_are_narrowed_by_role_group_and_activity() {
    let fake = Fake::with_people().await;
    let access = fake.client.access();
    let ask = |active, role: Option<&str>, group: Option<&str>| GetUsersAll {
        active,
        role: role.map(str::to_owned),
        group: group.map(str::to_owned),
    };
    let ids = async |params| -> Vec<String> {
        access.get_users_all(params).await.unwrap().into_iter().map(|user| user.user_id).collect()
    };
    assert_eq!(ids(ask(None, Some("viewer"), None)).await, ["u1"]);
    assert_eq!(ids(ask(None, None, Some("analysts"))).await, ["u1"]);
    assert_eq!(ids(ask(None, None, Some("Admins"))).await, ["u9"]);
    assert_eq!(ids(ask(Some(false), None, None)).await, Vec::<String>::new());

    let error = access.get_users_all(ask(None, Some("chef"), Some("Analyst"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let words = error.to_string();
    assert!(words.contains("chef") && words.contains("Analyst"), "{words}");
    assert!(words.contains("viewer, designer, admin, sysAdmin"), "{words}");
}

#[tokio::test]
async fn no_right_to_see_users_is_an_error_not_an_empty_list() {
    let fake = Fake::start().await;
    let denied = json!({"error": {"code": 101, "message": "Access denied", "status": 403}});
    fake.reply("GET", USERS, &[], 403, denied).await;
    let error = fake.client.access().get_users_all(GetUsersAll::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.report().code, Some(101));
}

#[tokio::test]
async fn an_answer_of_another_shape_is_told_with_its_place() {
    let fake = Fake::start().await;
    fake.get(USERS, &[], json!([{"email": "no id"}])).await;
    let error = fake.client.access().get_users_all(GetUsersAll::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.report().endpoint.as_deref(), Some("GET /api/v1/users"));

    let fake = Fake::start().await;
    fake.get(ROLES, &[], json!({"roles": []})).await;
    fake.get(USERS, &[], json!([ann()])).await;
    let params = GetUsersAll { role: Some("viewer".to_owned()), ..GetUsersAll::default() };
    let error = fake.client.access().get_users_all(params).await.unwrap_err();
    assert!(error.to_string().contains("should be a list and is an object"), "{error}");
}

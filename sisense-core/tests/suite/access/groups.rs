//! Groups and their users.

use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::ErrorKind;
use sisense_core::domains::access::{BuiltIn, GetGroup, UsersPerGroup};

use super::{GROUPS, USERS, ann, groups, root};
use crate::suite::fake::Fake;

fn group(name: &str) -> GetGroup {
    GetGroup { name: name.to_owned() }
}

fn members(name: &str) -> UsersPerGroup {
    UsersPerGroup { group_name: name.to_owned() }
}

#[tokio::test]
async fn a_group_is_asked_for_by_name() {
    let fake = Fake::with_people().await;
    let found = fake.client.access().get_group(group("Analysts")).await.unwrap();
    assert_eq!((found.group_id.as_str(), found.built_in), ("g2", BuiltIn::None));
    assert_eq!(found.default_role.as_deref(), Some("viewer"));
    assert_eq!(fake.requests().await, ["GET /api/v1/groups?name=Analysts"]);
}

#[tokio::test]
async fn a_name_with_signs_arrives_whole_and_an_empty_role_is_null() {
    let fake = Fake::start().await;
    fake.get(GROUPS, &[("name", "R&D + Sales")], json!([groups()[3]])).await;
    let found = fake.client.access().get_group(group("R&D + Sales")).await.unwrap();
    assert_eq!(found.default_role, None);
    let asked = fake.server.received_requests().await.unwrap();
    assert_eq!(asked[0].url.query(), Some("name=R%26D+%2B+Sales"));
}

#[tokio::test]
async fn another_case_is_looked_up_among_all_and_twins_are_ambiguous() {
    let fake = Fake::with_people().await;
    let found = fake.client.access().get_group(group("analysts")).await.unwrap();
    assert_eq!(found.group_id, "g2");

    let fake = Fake::start().await;
    let twins = json!([{"_id": "a", "name": "Sales"}, {"_id": "b", "name": "sales"}]);
    fake.get(GROUPS, &[("name", "")], twins).await;
    fake.get(GROUPS, &[], json!([])).await;
    let error = fake.client.access().get_group(group("SALES")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.candidates(), ["Sales (a)", "sales (b)"]);
}

#[tokio::test]
async fn an_unknown_group_names_its_neighbours() {
    let fake = Fake::with_people().await;
    let error = fake.client.access().get_group(group("Analyst")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.candidates(), ["Analysts"]);
}

#[tokio::test]
async fn the_users_of_a_group_are_two_requests_and_a_filter_is_not_trusted() {
    let fake = Fake::with_people().await;
    fake.get(USERS, &[("groupId", "g2")], json!([ann(), root()])).await;
    let found = fake.client.access().users_per_group(members("Analysts")).await.unwrap();
    let ids: Vec<&str> = found.users.iter().map(|user| user.user_id.as_str()).collect();
    assert_eq!((ids, found.by_rule), (vec!["u1"], false));
    assert_eq!(
        fake.requests().await,
        ["GET /api/v1/groups?name=Analysts", "GET /api/v1/users?groupId=g2&expand=groups,role",]
    );
}

#[tokio::test]
async fn built_in_groups_hold_whom_the_rule_says() {
    let fake = Fake::with_people().await;
    let access = fake.client.access();
    let everyone = access.users_per_group(members("Everyone")).await.unwrap();
    assert_eq!((everyone.users.len(), everyone.by_rule), (2, true));
    let admins = access.users_per_group(members("Admins")).await.unwrap();
    assert_eq!(admins.group.built_in, BuiltIn::Admins);
    assert_eq!(admins.users[0].user_id, "u9");
    assert_eq!(admins.users.len(), 1);
}

#[tokio::test]
async fn all_groups_with_users_are_two_requests_whatever_their_number() {
    let fake = Fake::start().await;
    let stray = json!({
        "_id": "u5", "email": "eve@example.com", "role": {"_id": "r1", "name": "consumer"},
        "groups": [{"_id": "gone", "name": "Gone"}],
    });
    fake.get(USERS, &[], json!([ann(), root(), stray])).await;
    fake.get(GROUPS, &[], groups()).await;
    let rows = fake.client.access().users_per_group_all().await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.group.as_deref(), row.users.join(","), row.user_count))
        .collect();
    assert_eq!(
        told,
        [
            (Some("Admins"), "root@example.com".to_owned(), 1),
            (Some("Analysts"), "ann".to_owned(), 1),
            (Some("R&D + Sales"), String::new(), 0),
            (Some("Empty"), String::new(), 0),
            (None, "eve@example.com".to_owned(), 1),
        ]
    );
    assert!(!rows[4].resolved);
    assert_eq!(fake.requests().await.len(), 2);
}

#[tokio::test]
async fn one_refused_list_is_an_error() {
    let fake = Fake::start().await;
    fake.get(USERS, &[], json!([ann()])).await;
    fake.reply("GET", GROUPS, &[], 403, json!(null)).await;
    let error = fake.client.access().users_per_group_all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_group_without_an_id_is_not_understood() {
    let fake = Fake::start().await;
    fake.get(GROUPS, &[], json!([{"name": "Analysts"}])).await;
    let error = fake.client.access().get_group(group("Analysts")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

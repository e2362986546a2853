use serde_json::{Value, json};
use sisense_core::ErrorKind;
use wiremock::ResponseTemplate;

use crate::suite::fake::Fake;

const LIST: &str = "/api/v1/dashboards/admin";
const SEARCH: &str = "/api/v1/dashboards/searches";
const OLGA: &str = "aa0000000000000000000001";
const SALES: &str = "cc0000000000000000000001";
const GONE: &str = "dd0000000000000000000001";

fn dashboard(number: usize, shares: Value) -> Value {
    let title = if number < 3 { "Twin".to_owned() } else { format!("Board {number}") };
    json!({"oid": format!("5f{number:022}"), "title": title, "owner": OLGA, "shares": shares})
}

fn owner_row() -> Value {
    json!({"shareId": OLGA, "type": "user"})
}

async fn people() -> Fake {
    let fake = Fake::start().await;
    fake.get("/api/v1/users", &[], json!([{"_id": OLGA, "email": "olga@x"}])).await;
    fake.get("/api/v1/groups", &[], json!([{"_id": SALES, "name": "Sales"}])).await;
    fake
}

fn refuse() -> ResponseTemplate {
    ResponseTemplate::new(403).set_body_json(json!({"error": {"code": 101, "message": "no"}}))
}

#[tokio::test]
async fn a_server_that_fails_gives_no_list() {
    let fake = people().await;
    fake.reply("GET", LIST, &[], 500, json!({})).await;
    let error = fake.client.access().get_all_dashboard_shares().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(fake.writes().await.is_empty(), "the search is for a refusal only");
}

#[tokio::test]
async fn a_refused_list_of_users_is_an_error() {
    let fake = Fake::start().await;
    fake.get(LIST, &[], json!([])).await;
    fake.get("/api/v1/groups", &[], json!([])).await;
    fake.on("GET", "/api/v1/users", &[], refuse(), None).await;
    let error = fake.client.access().get_all_dashboard_shares().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_lost_page_is_an_error_and_no_shorter_list() {
    let fake = people().await;
    fake.on("GET", LIST, &[], refuse(), None).await;
    let page: Vec<Value> = (0..50).map(|n| dashboard(n, json!([owner_row()]))).collect();
    let first = ResponseTemplate::new(200).set_body_json(json!({ "items": page }));
    fake.on("POST", SEARCH, &[], first, Some(1)).await;
    fake.reply("POST", SEARCH, &[], 502, json!({})).await;
    let error = fake.client.access().get_all_dashboard_shares().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
}

#[tokio::test]
async fn names_parties_marks_the_owner_and_keeps_those_that_are_gone() {
    let fake = people().await;
    let shares = json!([
        owner_row(),
        {"shareId": SALES, "type": "group", "rule": "view", "subscribe": true},
        {"shareId": GONE, "type": "user", "rule": "edit"}]);
    let all =
        json!([dashboard(1, shares), dashboard(2, json!([])), dashboard(3, json!([owner_row()]))]);
    fake.get(LIST, &[("dashboardType", "owner")], all).await;
    let found = fake.client.access().get_all_dashboard_shares().await.unwrap();
    assert!(found.is_whole());
    let rows = serde_json::to_value(&found.value).unwrap();
    let shown: Vec<Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["dashboard"],
                row["share_name"],
                row["share_id"],
                row["rule"],
                row["is_owner"],
                row["resolved"]
            ])
        })
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            ["Twin", "olga@x", OLGA, null, true, true],
            ["Twin", "Sales", SALES, "view", false, true],
            ["Twin", null, GONE, "edit", false, false],
            ["Twin", null, null, null, false, null],
            ["Board 3", "olga@x", OLGA, null, true, true],
            ["Board 3", null, null, null, false, null]
        ])
    );
    assert_ne!(found.value[0].dashboard_id, found.value[3].dashboard_id);
    assert_eq!(fake.requests().await.len(), 3);
}

#[tokio::test]
async fn shares_that_the_list_leaves_out_are_read() {
    let fake = people().await;
    let mut one = dashboard(3, json!(null));
    one["owner"] = json!({"_id": OLGA});
    fake.get(LIST, &[], json!({"items": [one]})).await;
    let rows =
        json!({"sharesTo": [owner_row(), {"shareId": SALES, "type": "group", "rule": "view"}]});
    fake.get(&format!("/api/shares/dashboard/5f{:022}", 3), &[("adminAccess", "true")], rows).await;
    let found = fake.client.access().get_all_dashboard_shares().await.unwrap();
    assert_eq!(found.value.len(), 2);
    assert_eq!(found.value[1].share_name.as_deref(), Some("Sales"));
}

#[tokio::test]
async fn a_refused_list_is_searched_page_by_page_and_says_that_it_is_a_part() {
    let fake = people().await;
    fake.on("GET", LIST, &[], refuse(), None).await;
    let page: Vec<Value> = (0..50).map(|n| dashboard(n, json!([owner_row()]))).collect();
    let first = ResponseTemplate::new(200).set_body_json(json!({ "items": page }));
    fake.on("POST", SEARCH, &[], first, Some(1)).await;
    // The pages overlap; the last is short.
    let last = json!([dashboard(49, json!([])), dashboard(50, json!([]))]);
    fake.reply("POST", SEARCH, &[], 200, last).await;
    let found = fake.client.access().get_all_dashboard_shares().await.unwrap();
    assert_eq!(found.missing[0].what, "dashboards that the token's user does not see");
    let ids: std::collections::BTreeSet<_> = found.value.iter().map(|r| &r.dashboard_id).collect();
    assert_eq!(ids.len(), 51);
    let asked = fake.writes().await;
    assert_eq!(asked.len(), 2);
    let body: Value =
        serde_json::from_str(asked[1].split_once(' ').unwrap().1.split_once(' ').unwrap().1)
            .unwrap();
    assert_eq!(body["queryOptions"]["skip"], 50);
    assert_eq!(body["queryOptions"]["limit"], 50);
    assert_eq!(body["queryParams"]["ownershipType"], "allRoot");
}

use serde_json::json;
use sisense_core::domains::dashboard::{AddDashboardShares, GetDashboardShare};
use sisense_core::{ErrorKind, Run};

use super::*;

const ANALYSTS: &str = "cc0000000000000000000001";
const BOB: &str = "aa0000000000000000000004";
const USERS: &str = "/api/v1/users";
const GROUPS: &str = "/api/v1/groups";
const PERMISSIONS: &str = "/api/elasticubes/localhost/Shop/permissions";

fn at() -> String {
    format!("/api/shares/dashboard/{ID}")
}

fn wish(shares: Value) -> AddDashboardShares {
    serde_json::from_value(json!({"dashboard_id": ID, "shares": shares})).unwrap()
}

fn owner_row() -> Value {
    json!({"shareId": OWNER, "type": "user", "rule": null, "subscribe": false, "userName": "olga"})
}

fn list(rows: &[Value]) -> Value {
    let mut all = vec![owner_row()];
    all.extend(rows.iter().cloned());
    json!({"sharesTo": all, "owner": {"_id": OWNER}})
}

fn share(id: &str, kind: &str, rule: &str, subscribe: bool) -> Value {
    json!({"shareId": id, "type": kind, "rule": rule, "subscribe": subscribe})
}

async fn people() -> Fake {
    let fake = Fake::start().await;
    fake.get(ADMIN, &[("id", ID)], json!([row(OWNER)])).await;
    let user = |id: &str, email: &str| json!({"_id": id, "email": email, "userName": email, "groups": [ANALYSTS]});
    let users = json!([user(OWNER, "olga@x"), user(ANN, "ann@x"), user(BOB, "bob@x")]);
    fake.get(USERS, &[("email", "bob@x")], json!([user(BOB, "bob@x")])).await;
    fake.get(USERS, &[("email", "nobody@x")], json!([])).await;
    fake.get(USERS, &[], users).await;
    fake.get(GROUPS, &[], json!([{"_id": ANALYSTS, "name": "Analysts"}])).await;
    fake.get(PERMISSIONS, &[], json!({"shares": [{"partyId": ANALYSTS, "type": "group"}]})).await;
    fake
}

#[tokio::test]
async fn unresolved_names_are_listed_and_nothing_is_sent() {
    let fake = people().await;
    fake.get(&at(), &[], list(&[])).await;
    let run = Run::unattended().start();
    let params = wish(json!([
        {"name": "bob@x", "type": "user", "rule": "view"},
        {"name": "nobody@x", "type": "user", "rule": "view"},
        {"name": "Analyst", "type": "group", "rule": "edit"}]));
    let error = fake.client.dashboard().add_dashboard_shares(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let text = error.to_string();
    assert!(text.contains("user \"nobody@x\", group \"Analyst\""), "{text}");
    assert!(error.candidates().contains(&"Analysts".to_owned()));
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn bad_wishes_are_refused() {
    let fake = people().await;
    fake.get(&at(), &[], list(&[])).await;
    let run = Run::unattended().start();
    for shares in [
        json!([]),
        json!([{"name": "bob@x", "type": "user", "rule": "view"},
               {"name": "BOB@x", "type": "user", "rule": "edit"}]),
    ] {
        let error =
            fake.client.dashboard().add_dashboard_shares(&run, wish(shares)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(fake.writes().await.is_empty());
    let refused = |value: Value| serde_json::from_value::<AddDashboardShares>(value).is_err();
    assert!(refused(
        json!({"dashboard_id": ID, "shares": [{"name": "a", "type": "user", "rule": "own"}]})
    ));
}

#[tokio::test]
async fn merges_with_the_list_and_keeps_the_owner_without_a_rule() {
    let fake = people().await;
    let before = [share(ANN, "user", "view", true), share(ANN, "user", "view", true)];
    fake.get_once(&at(), &[("adminAccess", "true")], list(&before)).await;
    let after = [share(ANN, "user", "edit", true), share(ANALYSTS, "group", "view", false)];
    fake.get(&at(), &[("adminAccess", "true")], list(&after)).await;
    fake.reply("POST", &at(), &[("adminAccess", "true")], 200, json!({})).await;
    let run = Run::unattended().start();
    let params = wish(json!([
        {"name": "ann@x", "type": "user", "rule": "edit"},
        {"name": "olga@x", "type": "user", "rule": "view"},
        {"name": "analysts", "type": "group", "rule": "view"}]));
    let answer = fake.client.dashboard().add_dashboard_shares(&run, params).await.unwrap();
    assert!(answer.is_whole(), "{:?}", answer.missing);
    let result = answer.value;
    assert_eq!((result.added.as_slice(), result.share_count), (&["analysts".to_owned()][..], 2));
    assert_eq!(result.unchanged, ["olga@x"]);
    assert_eq!(
        serde_json::to_value(&result.updated).unwrap(),
        json!([{"name": "ann@x", "from": "view", "to": "edit"}])
    );
    assert!(result.warnings.is_empty(), "{:?}", result.warnings);
    let body = json!({"sharesTo": [
        {"shareId": OWNER, "type": "user", "subscribe": false},
        share(ANN, "user", "edit", true),
        share(ANALYSTS, "group", "view", false)]});
    assert_eq!(fake.writes().await, [format!("POST {}?adminAccess=true {body}", at())]);
}

#[tokio::test]
async fn one_user_is_asked_for_by_email() {
    let fake = people().await;
    fake.get_once(&at(), &[], list(&[])).await;
    fake.get(&at(), &[], list(&[share(BOB, "user", "view", true)])).await;
    fake.reply("POST", &at(), &[], 201, json!({})).await;
    let run = Run::unattended().start();
    let params =
        wish(json!([{"name": "bob@x", "type": "user", "rule": "view", "subscribe": true}]));
    let answer = fake.client.dashboard().add_dashboard_shares(&run, params).await.unwrap();
    assert!(answer.is_whole());
    let requests = fake.requests().await;
    assert!(requests.contains(&format!("GET {USERS}?email=bob@x&expand=groups,role")));
    assert!(!requests.iter().any(|line| line.contains(GROUPS)), "no group was named");
}

#[tokio::test]
async fn what_is_so_already_is_not_written() {
    let fake = people().await;
    fake.get(&at(), &[], list(&[share(BOB, "user", "view", true)])).await;
    let run = Run::unattended().start();
    let params = wish(json!([{"name": "bob@x", "type": "user", "rule": "view"}]));
    let answer = fake.client.dashboard().add_dashboard_shares(&run, params).await.unwrap();
    assert_eq!(answer.value.unchanged, ["bob@x"]);
    assert!(fake.writes().await.is_empty() && run.changes().is_empty());
}

#[tokio::test]
async fn the_flag_is_left_out_only_after_a_403() {
    for (status, lines) in [(403, 2), (500, 1)] {
        let fake = people().await;
        fake.get(&at(), &[], list(&[share(BOB, "user", "view", false)])).await;
        fake.reply("POST", &at(), &[("adminAccess", "true")], status, json!({})).await;
        fake.reply("POST", &at(), &[("adminAccess", "")], 200, json!({})).await;
        let run = Run::unattended().start();
        let params = wish(json!([{"name": "bob@x", "type": "user", "rule": "edit"}]));
        let answer = fake.client.dashboard().add_dashboard_shares(&run, params).await;
        assert_eq!(fake.writes().await.len(), lines);
        match answer {
            // The list that is read back still shows the old rule, and the answer says so.
            Ok(answer) => assert_eq!(answer.missing[0].what, "share with bob@x (edit)"),
            Err(error) => assert_eq!((status, error.status()), (500, Some(500))),
        }
    }
}

#[tokio::test]
async fn warns_of_recipients_who_may_see_no_data() {
    let fake = people().await;
    let stranger = json!({"_id": BOB, "email": "eve@x", "groups": []});
    fake.get(USERS, &[("email", "eve@x")], json!([stranger])).await;
    fake.server.reset().await;
    fake.get(ADMIN, &[("id", ID)], json!([row(OWNER)])).await;
    fake.get(USERS, &[("email", "eve@x")], json!([stranger])).await;
    fake.get(PERMISSIONS, &[], json!({"shares": [{"partyId": ANN, "type": "user"}]})).await;
    fake.get(&at(), &[], list(&[])).await;
    let run = Run::preview().start();
    let params = wish(json!([{"name": "eve@x", "type": "user", "rule": "view"}]));
    let answer = fake.client.dashboard().add_dashboard_shares(&run, params).await.unwrap();
    assert!(answer.value.warnings[0].contains("eve@x"), "{:?}", answer.value.warnings);
    assert_eq!(run.changes()[0].notes, answer.value.warnings);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_preview_is_approved_and_then_drifts() {
    let fake = people().await;
    fake.get_once(&at(), &[], list(&[])).await;
    fake.get_once(&at(), &[], list(&[share(ANN, "user", "view", false)])).await;
    let preview = Run::preview().start();
    let params = wish(json!([{"name": "bob@x", "type": "user", "rule": "view"}]));
    let dashboards = fake.client.dashboard();
    let _ = dashboards.add_dashboard_shares(&preview, params.clone()).await.unwrap();
    let run = Run::approved(preview.changes()).start();
    let error = dashboards.add_dashboard_shares(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn lists_parties_that_are_gone_with_no_name() {
    let fake = people().await;
    let mut found = row(OWNER);
    found["shares"] = json!([
        owner_row(),
        share("dd", "group", "view", false),
        share(ANALYSTS, "group", "edit", true)
    ]);
    fake.get(ADMIN, &[("name", "Pipeline")], json!([found])).await;
    let params = GetDashboardShare { dashboard_name: "Pipeline".into() };
    let rows = fake.client.dashboard().get_dashboard_share(params).await.unwrap();
    let shown: Vec<_> =
        rows.iter().map(|r| (r.share_name.as_deref(), r.is_owner, r.rule.as_deref())).collect();
    assert_eq!(
        shown,
        [
            (Some("olga@x"), true, None),
            (None, false, Some("view")),
            (Some("Analysts"), false, Some("edit"))
        ]
    );
    assert_eq!(fake.requests().await.len(), 3);
}

#[tokio::test]
async fn a_dashboard_that_is_not_there_is_no_empty_list() {
    let fake = people().await;
    fake.get(ADMIN, &[], json!([])).await;
    let params = GetDashboardShare { dashboard_name: "Nope".into() };
    let error = fake.client.dashboard().get_dashboard_share(params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

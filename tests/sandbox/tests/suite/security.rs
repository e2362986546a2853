//! Reading and writing data-security rules.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{AddMany, Variants};

use super::{Bench, texts};

const WAREHOUSE: &str = "/api/elasticubes/localhost/Sample%20Warehouse/datasecurity";
const LEADS: &str = "/api/v1/elasticubes/live/Sample%20Lead%20Generation/datasecurity";

fn rule(column: &str, shares: Value, members: &[&str]) -> Value {
    json!({
        "table": "Parts", "column": column, "datatype": "text", "shares": shares,
        "members": members, "allMembers": null,
    })
}

fn live(column: &str, shares: Value) -> Value {
    let mut rule = rule(column, shares, &["a"]);
    rule["live"] = json!(true);
    rule["fullname"] = json!("live:Sample Lead Generation");
    rule
}

#[tokio::test]
async fn what_a_rule_does_not_say_is_not_in_the_answer() {
    let bench = Bench::start().await;
    let (_, rules) = bench.get(WAREHOUSE).await;
    assert_eq!(
        texts(&rules, "table"),
        ["Warehouses", "Warehouses", "Warehouses", "Parts", "Parts", "Shelves"]
    );
    // The party is gone, and with it its name.
    assert!(rules[0]["shares"][0].get("partyName").is_none());
    let names = texts(&rules[1]["shares"], "partyName");
    assert_eq!(names, ["Größe + Maß", "vera.viewer@acme.example"]);
    assert!(rules[1].get("allMembers").is_none() && rules[1].get("exclusionary").is_none());
    assert_eq!(rules[2]["shares"], json!([{ "type": "default" }]));
    assert_eq!((&rules[4]["allMembers"], &rules[4]["exclusionary"]), (&Value::Null, &json!(false)));
    // There are no sets of cubes.
    let set = "/api/elasticubes/Set/Sample%20Warehouse/datasecurity";
    assert_eq!(bench.get(set).await.0, 400);
}

#[tokio::test]
async fn a_rule_with_the_same_shares_is_overwritten() {
    let bench = Bench::start().await;
    let path = WAREHOUSE;
    let group = |key: &str| json!([{ key: bench.group("Sales"), "type": "group" }]);
    let (status, made) = bench.post(path, json!([rule("Part", group("party"), &["Nut"])])).await;
    assert_eq!((status, &made[0]["shares"][0]["partyName"]), (200, &json!("Sales")));
    let (_, again) = bench.post(path, json!([rule("Part", group("partyId"), &["Bolt"])])).await;
    assert_eq!((&again[0]["_id"], &again[0]["members"]), (&made[0]["_id"], &json!(["Bolt"])));
    let (_, other) = bench.post(path, json!([rule("Part", json!([]), &[])])).await;
    assert_ne!(other[0]["_id"], made[0]["_id"]);
    assert_eq!(bench.get(path).await.1.as_array().unwrap().len(), 8);
    // All of them, or none.
    let bad = json!([rule("Part", json!([{ "type": "default" }]), &[]), { "table": "Parts" }]);
    assert_eq!(bench.post(path, bad).await.0, 422);
    assert_eq!(bench.get(path).await.1.as_array().unwrap().len(), 8);
    let column = format!("{path}?table=Parts&column=Part");
    let token = bench.sandbox.token();
    assert_eq!(bench.send(token, Method::DELETE, &column, None).await, (200, json!(true)));
    assert_eq!(bench.get(path).await.1.as_array().unwrap().len(), 6);
    assert_eq!(bench.send(token, Method::DELETE, path, None).await.0, 422);
}

#[tokio::test]
async fn a_rule_is_changed_and_removed_by_its_id() {
    let bench = Bench::start().await;
    let (_, rules) = bench.get(WAREHOUSE).await;
    let id = rules[0]["_id"].as_str().unwrap();
    let path = format!("/api/elasticubes/datasecurity/{id}");
    let token = bench.sandbox.token();
    let new = rule("Part", json!([{ "type": "default" }]), &["x"]);
    assert_eq!(bench.send(token, Method::PUT, &path, Some(new)).await.0, 200);
    let (_, rules) = bench.get(WAREHOUSE).await;
    assert_eq!((&rules[0]["_id"], &rules[0]["column"]), (&json!(id), &json!("Part")));
    let viewer = &bench.sandbox.tokens().viewer;
    assert_eq!(bench.send(viewer, Method::DELETE, &path, None).await.0, 403);
    assert_eq!(bench.send(token, Method::DELETE, &path, None).await.0, 200);
    assert_eq!(bench.send(token, Method::DELETE, &path, None).await.0, 404);
    let bad = "/api/elasticubes/datasecurity/nonsense";
    assert_eq!(bench.send(token, Method::DELETE, bad, None).await.0, 422);
}

#[tokio::test]
async fn the_newer_family_refuses_more() {
    let bench = Bench::start().await;
    let default = json!({ "type": "default" });
    let sales = json!({ "partyId": bench.group("Sales"), "type": "group" });
    let gone = json!({ "partyId": "0123456789abcdef01234567", "type": "user" });
    for (shares, code) in [(json!([default, sales]), 30001), (json!([gone]), 30004)] {
        let (status, body) = bench.post(LEADS, live("Stage", shares)).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(code)));
    }
    let (status, made) = bench.post(LEADS, live("Stage", json!([sales]))).await;
    assert_eq!((status, &made["fullname"]), (201, &json!("live:Sample Lead Generation")));
    let (status, body) = bench.post(LEADS, live("Stage", json!([sales]))).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(30003)));
    for missing in ["allMembers", "live", "fullname", "datatype", "shares", "members", "column"] {
        let mut body = live("Amount", json!([sales]));
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(bench.post(LEADS, body).await.0, 422, "{missing}");
    }
    // The default rule of a column goes last.
    let (_, base) = bench.post(LEADS, live("Stage", json!([default]))).await;
    let path = |rule: &Value| {
        format!("/api/v1/elasticubes/live/datasecurity/{}", rule["_id"].as_str().unwrap())
    };
    let token = bench.sandbox.token();
    let (status, body) = bench.send(token, Method::DELETE, &path(&base), None).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(30006)));
    assert_eq!(bench.send(token, Method::DELETE, &path(&made), None).await.0, 204);
    assert_eq!(bench.send(token, Method::DELETE, &path(&base), None).await.0, 204);
    let column = format!("{LEADS}/Leads/Owner%20Region");
    assert_eq!(bench.send(token, Method::DELETE, &column, None).await.0, 204);
    assert_eq!(bench.send(token, Method::DELETE, &column, None).await.0, 404);
    assert_eq!(bench.get(LEADS).await.1, json!([]));
}

#[tokio::test]
async fn several_rules_of_a_live_model_are_added_at_once() {
    for (add_many, wanted) in [(AddMany::Created, 201), (AddMany::Ok, 200), (AddMany::NoRoute, 404)]
    {
        let bench = Bench::variants(Variants { add_many, ..Variants::default() }).await;
        let shares = |name: &str| json!([{ "partyId": bench.group(name), "type": "group" }]);
        let body = json!([live("Stage", shares("Sales")), live("Stage", shares("R&D"))]);
        let (status, made) = bench.post(&format!("{LEADS}/addMany"), body).await;
        assert_eq!(status, wanted);
        let count = bench.get(LEADS).await.1.as_array().unwrap().len();
        assert_eq!(count, if wanted == 404 { 2 } else { 4 });
        assert_eq!(made.as_array().map_or(0, Vec::len), count - 2);
    }
}

#[tokio::test]
async fn rules_are_written_by_those_who_may_edit_the_model() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens();
    let body = json!([rule("Part", json!([{ "type": "default" }]), &["x"])]);
    for (token, status) in
        [(&tokens.data_admin, 200), (&tokens.data_designer, 403), (&tokens.viewer, 403)]
    {
        let sent = bench.send(token, Method::POST, WAREHOUSE, Some(body.clone()));
        assert_eq!(sent.await.0, status);
        let default = live("Stage", json!([{ "type": "default" }]));
        let sent = bench.send(token, Method::POST, LEADS, Some(default));
        assert_eq!(sent.await.0, if status == 200 { 201 } else { 403 });
    }
    let unpublished = "/api/v1/elasticubes/live/Sample%20Warehouse/datasecurity";
    assert_eq!(bench.post(unpublished, live("x", json!([]))).await.0, 404);
}

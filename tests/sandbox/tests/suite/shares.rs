//! Sharing, publishing and private copies.

use reqwest::Method;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn the_owner_has_a_row_without_a_rule_and_parties_have_names() {
    let bench = Bench::start().await;
    let oid = bench.dashboard("Commerce Overview");
    let (_, body) = bench.get(&format!("/api/shares/dashboard/{oid}")).await;
    assert_eq!(body["owner"]["userName"], "ada.admin@acme.example");
    let rows = body["sharesTo"].as_array().unwrap();
    assert!(rows[0].get("rule").is_none());
    assert!(rows.iter().any(|row| row["name"] == "Analysts" && row["type"] == "group"));
    assert!(
        rows.iter()
            .any(|row| row["userName"] == "vera.viewer@acme.example" && row["rule"] == "view")
    );
    let (_, rows) = bench.get(&format!("/api/v1/dashboards/{oid}/shares?expand=user,group")).await;
    assert!(rows.as_array().unwrap().iter().any(|row| row["group"]["name"] == "Analysts"));
}

#[tokio::test]
async fn the_admin_flag_reaches_foreign_dashboards_for_admins_only() {
    let bench = Bench::start().await;
    let path = format!("/api/shares/dashboard/{}", bench.dashboard("Returns Desk"));
    assert_eq!(bench.get(&path).await.0, 403);
    let (status, body) = bench.get(&format!("{path}?adminAccess=true")).await;
    assert_eq!(status, 200);
    // One party is gone; its row stays without a name.
    let rows = body["sharesTo"].as_array().unwrap();
    assert!(rows.iter().any(|row| row.get("userName").is_none() && row["type"] == "user"));
    let designer = &bench.sandbox.tokens().designer;
    assert_eq!(
        bench.send(designer, Method::GET, &format!("{path}?adminAccess=true"), None).await.0,
        403
    );
}

#[tokio::test]
async fn posting_replaces_the_list_at_once() {
    let bench = Bench::start().await;
    let (oid, zoe) = (bench.dashboard("Commerce Overview"), bench.user("zoe.mueller@acme.example"));
    let path = format!("/api/shares/dashboard/{oid}");
    let row = json!({ "shareId": zoe, "type": "user", "rule": "edit", "subscribe": true });
    for (rows, status) in [
        (json!([row, row]), 400),
        (json!([{ "shareId": zoe, "type": "user", "rule": "viewer" }]), 400),
        (json!([{ "shareId": zoe, "type": "pet", "rule": "view" }]), 400),
        (json!([{ "shareId": "0123456789abcdef01234567", "type": "user", "rule": "view" }]), 400),
        (json!("all"), 400),
        (json!([row]), 200),
    ] {
        assert_eq!(bench.post(&path, json!({ "sharesTo": rows })).await.0, status, "{rows}");
    }
    let (_, body) = bench.get(&path).await;
    assert_eq!(body["sharesTo"].as_array().unwrap().len(), 2);
    let viewer = &bench.sandbox.tokens().viewer;
    let (status, _) =
        bench.send(viewer, Method::GET, &format!("/api/v1/dashboards/{oid}"), None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn patched_shares_and_content_reach_people_on_publish() {
    let bench = Bench::start().await;
    let admin = bench.sandbox.token();
    let designer = &bench.sandbox.tokens().designer;
    let (oid, conny) = (bench.dashboard("Wide Tables"), bench.user("conny.chart@acme.example"));
    let path = format!("/api/v1/dashboards/{oid}");
    let patch = json!({ "desc": "first", "shares": [{ "shareId": conny, "type": "user", "rule": "edit" }] });
    let (_, changed) = bench.send(admin, Method::PATCH, &path, Some(patch)).await;
    assert_eq!(changed["shares"].as_array().unwrap().len(), 2);
    assert_eq!(bench.send(designer, Method::GET, &path, None).await.0, 404);
    assert_eq!(bench.post(&format!("{path}/publish"), json!({})).await.0, 204);
    let (_, seen) = bench.send(designer, Method::GET, &path, None).await;
    assert_eq!((&seen["desc"], &seen["instanceType"]), (&json!("first"), &json!("proxy")));

    // The recipient edits a private copy; a publish leaves it alone, a forced one replaces it.
    let own = json!({ "desc": "mine" });
    let (_, copy) = bench.send(designer, Method::PATCH, &path, Some(own)).await;
    assert_eq!((&copy["desc"], &copy["instanceType"]), (&json!("mine"), &json!("user")));
    assert_eq!(bench.get(&path).await.1["desc"], "first");
    bench.send(admin, Method::PATCH, &path, Some(json!({ "desc": "second" }))).await;
    for (query, desc) in [("", "mine"), ("?force=true", "second")] {
        bench.post(&format!("{path}/publish{query}"), json!({})).await;
        assert_eq!(bench.send(designer, Method::GET, &path, None).await.1["desc"], desc);
    }
}

#[tokio::test]
async fn view_recipients_cannot_edit_and_restore_drops_a_copy() {
    let bench = Bench::start().await;
    let oid = bench.dashboard("Executive Board");
    let path = format!("/api/v1/dashboards/{oid}");
    let tokens = bench.sandbox.tokens();
    let body = Some(json!({ "desc": "x" }));
    assert_eq!(bench.send(&tokens.viewer, Method::PATCH, &path, body).await.0, 403);
    assert_eq!(
        bench.send(&tokens.designer, Method::GET, &path, None).await.1["desc"],
        "Conny's own notes"
    );
    let restore = format!("{path}/restore");
    assert_eq!(bench.send(&tokens.designer, Method::POST, &restore, None).await.0, 204);
    assert_eq!(bench.send(&tokens.designer, Method::GET, &path, None).await.1["desc"], "");
}

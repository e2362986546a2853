//! Folders and the navigation tree, per user.

use reqwest::Method;
use serde_json::json;
use sisense_sandbox::{Navver, Variants};

use super::{Bench, texts};

#[tokio::test]
async fn everybody_has_a_tree_of_their_own() {
    let bench = Bench::start().await;
    let (_, tree) = bench.get("/api/v1/navver").await;
    assert_eq!(texts(&tree["folders"], "name"), ["Finance", "Reports"]);
    assert_eq!(
        texts(&tree["folders"][0]["folders"][0]["dashboards"], "title"),
        ["Commerce Overview"]
    );
    assert!(texts(&tree["dashboards"], "title").contains(&"Wide Tables".to_owned()));
    // The second admin owns a dashboard in somebody else's folder and so sees that folder.
    let other = &bench.sandbox.tokens().second_admin;
    let (_, tree) = bench.send(other, Method::GET, "/api/v1/navver", None).await;
    assert_eq!(texts(&tree["folders"], "name"), ["Field Reports"]);
    // A recipient sees the way to the dashboard.
    let viewer = &bench.sandbox.tokens().viewer;
    let (_, flat) = bench.send(viewer, Method::GET, "/api/v1/folders", None).await;
    let names = texts(&flat, "name");
    assert!(names.contains(&"Finance".to_owned()) && names.contains(&"rootFolder".to_owned()));
}

#[tokio::test]
async fn the_tree_comes_as_an_array_by_variant() {
    let bench = Bench::variants(Variants { navver: Navver::Array, ..Variants::default() }).await;
    assert_eq!(texts(&bench.get("/api/v1/navver").await.1, "name"), ["Finance", "Reports"]);
}

#[tokio::test]
async fn twin_names_belong_to_different_people() {
    let bench = Bench::start().await;
    let state = bench.sandbox.state();
    let twins = state["folders"].as_array().unwrap().iter().filter(|row| row["name"] == "Reports");
    assert_eq!(twins.count(), 2);
    let (_, seen) = bench.get("/api/v1/folders?name=Reports").await;
    assert_eq!(seen.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn foreign_folders_are_refused_and_own_ones_change_hands() {
    let bench = Bench::start().await;
    let admin = bench.sandbox.token();
    let foreign =
        format!("/api/v1/folders/{}", bench.find("folders", "name", "Field Reports", "oid"));
    assert_eq!(bench.get(&foreign).await.0, 403);
    assert_eq!(bench.get("/api/v1/folders/0123456789abcdef01234567").await.0, 404);
    let sam = bench.user("sam+sales@acme.example");
    let body = Some(json!({ "owner": sam }));
    assert_eq!(bench.send(admin, Method::PATCH, &foreign, body.clone()).await.0, 403);
    let own = format!("/api/v1/folders/{}", bench.find("folders", "name", "Finance", "oid"));
    let (status, moved) = bench.send(admin, Method::PATCH, &own, body).await;
    assert_eq!((status, &moved["owner"]), (200, &json!(sam)));
    // She still sees it, for her dashboard lies below, but may not change it any more.
    assert_eq!(bench.get(&own).await.0, 200);
    let back = Some(json!({ "name": "Mine" }));
    assert_eq!(bench.send(admin, Method::PATCH, &own, back).await.0, 403);
}

#[tokio::test]
async fn folders_are_made_nested_and_die_with_their_contents() {
    let bench = Bench::start().await;
    let admin = bench.sandbox.token();
    let finance = bench.find("folders", "name", "Finance", "oid");
    let (status, made) =
        bench.post("/api/v1/folders", json!({ "name": "Deep", "parentId": finance })).await;
    assert_eq!(status, 201);
    let deep = made["oid"].as_str().unwrap();
    let (_, above) = bench.get(&format!("/api/v1/folders/{deep}/ancestors")).await;
    assert_eq!(texts(&above, "name"), ["Finance", "rootFolder"]);
    let circle = Some(json!({ "parentId": deep }));
    let path = format!("/api/v1/folders/{finance}");
    assert_eq!(bench.send(admin, Method::PATCH, &path, circle).await.0, 422);
    let inside = bench.dashboard("Commerce Overview");
    assert_eq!(bench.send(admin, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(bench.get(&format!("/api/v1/folders/{deep}")).await.0, 404);
    assert_eq!(bench.get(&format!("/api/v1/dashboards/{inside}")).await.0, 404);
}

//! Folders and the navigation tree, per user.

use reqwest::Method;
use serde_json::json;
use sisense_sandbox::{FolderPatch, FolderUnseen, Navver, Variants};

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
async fn unseen_folders_are_refused_or_absent() {
    for (folder_unseen, status) in [(FolderUnseen::Forbidden, 403), (FolderUnseen::NotFound, 404)] {
        let bench = Bench::variants(Variants { folder_unseen, ..Variants::default() }).await;
        let foreign =
            format!("/api/v1/folders/{}", bench.find("folders", "name", "Field Reports", "oid"));
        let body = Some(json!({ "name": "Mine" }));
        assert_eq!(bench.get(&foreign).await.0, status);
        assert_eq!(
            bench.send(bench.sandbox.token(), Method::PATCH, &foreign, body).await.0,
            status
        );
        assert_eq!(bench.get("/api/v1/folders/0123456789abcdef01234567").await.0, 404);
    }
}

#[tokio::test]
async fn a_folder_appears_with_a_share_and_then_changes_hands() {
    for (folder_patch, status) in [(FolderPatch::AdminsWhoSee, 200), (FolderPatch::OwnersOnly, 403)]
    {
        let bench = Bench::variants(Variants { folder_patch, ..Variants::default() }).await;
        let ada = bench.user("ada.admin@acme.example");
        let oid = bench.find("folders", "name", "Field Reports", "oid");
        let path = format!("/api/v1/folders/{oid}");
        let shares =
            format!("/api/shares/dashboard/{}?adminAccess=true", bench.dashboard("Returns Desk"));
        let row = json!({ "shareId": ada, "type": "user", "rule": "edit" });
        assert_eq!(bench.post(&shares, json!({ "sharesTo": [row] })).await.0, 200);
        assert!(texts(&bench.get("/api/v1/navver").await.1["folders"], "oid").contains(&oid));
        let body = Some(json!({ "owner": ada }));
        let (got, moved) = bench.send(bench.sandbox.token(), Method::PATCH, &path, body).await;
        assert_eq!(got, status);
        assert!(status == 403 || moved["owner"] == json!(ada));
    }
}

#[tokio::test]
async fn a_designer_changes_own_folders_only() {
    let bench = Bench::start().await;
    let viewer = &bench.sandbox.tokens().viewer;
    let path = format!("/api/v1/folders/{}", bench.find("folders", "name", "Finance", "oid"));
    let body = Some(json!({ "name": "Mine" }));
    assert_eq!(bench.send(viewer, Method::GET, &path, None).await.0, 200);
    assert_eq!(bench.send(viewer, Method::PATCH, &path, body).await.0, 403);
    let designer = &bench.sandbox.tokens().designer;
    let (_, made) =
        bench.send(designer, Method::POST, "/api/v1/folders", Some(json!({ "name": "Own" }))).await;
    let path = format!("/api/v1/folders/{}", made["oid"].as_str().unwrap());
    let body = Some(json!({ "owner": "0123456789abcdef01234567" }));
    assert_eq!(bench.send(designer, Method::PATCH, &path, body).await.0, 404);
    let body = Some(json!({ "name": "Renamed" }));
    assert_eq!(bench.send(designer, Method::PATCH, &path, body).await.1["name"], "Renamed");
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

//! Lists of dashboards, single ones, scripts, ownership, exports.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{ChangeOwner, ExportUnknown, Variants};

use super::{Bench, texts};

const ADMIN: &str = "/api/v1/dashboards/admin";

#[tokio::test]
async fn the_admin_list_is_for_admins_and_has_one_row_per_owner_instance() {
    let bench = Bench::start().await;
    let viewer = &bench.sandbox.tokens().viewer;
    let (status, body) = bench.send(viewer, Method::GET, ADMIN, None).await;
    assert_eq!((status, &body["error"]["code"]), (403, &json!(101)));
    let (_, owned) =
        bench.get(&format!("{ADMIN}?dashboardType=owner&fields=oid,title,owner")).await;
    let oids = texts(&owned, "oid");
    assert_eq!(oids.len(), 14);
    assert_eq!(owned[0].as_object().unwrap().len(), 3);
    // Recipients' copies are rows of their own otherwise.
    let (_, all) = bench.get(&format!("{ADMIN}?fields=oid,instanceType,userId")).await;
    let kinds = texts(&all, "instanceType");
    assert!(kinds.len() > oids.len());
    for kind in ["owner", "user", "proxy"] {
        assert!(kinds.iter().any(|own| own == kind), "{kind}");
    }
    let (_, copies) = bench.get(&format!("{ADMIN}?dashboardType=user")).await;
    assert_eq!(texts(&copies, "title"), ["Executive Board"]);
    assert_eq!(bench.get(&format!("{ADMIN}?dashboardType=sideways")).await.0, 422);
}

#[tokio::test]
async fn the_admin_list_filters_by_id_name_source_and_search() {
    let bench = Bench::start().await;
    let list = async |query: &str| {
        texts(&bench.get(&format!("{ADMIN}?dashboardType=owner&{query}")).await.1, "title")
    };
    assert_eq!(list("name=Weekly%20Sales").await.len(), 2);
    assert_eq!(list("name=Ums%C3%A4tze%20%26%20Gr%C3%B6%C3%9Fen%20%2B%20100%20%25").await.len(), 1);
    assert_eq!(list("datasourceTitle=Sample%20Lead%20Generation").await, ["Pipeline"]);
    assert_eq!(list("search=WEEKLY&sort=-oid&limit=1").await.len(), 1);
    assert_eq!(list("id=0123456789abcdef01234567").await, Vec::<String>::new());
    let id = bench.dashboard("Pipeline");
    let (_, found) = bench
        .get(&format!("{ADMIN}?id={id}&ownerInfo=true&expand=widgets&dashboardType=owner"))
        .await;
    assert_eq!(found[0]["owner"]["email"], "conny.chart@acme.example");
    assert_eq!(found[0]["widgets"].as_array().unwrap().len(), 3);
    let (_, twin) = bench
        .post(ADMIN, json!({ "queryParams": { "dashboardType": "owner", "name": "Pipeline", "asObject": true },
            "queryOptions": { "fields": "oid,owner" }, "queryExpantion": "owner" }))
        .await;
    assert_eq!(twin["items"][0]["owner"]["firstName"], "Conny");
}

#[tokio::test]
async fn searches_cover_everything_for_admins_and_the_own_for_others() {
    let bench = Bench::start().await;
    let body = json!({
        "queryParams": { "ownershipType": "allRoot", "search": "", "ownerInfo": true, "asObject": true },
        "queryOptions": { "sort": { "title": 1 }, "limit": 50, "skip": 0 },
    });
    let (status, all) = bench.post("/api/v1/dashboards/searches", body.clone()).await;
    assert_eq!((status, all["items"].as_array().unwrap().len()), (200, 14));
    let titles = texts(&all["items"], "title");
    assert!(titles.is_sorted(), "{titles:?}");
    let viewer = &bench.sandbox.tokens().viewer;
    let (_, own) =
        bench.send(viewer, Method::POST, "/api/v1/dashboards/searches", Some(body)).await;
    assert_eq!(own["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn the_plain_list_is_the_callers_own_even_for_admins() {
    let bench = Bench::start().await;
    let (_, own) = bench.get("/api/v1/dashboards?fields=title,instanceType").await;
    let mut titles = texts(&own, "title");
    titles.sort();
    assert_eq!(
        titles,
        [
            "Commerce Overview",
            "Hospital and Shop",
            "Order Details",
            "Patient Flow",
            "Umsätze & Größen + 100 %",
            "Weekly Sales",
            "Wide Tables",
        ]
    );
    let foreign = bench.dashboard("Returns Desk");
    assert_eq!(bench.get(&format!("/api/v1/dashboards/{foreign}")).await.0, 404);
    assert_eq!(
        bench.get(&format!("/api/v1/dashboards/{foreign}/exists")).await.1,
        json!({ "exists": true })
    );
    assert_eq!(
        bench.get("/api/v1/dashboards/0123456789abcdef01234567/exists").await.1,
        json!({ "exists": false })
    );
}

#[tokio::test]
async fn dashboards_are_created_changed_duplicated_and_deleted() {
    let bench = Bench::start().await;
    let source = json!({ "title": "Sample ECommerce" });
    assert_eq!(bench.post("/api/v1/dashboards", json!({ "title": "Half" })).await.0, 422);
    let (status, made) =
        bench.post("/api/v1/dashboards", json!({ "title": "New", "datasource": source })).await;
    assert_eq!(status, 201);
    let path = format!("/api/v1/dashboards/{}", made["oid"].as_str().unwrap());
    let patch = json!({ "title": "Newer", "owner": "nobody", "script": "x" });
    let (_, changed) = bench.send(bench.sandbox.token(), Method::PATCH, &path, Some(patch)).await;
    assert_eq!((&changed["title"], &changed["owner"]), (&json!("Newer"), &made["owner"]));
    assert!(changed.get("script").is_none());
    let widget = json!({ "type": "indicator", "datasource": source, "metadata": { "panels": [] } });
    let (status, widget) = bench.post(&format!("{path}/widgets"), widget).await;
    assert_eq!(status, 201);
    let (status, copy) = bench.post(&format!("{path}/duplicate"), json!({})).await;
    assert_eq!((status, copy["oid"] == made["oid"]), (201, false));
    let copied = format!("/api/v1/dashboards/{}/widgets", copy["oid"].as_str().unwrap());
    assert_ne!(bench.get(&copied).await.1[0]["oid"], widget["oid"]);
    assert_eq!(bench.send(bench.sandbox.token(), Method::DELETE, &path, None).await.0, 204);
    assert_eq!(bench.get(&path).await.0, 404);
}

#[tokio::test]
async fn scripts_are_for_owners_and_others_get_404_or_403() {
    let bench = Bench::start().await;
    let admin = bench.sandbox.token();
    let oid = bench.dashboard("Executive Board");
    let (_, export) = bench.get(&format!("/api/dashboards/{oid}/export?adminAccess=true")).await;
    let widget = export["widgets"][0]["oid"].as_str().unwrap().to_owned();
    assert!(export["script"].as_str().unwrap().contains("hello"));
    let script = json!({ "script": "console.log(1)" });
    let paths =
        [format!("/api/dashboards/{oid}"), format!("/api/dashboards/{oid}/widgets/{widget}")];
    for (path, refused) in paths.iter().zip([404, 403]) {
        assert_eq!(bench.send(admin, Method::PUT, path, Some(script.clone())).await.0, refused);
        let owner = &bench.sandbox.tokens().second_admin;
        assert_eq!(bench.send(owner, Method::PUT, path, Some(script.clone())).await.0, 200);
    }
    let unknown = format!("/api/dashboards/{oid}/widgets/0123456789abcdef01234567");
    let owner = &bench.sandbox.tokens().second_admin;
    let (status, body) = bench.send(owner, Method::PUT, &unknown, Some(script)).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!(14004)));
    let (_, export) = bench.get(&format!("/api/dashboards/{oid}/export?adminAccess=true")).await;
    assert_eq!(
        (&export["script"], &export["widgets"][0]["script"]),
        (&json!("console.log(1)"), &json!("console.log(1)"))
    );
}

#[tokio::test]
async fn an_ownership_move_keeps_the_shares_and_moves_the_owner_row() {
    for (change_owner, left) in [(ChangeOwner::KeepsShares, 3), (ChangeOwner::DropsShares, 2)] {
        let bench = Bench::variants(Variants { change_owner, ..Variants::default() }).await;
        let (oid, ada) = (bench.dashboard("Executive Board"), bench.user("ada.admin@acme.example"));
        let bruno = bench.user("bruno.admin@acme.example");
        let path = format!("/api/v1/dashboards/{oid}/change_owner");
        let body = json!({ "ownerId": ada, "originalOwnerRule": "edit" });
        assert_eq!(bench.post(&path, body.clone()).await.0, 403);
        let (status, moved) = bench.post(&format!("{path}?adminAccess=true"), body).await;
        assert_eq!((status, &moved["owner"]), (200, &json!(ada)));
        let rows = moved["shares"].as_array().unwrap();
        let row = |id: &str| rows.iter().find(|row| row["shareId"] == json!(id)).unwrap();
        assert!(row(&ada).get("rule").is_none());
        assert_eq!(row(&bruno)["rule"], "edit");
        // Conny and Vera had it before.
        assert_eq!(rows.len(), if left == 3 { 4 } else { 2 });
    }
}

#[tokio::test]
async fn an_ownership_move_checks_owner_and_rule() {
    let bench = Bench::start().await;
    let path = format!("/api/v1/dashboards/{}/admin/change_owner", bench.dashboard("Pipeline"));
    for (body, status) in [
        (json!({ "ownerId": "me" }), 422),
        (json!({ "ownerId": "0123456789abcdef01234567" }), 404),
        (
            json!({ "ownerId": bench.user("zoe.mueller@acme.example"), "originalOwnerRule": "viewer" }),
            400,
        ),
    ] {
        assert_eq!(bench.post(&path, body).await.0, status);
    }
    let body =
        json!({ "ownerId": bench.user("ada.admin@acme.example"), "originalOwnerRule": "view" });
    let designer = &bench.sandbox.tokens().designer;
    assert_eq!(bench.send(designer, Method::POST, &path, Some(body.clone())).await.0, 403);
    assert_eq!(bench.post(&path, body).await.0, 200);
}

#[tokio::test]
async fn exports_lack_what_belongs_to_the_deployment() {
    let bench = Bench::start().await;
    let ids = [bench.dashboard("Commerce Overview"), bench.dashboard("Pipeline")];
    let path = format!("/api/v1/dashboards/export?dashboardIds={},{}", ids[0], ids[1]);
    assert_eq!(bench.get(&path).await.0, 403);
    let (status, found) = bench.get(&format!("{path}&adminAccess=true")).await;
    assert_eq!((status, texts(&found, "oid")), (200, ids.to_vec()));
    for key in ["_id", "owner", "userId", "shares", "tenantId", "created", "instanceType"] {
        assert!(found[0].get(key).is_none() && found[0]["widgets"][0].get(key).is_none(), "{key}");
    }
    assert_eq!(found[0]["hierarchies"][0]["title"], "Geography");
    // The layout names the widgets in another order, and one that is gone.
    let cells = found[0]["layout"]["columns"][0]["cells"].as_array().unwrap();
    let widgets = found[0]["widgets"].as_array().unwrap();
    let element = |cell: &Value| cell["subcells"][0]["elements"][0]["widgetid"].clone();
    assert_eq!(cells.len(), widgets.len() + 1);
    assert_eq!(element(&cells[0]), widgets[widgets.len() - 1]["oid"]);
    assert_eq!(bench.get("/api/v1/dashboards/export").await.0, 422);
    let file = format!("/api/v1/dashboards/{}/export/dash", ids[0]);
    assert_eq!(bench.get(&file).await.1["title"], "Commerce Overview");
}

#[tokio::test]
async fn one_unknown_id_fails_or_leaves_the_chunk() {
    for (export_unknown_in_chunk, status) in
        [(ExportUnknown::NotFound, 404), (ExportUnknown::Skip, 200)]
    {
        let variants = Variants { export_unknown_in_chunk, ..Variants::default() };
        let bench = Bench::variants(variants).await;
        let known = bench.dashboard("Pipeline");
        let path = format!(
            "/api/v1/dashboards/export?dashboardIds={known},0123456789abcdef01234567&adminAccess=true"
        );
        let (got, body) = bench.get(&path).await;
        assert_eq!(got, status);
        assert!(status == 404 || texts(&body, "oid") == [known]);
    }
}

#[tokio::test]
async fn the_story_has_every_sign_of_structure_and_its_traps() {
    let bench = Bench::start().await;
    let path = format!(
        "/api/v1/dashboards/export?dashboardIds={}&adminAccess=true",
        bench.dashboard("Ward Rounds")
    );
    let (_, body) = bench.get(&path).await;
    let widgets = body[0]["widgets"].as_array().unwrap();
    let widget = |title: &str| widgets.iter().find(|widget| widget["title"] == title).unwrap();
    let fields = |title: &str, names: &[&str]| {
        let panels = widget(title)["metadata"]["panels"].as_array().unwrap().iter();
        let own = panels.filter(|panel| names.contains(&panel["name"].as_str().unwrap()));
        own.map(|panel| panel["items"].as_array().unwrap().len()).sum::<usize>()
    };
    let counted = ["rows", "columns", "values"];
    assert_eq!(fields("Twenty and filters", &counted), 20);
    assert_eq!(fields("Twenty and filters", &["filters"]), 3);
    assert_eq!(fields("Twenty-one with one off", &counted), 21);
    let first = &widget("Twenty-one with one off")["metadata"]["panels"][0]["items"][0];
    assert_eq!(first["disabled"], true);
    let jumps = |title: &str| {
        widget(title)["drillToDashboardConfig"]["dashboardIds"].as_array().unwrap().len()
    };
    assert_eq!((jumps("Jumps"), jumps("Jumps nowhere")), (1, 0));
    assert!(widget("Tabs by script")["script"].as_str().unwrap().contains("widget.tabs ="));
    assert!(widget("Tabs by action")["style"].to_string().contains("\"type\":\"Tabber\""));
    assert!(widget("Folded away")["options"].get("accordionPlugin").is_some());
    let layout = body[0]["layout"].to_string();
    let placed = |widget: &Value| layout.contains(widget["oid"].as_str().unwrap());
    assert_eq!(widgets.iter().filter(|widget| !placed(widget)).count(), 1);
    assert!(!placed(widget("Not in the layout")));
    // All widgets but one, and two that are gone.
    assert_eq!(layout.matches("\"widgetid\"").count(), widgets.len() + 1);
}

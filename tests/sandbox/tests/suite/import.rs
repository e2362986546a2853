//! Imports of dashboards.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{
    ImportEmpty, ImportFailed, ImportFailure, ImportFolder, ImportMatch, ImportModel, ImportParent,
    ImportPlace, ImportPreview, ImportTitle, Sandbox, SandboxConfig, Variants,
};

use super::{Bench, texts};

const BULK: &str = "/api/v1/dashboards/import/bulk";
const ID: &str = "0123456789abcdef01234567";
const WIDGET: &str = "aaaaaaaaaaaaaaaaaaaaaaaa";
const GHOST: &str = "ffffffffffffffffffffffff";

fn document(oid: &str, title: &str) -> Value {
    json!({
        "oid": oid, "title": title, "desc": "from afar", "parentFolder": GHOST,
        "datasource": { "title": "Sample ECommerce", "address": "LocalHost" }, "filters": [],
        "previewLayout": [], "shares": [{ "shareId": GHOST, "type": "user", "rule": "edit" }],
        "owner": GHOST, "userId": GHOST, "_id": GHOST, "tenantId": GHOST, "hierarchies": [],
        "layout": { "columns": [{ "cells": [{ "subcells": [{
            "elements": [{ "widgetid": WIDGET }],
        }] }] }] },
        "widgets": [{
            "oid": WIDGET, "title": "one", "type": "indicator", "dashboardid": GHOST,
            "owner": GHOST, "metadata": { "panels": [] },
        }],
    })
}

async fn import(bench: &Bench, query: &str, documents: Value) -> Value {
    let (status, body) = bench.post(&format!("{BULK}{query}"), documents).await;
    assert_eq!(status, 201, "{body}");
    body
}

fn kept(sandbox: &Sandbox, oid: &str) -> Value {
    let state = sandbox.state();
    let rows = state["dashboards"].as_array().unwrap();
    rows.iter().find(|row| row["oid"] == oid).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_new_dashboard_keeps_its_id_and_loses_where_it_came_from() {
    let bench = Bench::start().await;
    let body = import(&bench, "", json!([document(ID, "Afar")])).await;
    assert_eq!(body["succeded"][0]["oid"], ID);
    assert_eq!(body["succeded"][0]["title"], "Afar");
    assert!(body.get("skipped").is_none() && body.get("failed").is_none(), "{body}");
    let here = kept(&bench.sandbox, ID);
    let ada = bench.user("ada.admin@acme.example");
    assert_eq!(here["owner"], ada);
    assert_eq!(here["shares"], json!([{ "shareId": ada, "type": "user" }]));
    assert_eq!(here["parentFolder"], Value::Null);
    assert_ne!(here["_id"], GHOST);
    assert_ne!(here["tenantId"], GHOST);
    assert!(here.get("hierarchies").is_none());
    assert_eq!(here["widgets"][0]["oid"], WIDGET);
    assert_eq!(here["widgets"][0]["dashboardid"], ID);
    assert_eq!(here["widgets"][0]["owner"], ada);
    assert_eq!(here["published"], Value::Null);
}

#[tokio::test]
async fn an_export_of_one_deployment_comes_into_another_and_out_again() {
    let source = Bench::start().await;
    let config = SandboxConfig { name: "other".into(), story: false, ..SandboxConfig::default() };
    let target = Bench::with(config).await;
    let oid = source.dashboard("Commerce Overview");
    let path = format!("/api/v1/dashboards/export?dashboardIds={oid}&adminAccess=true");
    let (_, documents) = source.get(&path).await;
    import(&target, "?action=overwrite", documents.clone()).await;
    let (status, again) = target.get(&path).await;
    assert_eq!(status, 200);
    for key in ["oid", "title", "datasource", "filters", "layout"] {
        assert_eq!(again[0][key], documents[0][key], "{key}");
    }
    assert_eq!(texts(&again[0]["widgets"], "oid"), texts(&documents[0]["widgets"], "oid"));
}

#[tokio::test]
async fn skip_leaves_a_present_dashboard_and_tells_its_title() {
    let bench = Bench::start().await;
    for query in ["", "?action=skip"] {
        import(&bench, "?action=overwrite", json!([document(ID, "Afar")])).await;
        let body = import(&bench, query, json!([document(ID, "Changed")])).await;
        assert_eq!(body, json!({ "skipped": [{ "title": "Changed" }] }));
        assert_eq!(kept(&bench.sandbox, ID)["title"], "Afar");
    }
}

#[tokio::test]
async fn overwrite_keeps_shares_and_waits_for_a_publish_unless_told_otherwise() {
    let bench = Bench::start().await;
    let vera = bench.user("vera.viewer@acme.example");
    import(&bench, "", json!([document(ID, "Afar")])).await;
    let row = json!({ "shareId": vera, "type": "user", "rule": "view" });
    let shares = format!("/api/shares/dashboard/{ID}");
    assert_eq!(bench.post(&shares, json!({ "sharesTo": [row] })).await.0, 200);
    let before = kept(&bench.sandbox, ID);
    let viewer = bench.sandbox.tokens().viewer.clone();
    let path = format!("/api/v1/dashboards/{ID}?fields=title");
    for (query, seen) in [("?action=overwrite", "Afar"), ("?action=overwrite&republish=true", "B")]
    {
        let body = import(&bench, query, json!([document(ID, "B")])).await;
        assert_eq!(texts(&body["succeded"], "title"), ["B"]);
        let here = kept(&bench.sandbox, ID);
        for key in ["_id", "shares", "owner", "created"] {
            assert_eq!(here[key], before[key], "{key}");
        }
        let (_, view) = bench.send(&viewer, Method::GET, &path, None).await;
        assert_eq!(view["title"], seen, "{query}");
    }
}

#[tokio::test]
async fn duplicate_makes_new_ids_for_dashboard_and_widgets() {
    let bench = Bench::start().await;
    import(&bench, "", json!([document(ID, "Afar")])).await;
    let body = import(&bench, "?action=duplicate", json!([document(ID, "Afar")])).await;
    let copy = kept(&bench.sandbox, body["succeded"][0]["oid"].as_str().unwrap());
    assert_ne!(copy["oid"], ID);
    assert_eq!(copy["title"], "Afar");
    let widget = &copy["widgets"][0];
    assert_ne!(widget["oid"], WIDGET);
    assert_eq!(widget["dashboardid"], copy["oid"]);
    let element = &copy["layout"]["columns"][0]["cells"][0]["subcells"][0]["elements"][0];
    assert_eq!(element["widgetid"], widget["oid"]);
    // The first one is as it was, its widgets included.
    assert_eq!(kept(&bench.sandbox, ID)["widgets"][0]["oid"], WIDGET);
}

#[tokio::test]
async fn another_persons_dashboard_is_left_alone_whatever_the_action() {
    let bench = Bench::start().await;
    let second = bench.sandbox.tokens().second_admin.clone();
    let theirs = Some(json!([document(ID, "Theirs")]));
    bench.send(&second, Method::POST, BULK, theirs).await;
    for action in ["skip", "overwrite", "duplicate"] {
        let query = format!("?action={action}");
        let body = import(&bench, &query, json!([document(ID, "Mine")])).await;
        assert_ne!(body["succeded"][0]["oid"], ID, "{action}");
    }
    assert_eq!(kept(&bench.sandbox, ID)["title"], "Theirs");
}

#[tokio::test]
async fn by_variant_another_persons_dashboard_changes_hands() {
    let import_match = ImportMatch::All;
    let bench = Bench::variants(Variants { import_match, ..Variants::default() }).await;
    let (bruno, ada) =
        (bench.user("bruno.admin@acme.example"), bench.user("ada.admin@acme.example"));
    let vera = bench.user("vera.viewer@acme.example");
    let second = bench.sandbox.tokens().second_admin.clone();
    bench.send(&second, Method::POST, BULK, Some(json!([document(ID, "Theirs")]))).await;
    let rows: Vec<Value> = [&vera, &ada]
        .iter()
        .map(|id| json!({ "shareId": id, "type": "user", "rule": "view" }))
        .collect();
    let shares = format!("/api/shares/dashboard/{ID}");
    bench.send(&second, Method::POST, &shares, Some(json!({ "sharesTo": rows }))).await;
    let body = import(&bench, "", json!([document(ID, "Mine")])).await;
    assert_eq!(texts(&body["skipped"], "title"), ["Mine"]);
    import(&bench, "?action=overwrite", json!([document(ID, "Mine")])).await;
    let here = kept(&bench.sandbox, ID);
    assert_eq!(here["owner"], ada);
    assert_eq!(texts(&here["shares"], "shareId"), [ada, vera]);
    assert!(!here["shares"].to_string().contains(&bruno));
}

#[tokio::test]
async fn a_bad_document_fails_alone() {
    let bench = Bench::start().await;
    type Break = (&'static str, fn(&mut Value));
    let broken: [Break; 9] = [
        ("title", |doc| doc["title"] = json!("")),
        ("datasource", |doc| doc["datasource"] = json!(null)),
        ("oid", |doc| doc["oid"] = json!("nonsense")),
        ("widgets", |doc| doc["widgets"] = json!(null)),
        ("type", |doc| doc["widgets"][0]["type"] = json!(null)),
        ("filters", |doc| doc["filters"] = json!("x")),
        ("filterRelations", |doc| doc["filterRelations"] = json!("a and")),
        ("layout", |doc| doc["layout"] = json!([])),
        ("previewLayout", |doc| doc["previewLayout"] = json!(null)),
    ];
    for (at, (what, breaks)) in broken.into_iter().enumerate() {
        let good = format!("{at:024}");
        let mut bad = document(ID, "Bad");
        breaks(&mut bad);
        let title = bad["title"].clone();
        let body = import(&bench, "", json!([bad, document(&good, "Good")])).await;
        assert_eq!(texts(&body["succeded"], "oid"), [good], "{what}");
        let failed = body["failed"].as_object().unwrap().values().next().unwrap();
        assert_eq!(failed[0]["title"], title, "{what}");
        assert!(failed[0]["error"]["message"].is_string(), "{what}: {failed}");
        assert_eq!(kept(&bench.sandbox, ID), Value::Null, "{what}");
    }
    let body = import(&bench, "", json!([7])).await;
    assert_eq!(body["failed"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn the_request_itself_can_be_wrong() {
    let bench = Bench::start().await;
    assert_eq!(bench.post(BULK, document(ID, "Bare")).await.0, 422);
    let one = json!([document(ID, "One")]);
    assert_eq!(bench.post(&format!("{BULK}?action=merge"), one.clone()).await.0, 422);
    assert_eq!(bench.post(&format!("{BULK}?importFolder=x"), one.clone()).await.0, 422);
    assert_eq!(bench.post(&format!("{BULK}?importFolder={GHOST}"), one.clone()).await.0, 404);
    let viewer = bench.sandbox.tokens().viewer.clone();
    assert_eq!(bench.send(&viewer, Method::POST, BULK, Some(one.clone())).await.0, 403);
    assert_eq!(bench.send("nobody", Method::POST, BULK, Some(one)).await.0, 401);
    assert_eq!(kept(&bench.sandbox, ID), Value::Null);
    assert_eq!(import(&bench, "", json!([])).await, json!({}));
    assert_eq!(bench.sandbox.counts().writes, 7);
}

#[tokio::test]
async fn folders_are_those_that_the_importer_sees() {
    let bench = Bench::start().await;
    let seen = bench.find("folders", "name", "Quarterly", "oid");
    let unseen = bench.find("folders", "name", "Field Reports", "oid");
    let mut known = document(ID, "Known");
    known["parentFolder"] = json!(seen);
    let mut hidden = document(WIDGET, "Hidden");
    hidden["parentFolder"] = json!(unseen);
    import(&bench, "", json!([known, hidden])).await;
    assert_eq!(kept(&bench.sandbox, ID)["parentFolder"], seen);
    assert_eq!(kept(&bench.sandbox, WIDGET)["parentFolder"], Value::Null);
    let into = format!("{BULK}?importFolder={unseen}");
    assert_eq!(bench.post(&into, json!([document(GHOST, "Into")])).await.0, 404);
    let into = format!("?action=overwrite&importFolder={seen}");
    import(&bench, &into, json!([document(WIDGET, "Into")])).await;
    assert_eq!(kept(&bench.sandbox, WIDGET)["parentFolder"], seen);
    // Without a folder of its own the import leaves it there.
    import(&bench, "?action=overwrite", json!([document(WIDGET, "Stays")])).await;
    assert_eq!(kept(&bench.sandbox, WIDGET)["parentFolder"], seen);
}

#[tokio::test]
async fn the_last_import_can_be_taken_back_once() {
    let bench = Bench::start().await;
    let undo = format!("/api/v1/dashboards/{ID}/undo_Import");
    assert_eq!(bench.post(&undo, json!({})).await.0, 404);
    import(&bench, "", json!([document(ID, "First")])).await;
    // There was nothing before it.
    assert_eq!(bench.post(&undo, json!({})).await.0, 404);
    let mut second = document(ID, "Second");
    second["widgets"] = json!([]);
    import(&bench, "?action=overwrite", json!([second])).await;
    let viewer = bench.sandbox.tokens().viewer.clone();
    assert_eq!(bench.send(&viewer, Method::POST, &undo, None).await.0, 403);
    let (status, doc) = bench.post(&undo, json!({})).await;
    assert_eq!((status, &doc["title"]), (201, &json!("First")));
    assert_eq!(kept(&bench.sandbox, ID)["widgets"][0]["oid"], WIDGET);
    assert_eq!(bench.post(&undo, json!({})).await.0, 404);
    assert_eq!(bench.post("/api/v1/dashboards/x/undo_Import", json!({})).await.0, 422);
}

#[tokio::test]
async fn the_oldest_import_takes_one_document() {
    let bench = Bench::start().await;
    let path = "/api/dashboards/import";
    let (status, doc) = bench.post(path, document(ID, "One")).await;
    assert_eq!((status, &doc["oid"]), (200, &json!(ID)));
    let (_, copy) = bench.post(path, document(ID, "One")).await;
    assert_ne!(copy["oid"], ID);
    let over = format!("{path}?action=overwrite");
    assert_eq!(bench.post(&over, document(ID, "Two")).await.1["oid"], ID);
    let skip = format!("{path}?action=skip");
    assert_eq!(bench.post(&skip, document(ID, "Three")).await.1["title"], "Two");
    assert_eq!(bench.post(path, json!([document(ID, "One")])).await.0, 422);
    assert_eq!(bench.post(path, json!({ "title": "No widgets" })).await.0, 400);
}

#[tokio::test]
async fn an_imported_dashboard_can_be_shared_moved_and_deleted() {
    let bench = Bench::start().await;
    let vera = bench.user("vera.viewer@acme.example");
    let conny = bench.user("conny.chart@acme.example");
    import(&bench, "", json!([document(ID, "Afar")])).await;
    let row = json!({ "shareId": vera, "type": "user", "rule": "view" });
    let shares = format!("/api/shares/dashboard/{ID}?adminAccess=true");
    let (status, body) = bench.post(&shares, json!({ "sharesTo": [row] })).await;
    assert_eq!((status, body["sharesTo"].as_array().unwrap().len()), (200, 2));
    let owner = json!({ "ownerId": conny, "originalOwnerRule": "edit" });
    let path = format!("/api/v1/dashboards/{ID}/change_owner?adminAccess=true");
    assert_eq!(bench.post(&path, owner).await.0, 200);
    let here = kept(&bench.sandbox, ID);
    let rules: Vec<(&str, &str)> = here["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["shareId"].as_str().unwrap(), row["rule"].as_str().unwrap_or("")))
        .collect();
    let ada = bench.user("ada.admin@acme.example");
    assert_eq!(rules, [(conny.as_str(), ""), (&vera, "view"), (&ada, "edit")]);
    let path = format!("/api/v1/dashboards/{ID}");
    let token = bench.sandbox.token().to_owned();
    assert_eq!(bench.send(&token, Method::DELETE, &path, None).await.0, 403);
    let path = format!("{path}?adminAccess=true");
    assert_eq!(bench.send(&token, Method::DELETE, &path, None).await.0, 204);
    assert_eq!(kept(&bench.sandbox, ID), Value::Null);
}

#[tokio::test]
async fn what_is_open_has_a_switch() {
    let bench = Bench::start().await;
    let plain = Variants::default();
    let set = |variants| bench.sandbox.set_variants(variants);
    let mut bad = document(WIDGET, "Bad");
    bad["title"] = json!("");
    let two = json!([document(ID, "Good"), bad]);

    for (import_failure, status) in
        [(ImportFailure::BadRequest, 400), (ImportFailure::Invalid, 422)]
    {
        set(Variants { import_failure, ..plain });
        assert_eq!(bench.post(BULK, two.clone()).await.0, status);
        assert_eq!(kept(&bench.sandbox, ID), Value::Null);
    }
    let (import_failed, import_empty) = (ImportFailed::List, ImportEmpty::Present);
    set(Variants { import_failed, import_empty, ..plain });
    let body = import(&bench, "", two).await;
    assert_eq!(body["failed"].as_array().unwrap().len(), 1);
    assert_eq!(body["skipped"], json!([]));

    set(Variants { import_title: ImportTitle::Suffix, ..plain });
    let body = import(&bench, "?action=duplicate", json!([document(ID, "Good")])).await;
    assert_eq!(texts(&body["succeded"], "title"), ["Good (1)"]);

    let (import_parent, import_place) = (ImportParent::Kept, ImportPlace::Document);
    set(Variants { import_parent, import_place, ..plain });
    import(&bench, "?action=overwrite", json!([document(ID, "Good")])).await;
    assert_eq!(kept(&bench.sandbox, ID)["parentFolder"], GHOST);

    set(Variants { import_preview: ImportPreview::Accepted, ..plain });
    let mut blank = document(ID, "Blank");
    blank["previewLayout"] = json!(null);
    let body = import(&bench, "?action=overwrite", json!([blank])).await;
    assert_eq!(texts(&body["succeded"], "title"), ["Blank"]);

    set(Variants { import_model: ImportModel::Refused, ..plain });
    let mut lost = document(ID, "Lost");
    lost["datasource"]["title"] = json!("No such model");
    let body = import(&bench, "?action=overwrite", json!([lost])).await;
    assert!(body["failed"].to_string().contains("No such model"));

    set(Variants { import_folder: ImportFolder::Invalid, ..plain });
    let into = format!("{BULK}?importFolder={GHOST}");
    assert_eq!(bench.post(&into, json!([document(ID, "Into")])).await.0, 422);
}

//! Who a model is shared with, and who may change that.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{SandboxConfig, Variants, ViewerShare};

use super::{Bench, texts};

const SHOP: &str = "/api/elasticubes/localhost/Sample%20ECommerce/permissions";
const NOBODY: &str = "0123456789abcdef01234567";

fn live(oid: &str) -> String {
    format!("/api/v1/elasticubes/live/{oid}/permissions")
}

fn row(id: &str, kind: &str, permission: &str) -> Value {
    json!({ "partyId": id, "type": kind, "permission": permission })
}

impl Bench {
    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.send(self.sandbox.token(), method, path, Some(body)).await
    }

    fn leads(&self) -> String {
        live(&self.model("Sample Lead Generation"))
    }
}

#[tokio::test]
async fn wrong_rows_are_refused_and_change_nothing() {
    let bench = Bench::start().await;
    let vera = bench.user("conny.chart@acme.example");
    for (path, method) in [(SHOP.to_owned(), Method::PUT), (bench.leads(), Method::PATCH)] {
        let before = bench.get(&path).await;
        for (wrong, code) in [
            (row(NOBODY, "user", "r"), 27005),
            (row(NOBODY, "group", "r"), 27006),
            (row(&vera, "group", "r"), 27006),
            (row(&vera, "pet", "r"), 29001),
            (row(&vera, "user", "EDIT"), 29001),
        ] {
            let rows = json!([row(&vera, "user", "w"), wrong]);
            let (status, body) = bench.ask(method.clone(), &path, rows).await;
            assert_eq!((status, &body["error"]["code"]), (400, &json!(code)), "{method}");
        }
        assert_eq!(bench.ask(method, &path, json!({})).await.0, 400);
        assert_eq!(bench.get(&path).await, before);
    }
}

#[tokio::test]
async fn each_family_has_its_own_path() {
    let bench = Bench::start().await;
    let rows = json!([]);
    let wrong = "/api/elasticubes/localhost/Sample%20Lead%20Generation/permissions";
    for path in [wrong, "/api/elasticubes/localhost/Nothing/permissions"] {
        assert_eq!(bench.get(path).await.0, 400);
        assert_eq!(bench.ask(Method::PUT, path, rows.clone()).await.0, 400);
    }
    for path in [live(&bench.model("Sample ECommerce")), live("nonsense")] {
        assert_eq!(bench.get(&path).await.0, 404);
        assert_eq!(bench.ask(Method::PATCH, &path, rows.clone()).await.0, 404);
    }
    // There is no PATCH for the one family and no PUT for the other.
    assert_eq!(bench.ask(Method::PATCH, SHOP, rows.clone()).await.0, 404);
    assert_eq!(bench.ask(Method::PUT, &bench.leads(), rows).await.0, 404);
}

#[tokio::test]
async fn writing_replaces_the_whole_list_and_deleting_empties_it() {
    let bench = Bench::start().await;
    let (sales, conny) = (bench.group("Sales"), bench.user("conny.chart@acme.example"));
    for (path, method) in [(SHOP.to_owned(), Method::PUT), (bench.leads(), Method::PATCH)] {
        for rows in [
            json!([row(&sales, "group", "r"), row(&conny, "user", "w")]),
            json!([row(&sales, "group", "a")]),
        ] {
            assert_eq!(bench.ask(method.clone(), &path, rows.clone()).await.0, 200);
            let (_, seen) = bench.get(&path).await;
            assert_eq!(if path == SHOP { &seen["shares"] } else { &seen }, &rows);
        }
    }
    let oid = bench.model("Sample ECommerce");
    let (_, model) = bench.get(&format!("/api/v2/datamodels/{oid}/schema")).await;
    assert_eq!(texts(&model["shares"], "permission"), ["a"]);
    let rows = json!([{ "party": conny, "type": "user", "permission": "w" }]);
    assert_eq!(bench.ask(Method::POST, SHOP, rows).await, (200, json!(true)));
    assert_eq!(bench.get(SHOP).await.1["shares"], json!([row(&conny, "user", "w")]));
    assert_eq!(bench.ask(Method::DELETE, SHOP, json!(null)).await, (200, json!(true)));
    assert_eq!(bench.get(SHOP).await.1["shares"], json!([]));
}

#[tokio::test]
async fn a_live_model_can_be_shared_only_after_it_was_published() {
    let bench = Bench::with(SandboxConfig { build_ms: 0, ..SandboxConfig::default() }).await;
    let body = json!({ "title": "Fresh", "type": "live" });
    let (_, made) = bench.post("/api/v2/datamodels", body).await;
    let oid = made["oid"].as_str().unwrap();
    let rows = json!([row(&bench.group("Sales"), "group", "r")]);
    assert_eq!(bench.get(&live(oid)).await.0, 404);
    assert_eq!(bench.ask(Method::PATCH, &live(oid), rows.clone()).await.0, 404);
    let publish = json!({ "datamodelId": oid, "buildType": "publish" });
    // Without tables it is not published, and there is still nothing to share.
    assert_eq!(bench.post("/api/v2/builds", publish.clone()).await.1["status"], "failed");
    assert_eq!(bench.ask(Method::PATCH, &live(oid), rows.clone()).await.0, 404);
    let datasets = format!("/api/v2/datamodels/{oid}/schema/datasets");
    let connection = bench.find("connections", "name", "Acme CRM", "oid");
    let body = json!({ "name": "crm", "type": "live", "connection": { "oid": connection } });
    let (_, dataset) = bench.post(&datasets, body).await;
    let tables = format!("{datasets}/{}/tables", dataset["oid"].as_str().unwrap());
    let body = json!({ "id": "Leads", "columns": [{ "id": "Lead ID", "type": 8 }] });
    assert_eq!(bench.post(&tables, body).await.0, 201);
    assert_eq!(bench.post("/api/v2/builds", publish).await.1["status"], "done");
    assert_eq!(bench.ask(Method::PATCH, &live(oid), rows.clone()).await, (200, rows.clone()));
    assert_eq!(bench.get(&live(oid)).await.1, rows);
}

#[tokio::test]
async fn sharing_needs_the_right_to_edit_and_live_models_a_data_admin() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens().clone();
    let send = async |token: &str, method: Method, path: &str, body: Option<&Value>| {
        bench.send(token, method, path, body.cloned()).await.0
    };
    let (conny, deniz) =
        (bench.user("conny.chart@acme.example"), bench.user("deniz.yilmaz@acme.example"));
    let rows = json!([row(&conny, "user", "r"), row(&deniz, "user", "w")]);
    for (token, read, write) in [
        (&tokens.viewer, 403, 403),
        (&tokens.designer, 200, 403),
        (&tokens.data_designer, 200, 200),
        (&tokens.data_admin, 200, 200),
        (&tokens.super_admin, 200, 200),
    ] {
        assert_eq!(send(token, Method::GET, SHOP, None).await, read);
        assert_eq!(send(token, Method::PUT, SHOP, Some(&rows)).await, write);
    }
    let leads = bench.leads();
    for (token, status) in [
        (&tokens.viewer, 403),
        (&tokens.designer, 403),
        (&tokens.data_designer, 403),
        (&tokens.data_admin, 200),
        (&tokens.admin, 200),
    ] {
        assert_eq!(send(token, Method::GET, &leads, None).await, status);
        assert_eq!(send(token, Method::PATCH, &leads, Some(&rows)).await, status);
    }
}

#[tokio::test]
async fn a_permission_is_what_it_allows() {
    let bench = Bench::start().await;
    let designer = bench.sandbox.tokens().data_designer.clone();
    let deniz = bench.user("deniz.yilmaz@acme.example");
    let oid = bench.model("Sample Healthcare");
    let share = "/api/elasticubes/localhost/Sample%20Healthcare/permissions";
    let schema = format!("/api/v2/datamodels/{oid}/schema");
    let build = json!({ "datamodelId": oid, "buildType": "full" });
    assert_eq!(bench.send(&designer, Method::GET, &schema, None).await.0, 403);
    for (permission, status) in [("a", 403), ("r", 403), ("w", 201)] {
        let rows = json!([row(&deniz, "user", permission)]);
        assert_eq!(bench.ask(Method::PUT, share, rows).await.0, 200);
        assert_eq!(bench.send(&designer, Method::GET, &schema, None).await.0, 200);
        let (got, _) =
            bench.send(&designer, Method::POST, "/api/v2/builds", Some(build.clone())).await;
        assert_eq!(got, status, "{permission}");
    }
}

#[tokio::test]
async fn a_viewer_is_stored_or_refused() {
    for (viewer_share, status) in [(ViewerShare::Accepted, 200), (ViewerShare::Refused, 400)] {
        let bench = Bench::variants(Variants { viewer_share, ..Variants::default() }).await;
        let vera = bench.user("vera.viewer@acme.example");
        let rows = json!([row(&vera, "user", "r")]);
        let (got, body) = bench.ask(Method::PUT, SHOP, rows).await;
        assert_eq!(got, status);
        if status == 400 {
            assert_eq!(body["error"]["code"], 29001);
        }
        // Stored or not, a viewer sees no model.
        let viewer = &bench.sandbox.tokens().viewer;
        assert_eq!(bench.send(viewer, Method::GET, SHOP, None).await.0, 403);
    }
}

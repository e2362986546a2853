//! Users, groups, roles and rights.

use reqwest::Method;
use serde_json::json;

use super::{Bench, texts};

#[tokio::test]
async fn a_missing_or_unknown_token_is_401_with_the_envelope() {
    let bench = Bench::start().await;
    for token in ["", "nonsense"] {
        let (status, body) = bench.send(token, Method::GET, "/api/v1/users", None).await;
        assert_eq!(status, 401);
        assert_eq!(body["error"]["status"], 401);
    }
    let (status, body) = bench.send("", Method::GET, "/api/v2/datamodels/schema", None).await;
    assert_eq!(
        (status, &body["title"], &body["error"]["code"]),
        (401, &json!("Unauthorized"), &json!(401))
    );
}

#[tokio::test]
async fn an_unknown_route_is_plain_text() {
    let bench = Bench::start().await;
    let (status, body) = bench.get("/api/v2/datamodels").await;
    assert_eq!((status, body), (404, json!("Cannot GET /api/v2/datamodels")));
    let (status, body) = bench.send("", Method::PUT, "/api/v1/users", None).await;
    assert_eq!((status, body), (404, json!("Cannot PUT /api/v1/users")));
}

#[tokio::test]
async fn pattern_comes_before_existence_and_existence_before_rights() {
    let bench = Bench::start().await;
    let viewer = &bench.sandbox.tokens().viewer;
    let known = bench.user("ada.admin@acme.example");
    for (id, status) in [("me", 422), ("0123456789abcdef01234567", 404), (known.as_str(), 403)] {
        let path = format!("/api/v1/users/{id}");
        let (got, body) = bench.send(viewer, Method::GET, &path, None).await;
        assert_eq!((got, &body["error"]["status"]), (status, &json!(status)), "{id}");
    }
    let (_, body) = bench.send(viewer, Method::GET, "/api/v1/users", None).await;
    assert_eq!(
        (&body["error"]["code"], &body["error"]["message"]),
        (&json!(101), &json!("Access denied"))
    );
}

#[tokio::test]
async fn users_expand_filter_and_project() {
    let bench = Bench::start().await;
    let (_, all) = bench.get("/api/v1/users?expand=groups,role").await;
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 14);
    let zoe = all.iter().find(|user| user["userName"] == "zoe").unwrap();
    assert_eq!(zoe["role"]["name"], "consumer");
    assert_eq!(texts(&zoe["groups"], "name"), ["Sales", "Analysts", "Sales", "Everyone"]);
    let vic = all.iter().find(|user| user["email"] == "vic@localhost").unwrap();
    assert!(vic.get("lastName").is_none());
    assert!(all.iter().all(|user| user.get("password").is_none()));

    let (_, plus) = bench.get("/api/v1/users?email=sam%2Bsales@acme.example&fields=email").await;
    assert_eq!(
        plus,
        json!([{ "_id": bench.user("sam+sales@acme.example"), "email": "sam+sales@acme.example" }])
    );
    // An unencoded plus is a blank, as everywhere in query texts.
    assert_eq!(bench.get("/api/v1/users?email=sam+sales@acme.example").await.1, json!([]));

    let group = bench.group("R&D");
    let (_, members) = bench.get(&format!("/api/v1/users?groupId={group}&sort=-email")).await;
    assert_eq!(texts(&members, "email"), ["r&d.bot@acme.example", "deniz.yilmaz@acme.example"]);
    let everyone = bench.group("Everyone");
    assert_eq!(bench.get(&format!("/api/v1/users?groupId={everyone}")).await.1, json!([]));

    let (status, body) = bench.get("/api/v1/users?expand=friends").await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!(202)));
    assert_eq!(bench.get("/api/v1/users?limit=0").await.0, 422);
    assert_eq!(bench.get("/api/v1/users?limit=3&skip=13").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn users_are_created_changed_and_deleted() {
    let bench = Bench::start().await;
    let group = bench.group("Sales");
    for (body, status, code) in [
        (json!({}), 422, 2003),
        (json!({ "email": "" }), 400, 2009),
        (json!({ "email": "VERA.viewer@acme.example" }), 400, 2004),
        (json!({ "email": "a@b", "userName": "ZOE" }), 400, 2004),
        (json!({ "email": "a@b", "roleId": "x" }), 422, 601),
        (
            json!({ "email": "a@b", "roleId": bench.find("roles", "name", "super", "_id") }),
            400,
            2006,
        ),
    ] {
        let (got, answer) = bench.post("/api/v1/users", body).await;
        assert_eq!((got, &answer["error"]["code"]), (status, &json!(code)));
    }
    let (status, made) = bench
        .post("/api/v1/users", json!({ "email": "new@acme.example", "groups": [group] }))
        .await;
    assert_eq!(
        (status, &made["active"], &made["userName"]),
        (201, &json!(false), &json!("new@acme.example"))
    );
    assert!(made.get("preferences").is_none());
    assert_eq!(bench.sandbox.state()["mails"][0]["to"], "new@acme.example");
    let path = format!("/api/v1/users/{}", made["_id"].as_str().unwrap());
    let patch = json!({ "groups": [], "firstName": "Neo" });
    let (status, changed) =
        bench.send(bench.sandbox.token(), Method::PATCH, &path, Some(patch)).await;
    assert_eq!(
        (status, &changed["groups"], &changed["firstName"]),
        (200, &json!([]), &json!("Neo"))
    );
    assert_eq!(bench.send(bench.sandbox.token(), Method::DELETE, &path, None).await.0, 204);
    assert_eq!(bench.get(&path).await.0, 404);
    let root = format!("/api/v1/users/{}", bench.user("olga.root@acme.example"));
    let (status, body) = bench.send(bench.sandbox.token(), Method::DELETE, &root, None).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(2011)));
}

#[tokio::test]
async fn bulk_creation_is_all_or_nothing() {
    let bench = Bench::start().await;
    let before = bench.get("/api/v1/users").await.1.as_array().unwrap().len();
    for (second, code) in [("FIRST@x", 2005), ("vera.viewer@acme.example", 2004)] {
        let body = json!([{ "email": "first@x" }, { "email": second }]);
        let (status, answer) = bench.post("/api/v1/users/bulk", body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)));
    }
    let (status, answer) = bench.post("/api/v1/users/bulk", json!({})).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(2002)));
    assert_eq!(bench.get("/api/v1/users").await.1.as_array().unwrap().len(), before);
    let names = json!([{ "name": "One" }, { "name": "Sales" }]);
    assert_eq!(bench.post("/api/v1/groups/bulk", names).await.0, 400);
    assert_eq!(bench.get("/api/v1/groups?name=One").await.1, json!([]));
}

#[tokio::test]
async fn deleting_a_user_takes_the_dashboards_and_leaves_dangling_shares() {
    let bench = Bench::start().await;
    let sam = bench.user("sam+sales@acme.example");
    let returns = bench.dashboard("Returns Desk");
    let path = format!("/api/v1/users/{sam}");
    assert_eq!(bench.send(bench.sandbox.token(), Method::DELETE, &path, None).await.0, 204);
    let (_, rows) =
        bench.get("/api/v1/dashboards/admin?dashboardType=owner&fields=oid,owner,shares").await;
    let rows = rows.as_array().unwrap();
    assert!(rows.iter().all(|row| row["owner"] != json!(sam)));
    let desk = rows.iter().find(|row| row["oid"] == json!(returns)).unwrap();
    assert!(desk["shares"].as_array().unwrap().iter().any(|row| row["shareId"] == json!(sam)));
}

#[tokio::test]
async fn groups_have_unique_names_built_ins_and_v0_members() {
    let bench = Bench::start().await;
    let (_, groups) = bench.get("/api/v1/groups").await;
    let groups = groups.as_array().unwrap();
    assert!(groups.iter().any(|group| group["name"] == "Admins" && group["admins"] == true));
    assert!(groups.iter().any(|group| group["name"] == "Everyone" && group["everyone"] == true));
    assert!(groups.iter().any(|group| group["ad"] == true));
    let (_, found) = bench.get("/api/v1/groups?name=R%26D").await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(bench.post("/api/v1/groups", json!({ "name": "Sales" })).await.0, 400);
    let vera = bench.user("vera.viewer@acme.example");
    let members = format!("/api/groups/{}/users", bench.group("R&D"));
    assert_eq!(bench.post(&members, json!([vera])).await.0, 200);
    assert_eq!(bench.get(&members).await.1.as_array().unwrap().len(), 3);
    assert_eq!(
        bench.send(bench.sandbox.token(), Method::DELETE, &members, Some(json!([vera]))).await.0,
        200
    );
    assert_eq!(bench.get(&members).await.1.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn everybody_learns_who_they_are_and_designers_see_roles() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens();
    for (token, role) in [(&tokens.admin, "admin"), (&tokens.viewer, "consumer")] {
        let (_, me) = bench.send(token, Method::GET, "/api/users/loggedin", None).await;
        assert_eq!((&me["roleName"], &me["baseRoleName"]), (&json!(role), &json!(role)));
    }
    let (_, roles) = bench.send(&tokens.designer, Method::GET, "/api/roles", None).await;
    assert_eq!(texts(&roles, "name").len(), 7);
    assert!(roles[0].get("manifest").is_none());
    assert_eq!(bench.send(&tokens.viewer, Method::GET, "/api/roles", None).await.0, 403);
}

#[tokio::test]
async fn signing_in_gives_a_token_that_signing_out_kills() {
    let bench = Bench::start().await;
    let url = format!("{}/api/v1/authentication/login", bench.sandbox.url());
    let login = |password: &'static str| {
        let form = format!("username=zoe&password={password}");
        let request =
            bench.client.post(&url).header("content-type", "application/x-www-form-urlencoded");
        request.body(form).send()
    };
    assert_eq!(login("wrong").await.unwrap().status(), 401);
    let body: serde_json::Value =
        login(sisense_sandbox::PASSWORD).await.unwrap().json().await.unwrap();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(
        bench.send(token, Method::GET, "/api/users/loggedin", None).await.1["userName"],
        "zoe"
    );
    assert_eq!(bench.send(token, Method::GET, "/api/v1/authentication/logout", None).await.0, 200);
    assert_eq!(bench.send(token, Method::GET, "/api/users/loggedin", None).await.0, 401);
    assert_eq!(bench.send("", Method::GET, "/api/v1/application/status", None).await.0, 200);
}

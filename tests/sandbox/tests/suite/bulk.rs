//! Creating users and groups several at a time.

use serde_json::{Value, json};
use sisense_sandbox::{BulkCreate, SandboxConfig, Variants};

use super::{Bench, texts};

const USERS: &str = "/api/v1/users/bulk";
const GROUPS: &str = "/api/v1/groups/bulk";

/// The people and groups that are there.
fn names(bench: &Bench) -> (Vec<String>, Vec<String>) {
    let state = bench.sandbox.state();
    (texts(&state["users"], "email"), texts(&state["groups"], "name"))
}

#[tokio::test]
async fn one_bad_user_fails_all_with_one_envelope() {
    let bench = Bench::with(SandboxConfig { seats: Some([9, 9, 5]), ..Default::default() }).await;
    let before = names(&bench);
    let role = |name| bench.find("roles", "name", name, "_id");
    let (top, viewer) = (role("super"), role("consumer"));
    let good = json!({ "email": "first@x", "roleId": viewer });
    for (bad, status, code) in [
        (json!({ "email": "VERA.viewer@ACME.example" }), 400, 2004),
        (json!({ "email": "zoe" }), 422, 2003),
        (json!({ "email": "new@x", "userName": "Zoe" }), 400, 2004),
        (json!({ "email": "FIRST@X" }), 400, 2005),
        (json!({ "email": "second@x", "userName": "First@x" }), 400, 2005),
        (json!({ "email": "second@x", "roleId": top }), 400, 2006),
        (json!({ "firstName": "No address" }), 422, 2003),
        (json!({ "email": "" }), 400, 2009),
        (json!({ "email": "second@x", "roleId": null }), 422, 601),
        (json!({ "email": "second@x", "groups": ["x"] }), 422, 601),
    ] {
        let (got, body) = bench.post(USERS, json!([good, bad])).await;
        assert_eq!((got, &body["error"]["status"]), (status, &json!(status)), "{bad}: {body}");
        let nested = &body["error"]["subErrors"][0]["error"]["code"];
        assert!([nested, &body["error"]["code"]].contains(&&json!(code)), "{bad}: {body}");
        assert_eq!(names(&bench), before, "{bad}");
    }
    let missing = "0123456789abcdef01234567";
    for bad in [
        json!({ "email": "second@x", "roleId": missing }),
        json!({ "email": "second@x", "groups": [missing] }),
    ] {
        assert_eq!(bench.post(USERS, json!([good, bad])).await.0, 404, "{bad}");
    }
    assert_eq!(bench.post(USERS, good).await.1["error"]["code"], 2002);
    // The story has more viewers than seats: nobody more can come.
    let (status, body) = bench.post(USERS, json!([{ "email": "late@x", "roleId": viewer }])).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(2007)));
    assert_eq!(names(&bench), before);
}

#[tokio::test]
async fn addresses_keep_their_case_and_logins_default_to_them() {
    let bench = Bench::start().await;
    let people = json!([{ "email": "Mixed@New.Example", "lastName": "" }, { "email": "b@x" }]);
    let (status, made) = bench.post(USERS, people).await;
    assert_eq!(status, 201);
    assert_eq!(texts(&made, "email"), ["Mixed@New.Example", "b@x"]);
    assert_eq!(texts(&made, "userName"), ["Mixed@New.Example", "b@x"]);
    assert_eq!(made[0]["active"], false);
    assert!(made[1].get("groups").is_none() && made[1].get("preferences").is_none());
    let mails = &bench.sandbox.state()["mails"];
    assert_eq!(texts(mails, "to"), ["Mixed@New.Example", "b@x"]);
}

#[tokio::test]
async fn one_bad_group_fails_all() {
    let bench = Bench::start().await;
    let before = names(&bench);
    let missing = "0123456789abcdef01234567";
    for (bad, status) in [
        (json!({ "name": "Sales" }), 400),
        (json!({ "name": "First" }), 400),
        (json!({ "name": " " }), 422),
        (json!({ "roleId": null }), 422),
        (json!({ "name": "Second", "roleId": missing }), 404),
    ] {
        let (got, body) = bench.post(GROUPS, json!([{ "name": "First" }, bad])).await;
        assert_eq!((got, &body["error"]["status"]), (status, &json!(status)), "{bad}");
        assert_eq!(names(&bench), before, "{bad}");
    }
    let whole = json!([{
        "_id": missing, "name": "Größe & Co", "tenantId": missing, "created": "x", "roleId": null,
        "mail": "", "somethingNew": 1,
    }]);
    let (status, made) = bench.post(GROUPS, whole).await;
    assert_eq!((status, texts(&made, "name")), (201, vec!["Größe & Co".to_owned()]));
    assert_ne!(made[0]["_id"], missing);
    assert_ne!(made[0]["created"], "x");
}

#[tokio::test]
async fn groups_are_deleted_but_for_built_in_ones() {
    let bench = Bench::start().await;
    let token = bench.sandbox.token().to_owned();
    let delete = async |id: &str| {
        let path = format!("/api/v1/groups/{id}");
        bench.send(&token, reqwest::Method::DELETE, &path, None).await.0
    };
    let sales = bench.group("Sales");
    assert_eq!(delete(&sales).await, 204);
    assert!(!bench.sandbox.state()["users"].to_string().contains(&sales));
    assert!(!bench.sandbox.state()["dashboards"].to_string().contains(&sales));
    assert_eq!(delete(&sales).await, 404);
    assert_eq!(delete("x").await, 422);
    assert_eq!(delete(&bench.group("Admins")).await, 400);
    assert_eq!(delete(&bench.group("Everyone")).await, 400);
}

#[tokio::test]
async fn by_variant_what_comes_before_a_bad_element_is_made() {
    let bulk_create = BulkCreate::UntilBad;
    let bench = Bench::variants(Variants { bulk_create, ..Variants::default() }).await;
    for (path, key, bad) in
        [(USERS, "email", "vera.viewer@acme.example"), (GROUPS, "name", "Sales")]
    {
        let row = |name: &str| json!({ key: name });
        let body = json!([row("a@x"), row(bad), row("b@x")]);
        let (status, answer) = bench.post(path, body).await;
        assert_eq!((status, &answer["error"]["status"]), (400, &json!(400)));
        let entry = bench.sandbox.requests().pop().unwrap();
        let made: Vec<&str> = entry.touched.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((entry.applied, made), (true, vec!["a@x"]));
        assert_eq!(bench.post(path, json!([row(bad)])).await.0, 400);
        assert!(!bench.sandbox.requests().pop().unwrap().applied);
        let (status, made) = bench.post(path, json!([row("c@x"), row("d@x")])).await;
        assert_eq!((status, made.as_array().map(Vec::len)), (201, Some(2)));
        assert_ne!(made[0], Value::Null);
    }
}

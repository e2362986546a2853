//! Shares of a data model: merged with the list, read back, and put back when rows are lost.

use std::sync::{Arc, Mutex};

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{
    AddDatamodelShares, DatamodelSharesChange, DescribeDatamodelRaw, GetDatamodelShares,
};
use sisense_core::{ErrorKind, Partial, Result, Run};
use wiremock::{Request, Respond, ResponseTemplate};

use super::{OID, SCHEMA, model};
use crate::suite::fake::Fake;

const EXTRACT: &str = "/api/elasticubes/localhost/Sales/permissions";
const USERS: &str = "/api/v1/users";
const GROUPS: &str = "/api/v1/groups";

fn live_path() -> String {
    format!("/api/v1/elasticubes/live/{OID}/permissions")
}

fn share(id: &str, kind: &str, permission: &str) -> Value {
    json!({"partyId": id, "type": kind, "permission": permission})
}

/// The creator `aa`, Bob and Carl.
fn before() -> Value {
    json!([share("aa", "user", "w"), share("bob", "user", "a"), share("carl", "user", "r")])
}

fn wish(shares: Value) -> AddDatamodelShares {
    serde_json::from_value(json!({"datamodel_name": "Sales", "shares": shares})).unwrap()
}

fn analysts() -> AddDatamodelShares {
    wish(json!([{"name": "Analysts", "type": "group", "permission": "USE"}]))
}

/// A server that keeps a list of shares, as it understands them.
#[derive(Clone)]
struct Server {
    list: Arc<Mutex<Vec<Value>>>,
    key: Key,
    status: u16,
}

#[derive(Clone, Copy, PartialEq)]
enum Key {
    PartyId,
    Party,
    /// It understands neither and keeps nothing.
    None,
    /// It understands the other key only, and refuses rows without it.
    StrictParty,
    /// It keeps groups from being added.
    NoGroups,
}

impl Server {
    fn keep(&self, posted: &[Value]) -> ResponseTemplate {
        let key = match self.key {
            Key::PartyId | Key::NoGroups => "partyId",
            Key::Party | Key::StrictParty => "party",
            Key::None => "nothing",
        };
        if self.key == Key::StrictParty && posted.iter().any(|row| row.get(key).is_none()) {
            return ResponseTemplate::new(400)
                .set_body_json(json!({"error": {"code": 300, "message": "party is required"}}));
        }
        let known = |row: &&Value| {
            row.get(key).is_some() && !(self.key == Key::NoGroups && row["type"] == "group")
        };
        let row = |row: &Value| {
            share(
                row[key].as_str().unwrap(),
                row["type"].as_str().unwrap(),
                row["permission"].as_str().unwrap(),
            )
        };
        *self.list.lock().unwrap() = posted.iter().filter(known).map(row).collect();
        ResponseTemplate::new(self.status).set_body_json(json!(true))
    }
}

impl Respond for Server {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if request.method.as_str() == "GET" {
            let list = self.list.lock().unwrap().clone();
            return ResponseTemplate::new(200).set_body_json(json!({"shares": list}));
        }
        self.keep(&serde_json::from_slice::<Vec<Value>>(&request.body).unwrap())
    }
}

async fn people(fake: &Fake) {
    let user = |id: &str, email: &str| json!({"_id": id, "email": email, "userName": email});
    fake.get(
        USERS,
        &[],
        json!([user("aa", "ada@x"), user("bob", "bob@x"), user("carl", "carl@x")]),
    )
    .await;
    fake.get(GROUPS, &[], json!([{"_id": "an", "name": "Analysts"}])).await;
}

async fn with(key: Key, list: Value) -> (Fake, Server) {
    let fake = Fake::start().await;
    let rows = list.as_array().unwrap().clone();
    let server = Server { list: Arc::new(Mutex::new(rows)), key, status: 200 };
    fake.get(SCHEMA, &[], model()).await;
    people(&fake).await;
    for verb in ["GET", "PUT"] {
        fake.on(verb, EXTRACT, &[], server.clone(), None).await;
    }
    (fake, server)
}

async fn add(fake: &Fake, params: AddDatamodelShares) -> Result<Partial<DatamodelSharesChange>> {
    fake.client.datamodel().add_datamodel_shares(&Run::unattended().start(), params).await
}

#[tokio::test]
async fn the_whole_list_is_written_and_nobody_is_lost() {
    let (fake, server) = with(Key::PartyId, before()).await;
    let params = wish(json!([
        {"name": "analysts", "type": "group", "permission": "USE"},
        {"name": "BOB@x", "type": "user", "permission": "EDIT"},
        {"name": "ada@x", "type": "user", "permission": "EDIT"}]));
    let found = add(&fake, params).await.unwrap();
    assert!(found.is_whole(), "{:?}", found.missing);
    assert_eq!(
        serde_json::to_value(found.value).unwrap(),
        json!({"datamodel_id": OID, "datamodel_name": "Sales", "added": ["analysts"],
            "updated": [{"name": "BOB@x", "from": "READ", "to": "EDIT"}],
            "unchanged": ["ada@x"], "left_out": [], "share_count": 4})
    );
    let after = json!([
        share("aa", "user", "w"),
        share("bob", "user", "w"),
        share("carl", "user", "r"),
        share("an", "group", "r")
    ]);
    assert_eq!(fake.writes().await, [format!("PUT {EXTRACT} {after}")]);
    assert_eq!(json!(*server.list.lock().unwrap()), after);
}

#[tokio::test]
async fn a_live_model_goes_by_id_and_by_patch() {
    let fake = Fake::start().await;
    let mut live = model();
    live["type"] = json!("live");
    live["lastPublishTime"] = json!("2026-11-01T00:00:00.000Z");
    fake.get(SCHEMA, &[], live).await;
    people(&fake).await;
    let mut after = before().as_array().unwrap().clone();
    after.push(share("an", "group", "r"));
    fake.get_once(&live_path(), &[], before()).await;
    fake.get(&live_path(), &[], json!(after)).await;
    fake.reply("PATCH", &live_path(), &[], 200, json!(after)).await;
    let found = add(&fake, analysts()).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(fake.writes().await, [format!("PATCH {} {}", live_path(), json!(after))]);
}

#[tokio::test]
async fn a_server_of_the_other_spelling_gets_it() {
    for key in [Key::Party, Key::StrictParty] {
        let (fake, server) = with(key, before()).await;
        let run = Run::unattended().start();
        let found = fake.client.datamodel().add_datamodel_shares(&run, analysts()).await.unwrap();
        assert!(found.is_whole(), "{:?}", found.missing);
        let writes = fake.writes().await;
        assert_eq!(writes.len(), 2);
        assert!(writes[0].contains("\"partyId\":\"an\"") && writes[1].contains("\"party\":\"an\""));
        assert_eq!(server.list.lock().unwrap().len(), 4);
        assert_eq!(run.entries().len(), 1, "both writes are one change");
        assert_eq!(serde_json::to_value(run.entries()[0].outcome).unwrap(), "done");
    }
}

/// Understands `partyId` only for the number of writes given, then nothing, then all again.
struct Flaky {
    server: Server,
    writes: Mutex<usize>,
}

impl Respond for Flaky {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut writes = self.writes.lock().unwrap();
        *writes += 1;
        let key = if *writes <= 2 { Key::None } else { Key::PartyId };
        Server { key, ..self.server.clone() }.respond(request)
    }
}

#[tokio::test]
async fn the_list_from_before_is_put_back_when_rows_stay_lost() {
    let (fake, server) = with(Key::PartyId, before()).await;
    fake.server.reset().await;
    fake.get(SCHEMA, &[], model()).await;
    people(&fake).await;
    fake.on("GET", EXTRACT, &[], server.clone(), None).await;
    let flaky = Flaky { server: server.clone(), writes: Mutex::new(0) };
    fake.on("PUT", EXTRACT, &[], flaky, None).await;
    let run = Run::unattended().start();
    let error = fake.client.datamodel().add_datamodel_shares(&run, analysts()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.to_string().contains("was put back"), "{error}");
    assert_eq!(json!(*server.list.lock().unwrap()), before());
    assert_eq!(serde_json::to_value(run.entries()[0].outcome).unwrap(), "failed");
}

#[tokio::test]
async fn a_list_that_cannot_be_put_back_is_said_loudly() {
    let (fake, _) = with(Key::None, before()).await;
    let error = add(&fake, analysts()).await.unwrap_err();
    assert!(error.to_string().contains("could not be put back"), "{error}");
    assert_eq!(fake.writes().await.len(), 4);
}

#[tokio::test]
async fn a_wish_that_is_not_kept_is_named_while_everybody_else_stays() {
    let (fake, server) = with(Key::NoGroups, before()).await;
    // The other spelling is refused, which changes nothing.
    let found = add(&fake, analysts()).await;
    // This server drops rows of unknown spelling, so the list from before is put back.
    let error = found.unwrap_err();
    assert!(error.to_string().contains("was put back"), "{error}");
    assert_eq!(json!(*server.list.lock().unwrap()), before());

    // A server that refuses the other spelling keeps its list.
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], model()).await;
    people(&fake).await;
    fake.get(EXTRACT, &[], json!({"shares": before()})).await;
    fake.on("PUT", EXTRACT, &[], ResponseTemplate::new(200), Some(1)).await;
    fake.reply("PUT", EXTRACT, &[], 400, Value::Null).await;
    let found = add(&fake, analysts()).await.unwrap();
    assert_eq!(found.missing[0].what, "share with Analysts (USE)");
    assert_eq!(found.value.share_count, 3);
}

#[tokio::test]
async fn a_party_that_is_gone_is_left_out_and_one_that_is_only_unseen_is_kept() {
    let list = json!([
        share("aa", "user", "w"),
        share("unseen", "group", "a"),
        share("gone", "user", "r")
    ]);
    let (fake, server) = with(Key::PartyId, list.clone()).await;
    fake.get("/api/v1/groups/unseen", &[], json!({"_id": "unseen", "name": "Secret"})).await;
    let run = Run::unattended().start();
    let found = fake.client.datamodel().add_datamodel_shares(&run, analysts()).await.unwrap();
    assert!(found.is_whole(), "{:?}", found.missing);
    assert_eq!((found.value.left_out, found.value.share_count), (vec!["gone".to_owned()], 3));
    let after =
        json!([share("aa", "user", "w"), share("unseen", "group", "a"), share("an", "group", "r")]);
    assert_eq!(json!(*server.list.lock().unwrap()), after);
    let change = &run.changes()[0];
    assert!(change.notes.last().unwrap().ends_with("any more: gone"), "{:?}", change.notes);
    assert_eq!(change.before["shares"].as_array().unwrap().len(), 3);

    // Nobody knows about the last one: nothing is written.
    let (fake, _) = with(Key::PartyId, list).await;
    fake.reply("GET", "/api/v1/groups/unseen", &[], 403, Value::Null).await;
    assert_eq!(add(&fake, analysts()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_refusal_that_was_understood_is_not_tried_in_another_spelling() {
    for (status, code) in [(400, 27005), (400, 29001), (403, 0), (500, 0), (404, 0)] {
        let list = json!([share("aa", "user", "w"), share("bob", "user", "a")]);
        let (fake, server) = with(Key::PartyId, list).await;
        fake.server.reset().await;
        fake.get(SCHEMA, &[], model()).await;
        people(&fake).await;
        fake.on("GET", EXTRACT, &[], server.clone(), None).await;
        let body = json!({"error": {"code": code, "message": "no", "status": status}});
        fake.reply("PUT", EXTRACT, &[], status, body).await;
        let error = add(&fake, analysts()).await.unwrap_err();
        assert_eq!(error.status(), Some(status), "{error}");
        assert_eq!(fake.writes().await.len(), 1, "{status} {code}");
    }
}

#[tokio::test]
async fn what_cannot_be_wished_for_is_refused_before_anything_is_sent() {
    for (shares, kind) in [
        (json!([]), ErrorKind::InvalidInput),
        (
            json!([{"name": "nobody", "type": "user", "permission": "READ"},
                {"name": "Analyst", "type": "group", "permission": "READ"}]),
            ErrorKind::NotFound,
        ),
        (
            json!([{"name": "bob@x", "type": "user", "permission": "READ"},
                {"name": "Bob@x", "type": "user", "permission": "EDIT"}]),
            ErrorKind::InvalidInput,
        ),
        (json!([{"name": "ada@x", "type": "user", "permission": "READ"}]), ErrorKind::InvalidInput),
    ] {
        let (fake, _) = with(Key::PartyId, before()).await;
        let error = add(&fake, wish(shares.clone())).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{shares}");
        if kind == ErrorKind::NotFound {
            assert!(error.to_string().contains("user \"nobody\", group \"Analyst\""), "{error}");
        }
        assert!(fake.writes().await.is_empty());
    }
    // A row that cannot be written back whole would be lost.
    let (fake, _) = with(Key::PartyId, json!([{"type": "user", "permission": "w"}])).await;
    assert_eq!(add(&fake, analysts()).await.unwrap_err().kind(), ErrorKind::Decode);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn a_live_model_that_was_never_published_is_to_be_deployed_first() {
    for time in [Value::Null, json!("2026-11-01T00:00:00.000Z")] {
        let fake = Fake::start().await;
        let mut live = model();
        live["type"] = json!("live");
        live["lastPublishTime"] = time;
        fake.get(SCHEMA, &[], live).await;
        people(&fake).await;
        fake.reply("GET", &live_path(), &[], 404, json!({"error": {"code": 404}})).await;
        let error = add(&fake, analysts()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("deploy it first"), "{error}");
        assert!(fake.writes().await.is_empty());
    }
}

#[tokio::test]
async fn what_is_so_already_is_not_written_and_twins_become_one() {
    let (fake, _) = with(Key::PartyId, before()).await;
    let bob = |permission: &str| {
        wish(json!([{"name": "bob@x", "type": "user", "permission": permission}]))
    };
    let found = add(&fake, bob("READ")).await.unwrap();
    assert_eq!(found.value.unchanged, ["bob@x"]);
    assert!(fake.writes().await.is_empty());

    let twins =
        json!([share("an", "group", "a"), share("aa", "user", "w"), share("an", "group", "w")]);
    let (fake, server) = with(Key::PartyId, twins).await;
    let _ = add(&fake, bob("USE")).await.unwrap();
    let after =
        json!([share("an", "group", "w"), share("aa", "user", "w"), share("bob", "user", "r")]);
    assert_eq!(json!(*server.list.lock().unwrap()), after);
}

#[tokio::test]
async fn a_preview_shows_both_lists_and_sends_nothing_and_then_drifts() {
    let mut list = before();
    list.as_array_mut().unwrap().insert(0, share("gone", "user", "r"));
    let (fake, server) = with(Key::PartyId, list).await;
    let preview = Run::preview().start();
    let datamodel = fake.client.datamodel();
    let found = datamodel.add_datamodel_shares(&preview, analysts()).await.unwrap();
    assert_eq!(found.value.added, ["Analysts"]);
    assert!(fake.writes().await.is_empty());
    let change = &preview.changes()[0];
    assert_eq!(change.summary, "Share data model \"Sales\" with Analysts (USE)");
    let row = json!({"name": "Analysts", "type": "group", "permission": "USE", "party_id": "an"});
    assert!(change.after["shares"].as_array().unwrap().contains(&row), "{}", change.after);
    assert!(!change.before["shares"].as_array().unwrap().contains(&row));
    let gone = json!({"name": null, "type": "user", "permission": "USE", "party_id": "gone"});
    assert!(change.before["shares"].as_array().unwrap().contains(&gone), "{}", change.before);

    server.list.lock().unwrap().pop();
    let run = Run::approved(preview.changes()).start();
    let error = datamodel.add_datamodel_shares(&run, analysts()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn shares_are_listed_with_words_and_the_gone_are_kept() {
    let fake = Fake::start().await;
    let mut shared = model();
    shared["shares"] = json!([share("aa", "user", "w"), {"party": "gone", "type": "group", "permission": "a"},
        share("an", "group", "x")]);
    fake.get(SCHEMA, &[], shared).await;
    people(&fake).await;
    let params = GetDatamodelShares { datamodel_name: "Sales".into() };
    let rows = fake.client.datamodel().get_datamodel_shares(params).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.party_name.as_deref(), row.permission.as_deref().unwrap(), row.resolved))
        .collect();
    assert_eq!(
        told,
        [(Some("ada@x"), "EDIT", true), (None, "READ", false), (Some("Analysts"), "x", true)]
    );
    assert_eq!(rows[1].party_id.as_deref(), Some("gone"));
    assert_eq!(fake.requests().await.len(), 3);
}

#[tokio::test]
async fn a_model_without_a_list_is_asked_for_its_permissions() {
    let (fake, _) = with(Key::PartyId, before()).await;
    let params = GetDatamodelShares { datamodel_name: "Sales".into() };
    assert_eq!(
        fake.client.datamodel().get_datamodel_shares(params.clone()).await.unwrap().len(),
        3
    );
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], model()).await;
    fake.reply("GET", USERS, &[], 403, Value::Null).await;
    fake.get(GROUPS, &[], json!([])).await;
    let error = fake.client.datamodel().get_datamodel_shares(params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_raw_description_leaves_out_shares_that_are_refused_and_secrets_always() {
    let raw = |include_shares: bool| DescribeDatamodelRaw {
        datamodel_name: "Sales".into(),
        include_shares,
    };
    let mut secret = model();
    secret["datasets"][0]["connection"]["parameters"] = json!({"Server": "db.secret.example"});
    secret["shares"] = before();
    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], secret.clone()).await;
    people(&fake).await;
    let found = fake.client.datamodel().describe_datamodel_raw(raw(true)).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(found.value.shares.as_ref().unwrap().len(), 3);
    let told = serde_json::to_value(&found.value).unwrap();
    assert!(!told.to_string().contains("db.secret.example"));
    assert_eq!(told["datasets"][0]["tables"][1]["hidden"], true);
    assert_eq!(told["datasets"][0]["connection_id"], "c1");

    let fake = Fake::start().await;
    fake.get(SCHEMA, &[], secret).await;
    let found = fake.client.datamodel().describe_datamodel_raw(raw(false)).await.unwrap();
    assert_eq!((found.value.shares, fake.requests().await.len()), (None, 1));
    fake.reply("GET", USERS, &[], 403, Value::Null).await;
    fake.get(GROUPS, &[], json!([])).await;
    let found = fake.client.datamodel().describe_datamodel_raw(raw(true)).await.unwrap();
    assert_eq!(found.missing[0].what, "shares of data model \"Sales\"");
    assert_eq!((found.value.shares, found.value.datasets.len()), (None, 1));
}

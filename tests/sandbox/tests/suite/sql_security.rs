//! Row-level security over SQL.

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::{AdminRows, Variants};

use super::Bench;

const WAREHOUSE: &str = "Sample Warehouse";
const SHOP: &str = "Sample ECommerce";

async fn ask(bench: &Bench, token: &str, title: &str, query: &str) -> Value {
    let (status, mut body) = bench.sql_as(token, title, query, "").await;
    assert_eq!(status, 200, "{body}");
    assert!(body["values"].is_array(), "{query}: {body}");
    body["values"].take()
}

/// Puts rules in the place of those on `Parent.Id`: each with a share and the rest of it.
async fn secure(bench: &Bench, rules: &[(Value, Value)]) {
    let path = "/api/elasticubes/localhost/Secured/datasecurity";
    let old = format!("{path}?table=Parent&column=Id");
    let token = bench.sandbox.token();
    assert_eq!(bench.send(token, Method::DELETE, &old, None).await.0, 200);
    let rules = rules.iter().map(|(share, rest)| {
        let mut rule = rest.clone();
        rule["table"] = json!("Parent");
        rule["column"] = json!("Id");
        rule["datatype"] = json!("numeric");
        rule["shares"] = json!([share]);
        rule
    });
    assert_eq!(bench.post(path, rules.collect()).await.0, 200);
}

/// Two related tables and one that stands alone, of fifty rows each.
async fn family() -> Bench {
    let bench = Bench::start().await;
    let table = |oid: &str, name: &str, columns: &[&str]| {
        let columns = columns
            .iter()
            .map(|column| json!({ "oid": format!("{oid}{column}"), "name": column, "type": 8 }));
        json!({
            "oid": oid, "name": name, "type": "base", "columns": columns.collect::<Vec<_>>(),
        })
    };
    let model = json!({
        "title": "Secured", "type": "extract", "lastBuildTime": "2026-05-18T14:30:00.000Z",
        "datasets": [{ "schema": { "tables": [
            table("p", "Parent", &["Id"]),
            table("c", "Child", &["Id", "Parent Id"]),
            table("g", "Grandchild", &["Id", "Child Id"]),
            table("i", "Island", &["Id"]),
        ] } }],
        "relations": [
            { "oid": "r", "columns": [
                { "table": "c", "column": "cParent Id" }, { "table": "p", "column": "pId" },
            ] },
            { "oid": "s", "columns": [
                { "table": "g", "column": "gChild Id" }, { "table": "c", "column": "cId" },
            ] },
            { "oid": "t", "columns": [
                { "table": "i", "column": "iId", "isDropped": true },
                { "table": "p", "column": "pId" },
            ] },
        ],
    });
    bench.sandbox.load(model).unwrap();
    bench
}

#[tokio::test]
async fn rules_combine_to_the_more_restrictive() {
    let bench = family().await;
    let ada = json!({ "partyId": bench.user("ada.admin@acme.example"), "type": "user" });
    let analysts = json!({ "partyId": bench.group("Analysts"), "type": "group" });
    let other = json!({ "partyId": bench.group("Sales"), "type": "group" });
    let default = json!({ "type": "default" });
    let allow = |members: &[&str]| json!({ "members": members, "allMembers": null });
    let block = |members: &[&str]| json!({ "members": members, "exclusionary": true });
    let everything = || json!({ "members": [], "allMembers": true });
    let nothing = || json!({ "members": [], "allMembers": false });
    for (mine, group, wanted) in [
        (None, None, 50),
        (Some(everything()), None, 50),
        (Some(nothing()), None, 0),
        (Some(everything()), Some(nothing()), 0),
        (Some(allow(&["1"])), Some(nothing()), 0),
        (Some(everything()), Some(block(&["1"])), 49),
        (Some(allow(&["1", "2"])), Some(block(&["1"])), 1),
        (Some(allow(&["1"])), Some(block(&["1"])), 0),
        (Some(allow(&["1", "2"])), Some(allow(&["2", "3"])), 1),
        // The two readings of a rule that says neither all nor none.
        (Some(json!({ "members": [], "allMembers": null, "exclusionary": false })), None, 50),
        (Some(json!({ "members": [] })), None, 0),
    ] {
        let mut rules = vec![(other.clone(), nothing())];
        rules.extend(mine.clone().map(|rule| (ada.clone(), rule)));
        rules.extend(group.clone().map(|rule| (analysts.clone(), rule)));
        secure(&bench, &rules).await;
        let rows = bench.rows("Secured", "SELECT COUNT(*) FROM Parent").await;
        assert_eq!(rows, json!([[wanted]]), "{mine:?} {group:?}");
    }
    // The default is for those who have no rule of their own.
    let all = "SELECT Id FROM Parent";
    secure(&bench, &[(default.clone(), allow(&["7"]))]).await;
    assert_eq!(bench.rows("Secured", all).await, json!([[7]]));
    secure(&bench, &[(default, nothing()), (ada, allow(&["8"]))]).await;
    assert_eq!(bench.rows("Secured", all).await, json!([[8]]));
    let second = &bench.sandbox.tokens().second_admin;
    assert_eq!(ask(&bench, second, "Secured", all).await, json!([]));
}

#[tokio::test]
async fn a_rule_reaches_along_relations() {
    let bench = family().await;
    let default = json!({ "type": "default" });
    secure(&bench, &[(default, json!({ "members": ["3", "4"] }))]).await;
    let children = bench.rows("Secured", "SELECT Id, [Parent Id] FROM Child").await;
    let children = children.as_array().unwrap();
    assert!(!children.is_empty() && children.len() < 50);
    assert!(children.iter().all(|row| row[1] == 3 || row[1] == 4));
    let grown = bench.rows("Secured", "SELECT DISTINCT [Child Id] FROM Grandchild").await;
    let grown = grown.as_array().unwrap();
    assert!(grown.iter().all(|row| children.iter().any(|child| child[0] == row[0])));
    // A relation whose end was dropped leads nowhere.
    let count = "SELECT COUNT(*) FROM Island";
    assert_eq!(bench.rows("Secured", count).await, json!([[50]]));
    // What is filtered is filtered before anything is counted, and whatever is asked for.
    let query = "SELECT COUNT(*) FROM (SELECT Id FROM Parent WHERE Id = 5 OR 1 = 1) x";
    assert_eq!(bench.rows("Secured", query).await, json!([[2]]));
}

#[tokio::test]
async fn the_rules_of_the_story_are_in_force() {
    let bench = Bench::start().await;
    let tokens = bench.sandbox.tokens();
    let regions = "SELECT DISTINCT [Region Code] FROM Commerce ORDER BY 1";
    // The group of the first admin is allowed two regions; the second admin has the default.
    assert_eq!(bench.rows(SHOP, regions).await, json!([["North"], ["South"]]));
    assert_eq!(ask(&bench, &tokens.second_admin, SHOP, regions).await, json!([]));
    let count = "SELECT COUNT(*) FROM Returns";
    assert_eq!(ask(&bench, &tokens.second_admin, SHOP, count).await, json!([[0]]));
    let island = "SELECT COUNT(*) FROM [web_traffic.csv]";
    assert_eq!(ask(&bench, &tokens.second_admin, SHOP, island).await, json!([[60]]));
    // A custom table is built from all rows, whoever looks later; its rows are linked, too.
    let best = "SELECT COUNT(*) FROM [Best Brands]";
    assert_eq!(ask(&bench, &tokens.second_admin, SHOP, best).await, json!([[0]]));
    let granted = bench.token_of("mixed.case@acme.example").await;
    let own = "SELECT DISTINCT Region FROM Warehouses";
    let seen = ask(&bench, &granted, WAREHOUSE, own).await;
    let all = bench.rows(WAREHOUSE, own).await;
    assert!(seen.as_array().unwrap().len() < all.as_array().unwrap().len(), "{seen} {all}");
    let wanted = |row: &Value| row[0] == "North" || row[0] == "West";
    assert!(seen.as_array().unwrap().iter().all(wanted), "{seen}");
}

#[tokio::test]
async fn admins_may_be_exempt() {
    let bench =
        Bench::variants(Variants { admin_rows: AdminRows::All, ..Variants::default() }).await;
    let count = "SELECT COUNT(*) FROM Commerce";
    assert_eq!(bench.rows(SHOP, count).await, json!([[200]]));
    let granted = bench.token_of("mixed.case@acme.example").await;
    let bins = "SELECT COUNT(*) FROM [Storage Bins]";
    let few = ask(&bench, &granted, WAREHOUSE, bins).await;
    assert!(few[0][0].as_i64() < Some(16), "{few}");
}

//! A whole migration by hand, from the story to a deployment that has none of it.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};
use sisense_sandbox::SandboxConfig;

use super::{Bench, texts};

fn rows<'a>(state: &'a Value, kind: &str) -> &'a Vec<Value> {
    state[kind].as_array().unwrap()
}

/// Ids by name.
fn ids(state: &Value, kind: &str, name: &str, id: &str) -> HashMap<String, String> {
    let pair = |row: &Value| {
        (row[name].as_str().unwrap().to_owned(), row[id].as_str().unwrap().to_owned())
    };
    rows(state, kind).iter().map(pair).collect()
}

/// Names by id.
fn turned(ids: HashMap<String, String>) -> HashMap<String, String> {
    ids.into_iter().map(|(name, id)| (id, name)).collect()
}

async fn target() -> Bench {
    Bench::with(SandboxConfig {
        name: "target".into(),
        story: false,
        build_ms: 0,
        ..SandboxConfig::default()
    })
    .await
}

#[tokio::test]
async fn everything_of_the_story_can_be_brought_over() {
    let (source, target) = (Bench::start().await, target().await);
    let from = source.sandbox.state();
    let made = async |path: &str, body: Value| {
        let (status, answer) = target.post(path, body).await;
        assert!([200, 201].contains(&status), "{path}: {answer}");
        answer
    };

    // Groups, with roles of the target.
    let present = ids(&target.sandbox.state(), "groups", "name", "_id");
    let missing = rows(&from, "groups").iter().filter(|group| {
        !present.contains_key(group["name"].as_str().unwrap()) && group["ad"] != true
    });
    let missing: Vec<Value> = missing.map(|group| json!({ "name": group["name"] })).collect();
    made("/api/v1/groups/bulk", json!(missing)).await;
    let groups = ids(&target.sandbox.state(), "groups", "name", "_id");
    let group_names = turned(ids(&from, "groups", "name", "_id"));

    // Users.
    let there = ids(&target.sandbox.state(), "users", "email", "_id");
    let roles = ids(&target.sandbox.state(), "roles", "name", "_id");
    let role_names = turned(ids(&from, "roles", "name", "_id"));
    let missing = rows(&from, "users").iter().filter_map(|user| {
        let email = user["email"].as_str()?;
        let role = roles.get(&role_names[user["roleId"].as_str()?])?;
        let own = user["groups"].as_array().into_iter().flatten();
        let own: Vec<&String> =
            own.filter_map(|id| groups.get(group_names.get(id.as_str()?)?)).collect();
        (!there.contains_key(email))
            .then(|| json!({ "email": email, "roleId": role, "groups": own }))
    });
    let missing: Vec<Value> = missing.collect();
    assert!(missing.len() > 4);
    made("/api/v1/users/bulk", json!(missing)).await;
    let users = ids(&target.sandbox.state(), "users", "email", "_id");
    let user_names = turned(ids(&from, "users", "email", "_id"));

    // Models, through connections of the target.
    let mut connections: HashMap<String, Value> = HashMap::new();
    for model in rows(&from, "models") {
        let path = format!(
            "/api/v2/datamodel-exports/schema?datamodelId={}&type=schema-latest\
             &dependenciesIdsToInclude=dataContext,formulaManagement,drillHierarchies,perspectives",
            model["oid"].as_str().unwrap()
        );
        let (_, mut document) = source.get(&path).await;
        for dataset in document["datasets"].as_array_mut().unwrap() {
            let Some(provider) = dataset["connection"]["provider"].as_str() else { continue };
            if !connections.contains_key(provider) {
                let body = json!({
                    "provider": provider, "name": provider, "description": "", "enabled": true,
                    "createdByUser": true, "supportedModelTypes": ["LIVE", "EXTRACT"],
                    "parameters": { "Server": "here", "Database": "acme", "Schema": "public" },
                });
                let made = made("/api/v2/connections", body).await;
                connections.insert(provider.to_owned(), made["oid"].clone());
            }
            dataset["connection"] = json!({ "oid": connections[provider], "provider": provider });
        }
        let made = made("/api/v2/datamodel-imports/schema", document).await;
        assert_eq!(made["oid"], model["oid"]);
    }

    // A live model takes shares only after it was published.
    let live = rows(&from, "models").iter().find(|model| model["type"] == "live").unwrap();
    let oid = live["oid"].as_str().unwrap();
    let path = format!("/api/v1/elasticubes/live/{oid}/permissions");
    let share = json!([{ "partyId": groups["Sales"], "type": "group", "permission": "a" }]);
    let token = target.sandbox.token().to_owned();
    let patch = async || target.send(&token, Method::PATCH, &path, Some(share.clone())).await.0;
    assert_eq!(patch().await, 404);
    made("/api/v2/builds", json!({ "datamodelId": oid, "buildType": "publish" })).await;
    assert_eq!(patch().await, 200);

    // Folders, dashboards into them, shares, owners.
    let mut folders: HashMap<String, Value> = HashMap::new();
    for folder in rows(&from, "folders") {
        let parent = folder["parentId"].as_str().map(|id| folders[id].clone());
        let body = json!({ "name": folder["name"], "parentId": parent });
        let made = made("/api/v1/folders", body).await;
        folders.insert(folder["oid"].as_str().unwrap().to_owned(), made["oid"].clone());
    }
    for board in rows(&from, "dashboards") {
        let oid = board["oid"].as_str().unwrap();
        let (_, mut document) =
            source.get(&format!("/api/dashboards/{oid}/export?adminAccess=true")).await;
        let folder = board["parentFolder"].as_str().map(|id| folders[id].clone());
        document["parentFolder"] = json!(folder);
        let answer = made("/api/v1/dashboards/import/bulk", json!([document])).await;
        assert_eq!(texts(&answer["succeded"], "oid"), [oid], "{answer}");
        let shares = board["shares"].as_array().unwrap().iter().filter_map(|row| {
            let id = row["shareId"].as_str()?;
            let here = match row["type"].as_str()? {
                "group" => groups.get(group_names.get(id)?)?,
                _ => users.get(user_names.get(id)?)?,
            };
            let rule = row["rule"].as_str()?;
            Some(json!({ "shareId": here, "type": row["type"], "rule": rule }))
        });
        let shares: Vec<Value> = shares.collect();
        let path = format!("/api/shares/dashboard/{oid}?adminAccess=true");
        // The importer is the owner, and has a row of that kind already.
        made(&path, json!({ "sharesTo": shares })).await;
        let owner = &users[&user_names[board["owner"].as_str().unwrap()]];
        let path = format!("/api/v1/dashboards/{oid}/change_owner?adminAccess=true");
        made(&path, json!({ "ownerId": owner, "originalOwnerRule": "edit" })).await;
    }

    let to = target.sandbox.state();
    for kind in ["models", "hierarchies", "formulas", "perspectives", "security", "folders"] {
        assert_eq!(rows(&to, kind).len(), rows(&from, kind).len(), "{kind}");
    }
    let there = turned(ids(&to, "users", "email", "_id"));
    for (old, new) in rows(&from, "dashboards").iter().zip(rows(&to, "dashboards")) {
        assert_eq!(new["oid"], old["oid"]);
        assert_eq!(texts(&new["widgets"], "oid"), texts(&old["widgets"], "oid"));
        let owner = |names: &HashMap<String, String>, board: &Value| {
            names[board["owner"].as_str().unwrap()].clone()
        };
        assert_eq!(owner(&there, new), owner(&user_names, old));
        assert_eq!(new["parentFolder"].is_null(), old["parentFolder"].is_null());
    }
    // Nothing was made twice.
    let requests = target.sandbox.requests();
    let mut created: Vec<(String, String)> = requests
        .iter()
        .flat_map(|entry| &entry.touched)
        .filter(|one| one.change == sisense_sandbox::Change::Created)
        .map(|one| (format!("{:?}", one.kind), one.id.clone()))
        .collect();
    let all = created.len();
    created.sort();
    created.dedup();
    assert_eq!(created.len(), all);
}

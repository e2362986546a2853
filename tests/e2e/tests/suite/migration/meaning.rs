//! What a deployment holds, in words: no ids of its own, no times. Read from the sandbox's own state
//! and not through the client, so that a wrong guess of the client cannot hide.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sisense_sandbox::Sandbox;

/// Members of a document that belong to the server that holds it.
const OWN: [&str; 21] = [
    "_id",
    "userId",
    "owner",
    "tenantId",
    "tenant",
    "created",
    "lastUpdated",
    "lastOpened",
    "lastPublish",
    "lastPublishTime",
    "lastUsed",
    "instanceType",
    "parentFolder",
    "shares",
    "copies",
    "published",
    "dashboardid",
    "original",
    "hierarchies",
    "source",
    "vTag",
];

/// Everything that a migration brings over: groups, users, models, folders, dashboards.
pub fn meaning(sandbox: &Sandbox) -> Value {
    let state = sandbox.state();
    let words = Words::of(&state);
    let all = |key: &str| state[key].as_array().cloned().unwrap_or_default();
    let groups = all("groups").iter().filter(|g| !is_built_in(g)).map(|g| words.group(g)).collect();
    let users = all("users").iter().map(|user| words.user(user)).collect();
    let dashboards = all("dashboards").iter().map(|one| words.dashboard(one)).collect();
    let models = all("models").iter().map(|one| words.model(one)).collect();
    let mut folders: Vec<String> =
        all("folders").iter().map(|folder| words.path(folder["oid"].as_str())).collect();
    folders.sort();
    let part = |rows: BTreeMap<String, Value>| Value::Object(rows.into_iter().collect());
    json!({
        "groups": part(groups), "users": part(users), "folders": folders,
        "dashboards": part(dashboards), "models": part(models),
    })
}

fn is_built_in(group: &Value) -> bool {
    group["admins"] == true
        || group["everyone"] == true
        || group["ad"] == true
        || group["name"] == "All users in system"
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Ids as names.
struct Words {
    roles: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    users: BTreeMap<String, String>,
    folders: BTreeMap<String, (String, String)>,
}

impl Words {
    fn of(state: &Value) -> Self {
        let rows = |key: &str| state[key].as_array().cloned().unwrap_or_default();
        let names = |rows: Vec<Value>, id: &str, name: &str| -> BTreeMap<String, String> {
            rows.iter().map(|row| (text(row, id), text(row, name))).collect()
        };
        let named = rows("groups").into_iter().filter(|g| !is_built_in(g)).collect();
        let folders = rows("folders");
        Words {
            roles: names(rows("roles"), "_id", "name"),
            groups: names(named, "_id", "name"),
            users: names(rows("users"), "_id", "email"),
            folders: folders
                .iter()
                .map(|row| (text(row, "oid"), (text(row, "name"), text(row, "parentId"))))
                .collect(),
        }
    }

    fn role(&self, of: &Value) -> String {
        self.roles.get(&text(of, "roleId")).cloned().unwrap_or_default()
    }

    /// A folder as the names from the top to it.
    fn path(&self, oid: Option<&str>) -> String {
        let mut path = Vec::new();
        let mut at = oid.unwrap_or_default().to_owned();
        while let Some((name, above)) = self.folders.get(&at) {
            path.push(name.clone());
            at.clone_from(above);
        }
        path.reverse();
        path.join("/")
    }

    fn group(&self, group: &Value) -> (String, Value) {
        (text(group, "name"), json!({ "role": self.role(group) }))
    }

    fn user(&self, user: &Value) -> (String, Value) {
        let of = user["groups"].as_array().cloned().unwrap_or_default();
        let mut of: Vec<&String> =
            of.iter().filter_map(|id| self.groups.get(id.as_str()?)).collect();
        of.sort();
        of.dedup();
        let person = json!({
            "first": text(user, "firstName"), "last": text(user, "lastName"),
            "login": text(user, "userName").to_lowercase(), "role": self.role(user), "groups": of,
        });
        (text(user, "email").to_lowercase(), person)
    }

    /// With whom something is shared; whoever does not exist any more is left out.
    fn shares(&self, rows: &Value, id: &str, rule: &str) -> Vec<String> {
        let rows = rows.as_array().cloned().unwrap_or_default();
        let row = |row: &Value| {
            let party = text(row, id);
            let name = self.users.get(&party).or_else(|| self.groups.get(&party))?;
            Some(format!("{} {}", name.to_lowercase(), row[rule].as_str().unwrap_or("owner")))
        };
        let mut shares: Vec<String> = rows.iter().filter_map(row).collect();
        shares.sort();
        shares
    }

    fn dashboard(&self, dashboard: &Value) -> (String, Value) {
        let oid = text(dashboard, "oid");
        let owner = self.users.get(&text(dashboard, "owner")).cloned().unwrap_or_default();
        let meaning = json!({
            "owner": owner.to_lowercase(), "folder": self.path(dashboard["parentFolder"].as_str()),
            "shares": self.shares(&dashboard["shares"], "shareId", "rule"),
            "document": stripped(dashboard),
        });
        (oid, meaning)
    }

    fn model(&self, model: &Value) -> (String, Value) {
        let datasets = model["datasets"].as_array().cloned().unwrap_or_default();
        let tables = |dataset: &Value| {
            let tables = dataset["schema"]["tables"].as_array().cloned().unwrap_or_default();
            let table = |table: &Value| {
                let columns = table["columns"].as_array().cloned().unwrap_or_default();
                let columns: Vec<Value> =
                    columns.iter().map(|c| json!([c["id"], c["type"], c["expression"]])).collect();
                json!([table["id"], columns])
            };
            tables.iter().map(table).collect::<Vec<Value>>()
        };
        let relations = model["relations"].as_array().map_or(0, Vec::len);
        let meaning = json!({
            "oid": model["oid"], "type": model["type"],
            "tables": datasets.iter().map(tables).collect::<Vec<_>>(), "relations": relations,
            "shares": self.shares(&model["shares"], "partyId", "permission"),
        });
        (text(model, "title"), meaning)
    }
}

/// A document without what belongs to its server, at any depth.
fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, value)| {
                !OWN.contains(&key.as_str()) && !value.is_null() && **value != json!([])
            });
            Value::Object(
                kept.map(|(key, value)| (key.clone(), stripped(value))).collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => items.iter().map(stripped).collect(),
        other => other.clone(),
    }
}

//! What a data model means, without ids, owners and times: two deployments may hold the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::params::Dependency;
use crate::documents::{Column, ModelDocument, Table};
use crate::domains::lookup::{is_object_id, is_uuid};
use crate::run::digest;

/// Most differences that are told one by one.
const DIFFERENCES: usize = 50;

/// Members of formulas, hierarchies and perspectives that belong to one deployment, or to the
/// model's title, and not to their meaning.
const VOLATILE: [&str; 22] = [
    "_id",
    "oid",
    "created",
    "createdAt",
    "lastUpdated",
    "lastModified",
    "lastUsed",
    "owner",
    "ownerId",
    "creator",
    "userId",
    "tenant",
    "tenantId",
    "datasource",
    "elasticubeTitle",
    "elasticube",
    "cubeId",
    "server",
    "serverId",
    "datamodelOid",
    "parentOid",
    "shares",
];

/// Gives the name of a party by its type and id.
pub(super) type PartyName<'a> = &'a (dyn Fn(&str, &str) -> String + Sync);

/// Facts by what they are about, such as `table Sales`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Meaning {
    facts: BTreeMap<String, Vec<Value>>,
}

impl Meaning {
    /// The meaning of an exported schema with what was asked to travel along.
    pub(super) fn of(document: &ModelDocument, kinds: &[Dependency], party: PartyName<'_>) -> Self {
        let mut meaning = Meaning::default();
        meaning.add("the type of the model".to_owned(), json!(document.kind()));
        for table in document.tables() {
            meaning.add(format!("table {}", table.name), table_fact(table));
            for column in &table.columns {
                let about = format!("column {}.{}", table.name, column.name);
                meaning.add(about, column_fact(column));
            }
        }
        for relation in document.relations() {
            let mut ends: Vec<String> = relation
                .ends
                .iter()
                .filter(|end| !end.dropped)
                .map(|end| {
                    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "?".into());
                    format!("{}.{}", name(&end.table), name(&end.column))
                })
                .collect();
            ends.sort();
            meaning.add(format!("relation {}", ends.join(" = ")), Value::Null);
        }
        for kind in kinds {
            meaning.add_dependency(document, *kind, party);
        }
        for facts in meaning.facts.values_mut() {
            facts.sort_by_cached_key(Value::to_string);
        }
        meaning
    }

    fn add(&mut self, about: String, fact: Value) {
        self.facts.entry(about).or_default().push(fact);
    }

    fn add_dependency(&mut self, document: &ModelDocument, kind: Dependency, party: PartyName<'_>) {
        let (member, word) = match kind {
            Dependency::DataSecurity => {
                for rule in dependency(document.raw(), "dataContext") {
                    let text = |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or("?");
                    let about = format!("security rule on {}.{}", text("table"), text("column"));
                    self.add(about, rule_fact(rule, party));
                }
                return;
            }
            Dependency::Formulas => ("formulaManagement", "formula"),
            Dependency::Hierarchies => ("drillHierarchies", "hierarchy"),
            Dependency::Perspectives => ("perspectives", "perspective"),
            Dependency::All => return,
        };
        let names = names_of(document);
        for row in dependency(document.raw(), member) {
            // Every model has one of these, which stands for the model itself.
            if row.get("isDefault").and_then(Value::as_bool) == Some(true) {
                continue;
            }
            let title = ["title", "name"].iter().find_map(|key| row.get(*key)?.as_str());
            self.add(format!("{word} {}", title.unwrap_or("?")), scrubbed(row, &names));
        }
    }

    pub(super) fn digest(&self) -> String {
        digest(&json!(self.facts))
    }

    /// What differs between this, the target's, and what the source has; without end it is cut.
    pub(super) fn differs_from(&self, wanted: &Meaning) -> Vec<String> {
        let missing = |about: &&String| !self.facts.contains_key(*about);
        let surplus = |about: &&String| !wanted.facts.contains_key(*about);
        let lone: BTreeSet<&String> = wanted
            .facts
            .keys()
            .filter(missing)
            .chain(self.facts.keys().filter(surplus))
            .filter(|about| about.starts_with("table "))
            .collect();
        // The columns of a table that only one side has say nothing more.
        let told = |about: &&String| {
            let Some(column) = about.strip_prefix("column ") else { return true };
            !lone.iter().any(|table| {
                let table = table.strip_prefix("table ").unwrap_or_default();
                column.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
            })
        };
        let mut all = Vec::new();
        for about in wanted.facts.keys().filter(missing).filter(told) {
            all.push(format!("{about}: only on the source"));
        }
        for about in self.facts.keys().filter(surplus).filter(told) {
            all.push(format!("{about}: only on the target"));
        }
        for (about, facts) in &self.facts {
            if wanted.facts.get(about).is_some_and(|other| other != facts) {
                all.push(format!("{about}: not the same"));
            }
        }
        let more = all.len().saturating_sub(DIFFERENCES);
        all.truncate(DIFFERENCES);
        if more > 0 {
            all.push(format!("and {more} more"));
        }
        all
    }
}

/// What tells whether a data model of one deployment is still as a document says, the connections of
/// its datasets aside: by its meaning, with what the document carries along.
pub(crate) fn datamodel_digest(document: &ModelDocument) -> String {
    Meaning::of(document, &Dependency::KINDS, &|_, id| id.to_owned()).digest()
}

/// What a document carries along, as an export is asked for it.
pub(crate) fn carried(document: &Value) -> String {
    let members = document.get("dependencies").and_then(Value::as_object);
    let words: Vec<&str> =
        members.into_iter().flat_map(|all| all.keys()).map(|k| k.as_str()).collect();
    words.join(",")
}

/// The rows of one kind that an export carries along.
pub(super) fn dependency<'a>(document: &'a Value, member: &str) -> &'a [Value] {
    let held = document.get("dependencies").and_then(|all| all.get(member));
    held.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn trimmed(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// A name for people that is only the name says nothing.
fn shown<'a>(display: Option<&'a String>, name: &str) -> Option<&'a str> {
    trimmed(display).filter(|display| *display != name)
}

fn table_fact(table: &Table) -> Value {
    let by = table.accumulation_column.as_ref().and_then(|id| {
        let column = table.columns.iter().find(|column| column.id.as_ref() == Some(id))?;
        Some(column.name.clone())
    });
    json!([
        table.source_id,
        shown(table.display_name.as_ref(), &table.name),
        format!("{:?}", table.kind),
        table.hidden,
        trimmed(table.expression.as_ref()),
        trimmed(table.import_query.as_ref()),
        table.build_behavior.as_ref().map(|behavior| behavior.to_lowercase()),
        by,
    ])
}

fn column_fact(column: &Column) -> Value {
    json!([
        column.type_code,
        shown(column.display_name.as_ref(), &column.name),
        column.hidden,
        column.is_custom,
        trimmed(column.expression.as_ref()),
        column.skipped_by_import,
        column.upsert_key,
    ])
}

fn rule_fact(rule: &Value, party: PartyName<'_>) -> Value {
    let is = |key: &str| rule.get(key).and_then(Value::as_bool) == Some(true);
    let texts = |rows: Vec<String>| {
        let mut rows = rows;
        rows.sort();
        rows
    };
    let list = |key: &str| rule.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let shares = list("shares");
    let who = shares.iter().map(|share| match party_of(share) {
        Some((kind, id)) => format!("{kind} {}", party(kind, id)),
        None => "everybody else".to_owned(),
    });
    json!([
        texts(who.collect()),
        texts(list("members").iter().map(Value::to_string).collect()),
        is("allMembers"),
        is("exclusionary"),
    ])
}

/// Type and id of the party of a security rule; none for the row of everybody else.
pub(super) fn party_of(share: &Value) -> Option<(&str, &str)> {
    let kind = share.get("type")?.as_str()?;
    let id = ["partyId", "party"].iter().find_map(|key| share.get(*key)?.as_str())?;
    (kind != "default" && !id.is_empty()).then_some((kind, id))
}

/// Names of tables and columns by their ids.
fn names_of(document: &ModelDocument) -> HashMap<&str, String> {
    let tables =
        document.tables().filter_map(|table| Some((table.id.as_deref()?, table.name.clone())));
    let columns = document.columns().filter_map(|(table, column)| {
        Some((column.id.as_deref()?, format!("{}.{}", table.name, column.name)))
    });
    tables.chain(columns).collect()
}

/// A value without what belongs to one deployment: ids of tables and columns become names, other
/// ids nothing.
fn scrubbed(value: &Value, names: &HashMap<&str, String>) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(key, value)| !VOLATILE.contains(&key.as_str()) && !value.is_null())
            .map(|(key, value)| (key.clone(), scrubbed(value, names)))
            .collect::<Map<String, Value>>()
            .into(),
        Value::Array(items) => items.iter().map(|item| scrubbed(item, names)).collect(),
        Value::String(text) => match names.get(text.as_str()) {
            Some(name) => json!(name),
            None if is_uuid(text) || is_object_id(text) => Value::Null,
            None => value.clone(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model whose ids begin with a letter of their own.
    fn model(letter: char) -> Value {
        let id = |n: u32| format!("{n:08}-0000-4000-8000-00000000000{letter}");
        json!({
            "oid": id(1), "title": "Shop", "type": "extract",
            "datasets": [{ "oid": id(2), "name": id(3), "schema": { "tables": [
                { "oid": id(4), "id": "orders", "name": "Orders", "columns": [
                    { "oid": id(5), "name": "Key", "type": 8 },
                    { "oid": id(6), "name": "Amount", "type": 5 },
                ]},
                { "oid": id(7), "id": "keys", "name": "Keys", "columns": [
                    { "oid": id(8), "name": "Key", "type": 8 },
                ]},
            ]}}],
            "relations": [{ "oid": id(9), "columns": [
                { "table": id(4), "column": id(5) }, { "table": id(7), "column": id(8) },
            ]}],
            "dependencies": {
                "dataContext": [{ "_id": id(10), "table": "Orders", "column": "Amount",
                    "members": ["b", "a"], "allMembers": null,
                    "shares": [{ "partyId": format!("{letter}-ann"), "type": "user" },
                               { "type": "default" }] }],
                "perspectives": [
                    { "oid": id(1), "name": "Default", "isDefault": true, "tables": [letter] },
                    { "oid": id(11), "name": "Small", "tables": [{ "oid": id(4) }] },
                ],
                "formulaManagement": [
                    { "_id": id(12), "title": "Total", "formula": "sum([x])", "userId": id(13) },
                ],
            },
        })
    }

    fn meaning(value: Value) -> Meaning {
        let document = ModelDocument::from_value(value).unwrap();
        Meaning::of(&document, &Dependency::KINDS, &|_, id| id[2..].to_owned())
    }

    #[test]
    fn ids_times_and_order_do_not_matter() {
        let (mut a, b) = (model('a'), model('b'));
        assert_eq!(meaning(a.clone()).digest(), meaning(b.clone()).digest());
        a["lastUpdated"] = json!("2026-01-01");
        a["datasets"][0]["schema"]["tables"].as_array_mut().unwrap().reverse();
        a["relations"][0]["columns"].as_array_mut().unwrap().reverse();
        a["dependencies"]["dataContext"][0]["members"].as_array_mut().unwrap().reverse();
        assert!(meaning(a).differs_from(&meaning(b)).is_empty());
    }

    #[test]
    fn what_matters_is_told_by_name() {
        type Edit = fn(&mut Value);
        let cases: [(Edit, &str); 9] = [
            (
                |m| m["datasets"][0]["schema"]["tables"][0]["columns"][1]["type"] = json!(18),
                "column Orders.Amount: not the same",
            ),
            (
                |m| m["datasets"][0]["schema"]["tables"][0]["columns"][1]["name"] = json!("Sum"),
                "column Orders.Sum: only on the source",
            ),
            (
                |m| m["datasets"][0]["schema"]["tables"][1]["hidden"] = json!(true),
                "table Keys: not the same",
            ),
            (|m| m["relations"] = json!([]), "relation Keys.Key = Orders.Key: only on the target"),
            (
                |m| m["dependencies"]["dataContext"][0]["members"] = json!(["a"]),
                "security rule on Orders.Amount: not the same",
            ),
            (
                |m| m["dependencies"]["dataContext"][0]["shares"][0]["partyId"] = json!("a-bob"),
                "security rule on Orders.Amount: not the same",
            ),
            (
                |m| m["dependencies"]["formulaManagement"][0]["formula"] = json!("max([x])"),
                "formula Total: not the same",
            ),
            (
                |m| m["dependencies"]["perspectives"][1]["name"] = json!("Big"),
                "perspective Big: only on the source",
            ),
            (|m| m["type"] = json!("live"), "the type of the model: not the same"),
        ];
        for (edit, told) in cases {
            let mut source = model('a');
            edit(&mut source);
            let differs = meaning(model('b')).differs_from(&meaning(source));
            assert!(differs.iter().any(|one| one == told), "{told}: {differs:?}");
        }
    }

    #[test]
    fn a_table_of_one_side_hides_its_columns_and_the_list_ends() {
        let mut source = model('a');
        source["datasets"][0]["schema"]["tables"].as_array_mut().unwrap().remove(1);
        source["relations"] = json!([]);
        let differs = meaning(model('b')).differs_from(&meaning(source));
        let told = ["relation Keys.Key = Orders.Key", "table Keys"];
        assert_eq!(differs, told.map(|about| format!("{about}: only on the target")));
        let mut many = model('a');
        many["datasets"][0]["schema"]["tables"][0]["columns"] =
            (0..70).map(|n| json!({ "name": format!("C{n}") })).collect();
        let differs = meaning(model('b')).differs_from(&meaning(many));
        assert_eq!(differs.len(), DIFFERENCES + 1);
    }
}

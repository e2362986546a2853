//! What a model document brings along: security, formulas, hierarchies, perspectives.

use serde_json::{Value, json};

use super::Deployment;
use super::doc::{list, remove, set, text};
use crate::import_variants::ModelParties;

impl Deployment {
    /// Puts the dependencies of a document in place of the model's own, kind by kind. What the
    /// document does not speak of stays.
    pub(super) fn take_dependencies(&mut self, model: &Value, source: &str, all: &Value) {
        let (oid, title) = (text(model, "oid"), text(model, "title"));
        if let Some(rules) = all["dataContext"].as_array() {
            self.drop_rules(|rule| text(rule, "elasticube") == title);
            rules.iter().for_each(|rule| self.take_rule(title, rule));
        }
        if let Some(formulas) = all["formulaManagement"].as_array() {
            self.formulas.retain(|row| text(&row["datasource"], "title") != title);
            for row in formulas {
                let mut row = row.clone();
                if self.formulas.iter().any(|known| known["oid"] == row["oid"]) {
                    set(&mut row, "oid", self.ids.uuid());
                }
                if text(&row["datasource"], "title") != title {
                    set(&mut row, "datasource", data_source(title));
                }
                self.formulas.push(row);
            }
        }
        if let Some(hierarchies) = all["drillHierarchies"].as_array() {
            self.hierarchies.retain(|row| text(row, "elasticubeTitle") != title);
            for row in hierarchies {
                let mut row = row.clone();
                set(&mut row, "_id", self.ids.object());
                set(&mut row, "elasticubeTitle", title);
                set(&mut row, "cubeId", format!("a{}", title.replace(' ', "IAAa")));
                self.hierarchies.push(row);
            }
        }
        if let Some(perspectives) = all["perspectives"].as_array() {
            self.perspectives.retain(|row| text(row, "datamodelOid") != oid);
            for row in perspectives.iter().filter(|row| row["isDefault"] != true) {
                let mut row = row.clone();
                if self.perspectives.iter().any(|known| known["oid"] == row["oid"]) {
                    set(&mut row, "oid", self.ids.uuid());
                }
                set(&mut row, "_id", self.ids.object());
                set(&mut row, "datamodelOid", oid);
                if text(&row, "parentOid") == source {
                    set(&mut row, "parentOid", oid);
                }
                self.perspectives.push(row);
            }
        }
    }

    /// A rule with the ids of the parties as they are, known here or not.
    fn take_rule(&mut self, title: &str, rule: &Value) {
        let mut rule = rule.clone();
        remove(&mut rule, &["_id", "live", "fullname", "dataSourceId"]);
        set(&mut rule, "server", "LocalHost");
        set(&mut rule, "elasticube", title);
        let drops = self.variants.model_parties == ModelParties::Dropped;
        let shares = list(&rule, "shares").iter().filter_map(|share| {
            let id = match text(share, "partyId") {
                "" => text(share, "party"),
                id => id,
            };
            let kind = text(share, "type");
            if kind == "default" {
                return Some(json!({ "type": kind }));
            }
            let known = self.users.contains_key(id) || self.groups.contains_key(id);
            (known || !drops).then(|| json!({ "partyId": id, "type": kind }))
        });
        let shares: Vec<Value> = shares.collect();
        if shares.is_empty() && drops {
            return;
        }
        set(&mut rule, "shares", shares);
        self.put_rule(rule);
    }
}

/// How documents refer to an extract model.
fn data_source(title: &str) -> Value {
    let database = format!("a{}", title.replace(' ', "IAAa"));
    json!({
        "address": "LocalHost", "title": title, "id": format!("localhost_{database}"),
        "database": database, "fullname": format!("LocalHost/{title}"),
    })
}

//! Data-security rules.

use serde_json::Value;

use super::Deployment;
use super::doc::{list, remove, set, text};

impl Deployment {
    /// The rules on a model, as its family answers: an extract model's shares carry the name of
    /// the party, a live model's do not.
    pub(crate) fn rules_of(&self, model: &Value) -> Vec<Value> {
        let title = text(model, "title");
        let rules = self.security.values().filter(|rule| text(rule, "elasticube") == title);
        rules.map(|rule| self.rule_view(rule, text(model, "type") == "live")).collect()
    }

    fn rule_view(&self, rule: &Value, live: bool) -> Value {
        let mut view = rule.clone();
        let shares = list(rule, "shares").iter().map(|share| {
            let mut share = share.clone();
            let id = text(&share, "partyId").to_owned();
            if !live && let Some(name) = self.party_name(&id) {
                set(&mut share, "partyName", name);
            }
            share
        });
        let shares: Vec<Value> = shares.collect();
        set(&mut view, "shares", shares);
        if live {
            set(&mut view, "fullname", format!("live:{}", text(rule, "elasticube")));
            remove(&mut view, &["server"]);
        }
        set(&mut view, "live", live);
        view
    }

    /// Login of a user or name of a group.
    fn party_name(&self, id: &str) -> Option<Value> {
        let user = self.users.get(id).map(|user| user["userName"].clone());
        user.or_else(|| self.groups.get(id).map(|group| group["name"].clone()))
    }
}

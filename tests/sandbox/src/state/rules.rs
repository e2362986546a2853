//! Writing data-security rules.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Deployment;
use super::doc::{list, set, text};
use crate::touched::{AssetKind, Change};
use crate::wire::Reply;

impl Deployment {
    /// Reads a rule as either family posts it: a share names its party as `party` or `partyId`.
    pub(crate) fn read_rule(&self, title: &str, body: &Value) -> Result<Value, Reply> {
        let bad = |message: &str| Reply::invalid(601, message);
        for key in ["table", "column"] {
            if text(body, key).is_empty() {
                return Err(bad(&format!("'{key}' is required")));
            }
        }
        if !["text", "numeric"].contains(&text(body, "datatype")) {
            return Err(bad("'datatype' must be text or numeric"));
        }
        let shares = body.get("shares").and_then(Value::as_array);
        let shares = shares.ok_or_else(|| bad("'shares' is required"))?;
        let shares: Vec<Value> = shares.iter().map(read_share).collect::<Result<_, _>>()?;
        let members = body.get("members").and_then(Value::as_array);
        let members = members.filter(|members| members.iter().all(Value::is_string));
        let members = members.ok_or_else(|| bad("'members' must be a list of texts"))?;
        let mut rule = json!({
            "server": "LocalHost", "elasticube": title, "table": text(body, "table"),
            "column": text(body, "column"), "datatype": text(body, "datatype"),
            "shares": shares, "members": members,
        });
        // What was not said is not shown either.
        for key in ["allMembers", "exclusionary"] {
            match body.get(key) {
                None => {}
                Some(value) if value.is_boolean() || value.is_null() => {
                    set(&mut rule, key, value.clone());
                }
                Some(_) => return Err(bad(&format!("'{key}' must be true, false or null"))),
            }
        }
        Ok(rule)
    }

    /// Stores a rule. One with the same table, column and shares is overwritten.
    pub(crate) fn put_rule(&mut self, rule: Value) -> String {
        let same = |known: &Value| {
            ["elasticube", "table", "column", "shares"].iter().all(|key| known[key] == rule[key])
        };
        let known = self.security.iter().find(|(_, known)| same(known)).map(|(id, _)| id.clone());
        let id = known.unwrap_or_else(|| self.ids.object());
        self.replace_rule(&id, rule);
        id
    }

    /// Stores a rule under an id.
    pub(crate) fn replace_rule(&mut self, id: &str, rule: Value) {
        let mut members = Map::from_iter([("_id".to_owned(), json!(id))]);
        if let Value::Object(rule) = rule {
            members.extend(rule);
        }
        let rule = Value::Object(members);
        let known = self.security.contains_key(id);
        let change = if known { Change::Updated } else { Change::Created };
        self.touch_doc(AssetKind::Rule, &rule, change);
        self.security.insert(id.to_owned(), rule);
    }

    /// What the newer family refuses.
    pub(crate) fn check_live_rule(&self, rule: &Value) -> Result<(), Reply> {
        let refuse = |code, message| Err(Reply::error(StatusCode::BAD_REQUEST, code, message));
        let shares = list(rule, "shares");
        let is_default = |share: &Value| text(share, "type") == "default";
        if shares.iter().any(is_default) && shares.len() > 1 {
            return refuse(30001, "invalid default rule");
        }
        for share in shares {
            let id = text(share, "partyId");
            let known = match text(share, "type") {
                "user" => self.users.contains_key(id),
                "group" => self.groups.contains_key(id),
                _ => true,
            };
            if !known {
                return refuse(30004, "user or group not found");
            }
            if self.beside(rule).any(|other| list(other, "shares").contains(share)) {
                return refuse(30003, "duplicate user or group");
            }
        }
        Ok(())
    }

    /// The stored rules on the column of a rule.
    fn beside<'a>(&'a self, rule: &'a Value) -> impl Iterator<Item = &'a Value> {
        let same = |known: &&Value| {
            ["elasticube", "table", "column"].iter().all(|key| known[*key] == rule[*key])
        };
        self.security.values().filter(same)
    }

    /// Whether a rule is the default of a column that has other rules.
    pub(crate) fn is_default_among_others(&self, rule: &Value) -> bool {
        list(rule, "shares").iter().any(|share| text(share, "type") == "default")
            && self.beside(rule).count() > 1
    }

    /// Removes the rules of a column; says how many there were.
    pub(crate) fn remove_rules(&mut self, title: &str, table: &str, column: &str) -> usize {
        self.drop_rules(|rule| {
            text(rule, "elasticube") == title
                && text(rule, "table") == table
                && text(rule, "column") == column
        })
    }

    /// Removes rules that fit; says how many there were.
    pub(crate) fn drop_rules(&mut self, fits: impl Fn(&Value) -> bool) -> usize {
        let gone: Vec<Value> = self.security.values().filter(|one| fits(one)).cloned().collect();
        for rule in &gone {
            self.security.remove(text(rule, "_id"));
            self.touch_doc(AssetKind::Rule, rule, Change::Deleted);
        }
        gone.len()
    }
}

fn read_share(share: &Value) -> Result<Value, Reply> {
    let kind = text(share, "type");
    let id = match text(share, "partyId") {
        "" => text(share, "party"),
        id => id,
    };
    match kind {
        "default" => Ok(json!({ "type": kind })),
        "user" | "group" if !id.is_empty() => Ok(json!({ "partyId": id, "type": kind })),
        "user" | "group" => Err(Reply::invalid(601, "a share needs a 'party'")),
        _ => Err(Reply::invalid(601, "'type' of a share must be user, group or default")),
    }
}

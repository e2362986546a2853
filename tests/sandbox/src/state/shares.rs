//! Share rows of dashboards.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Deployment;
use super::dashboards::{Dashboard, check_rule};
use super::doc::{set, text};
use crate::wire::Reply;

impl Deployment {
    /// Checks posted rows and brings them into the stored form. The owner always has one row
    /// without a rule, posted or not. Parties that are gone may stay, but not come.
    pub(crate) fn share_rows(
        &self,
        dashboard: &Dashboard,
        posted: &[Value],
    ) -> Result<Vec<Value>, Reply> {
        let owner = dashboard.owner();
        let mut rows = vec![json!({ "shareId": owner, "type": "user", "subscribe": false })];
        let mut seen: Vec<&str> = Vec::new();
        for row in posted {
            let (id, kind) = (text(row, "shareId"), text(row, "type"));
            if seen.contains(&id) {
                return Err(bad("a share id may occur only once"));
            }
            seen.push(id);
            let subscribe = row.get("subscribe").cloned().unwrap_or(json!(false));
            if id == owner {
                set(&mut rows[0], "subscribe", subscribe);
                continue;
            }
            let known = match kind {
                "user" => self.users.contains_key(id),
                "group" => self.groups.contains_key(id),
                _ => return Err(bad("'type' must be user or group")),
            };
            let present = dashboard.shares().iter().any(|old| text(old, "shareId") == id);
            if !known && !present {
                return Err(bad("a share names nobody"));
            }
            check_rule(text(row, "rule"))?;
            rows.push(json!({
                "shareId": id, "type": kind, "rule": row["rule"], "subscribe": subscribe,
            }));
        }
        Ok(rows)
    }

    /// Share rows with the names of the parties.
    pub(crate) fn named_shares(&self, rows: &[Value]) -> Vec<Value> {
        let named = rows.iter().map(|row| {
            let mut row = row.clone();
            let id = text(&row, "shareId").to_owned();
            if let Some(user) = self.users.get(&id) {
                for key in ["userName", "email", "firstName", "lastName"] {
                    if let Some(value) = user.get(key) {
                        set(&mut row, key, value.clone());
                    }
                }
            } else if let Some(group) = self.groups.get(&id) {
                set(&mut row, "name", group["name"].clone());
            }
            row
        });
        named.collect()
    }
}

fn bad(message: &str) -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, 300, message)
}

//! Share rows as they are written: each party once, the owner's own row without a rule.

use serde_json::{Map, Value, json};

use crate::domains::lookup::dashboards::{DashboardShares, ShareRecord};

/// The rows of a share list in the least form that the server takes, each id once.
pub(crate) fn minimal(shares: &DashboardShares) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    for share in &shares.shares {
        let known = rows.iter().any(|row| row["shareId"] == share.share_id.as_str());
        if !known {
            rows.push(row(share, is_owner(share, shares.owner.as_deref())));
        }
    }
    rows
}

/// Whether a row is the owner's own.
pub(crate) fn is_owner(share: &ShareRecord, owner: Option<&str>) -> bool {
    match owner {
        Some(owner) => share.share_id == owner,
        None => share.rule.is_none(),
    }
}

fn row(share: &ShareRecord, owner: bool) -> Value {
    let mut row = Map::new();
    row.insert("shareId".to_owned(), json!(share.share_id));
    if let Some(kind) = &share.kind {
        row.insert("type".to_owned(), json!(kind));
    }
    if let Some(rule) = share.rule.as_ref().filter(|_| !owner) {
        row.insert("rule".to_owned(), json!(rule));
    }
    row.insert("subscribe".to_owned(), json!(share.subscribe.unwrap_or(false)));
    Value::Object(row)
}

/// The same rows in an order that does not depend on the server.
pub(crate) fn ordered(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a["shareId"].as_str().cmp(&b["shareId"].as_str()));
    rows
}

/// How many rows there are, the owner's not counted.
pub(crate) fn recipients(shares: &DashboardShares) -> usize {
    let mut ids: Vec<&str> = shares
        .shares
        .iter()
        .filter(|share| !is_owner(share, shares.owner.as_deref()))
        .map(|share| share.share_id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

//! Who has a share of a dashboard keeps it, whatever the change of owner does to the list.

use serde_json::{Value, json};

use super::look::Look;
use super::plan::DashboardTarget;
use crate::domains::dashboard::{is_owner, minimal, ordered};
use crate::domains::lookup::dashboards::{DashboardShares, ShareRecord};

/// The list as it is, in an order that does not depend on the server.
pub(super) fn before(target: &DashboardTarget) -> Vec<Value> {
    let (shares, owner) = (target.shares.clone(), target.record.owner.clone());
    ordered(&minimal(&DashboardShares { shares, owner }))
}

/// The list as it will be.
pub(super) fn after(look: &Look, target: &DashboardTarget, rule: &str) -> Vec<Value> {
    let mut shares = recipients(look, target, rule);
    shares.push(user(&look.owner.id, None));
    ordered(&minimal(&DashboardShares { shares, owner: Some(look.owner.id.clone()) }))
}

/// The present list and the rows that it lacks: what must be written for nobody to lose access.
/// `None` when nobody does. Users who are gone cannot be shared with again.
pub(super) fn lost(
    look: &Look,
    target: &DashboardTarget,
    rule: &str,
    now: &DashboardShares,
) -> Option<Vec<Value>> {
    let new_owner = &look.owner.id;
    if now.owner.as_ref().is_some_and(|owner| owner != new_owner) {
        return None;
    }
    let exists = |row: &ShareRecord| {
        row.kind.as_deref() != Some("user") || look.people.contains_key(&row.share_id)
    };
    let mut rows = minimal(&DashboardShares { owner: Some(new_owner.clone()), ..now.clone() });
    let mut lost = false;
    for row in recipients(look, target, rule).into_iter().filter(exists) {
        let there = rows.iter_mut().find(|known| known["shareId"] == row.share_id.as_str());
        match there {
            Some(known) if known["rule"].as_str() == row.rule.as_deref() => continue,
            Some(known) => known["rule"] = json!(row.rule),
            None => rows.push(json!({
                "shareId": row.share_id, "type": row.kind, "rule": row.rule,
                "subscribe": row.subscribe.unwrap_or(false),
            })),
        }
        lost = true;
    }
    lost.then_some(rows)
}

/// Those who have a share afterwards: all others as before, and the former owner.
fn recipients(look: &Look, target: &DashboardTarget, rule: &str) -> Vec<ShareRecord> {
    let former = target.record.owner.as_deref();
    let stays = |row: &&ShareRecord| !is_owner(row, former) && row.share_id != look.owner.id;
    let mut rows: Vec<ShareRecord> = target.shares.iter().filter(stays).cloned().collect();
    rows.extend(former.map(|id| user(id, Some(rule))));
    rows
}

fn user(id: &str, rule: Option<&str>) -> ShareRecord {
    ShareRecord {
        share_id: id.to_owned(),
        kind: Some("user".to_owned()),
        rule: rule.map(str::to_owned),
        subscribe: Some(false),
    }
}

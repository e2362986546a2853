//! The list of all shares, compared with what the sandbox holds.

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;
use serde_json::Value;
use sisense_core::ErrorKind;
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::support::{client, client_with, sandbox};

/// Dashboard, party and rule of every share row of the sandbox.
fn held(sandbox: &Sandbox) -> BTreeSet<(String, String, Option<String>)> {
    let state = sandbox.state();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |dashboard: &Value| -> Vec<_> {
        let rows = dashboard["shares"].as_array().cloned().unwrap_or_default();
        rows.iter()
            .map(|row| {
                let rule = row["rule"].as_str().map(str::to_owned);
                (text(&dashboard["oid"]), text(&row["shareId"]), rule)
            })
            .collect()
    };
    state["dashboards"].as_array().unwrap().iter().flat_map(of).collect()
}

#[tokio::test]
async fn every_share_of_the_deployment_is_there_in_three_requests() {
    let sandbox = sandbox().await;
    let found = client(&sandbox).access().get_all_dashboard_shares().await.unwrap();
    assert!(found.is_whole());
    assert_eq!(sandbox.counts().total, 3);
    let rows = found.value;
    let shown: BTreeSet<_> = rows
        .iter()
        .filter_map(|row| Some((row.dashboard_id.clone(), row.share_id.clone()?, row.rule.clone())))
        .collect();
    assert_eq!(shown, held(&sandbox));
    assert!(rows.iter().any(|row| row.share_name.as_deref() == Some("Analysts")));
    assert!(rows.iter().all(|row| row.is_owner == (row.rule.is_none() && row.share_id.is_some())));
    let alone = |id: &str| rows.iter().any(|row| row.dashboard_id == id && row.share_id.is_none());
    let canvas = rows.iter().find(|row| row.dashboard.as_deref() == Some("Empty Canvas")).unwrap();
    assert!(alone(&canvas.dashboard_id));
}

#[tokio::test]
async fn the_search_finds_the_same_when_the_list_is_refused() {
    let sandbox = sandbox().await;
    let whole = client(&sandbox).access().get_all_dashboard_shares().await.unwrap();
    sandbox.add_fault(Fault::new("/api/v1/dashboards/admin", FaultAction::status(403)));
    let part = client(&sandbox).access().get_all_dashboard_shares().await.unwrap();
    assert_eq!(part.missing.len(), 1);
    let sorted = |rows: &[sisense_core::domains::access::DashboardShareRow]| {
        let mut lines: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&part.value), sorted(&whole.value));
}

#[tokio::test]
async fn a_viewer_gets_an_error_and_no_empty_list() {
    let sandbox = sandbox().await;
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer);
    let error = viewer.access().get_all_dashboard_shares().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

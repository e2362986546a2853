//! Folders and dashboards change hands, compared with what the sandbox holds.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::access::{ChangeFolderAndDashboardOwnership, OwnershipOutcome};
use sisense_core::{ErrorKind, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::support::{client, client_with, sandbox};

const ADA: &str = "ada.admin@acme.example";
const DANA: &str = "dana.data@acme.example";

fn wish(folder: &str, more: Value) -> ChangeFolderAndDashboardOwnership {
    let mut params = json!({"folder_name": folder, "new_owner_name": DANA});
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(params).unwrap()
}

fn find(sandbox: &Sandbox, table: &str, key: &str, value: &str) -> Value {
    let rows = sandbox.state()[table].as_array().cloned().unwrap();
    rows.into_iter().find(|row| row[key] == value).unwrap()
}

fn user(sandbox: &Sandbox, email: &str) -> String {
    find(sandbox, "users", "email", email)["_id"].as_str().unwrap().to_owned()
}

fn folder(sandbox: &Sandbox, name: &str) -> Value {
    find(sandbox, "folders", "name", name)
}

fn dashboard(sandbox: &Sandbox, title: &str) -> Value {
    find(sandbox, "dashboards", "title", title)
}

fn id(of: &Value) -> &str {
    of["oid"].as_str().unwrap()
}

/// Ids and rules of a dashboard's shares, but for the owner's row.
fn shares(sandbox: &Sandbox, title: &str) -> Vec<(String, String)> {
    let rows = dashboard(sandbox, title)["shares"].as_array().cloned().unwrap();
    let mut rows: Vec<(String, String)> = rows
        .iter()
        .filter_map(|row| Some((row["shareId"].as_str()?.into(), row["rule"].as_str()?.into())))
        .collect();
    rows.sort();
    rows
}

fn set(sandbox: &Sandbox, variants: Value) {
    sandbox.set_variants(serde_json::from_value(variants).unwrap());
}

#[tokio::test]
async fn a_preview_writes_nothing_and_the_approved_run_writes_exactly_that() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let before = sandbox.state();
    let preview = Run::preview().start();
    let params = wish("Finance", json!({"executing_user": ADA}));
    let planned =
        access.change_folder_and_dashboard_ownership(&preview, params.clone()).await.unwrap();
    assert_eq!(sandbox.state(), before);
    assert_eq!(sandbox.counts().writes, 0);
    assert_eq!((planned.value.folders.len(), planned.value.dashboards.len()), (2, 1));
    let run = Run::approved(preview.changes()).start();
    let done = access.change_folder_and_dashboard_ownership(&run, params.clone()).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
    assert_eq!(run.left(), []);
    assert_eq!(sandbox.counts().writes, 3);
    let dana = user(&sandbox, DANA);
    for name in ["Finance", "Quarterly"] {
        assert_eq!(folder(&sandbox, name)["owner"], json!(dana));
    }
    assert_eq!(dashboard(&sandbox, "Commerce Overview")["owner"], json!(dana));
    assert_eq!((done.value.total_folders_changed, done.value.total_dashboards_changed), (2, 1));
    // Asked again, there is nothing left to do.
    let again = Run::unattended().start();
    let same = access.change_folder_and_dashboard_ownership(&again, params).await.unwrap();
    assert!(same.is_whole() && again.changes().is_empty());
    assert!(same.value.folders.iter().all(|row| row.outcome == OwnershipOutcome::AlreadyOwned));
    assert_eq!(sandbox.counts().writes, 3);
}

#[tokio::test]
async fn nobody_loses_a_share_whatever_the_server_does_with_them() {
    for variant in ["keeps-shares", "drops-shares"] {
        let sandbox = sandbox().await;
        set(&sandbox, json!({ "change_owner": variant }));
        let mut expected = shares(&sandbox, "Commerce Overview");
        expected.push((user(&sandbox, ADA), "view".to_owned()));
        expected.sort();
        let run = Run::unattended().start();
        let params = wish("Quarterly", json!({"original_owner_rule": "view"}));
        let access = client(&sandbox).access();
        let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
        assert!(done.is_whole(), "{variant}: {:?}", done.missing);
        assert_eq!(shares(&sandbox, "Commerce Overview"), expected, "{variant}");
    }
}

#[tokio::test]
async fn twins_are_ambiguous_and_an_id_means_one() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let run = Run::unattended().start();
    let params = wish("Reports", json!({}));
    let error = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert_eq!(error.candidates().len(), 2);
    assert_eq!(sandbox.counts().writes, 0);
    // Two people keep a dashboard in it.
    let ada = user(&sandbox, ADA);
    let folders = sandbox.state()["folders"].as_array().cloned().unwrap();
    let hers = folders.iter().find(|f| f["name"] == "Reports" && f["owner"] == json!(ada)).unwrap();
    let params = wish(id(hers), json!({}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
    let titles: Vec<&str> = done.value.dashboards.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(titles, ["Weekly Sales", "Order Details"]);
    let dana = user(&sandbox, DANA);
    assert_eq!(dashboard(&sandbox, "Order Details")["owner"], json!(dana));
    let theirs =
        folders.iter().find(|f| f["name"] == "Reports" && f["owner"] != json!(ada)).unwrap();
    assert_eq!(find(&sandbox, "folders", "oid", id(theirs))["owner"], theirs["owner"]);
}

#[tokio::test]
async fn a_folder_that_is_not_seen_changes_hands_and_leaves_no_share_behind() {
    for unseen in ["403", "404"] {
        for shares_after in ["keeps-shares", "drops-shares"] {
            let sandbox = sandbox().await;
            set(&sandbox, json!({"folder_unseen": unseen, "change_owner": shares_after}));
            let access = client(&sandbox).access();
            let preview = Run::preview().start();
            let params = wish("Field Reports", json!({}));
            let planned = access
                .change_folder_and_dashboard_ownership(&preview, params.clone())
                .await
                .unwrap();
            assert_eq!(planned.value.folders.len(), 2, "{:?}", planned.value);
            assert_eq!(sandbox.counts().writes, 0);
            let run = Run::approved(preview.changes()).start();
            let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
            assert!(done.is_whole(), "{unseen} {shares_after}: {:?}", done.missing);
            assert_eq!(run.left(), []);
            let (ada, dana) = (user(&sandbox, ADA), user(&sandbox, DANA));
            for name in ["Field Reports", "North"] {
                assert_eq!(folder(&sandbox, name)["owner"], json!(dana));
            }
            for title in ["Returns Desk", "Old Warehouse KPIs"] {
                assert_eq!(dashboard(&sandbox, title)["owner"], json!(dana));
                let rows = shares(&sandbox, title);
                assert!(rows.iter().all(|(id, _)| *id != ada), "{title}: {rows:?}");
            }
        }
    }
}

#[tokio::test]
async fn without_names_a_hidden_folder_goes_by_its_id() {
    let sandbox = sandbox().await;
    set(&sandbox, json!({"expand_with_fields": "fields-win"}));
    let access = client(&sandbox).access();
    let run = Run::unattended().start();
    let params = wish("North", json!({}));
    let error = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let north = folder(&sandbox, "North");
    let listed = error
        .candidates()
        .iter()
        .any(|one| one.starts_with(id(&north)) && one.contains("Old Warehouse KPIs"));
    assert!(listed, "{:?}", error.candidates());
    let params = wish(id(&north), json!({}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
    let (ada, dana) = (user(&sandbox, ADA), user(&sandbox, DANA));
    assert_eq!(folder(&sandbox, "North")["owner"], json!(dana));
    assert!(shares(&sandbox, "Old Warehouse KPIs").iter().all(|(id, _)| *id != ada));
}

#[tokio::test]
async fn where_only_owners_may_the_rest_goes_on_and_nothing_is_left_behind() {
    let sandbox = sandbox().await;
    set(&sandbox, json!({"folder_patch": "owners-only"}));
    let sam = folder(&sandbox, "North")["owner"].clone();
    let run = Run::unattended().start();
    let access = client(&sandbox).access();
    let params = wish("North", json!({}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert_eq!(done.value.folders[0].outcome, OwnershipOutcome::Failed);
    assert_eq!(done.missing.len(), 1, "{:?}", done.missing);
    assert_eq!(done.missing[0].error.kind, ErrorKind::Forbidden);
    assert_eq!(folder(&sandbox, "North")["owner"], sam);
    let (ada, dana) = (user(&sandbox, ADA), user(&sandbox, DANA));
    assert_eq!(dashboard(&sandbox, "Old Warehouse KPIs")["owner"], json!(dana));
    assert!(shares(&sandbox, "Old Warehouse KPIs").iter().all(|(id, _)| *id != ada));
}

#[tokio::test]
async fn an_admin_may_take_a_folder_for_herself() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let run = Run::unattended().start();
    let params = wish("Field Reports", json!({"new_owner_name": ADA}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
    let ada = user(&sandbox, ADA);
    for title in ["Returns Desk", "Old Warehouse KPIs"] {
        assert_eq!(dashboard(&sandbox, title)["owner"], json!(ada));
        assert!(shares(&sandbox, title).iter().all(|(id, _)| *id != ada));
    }
}

#[tokio::test]
async fn without_the_admins_flag_own_dashboards_still_go() {
    let sandbox = sandbox().await;
    set(&sandbox, json!({"admin_access": "403"}));
    let access = client(&sandbox).access();
    let run = Run::unattended().start();
    let params = wish("Finance", json!({}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert_eq!(done.value.total_dashboards_changed, 1, "{:?}", done.missing);
    let dana = user(&sandbox, DANA);
    assert_eq!(dashboard(&sandbox, "Commerce Overview")["owner"], json!(dana));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_up() {
    let sandbox = sandbox().await;
    let lost = |at: &str, method: &str| Fault::new(at, FaultAction::ApplyThenDrop).method(method);
    sandbox.add_fault(lost("/api/v1/dashboards/*/change_owner", "POST"));
    let access = client(&sandbox).access();
    let run = Run::unattended().start();
    let params = wish("Quarterly", json!({}));
    let done = access.change_folder_and_dashboard_ownership(&run, params).await.unwrap();
    assert_eq!(done.value.dashboards[0].outcome, OwnershipOutcome::Changed, "{:?}", done.missing);
}

#[tokio::test]
async fn only_admins_may() {
    let sandbox = sandbox().await;
    let before = sandbox.state();
    let designer = client_with(&sandbox, &sandbox.tokens().designer).access();
    let run = Run::unattended().start();
    let params = wish("Finance", json!({}));
    let error = designer.change_folder_and_dashboard_ownership(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(sandbox.state(), before);
}

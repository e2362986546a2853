//! Dashboards, to another deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::migration::{
    DashboardAction, Item, ItemOutcome, MigrateAllDashboards, MigrateDashboards, Migration,
};
use sisense_core::run::MemoryJournal;
use sisense_core::{ErrorKind, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox, SandboxConfig, Sizes};

use super::support::{Pair, add_up, bare, count, row};

const IMPORT: &str = "/api/v1/dashboards/import/bulk";

fn all(more: Value) -> MigrateAllDashboards {
    serde_json::from_value(more).unwrap()
}

fn some(more: Value) -> MigrateDashboards {
    serde_json::from_value(more).unwrap()
}

fn everything() -> Value {
    json!({"migrate_share": true, "change_ownership": true})
}

fn overwrite() -> Value {
    json!({"action": "overwrite"})
}

fn set(sandbox: &Sandbox, variants: Value) {
    sandbox.set_variants(serde_json::from_value(variants).unwrap());
}

fn rows(sandbox: &Sandbox, table: &str) -> Vec<Value> {
    sandbox.state()[table].as_array().cloned().unwrap()
}

fn dashboard(sandbox: &Sandbox, oid: &str) -> Value {
    rows(sandbox, "dashboards").into_iter().find(|row| row["oid"] == oid).unwrap()
}

fn titles(sandbox: &Sandbox) -> Vec<String> {
    let rows = rows(sandbox, "dashboards");
    let mut titles: Vec<String> =
        rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
    titles.sort();
    titles
}

/// Who owns a dashboard and with whom it is shared, by name.
fn access(sandbox: &Sandbox, oid: &str) -> (String, Vec<String>) {
    let state = sandbox.state();
    let name = |id: &Value| {
        let of = |table: &str, key: &str| {
            let rows = state[table].as_array()?;
            rows.iter().find(|row| row["_id"] == *id)?[key].as_str().map(str::to_owned)
        };
        of("users", "email").or_else(|| of("groups", "name")).unwrap_or_default()
    };
    let one = dashboard(sandbox, oid);
    let shares = one["shares"].as_array().cloned().unwrap_or_default();
    let mut shares: Vec<String> = shares
        .iter()
        .filter_map(|row| Some(format!("{} {}", name(&row["shareId"]), row["rule"].as_str()?)))
        .collect();
    shares.sort();
    (name(&one["owner"]), shares)
}

fn crowd(dashboards: usize) -> SandboxConfig {
    let sizes = Sizes {
        users: 20,
        groups: 4,
        dashboards,
        widgets_per_dashboard: 3,
        folders: 9,
        ..Sizes::default()
    };
    SandboxConfig { sizes, ..bare() }
}

/// The people of [`crowd`] on both sides, dashboards only on one.
async fn pair(dashboards: usize) -> Pair {
    let people = Sizes { dashboards: 0, folders: 0, ..crowd(0).sizes };
    Pair::start(crowd(dashboards), SandboxConfig { sizes: people, ..bare() }).await
}

async fn run_all(pair: &Pair, run: &Run, params: Value) -> Migration {
    let done = pair.migrations().migrate_all_dashboards(run, all(params)).await.unwrap();
    add_up(&done);
    done
}

fn is_clean(done: &Migration) {
    assert!(done.complete, "{done:#?}");
    let verified =
        |item: &Item| item.outcome == ItemOutcome::Skipped || item.verified == Some(true);
    assert!(done.items.iter().all(verified), "{done:#?}");
}

#[tokio::test]
async fn everything_comes_over_with_folders_shares_and_owners() {
    let pair = pair(23).await;
    let migrations = pair.migrations();
    let operation = |run: Run| {
        let migrations = migrations.clone();
        async move { migrations.migrate_all_dashboards(&run, all(everything())).await }
    };
    let (planned, done) = pair.approved(operation).await;
    assert_eq!((planned.requested, planned.created), (23, 23));
    assert!(planned.items.iter().all(|item| item.outcome == ItemOutcome::WouldCreate));
    is_clean(&done);
    assert_eq!(titles(&pair.target), titles(&pair.source));
    for item in &done.items {
        let oid = item.source_id.as_deref().unwrap();
        assert_eq!(item.target_id.as_deref(), Some(oid));
        assert_eq!(access(&pair.target, oid), access(&pair.source, oid), "{}", item.name);
    }
    // Folders that the source's token sees are there by name, each once.
    let names = |sandbox: &Sandbox| -> BTreeMap<String, usize> {
        let mut names = BTreeMap::new();
        for folder in rows(sandbox, "folders") {
            *names.entry(folder["name"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        names
    };
    assert!(names(&pair.target).values().all(|count| *count == 1));
    assert!(!names(&pair.target).is_empty());
    // A second time there is nothing to do.
    let writes = pair.target.counts().writes;
    let again = run_all(&pair, &Run::unattended().start(), json!({})).await;
    assert_eq!((again.skipped, again.complete), (23, true));
    assert_eq!(pair.target.counts().writes, writes);
}

#[tokio::test]
async fn the_story_comes_over_and_what_the_target_lacks_is_told() {
    let pair = Pair::to_a_bare_one().await;
    let migrations = pair.migrations();
    let operation = |run: Run| {
        let migrations = migrations.clone();
        async move { migrations.migrate_all_dashboards(&run, all(everything())).await }
    };
    let (planned, done) = pair.approved(operation).await;
    is_clean(&done);
    assert_eq!(titles(&pair.target), titles(&pair.source));
    assert!(planned.items.iter().any(|item| !item.unmapped.is_empty()), "{planned:#?}");
    assert!(planned.items.iter().all(|item| item.notes.iter().any(|n| n.contains("data model"))));
}

#[tokio::test]
async fn titles_are_exact_and_twins_are_told_with_their_ids() {
    let pair = Pair::to_a_bare_one().await;
    let names = json!({"dashboard_names": ["Weekly Sales", "weekly sales", "Returns Desk"]});
    let run = Run::unattended().start();
    let done = pair.migrations().migrate_dashboards(&run, some(names)).await.unwrap();
    add_up(&done);
    let twins = row(&done, "Weekly Sales");
    assert_eq!(twins.outcome, ItemOutcome::Blocked);
    assert_eq!(twins.error.as_ref().unwrap().candidates.len(), 2);
    assert_eq!(row(&done, "weekly sales").outcome, ItemOutcome::Failed);
    assert_eq!(row(&done, "Returns Desk").outcome, ItemOutcome::Created);
    assert_eq!(titles(&pair.target), ["Returns Desk"]);
}

#[tokio::test]
async fn arguments_that_contradict_each_other_are_refused_before_anything_is_sent() {
    let pair = Pair::start(bare(), bare()).await;
    let run = Run::unattended().start();
    let bad = [
        json!({}),
        json!({"dashboard_ids": ["a"], "dashboard_names": ["b"]}),
        json!({"dashboard_ids": []}),
        json!({"dashboard_ids": ["a"], "change_ownership": true}),
    ];
    for params in bad {
        let error = pair.migrations().migrate_dashboards(&run, some(params.clone())).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput, "{params}");
    }
    let none = json!({"batch_size": 0});
    let error = pair.migrations().migrate_all_dashboards(&run, all(none)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(pair.source.counts().total + pair.target.counts().total, 0);
}

/// Change a dashboard behind the back of a migration.
async fn edit(client: &sisense_core::Client, oid: &str, script: &str) {
    let params = json!({"dashboard_id": oid, "script": script});
    let params = serde_json::from_value(params).unwrap();
    let run = Run::unattended().start();
    let done = client.dashboard().add_dashboard_script(&run, params).await.unwrap();
    assert!(done.is_whole(), "{:?}", done.missing);
}

#[tokio::test]
async fn an_overwrite_says_what_differs_and_leaves_what_is_the_same() {
    let pair = pair(6).await;
    is_clean(&run_all(&pair, &Run::unattended().start(), json!({})).await);
    let first = rows(&pair.source, "dashboards")[0]["oid"].as_str().unwrap().to_owned();
    edit(&pair.to, &first, "old()").await;
    pair.target.clear_requests();
    let migrations = pair.migrations();
    let operation = |run: Run| {
        let migrations = migrations.clone();
        async move { migrations.migrate_all_dashboards(&run, all(overwrite())).await }
    };
    let (planned, done) = pair.approved(operation).await;
    is_clean(&done);
    assert_eq!((done.overwritten, done.skipped), (1, 5));
    let item = planned.items.iter().find(|i| i.source_id.as_ref() == Some(&first)).unwrap();
    assert_eq!(item.differs, ["script"]);
    assert_eq!(dashboard(&pair.target, &first)["script"], Value::Null);
}

#[tokio::test]
async fn another_persons_dashboard_is_taken_overwritten_and_given_back() {
    for variant in ["keeps-shares", "drops-shares"] {
        let pair = pair(6).await;
        is_clean(&run_all(&pair, &Run::unattended().start(), everything()).await);
        set(&pair.target, json!({ "change_owner": variant }));
        let me = "root.admin";
        let foreign: Vec<String> = rows(&pair.source, "dashboards")
            .iter()
            .map(|row| row["oid"].as_str().unwrap().to_owned())
            .filter(|oid| access(&pair.source, oid).0.starts_with("user"))
            .collect();
        assert!(!foreign.is_empty(), "{me}");
        for oid in &foreign {
            edit(&pair.to, oid, "old()").await;
        }
        pair.target.clear_requests();
        let migrations = pair.migrations();
        let operation = |run: Run| {
            let migrations = migrations.clone();
            async move { migrations.migrate_all_dashboards(&run, all(overwrite())).await }
        };
        let (planned, done) = pair.approved(operation).await;
        is_clean(&done);
        assert_eq!(done.overwritten as usize, foreign.len());
        assert_eq!(count(&planned, ItemOutcome::WouldOverwrite), foreign.len());
        for oid in &foreign {
            assert_eq!(access(&pair.target, oid), access(&pair.source, oid), "{variant}");
            assert_eq!(dashboard(&pair.target, oid)["script"], Value::Null);
        }
    }
}

#[tokio::test]
async fn duplicates_get_ids_of_their_own_and_twins_their_own_copies() {
    for title in ["same", "suffix"] {
        let pair = Pair::to_a_bare_one().await;
        set(&pair.target, json!({ "import_title": title }));
        let first = run_all(&pair, &Run::unattended().start(), json!({})).await;
        let again =
            run_all(&pair, &Run::unattended().start(), json!({"action": "duplicate"})).await;
        is_clean(&again);
        assert_eq!(again.duplicated, first.created);
        let mut ids: Vec<&String> =
            again.items.iter().filter_map(|item| item.target_id.as_ref()).collect();
        assert!(again.items.iter().all(|item| item.target_id != item.source_id));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len() as u64, again.duplicated);
        assert_eq!(titles(&pair.target).len(), 2 * titles(&pair.source).len());
    }
}

#[tokio::test]
async fn one_bad_document_fails_alone_whatever_the_server_does_with_the_request() {
    for (failure, failed) in
        [("alone", "by-category"), ("alone", "list"), ("400", "list"), ("422", "list")]
    {
        let pair = pair(12).await;
        set(&pair.target, json!({ "import_failure": failure, "import_failed": failed }));
        let oid = "5fbad0000000000000000001";
        let bad = json!({
            "oid": oid, "title": "Bad", "type": "dashboard", "widgets": [],
            "datasource": {"title": "Generated Model 0001"}, "filterRelations": {"odd": 1},
        });
        pair.source.load(bad).unwrap();
        let done = run_all(&pair, &Run::unattended().start(), json!({})).await;
        assert_eq!((done.created, done.failed), (12, 1), "{failure} {failed} {done:#?}");
        let item = row(&done, "Bad");
        assert!(item.reason.as_ref().unwrap().contains("filterRelations"), "{item:#?}");
        assert_eq!(titles(&pair.target).len(), 12);
    }
}

#[tokio::test]
async fn an_import_without_an_answer_is_looked_up_and_never_sent_twice() {
    let applied = [FaultAction::DropMidBody, FaultAction::TruncatedJson];
    for (action, there) in applied
        .into_iter()
        .map(|action| (action, true))
        .chain([(FaultAction::CloseConnection, false)])
    {
        let pair = pair(12).await;
        let fault = Fault::new(IMPORT, action.clone()).method("POST").nth(1);
        pair.target.add_fault(fault);
        let flat = json!({"keep_folders": false});
        let done = run_all(&pair, &Run::unattended().start(), flat).await;
        let imports = pair.target.requests();
        let imports = imports.iter().filter(|entry| entry.path.contains("import/bulk")).count();
        assert_eq!(imports, 2, "{action:?}");
        if there {
            is_clean(&done);
            assert_eq!(done.created, 12, "{action:?}");
        } else {
            assert_eq!(done.created + done.unknown, 12, "{action:?} {done:#?}");
            assert!(done.unknown > 0 && !done.complete);
        }
    }
}

#[tokio::test]
async fn a_run_that_was_dropped_goes_on_where_it_was() {
    for params in [everything(), json!({"action": "duplicate", "migrate_share": true})] {
        for moment in [3, 9, 14, 25, 45] {
            let pair = pair(12).await;
            let duplicate = params["action"] == "duplicate";
            if duplicate {
                is_clean(&run_all(&pair, &Run::unattended().start(), json!({})).await);
            }
            let preview = Run::preview().start();
            run_all(&pair, &preview, params.clone()).await;
            let journal = Arc::new(MemoryJournal::default());
            let start =
                || Run::approved(preview.changes()).id("one").journal(journal.clone()).start();
            // The connection is never answered from then on, and the future is dropped.
            pair.target.clear_requests();
            pair.target.add_fault(Fault::new("/api/", FaultAction::Silence).nth(moment));
            {
                let run = start();
                let limit = std::time::Duration::from_millis(500);
                let _ = tokio::time::timeout(limit, run_all(&pair, &run, params.clone())).await;
            }
            pair.target.clear_faults();
            let run = start();
            let done = run_all(&pair, &run, params.clone()).await;
            assert!(done.complete, "{moment} {done:#?}");
            assert_eq!(run.left(), [], "{moment}");
            let expected = if duplicate { 24 } else { 12 };
            assert_eq!(titles(&pair.target).len(), expected, "{moment}");
            for item in &done.items {
                let (here, there) = (
                    access(&pair.source, item.source_id.as_deref().unwrap()),
                    access(&pair.target, item.target_id.as_deref().unwrap()),
                );
                if !duplicate {
                    assert_eq!(there, here, "{moment} {}", item.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_stopped_run_tells_what_it_did_not_try() {
    let pair = pair(12).await;
    let stop = sisense_core::run::CancellationToken::new();
    stop.cancel();
    let run = Run::unattended().cancel(stop).start();
    let done = run_all(&pair, &run, json!({"keep_folders": false})).await;
    assert_eq!((done.blocked, done.stopped, done.complete), (12, true, false));
    assert_eq!(pair.target.counts().writes, 0);
}

#[tokio::test]
async fn every_form_of_the_import_and_of_ownership_is_understood() {
    let variants = [
        json!({"import_empty": "present"}),
        json!({"import_preview": "accepted"}),
        json!({"import_parent": "kept"}),
        json!({"import_match": "all"}),
        json!({"change_owner": "drops-shares"}),
        json!({"export_unknown_in_chunk": "skip"}),
    ];
    for variant in variants {
        let pair = pair(12).await;
        set(&pair.target, variant.clone());
        let done = run_all(&pair, &Run::unattended().start(), everything()).await;
        is_clean(&done);
        assert_eq!(done.created, 12, "{variant}");
        for item in &done.items {
            let oid = item.source_id.as_deref().unwrap();
            assert_eq!(access(&pair.target, oid), access(&pair.source, oid), "{variant}");
        }
    }
    assert_eq!(DashboardAction::default(), DashboardAction::Skip);
}

#[tokio::test]
async fn shares_follow_pair_by_pair_and_those_of_the_target_win() {
    let pair = pair(6).await;
    let done = run_all(&pair, &Run::unattended().start(), json!({})).await;
    let ids: Vec<&str> = done.items.iter().filter_map(|i| i.source_id.as_deref()).collect();
    let wish = |more: Value| {
        let mut wish = json!({"source_dashboard_ids": ids, "target_dashboard_ids": ids});
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(wish).unwrap()
    };
    let migrations = pair.migrations();
    let run = Run::unattended().start();
    let shared = migrations.migrate_dashboard_shares(&run, wish(json!({}))).await.unwrap();
    assert!(shared.complete, "{shared:#?}");
    for oid in &ids {
        let (owner, mut expected) = access(&pair.source, oid);
        let (now, shares) = access(&pair.target, oid);
        if owner != now {
            expected.push(format!("{owner} edit"));
            expected.sort();
        }
        assert_eq!(shares, expected);
    }
    // Again there is nothing to do; with the owner there is.
    let run = Run::unattended().start();
    let again = migrations.migrate_dashboard_shares(&run, wish(json!({}))).await.unwrap();
    assert_eq!(again.skipped, 6);
    let run = Run::unattended().start();
    let owned = json!({"change_ownership": true});
    let done = migrations.migrate_dashboard_shares(&run, wish(owned)).await.unwrap();
    add_up(&done);
    assert!(done.complete, "{done:#?}");
    assert!(ids.iter().all(|oid| access(&pair.target, oid).0 == access(&pair.source, oid).0));
    // Lists that do not pair up are refused before anything is sent.
    let odd = json!({"target_dashboard_ids": []});
    let error = migrations.migrate_dashboard_shares(&run, wish(odd)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

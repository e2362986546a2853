//! What a preview has read is not read again by the run of its changes.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::migration::{ItemOutcome, Migration};
use sisense_core::{ErrorKind, Run};
use sisense_sandbox::{Sandbox, SandboxConfig, Sizes};

use super::support::{Pair, add_up, ahead, bare, change};

async fn boards(pair: &Pair, run: &Run, args: &Value) -> Migration {
    let params = serde_json::from_value(args.clone()).unwrap();
    let done = pair.migrations().migrate_all_dashboards(run, params).await.unwrap();
    add_up(&done);
    done
}

async fn models(pair: &Pair, run: &Run) -> Migration {
    let params = serde_json::from_value(json!({ "action": "overwrite" })).unwrap();
    let done = pair.migrations().migrate_all_datamodels(run, params).await.unwrap();
    add_up(&done);
    done
}

/// The run of a preview's changes, with what it has read.
fn run_of(preview: &Run) -> Run {
    Run::approved(preview.changes()).handover(preview.handover()).start()
}

/// How often each document was exported, by id.
fn exports(sandbox: &Sandbox, parameter: &str) -> Vec<(String, usize)> {
    let mut ids = Vec::new();
    for request in sandbox.requests() {
        let pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
        let given = pairs.filter(|(key, _)| *key == parameter && request.path.contains("export"));
        ids.extend(given.flat_map(|(_, ids)| {
            ids.replace("%2C", ",").split(',').map(str::to_owned).collect::<Vec<_>>()
        }));
    }
    let mut counted: std::collections::BTreeMap<String, usize> = Default::default();
    for id in ids {
        *counted.entry(id).or_default() += 1;
    }
    counted.into_iter().collect()
}

fn each_once(sandbox: &Sandbox, parameter: &str) -> usize {
    let exports = exports(sandbox, parameter);
    assert!(exports.iter().all(|(_, times)| *times == 1), "{exports:?}");
    exports.len()
}

/// Requests to both that change nothing.
fn reads(pair: &Pair) -> usize {
    let of = |sandbox: &Sandbox| sandbox.requests().iter().filter(|one| !one.writes).count();
    of(&pair.source) + of(&pair.target)
}

fn clear(pair: &Pair) {
    pair.source.clear_requests();
    pair.target.clear_requests();
}

#[tokio::test]
async fn a_preview_asks_no_more_than_the_migration_itself() {
    let pair = ahead().await;
    for action in ["skip", "overwrite", "duplicate"] {
        let args = json!({ "action": action, "migrate_share": true });
        let start = pair.target.snapshot();
        clear(&pair);
        boards(&pair, &Run::preview().start(), &args).await;
        let looked = reads(&pair);
        clear(&pair);
        boards(&pair, &Run::unattended().start(), &args).await;
        assert!(looked <= reads(&pair), "{action}: {looked} and then {}", reads(&pair));
        pair.target.restore(&start);
    }
}

#[tokio::test]
async fn documents_that_were_compared_are_exported_once() {
    let pair = ahead().await;
    let args = json!({ "action": "overwrite" });
    pair.source.clear_requests();
    let preview = Run::preview().start();
    let planned = boards(&pair, &preview, &args).await;
    let exported = each_once(&pair.source, "dashboardIds");
    let done = boards(&pair, &run_of(&preview), &args).await;
    assert!(done.complete && done.overwritten > 1, "{done:#?}");
    assert_eq!(done.overwritten, planned.overwritten);
    let again = exports(&pair.source, "dashboardIds");
    let twice = again.iter().filter(|(_, times)| *times > 1).count();
    assert_eq!((again.len(), twice), (exported, 0));
}

#[tokio::test]
async fn new_documents_are_exported_once_and_while_the_lists_are_read() {
    let sizes = Sizes { dashboards: 40, widgets_per_dashboard: 1, ..Sizes::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let args = json!({ "batch_size": 10 });
    let preview = Run::preview().start();
    boards(&pair, &preview, &args).await;
    assert_eq!(exports(&pair.source, "dashboardIds").len(), 0);
    pair.source.set_latency(std::time::Duration::from_millis(50));
    pair.target.set_latency(std::time::Duration::from_millis(50));
    pair.source.clear_requests();
    let done = boards(&pair, &run_of(&preview), &args).await;
    assert_eq!((done.created, done.complete), (40, true), "{done:#?}");
    assert_eq!(each_once(&pair.source, "dashboardIds"), 40);
    let requests = pair.source.requests();
    let list = requests.iter().find(|one| one.path.ends_with("/admin")).unwrap();
    let first = requests.iter().find(|one| one.path.ends_with("/export")).unwrap();
    assert!(first.at_ms < list.at_ms + list.ms, "{requests:#?}");
}

#[tokio::test]
async fn a_document_that_changed_since_is_not_what_was_approved() {
    let sizes = Sizes { dashboards: 3, widgets_per_dashboard: 1, ..Sizes::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let preview = Run::preview().start();
    let planned = boards(&pair, &preview, &json!({})).await;
    let oid = planned.items[1].source_id.clone().unwrap();
    change(&pair, &oid).await;
    let done = boards(&pair, &run_of(&preview), &json!({})).await;
    assert_eq!((done.created, done.blocked), (2, 1), "{done:#?}");
    let row = done.items.iter().find(|item| item.source_id.as_ref() == Some(&oid)).unwrap();
    assert_eq!(row.outcome, ItemOutcome::Blocked);
    assert_eq!(row.error.as_ref().unwrap().kind, ErrorKind::Drifted);
}

#[tokio::test]
async fn schemas_are_exported_once() {
    let sizes = Sizes { models: 3, ..Sizes::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let preview = Run::preview().start();
    models(&pair, &preview).await;
    let done = models(&pair, &run_of(&preview)).await;
    assert_eq!((done.created, done.complete), (3, true), "{done:#?}");
    assert_eq!(each_once(&pair.source, "datamodelId"), 3);
}

//! A whole deployment, brought over; compared by the sandboxes' own state.

use pretty_assertions::assert_eq;
use serde_json::Value;
use sisense_core::Run;
use sisense_core::domains::migration::{
    ItemOutcome, MigrateAllDashboards, MigrateAllDatamodels, Migration,
};
use sisense_sandbox::{SandboxConfig, Sizes};

use super::meaning::meaning;
use super::support::{Pair, add_up, bare};

fn sizes() -> Sizes {
    Sizes {
        users: 200,
        groups: 50,
        models: 20,
        dashboards: 200,
        folders: 30,
        widgets_per_dashboard: 3,
        ..Sizes::default()
    }
}

async fn migrate(pair: &Pair, run: &Run) -> Vec<Migration> {
    let migrations = pair.migrations();
    let models: MigrateAllDatamodels =
        serde_json::from_value(serde_json::json!({ "shares": true })).unwrap();
    let dashboards: MigrateAllDashboards = serde_json::from_value(
        serde_json::json!({ "migrate_share": true, "change_ownership": true }),
    )
    .unwrap();
    vec![
        migrations.migrate_all_groups(run).await.unwrap(),
        migrations.migrate_all_users(run).await.unwrap(),
        migrations.migrate_all_datamodels(run, models).await.unwrap(),
        migrations.migrate_all_dashboards(run, dashboards).await.unwrap(),
    ]
}

#[tokio::test]
async fn users_groups_models_folders_dashboards_shares_and_owners_arrive() {
    let pair = Pair::start(SandboxConfig { sizes: sizes(), ..bare() }, bare()).await;
    let before = pair.target.state();
    let preview = Run::preview().start();
    let planned = migrate(&pair, &preview).await;
    assert_eq!(pair.target.state(), before, "a preview changes nothing");
    let reads = pair.source.counts().total + pair.target.counts().total;
    pair.source.clear_requests();
    pair.target.clear_requests();

    let run = Run::approved(preview.changes()).handover(preview.handover()).start();
    let done = migrate(&pair, &run).await;
    assert_eq!(run.left(), [], "every approved change was made");
    for (planned, done) in planned.iter().zip(&done) {
        add_up(planned);
        add_up(done);
        assert!(done.complete, "{:#?}", trouble(done));
        assert_eq!(planned.created, done.created);
        let written = done.items.iter().filter(|item| item.outcome == ItemOutcome::Created);
        assert!(written.clone().all(|item| item.verified == Some(true)), "{:#?}", trouble(done));
    }
    let (mut here, mut there) = (meaning(&pair.source), meaning(&pair.target));
    as_the_admin_sees_it(&pair, &mut here).await;
    // Twins of one path, in the trees of several people, are one in the tree of who migrates.
    for side in [&mut here, &mut there] {
        if let Some(paths) = side["folders"].as_array_mut() {
            paths.dedup();
        }
    }
    for part in ["groups", "folders", "models", "dashboards"] {
        same(part, &here[part], &there[part]);
    }
    // Whoever was there before is left as they were; the others are as on the source.
    for (email, user) in here["users"].as_object().unwrap() {
        if before["users"].as_array().unwrap().iter().all(|known| known["email"] != **email) {
            assert_eq!(&there["users"][email], user, "{email}");
        }
    }
    assert_eq!(pair.source.counts().writes, 0, "the source is only read");
    let counts = pair.target.counts();
    let run_reads = pair.source.counts().total + counts.total - counts.writes;
    assert!(reads <= run_reads, "the preview read {reads} times, the run {run_reads}");

    // Again: everything is there.
    let again = migrate(&pair, &Run::preview().start()).await;
    assert!(again.iter().all(|migration| migration.created == 0), "{again:#?}");
}

/// Folders are seen by those whose they are: a dashboard in another one's folder comes to the top.
async fn as_the_admin_sees_it(pair: &Pair, here: &mut Value) {
    let seen = pair.from.read(&["api", "v1", "folders"], &[("structure", "flat")]).await.unwrap();
    let seen = seen.into_body();
    let seen: Vec<&Value> = seen.as_array().unwrap().iter().map(|folder| &folder["oid"]).collect();
    let state = pair.source.state();
    for dashboard in state["dashboards"].as_array().unwrap() {
        if !seen.contains(&&dashboard["parentFolder"]) {
            let oid = dashboard["oid"].as_str().unwrap();
            here["dashboards"][oid]["folder"] = "".into();
        }
    }
}

/// The rows that are not as they should be.
fn trouble(migration: &Migration) -> Vec<&sisense_core::domains::migration::Item> {
    let good = |item: &&sisense_core::domains::migration::Item| {
        item.problems.is_empty()
            && item.verified != Some(false)
            && (item.outcome == ItemOutcome::Skipped || item.verified == Some(true))
    };
    migration.items.iter().filter(|item| !good(item)).take(3).collect()
}

/// Compared row by row, so that a difference is told and not a wall of text.
fn same(part: &str, here: &Value, there: &Value) {
    if let (Some(here), Some(there)) = (here.as_object(), there.as_object()) {
        let keys = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(there), keys(here), "{part}");
        for (key, row) in here {
            assert_eq!(&there[key], row, "{part} {key}");
        }
    } else {
        assert_eq!(there, here, "{part}");
    }
}

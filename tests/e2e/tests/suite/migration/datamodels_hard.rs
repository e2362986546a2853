//! Data models, to another deployment: shares, and runs that do not go well.

use std::collections::BTreeSet;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::Run;
use sisense_core::domains::migration::{ItemOutcome, Migration};
use sisense_core::run::{Action, CancellationToken, MemoryJournal};
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::datamodels::{LEADS, SHOP, approved, connect, held, one, pair, shape};
use super::support::{Pair, count, row};
use super::undo::take_back;

const IMPORT: &str = "/api/v2/datamodel-imports/schema";

/// Names and permissions of those with whom a model is shared, as far as they exist.
fn shared(sandbox: &Sandbox, title: &str) -> BTreeSet<(String, String)> {
    let state = sandbox.state();
    let name = |id: &Value| {
        let users = state["users"].as_array().unwrap().iter().map(|one| (one, "email"));
        let groups = state["groups"].as_array().unwrap().iter().map(|one| (one, "name"));
        let found = users.chain(groups).find(|(one, _)| one["_id"] == *id);
        found.map(|(one, key)| one[key].as_str().unwrap().to_lowercase())
    };
    let model = held(sandbox, title).unwrap();
    let rows = model["shares"].as_array().unwrap().iter();
    rows.filter_map(|share| {
        Some((name(&share["partyId"])?, share["permission"].as_str()?.to_owned()))
    })
    .collect()
}

fn imports(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.path.starts_with(IMPORT)).count()
}

async fn with_people(pair: &Pair) {
    let run = Run::unattended().start();
    pair.migrations().migrate_all_groups(&run).await.unwrap();
    pair.migrations().migrate_all_users(&run).await.unwrap();
    // Without credentials a live model cannot be published.
    connect(&pair.target, "Acme CRM", "Snowflake").await;
    pair.target.clear_requests();
}

fn both() -> Value {
    json!({ "datamodel_names": [SHOP, LEADS], "shares": true })
}

#[tokio::test]
async fn shares_follow_by_name_and_a_live_model_is_published_for_them() {
    for share_key in ["both", "party", "partyId"] {
        let pair = pair().await;
        with_people(&pair).await;
        let variants = serde_json::from_value(json!({ "share_key": share_key })).unwrap();
        pair.target.set_variants(variants);
        let (planned, done) = approved(&pair, both()).await;
        assert!(done.items.iter().all(|item| item.problems.is_empty()), "{done:#?}");
        for title in [SHOP, LEADS] {
            let (here, there) = (shared(&pair.source, title), shared(&pair.target, title));
            // Whoever has the role that the target lacks was not migrated.
            let lost: Vec<_> = here.difference(&there).collect();
            let unmapped = &row(&done, title).unmapped;
            assert!(
                lost.iter().all(|(name, _)| unmapped.iter().any(|one| one.name == *name)),
                "{share_key} {title}: {lost:?} {unmapped:?}"
            );
            // The importer's own right to edit stays.
            assert!(there.contains(&("ada.admin@acme.example".to_owned(), "w".to_owned())));
            assert!(row(&planned, title).shares_added.unwrap() > 0);
        }
        assert!(held(&pair.target, LEADS).unwrap()["lastPublishTime"].is_string());
        let run = Run::preview().start();
        let mut again = both();
        again["action"] = json!("duplicate");
        one(&pair, &run, again).await.unwrap();
        let kinds = |wanted| run.changes().iter().filter(|c| c.action == wanted).count();
        assert_eq!((kinds(Action::Build), kinds(Action::Share)), (1, 2));
    }
}

#[tokio::test]
async fn parties_that_the_target_lacks_are_listed() {
    let pair = pair().await;
    let args = json!({ "datamodel_names": [SHOP], "shares": true });
    let (planned, done) = approved(&pair, args).await;
    let lost = &row(&planned, SHOP).unmapped;
    assert!(lost.len() > 2, "{lost:#?}");
    assert_eq!(&row(&done, SHOP).unmapped, lost);
    // No id of the source is in what a person approves.
    let run = Run::preview().start();
    one(&pair, &run, json!({ "datamodel_names": [LEADS], "shares": true })).await.unwrap();
    let text = serde_json::to_string(&run.changes()).unwrap();
    let state = pair.source.state();
    for user in state["users"].as_array().unwrap() {
        assert!(!text.contains(user["_id"].as_str().unwrap()), "{text}");
    }
}

#[tokio::test]
async fn a_live_model_that_cannot_be_published_is_there_and_not_shared() {
    let pair = pair().await;
    let run = Run::unattended().start();
    pair.migrations().migrate_all_users(&run).await.unwrap();
    let args = json!({ "datamodel_names": [LEADS], "shares": true });
    let planned = one(&pair, &Run::preview().start(), args.clone()).await.unwrap();
    let told = |m: &Migration| row(m, LEADS).notes.iter().any(|n| n.contains("publishable"));
    assert!(told(&planned), "{planned:#?}");
    let done = one(&pair, &run, args).await.unwrap();
    let item = row(&done, LEADS);
    assert_eq!((item.outcome, item.verified), (ItemOutcome::Created, Some(true)));
    assert_eq!((item.shares_added, done.complete), (Some(0), false));
    assert!(item.problems[0].contains("the build failed"), "{item:#?}");
}

#[tokio::test]
async fn security_rules_and_shares_find_who_the_same_plan_makes() {
    let pair = pair().await;
    connect(&pair.target, "Acme CRM", "Snowflake").await;
    let migrations = pair.migrations();
    let (planned, done) = pair
        .approved(|run| {
            let migrations = migrations.clone();
            async move {
                migrations.migrate_all_groups(&run).await?;
                migrations.migrate_all_users(&run).await?;
                let params = serde_json::from_value(both()).unwrap();
                migrations.migrate_datamodels(&run, params).await
            }
        })
        .await;
    let names = |m: &Migration| {
        let lost = m.items.iter().flat_map(|item| &item.unmapped);
        lost.map(|one| one.name.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&planned), names(&done), "{planned:#?}\n{done:#?}");
    assert!(done.items.iter().all(|item| item.verified == Some(true)), "{done:#?}");
}

#[tokio::test]
async fn the_targets_own_shares_stay_when_it_is_overwritten() {
    let pair = pair().await;
    with_people(&pair).await;
    let run = Run::unattended().start();
    one(&pair, &run, json!({ "datamodel_names": [SHOP] })).await.unwrap();
    let own = json!({ "datamodel_name": SHOP, "shares": [
        { "name": "vera.viewer@acme.example", "type": "user", "permission": "READ" }] });
    let own = serde_json::from_value(own).unwrap();
    let shared_own = pair.to.datamodel().add_datamodel_shares(&run, own).await;
    spoil(&pair);
    pair.target.clear_requests();
    let before = shared(&pair.target, SHOP);
    let args = json!({ "datamodel_names": [SHOP], "shares": true, "action": "overwrite" });
    let (_, done) = approved(&pair, args).await;
    assert_eq!(row(&done, SHOP).outcome, ItemOutcome::Overwritten);
    assert!(shared(&pair.target, SHOP).is_superset(&before), "{shared_own:?}");
    assert!(row(&done, SHOP).shares_added > Some(0));
}

/// Give the target's model another meaning.
fn spoil(pair: &Pair) {
    let mut changed = held(&pair.target, SHOP).unwrap();
    changed["relations"] = json!([]);
    pair.target.load(changed).unwrap();
}

#[tokio::test]
async fn an_import_that_nobody_saw_end_is_looked_up_and_not_repeated() {
    let pair = pair().await;
    let args = json!({ "datamodel_names": [SHOP, LEADS] });
    for action in [FaultAction::ApplyThenDrop, FaultAction::EmptyBody, FaultAction::GatewayPage] {
        let pair = self::pair().await;
        let applied = action != FaultAction::GatewayPage;
        pair.target.add_fault(Fault::new(IMPORT, action.clone()));
        let done = one(&pair, &Run::unattended().start(), args.clone()).await.unwrap();
        let wanted = if applied { ItemOutcome::Created } else { ItemOutcome::Unknown };
        assert_eq!(count(&done, wanted), 2, "{action:?} {done:#?}");
        assert_eq!((imports(&pair.target), done.complete), (2, applied));
    }
    // The copy is told by its title.
    let run = Run::unattended().start();
    one(&pair, &run, json!({ "datamodel_names": [SHOP] })).await.unwrap();
    pair.target.add_fault(Fault::new(IMPORT, FaultAction::ApplyThenDrop));
    for (action, outcome) in
        [("duplicate", ItemOutcome::Duplicated), ("overwrite", ItemOutcome::Overwritten)]
    {
        spoil(&pair);
        let args = json!({ "datamodel_names": [SHOP], "action": action });
        let done = one(&pair, &Run::unattended().start(), args).await.unwrap();
        assert_eq!((row(&done, SHOP).outcome, done.complete), (outcome, true), "{done:#?}");
    }
}

#[tokio::test]
async fn a_run_that_broke_off_goes_on_and_makes_nothing_twice() {
    for (fault, sent) in [
        (FaultAction::CloseConnection, 3),
        (FaultAction::DropThenApply { ms: 300 }, 2),
        (FaultAction::status(500), 3),
    ] {
        let pair = pair().await;
        with_people(&pair).await;
        let preview = Run::preview().start();
        one(&pair, &preview, both()).await.unwrap();
        let journal = Arc::new(MemoryJournal::default());
        let start = || Run::approved(preview.changes()).id("r1").journal(journal.clone()).start();
        pair.target.add_fault(Fault::new(IMPORT, fault.clone()).nth(1));
        let first = one(&pair, &start(), both()).await.unwrap();
        assert!(!first.complete);
        let late = if matches!(fault, FaultAction::DropThenApply { .. }) {
            // What was applied late is there by the time of the next try.
            wait_for(&pair.target, SHOP).await;
            true
        } else {
            false
        };
        let run = start();
        let second = one(&pair, &run, both()).await.unwrap();
        assert_eq!(count(&second, ItemOutcome::Created), 2, "{fault:?} {late} {second:#?}");
        assert!(second.items.iter().all(|i| i.problems.is_empty()), "{fault:?} {second:#?}");
        assert_eq!(imports(&pair.target), sent, "{fault:?}");
        assert_eq!(run.left(), [], "{fault:?}");
        // A third time everything is known.
        let writes = pair.target.counts().writes;
        let third = one(&pair, &start(), both()).await.unwrap();
        assert_eq!(count(&third, ItemOutcome::Created), 2, "{third:#?}");
        assert_eq!(pair.target.counts().writes, writes);
    }
}

async fn wait_for(sandbox: &Sandbox, title: &str) {
    let there = async {
        while held(sandbox, title).is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), there).await.unwrap();
}

#[tokio::test]
async fn an_overwrite_that_broke_off_goes_on() {
    for fault in [FaultAction::CloseConnection, FaultAction::DropThenApply { ms: 300 }] {
        let pair = pair().await;
        let run = Run::unattended().start();
        one(&pair, &run, json!({ "datamodel_names": [SHOP] })).await.unwrap();
        spoil(&pair);
        pair.target.clear_requests();
        let args = json!({ "datamodel_names": [SHOP], "action": "overwrite" });
        let preview = Run::preview().start();
        one(&pair, &preview, args.clone()).await.unwrap();
        let journal = Arc::new(MemoryJournal::default());
        let start = || Run::approved(preview.changes()).id("r1").journal(journal.clone()).start();
        pair.target.add_fault(Fault::new(IMPORT, fault.clone()).nth(1));
        let first = one(&pair, &start(), args.clone()).await.unwrap();
        assert_eq!(row(&first, SHOP).outcome, ItemOutcome::Unknown, "{first:#?}");
        if fault != FaultAction::CloseConnection {
            let whole = async {
                while held(&pair.target, SHOP).unwrap()["relations"] == json!([]) {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_secs(10), whole).await.unwrap();
        }
        let second = one(&pair, &start(), args).await.unwrap();
        assert_eq!(row(&second, SHOP).outcome, ItemOutcome::Overwritten, "{second:#?}");
        assert!(second.complete, "{second:#?}");
        let sent = if fault == FaultAction::CloseConnection { 2 } else { 1 };
        assert_eq!(imports(&pair.target), sent);
    }
}

#[tokio::test]
async fn a_target_that_changed_since_the_preview_is_shown_again() {
    let pair = pair().await;
    one(&pair, &Run::unattended().start(), json!({ "datamodel_names": [SHOP] })).await.unwrap();
    spoil(&pair);
    let args = json!({ "datamodel_names": [SHOP, LEADS], "action": "overwrite" });
    let preview = Run::preview().start();
    one(&pair, &preview, args.clone()).await.unwrap();
    let mut edited = held(&pair.target, SHOP).unwrap();
    edited["datasets"][0]["schema"]["tables"][0]["hidden"] = json!(true);
    pair.target.load(edited).unwrap();
    let before = held(&pair.target, SHOP);
    let run = Run::approved(preview.changes()).start();
    let done = one(&pair, &run, args).await.unwrap();
    assert_eq!(row(&done, SHOP).outcome, ItemOutcome::Blocked, "{done:#?}");
    assert_eq!(row(&done, LEADS).outcome, ItemOutcome::Created);
    assert_eq!(held(&pair.target, SHOP), before);
}

#[tokio::test]
async fn a_stopped_run_tries_nothing_more() {
    let pair = pair().await;
    let token = CancellationToken::new();
    token.cancel();
    let run = Run::unattended().cancel(token).start();
    let done = pair.migrations().migrate_all_datamodels(&run, Default::default()).await.unwrap();
    assert_eq!((done.blocked, done.stopped), (done.requested, true));
    assert!(done.items.iter().all(|i| i.reason.as_deref().unwrap().contains("stopped")));
    assert_eq!(pair.target.counts().writes, 0);
}

#[tokio::test]
async fn one_that_fails_does_not_hold_up_the_others() {
    let pair = pair().await;
    let body = json!({ "title": "ElasticubeAlreadyExists", "status": 400, "detail": "taken" });
    let taken = FaultAction::Status { status: 400, body: Some(body), retry_after: None };
    pair.target.add_fault(Fault::new(IMPORT, taken).nth(2));
    let oid = held(&pair.source, SHOP).unwrap()["oid"].as_str().unwrap().to_owned();
    let gone = format!("/api/v2/datamodel-exports/schema?*{oid}*");
    pair.source.add_fault(Fault::new(gone, FaultAction::status(404)));
    let run = Run::unattended().start();
    let done = pair.migrations().migrate_all_datamodels(&run, Default::default()).await.unwrap();
    assert_eq!((done.failed, done.created), (2, done.requested - 2), "{done:#?}");
    let failed: Vec<_> =
        done.items.iter().filter(|item| item.outcome == ItemOutcome::Failed).collect();
    let steps: Vec<_> =
        failed.iter().map(|i| i.error.clone().unwrap().next_step.unwrap_or_default()).collect();
    assert!(steps.iter().any(|step| step.contains("title is taken")), "{failed:#?}");
}

#[tokio::test]
async fn what_was_overwritten_comes_back_and_what_was_made_goes() {
    let pair = pair().await;
    with_people(&pair).await;
    one(&pair, &Run::unattended().start(), json!({ "datamodel_names": [SHOP] })).await.unwrap();
    spoil(&pair);
    let (before, who) = (held(&pair.target, SHOP).unwrap(), shared(&pair.target, SHOP));
    let journal = Arc::new(MemoryJournal::default());
    let run = Run::unattended().journal(journal.clone()).start();
    let args = json!({ "datamodel_names": [SHOP], "action": "overwrite", "shares": true });
    assert_eq!(one(&pair, &run, args).await.unwrap().overwritten, 1);
    let args = json!({ "datamodel_names": [LEADS] });
    assert_eq!(one(&pair, &run, args).await.unwrap().created, 1);
    assert_ne!(held(&pair.target, SHOP).unwrap()["relations"], before["relations"]);
    let done = take_back(std::slice::from_ref(&pair.to), run.id(), &journal).await;
    assert!(done.complete, "{done:#?}");
    let after = held(&pair.target, SHOP).unwrap();
    assert_eq!((&after["relations"], shape(&after)), (&before["relations"], shape(&before)));
    assert_eq!(shared(&pair.target, SHOP), who);
    assert!(held(&pair.target, LEADS).is_none());
}

#[tokio::test]
async fn every_way_in_which_servers_answer_is_understood() {
    for (variants, whole) in [
        (json!({ "model_status": "200", "model_answer": "brief" }), true),
        (json!({ "model_copy": "kept", "model_both": "400" }), true),
        (json!({ "model_oid": "new-oid", "title_miss": "500" }), true),
        (json!({ "model_connection": "400" }), true),
        (json!({ "connections": "off" }), true),
        // Rules lose the parties that the target does not know, and that is told.
        (json!({ "model_parties": "dropped" }), false),
    ] {
        let Ok(chosen) = serde_json::from_value(variants.clone()) else {
            panic!("no such variant: {variants}");
        };
        let pair = pair().await;
        pair.target.set_variants(chosen);
        let args = json!({ "datamodel_names": [SHOP, LEADS] });
        let made = one(&pair, &Run::unattended().start(), args.clone()).await.unwrap();
        assert_eq!((made.created, made.complete), (2, whole), "{variants} {made:#?}");
        for item in &made.items {
            assert_eq!(item.verified, Some(item.differs.is_empty()), "{variants}");
        }
        let mut twice = args.clone();
        twice["action"] = json!("duplicate");
        let doubled = one(&pair, &Run::unattended().start(), twice).await.unwrap();
        assert_eq!((doubled.duplicated, doubled.complete), (2, whole), "{variants} {doubled:#?}");
        spoil(&pair);
        let mut over = args;
        over["action"] = json!("overwrite");
        let over = one(&pair, &Run::unattended().start(), over).await.unwrap();
        assert_eq!(row(&over, SHOP).outcome, ItemOutcome::Overwritten, "{variants} {over:#?}");
    }
}

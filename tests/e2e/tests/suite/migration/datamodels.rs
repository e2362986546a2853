//! Data models, to another deployment: create, skip, overwrite, duplicate.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::migration::{Item, ItemOutcome, Migration};
use sisense_core::{ErrorKind, Result, Run};
use sisense_sandbox::{Sandbox, SandboxConfig};

use super::support::{Pair, bare, count, row};

pub const SHOP: &str = "Sample ECommerce";
pub const LEADS: &str = "Sample Lead Generation";

/// A target whose builds end at once.
pub async fn pair() -> Pair {
    let target = SandboxConfig { build_ms: 0, ..bare() };
    Pair::start(SandboxConfig::default(), target).await
}

/// The model of a title as a sandbox holds it.
pub fn held(sandbox: &Sandbox, title: &str) -> Option<Value> {
    let state = sandbox.state();
    let found = state["models"].as_array().unwrap().iter().find(|model| model["title"] == title);
    found.cloned()
}

/// Tables with their columns, by name.
pub fn shape(model: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let tables = list(&model["datasets"]).into_iter().flat_map(|d| list(&d["schema"]["tables"]));
    tables.map(|table| (text(&table), list(&table["columns"]).iter().map(text).collect())).collect()
}

pub async fn one(pair: &Pair, run: &Run, args: Value) -> Result<Migration> {
    let params = serde_json::from_value(args).unwrap();
    pair.migrations().migrate_datamodels(run, params).await
}

/// Preview, approve, run.
pub async fn approved(pair: &Pair, args: Value) -> (Migration, Migration) {
    let migrations = pair.migrations();
    let params = serde_json::from_value(args).unwrap();
    pair.approved(|run| {
        let (migrations, params) = (migrations.clone(), Clone::clone(&params));
        async move { migrations.migrate_datamodels(&run, params).await }
    })
    .await
}

/// Make a connection on a deployment and give its id.
pub async fn connect(sandbox: &Sandbox, name: &str, provider: &str) -> String {
    let client = super::super::support::client(sandbox);
    let run = Run::unattended().start();
    let change = sisense_core::run::Change::new(
        "test",
        sisense_core::run::Asset {
            deployment: sandbox.name().to_owned(),
            kind: sisense_core::run::AssetKind::Connection,
            id: None,
            name: name.to_owned(),
        },
        sisense_core::run::Action::Create,
        "a connection for a test",
    );
    let sisense_core::run::Door::Open(pass) = run.admit(change).await.unwrap() else {
        panic!("the door did not open");
    };
    let body = json!({
        "provider": provider, "name": name, "description": "", "enabled": true,
        "createdByUser": true, "supportedModelTypes": ["LIVE", "EXTRACT"],
        "parameters": { "Server": "here", "Database": "acme", "Schema": "public" },
    });
    let sent = client.write(&pass, "POST", &["api", "v2", "connections"], Some(body)).await;
    let answer = pass.settle(sent).await.unwrap();
    sandbox.clear_requests();
    answer.id().unwrap().to_owned()
}

fn mapped(item: &Item) -> Vec<Option<&str>> {
    item.connections.iter().map(|one| one.mapped_to.as_deref()).collect()
}

#[tokio::test]
async fn all_models_arrive_as_they_are() {
    let pair = pair().await;
    let migrations = pair.migrations();
    let (planned, done) = pair
        .approved(|run| {
            let migrations = migrations.clone();
            async move { migrations.migrate_all_datamodels(&run, Default::default()).await }
        })
        .await;
    assert!(done.complete, "{done:#?}");
    assert_eq!(count(&planned, ItemOutcome::WouldCreate) as u64, planned.requested);
    assert_eq!(done.created, planned.created);
    let (here, there) = (pair.source.state(), pair.target.state());
    let models = here["models"].as_array().unwrap();
    assert_eq!(models.len(), there["models"].as_array().unwrap().len());
    for model in models {
        let title = model["title"].as_str().unwrap();
        let other = held(&pair.target, title).unwrap();
        assert_eq!((shape(&other), &other["oid"]), (shape(model), &model["oid"]), "{title}");
        let item = row(&done, title);
        assert_eq!((item.verified, item.differs.len()), (Some(true), 0), "{item:#?}");
        assert!(item.notes.iter().any(|note| note == "a draft until it is built"));
    }
    for kind in ["hierarchies", "formulas", "perspectives", "security"] {
        let count = |state: &Value| state[kind].as_array().unwrap().len();
        assert_eq!(count(&there), count(&here), "{kind}");
    }
    // In the order of the source, and a second time there is nothing to do.
    let names = |m: &Migration| m.items.iter().map(|i| i.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&planned), names(&done));
    let run = Run::preview().start();
    let again = migrations.migrate_all_datamodels(&run, Default::default()).await.unwrap();
    assert_eq!((again.skipped, run.changes().len()), (again.requested, 0));
}

#[tokio::test]
async fn what_the_source_sealed_never_leaves_it() {
    let pair = pair().await;
    let args = json!({ "datamodel_names": [SHOP] });
    let preview = Run::preview().start();
    let planned = one(&pair, &preview, args.clone()).await.unwrap();
    let run = Run::approved(preview.changes()).start();
    let done = one(&pair, &run, args).await.unwrap();
    assert!(done.complete, "{done:#?}");
    let told = [
        serde_json::to_string(&planned).unwrap(),
        serde_json::to_string(&done).unwrap(),
        serde_json::to_string(&preview.changes()).unwrap(),
        pair.target.state().to_string(),
    ];
    for text in told {
        assert!(!text.contains("sandbox-source-password") && !text.contains("ciphertext"));
        // The beginning of a sealed text.
        assert!(!text.contains("eyJlbmNyeXB0ZWREYXRh"), "sealed parameters left the source");
    }
    // Each dataset says that it arrives without credentials.
    let item = row(&done, SHOP);
    let bare = item.notes.iter().filter(|note| note.contains("without credentials")).count();
    assert!(bare > 0 && bare == item.connections.len(), "{item:#?}");
}

#[tokio::test]
async fn connections_are_mapped_by_the_map_and_by_name() {
    let pair = pair().await;
    let args = json!({ "datamodel_names": [SHOP] });
    connect(&pair.target, "Acme Warehouse", "PostgreSQL").await;
    let named = one(&pair, &Run::preview().start(), args).await.unwrap();
    assert!(mapped(row(&named, SHOP)).contains(&Some("Acme Warehouse")));

    let other = connect(&pair.target, "Elsewhere", "PostgreSQL").await;
    let files = connect(&pair.target, "Files here", "CSV").await;
    let map = json!({ "PostgreSQL": other, "CSV": files });
    let args = json!({ "datamodel_names": [SHOP], "provider_connection_map": map });
    let (planned, done) = approved(&pair, args).await;
    assert!(done.complete, "{done:#?}");
    assert_eq!(mapped(row(&planned, SHOP)), mapped(row(&done, SHOP)));
    assert!(mapped(row(&done, SHOP)).iter().all(Option::is_some), "{done:#?}");
    let model = held(&pair.target, SHOP).unwrap();
    let used = model["datasets"].as_array().unwrap().iter().map(|d| d["connection"]["oid"].clone());
    assert!(used.filter(|oid| !oid.is_null()).all(|oid| oid == other || oid == files));

    for (provider, id) in [("PostgreSQL", "nobody"), ("CSV", other.as_str())] {
        let map = json!({ provider: id });
        let args = json!({ "datamodel_names": [LEADS], "provider_connection_map": map });
        let error = one(&pair, &Run::unattended().start(), args).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(held(&pair.target, LEADS).is_none());
}

#[tokio::test]
async fn one_that_is_there_is_left_alone_overwritten_or_doubled() {
    let pair = pair().await;
    let run = Run::unattended().start();
    let args = json!({ "datamodel_names": [SHOP] });
    assert!(one(&pair, &run, args.clone()).await.unwrap().complete);
    pair.target.clear_requests();
    let oid = held(&pair.target, SHOP).unwrap()["oid"].clone();
    let with = |action: &str| json!({ "datamodel_names": [SHOP], "action": action });
    for (action, outcome) in [
        ("skip", ItemOutcome::Skipped),
        ("overwrite", ItemOutcome::Skipped),
        ("duplicate", ItemOutcome::WouldDuplicate),
    ] {
        let planned = one(&pair, &Run::preview().start(), with(action)).await.unwrap();
        assert_eq!(row(&planned, SHOP).outcome, outcome, "{action}: {planned:#?}");
    }

    // The target's own changes are told by name before they are lost.
    let mut changed = held(&pair.source, SHOP).unwrap();
    let table = &mut changed["datasets"][0]["schema"]["tables"][0];
    table["columns"].as_array_mut().unwrap().pop();
    changed["relations"] = json!([]);
    pair.target.load(changed).unwrap();
    let (planned, done) = approved(&pair, with("overwrite")).await;
    let item = row(&planned, SHOP);
    assert_eq!(item.outcome, ItemOutcome::WouldOverwrite);
    assert!(item.differs.iter().any(|one| one.starts_with("relation ")), "{item:#?}");
    assert!(item.differs.iter().any(|one| one.starts_with("column ")), "{item:#?}");
    assert_eq!((row(&done, SHOP).outcome, done.complete), (ItemOutcome::Overwritten, true));
    let (here, there) = (held(&pair.source, SHOP).unwrap(), held(&pair.target, SHOP).unwrap());
    assert_eq!((shape(&there), &there["oid"]), (shape(&here), &oid));

    let mut twice = with("duplicate");
    twice["new_title"] = json!("Shop & Söhne");
    pair.target.clear_requests();
    let (_, done) = approved(&pair, twice).await;
    let item = row(&done, SHOP);
    assert_eq!((item.outcome, item.verified), (ItemOutcome::Duplicated, Some(true)));
    let second = held(&pair.target, "Shop & Söhne").unwrap();
    assert_eq!(item.target_id.as_deref(), second["oid"].as_str());
    assert_ne!(second["oid"], oid);
}

#[tokio::test]
async fn a_title_that_another_model_has_is_not_overwritten() {
    let pair = pair().await;
    let params = json!({ "datamodel_name": SHOP, "datamodel_type": "extract" });
    let run = Run::unattended().start();
    let params = serde_json::from_value(params).unwrap();
    pair.to.datamodel().create_datamodel(&run, params).await.unwrap();
    let before = held(&pair.target, SHOP);
    for (action, outcome) in [("skip", ItemOutcome::Skipped), ("overwrite", ItemOutcome::Blocked)] {
        let args = json!({ "datamodel_names": [SHOP, "None"], "action": action });
        let done = one(&pair, &Run::unattended().start(), args).await.unwrap();
        let item = row(&done, SHOP);
        assert_eq!(item.outcome, outcome);
        assert!(item.reason.as_deref().unwrap().contains("title is taken"), "{item:#?}");
        assert_eq!(row(&done, "None").outcome, ItemOutcome::Failed);
    }
    assert_eq!(held(&pair.target, SHOP), before);
}

#[tokio::test]
async fn nothing_is_asked_for_contradictions() {
    let pair = pair().await;
    for bad in [
        json!({}),
        json!({ "datamodel_names": [] }),
        json!({ "datamodel_names": [SHOP], "datamodel_ids": ["1"] }),
        json!({ "datamodel_names": [SHOP], "new_title": "New" }),
    ] {
        let error = one(&pair, &Run::preview().start(), bad).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert_eq!((pair.source.counts().total, pair.target.counts().total), (0, 0));
}

//! Where the API is open, servers differ. Whatever both servers do, each of the nine operations
//! brings the same over, and it goes again; but for what is listed here, with the reason.

use std::sync::Arc;

use serde_json::{Value, json};
use sisense_core::domains::migration::Item;
use sisense_core::generated::call_between;
use sisense_core::run::{Action, Asset, AssetKind, Change, Door, Journal, MemoryJournal};
use sisense_core::undo::{UndoneOutcome, undo};
use sisense_core::{Client, Outcome, Result, Run};
use sisense_sandbox::{Fault, FaultAction, SandboxConfig, Sizes, Snapshot, Variants};

use super::datamodels::{self, SHOP};
use super::meaning::meaning;
use super::support::{Pair, bare};
use crate::suite::support::client_with;
use crate::suite::tools::variants::others;

/// How many tests share the servers, so that they run side by side.
const LANES: usize = 2;

/// What is not as on other servers, and why.
struct Known {
    switch: &'static str,
    value: &'static str,
    steps: &'static [&'static str],
    why: &'static str,
}

/// Every way in which a migration may differ.
const KNOWN: [Known; 2] = [
    Known {
        switch: "admin_access",
        value: "403",
        steps: &["some dashboards", "all dashboards", "shares", "dashboards over", "there"],
        why: "dashboards of other people cannot be exported, shared or given away; each has a row",
    },
    Known {
        switch: "viewer_share",
        value: "29001",
        steps: &["a model", "all models", "there"],
        why: "the server takes no list with a viewer in it; the row says so",
    },
];

/// An operation, its arguments and the name of this call.
type Step = (&'static str, &'static str, Value);

/// Two deployments as they are before anything is brought over.
struct Stage {
    pair: Pair,
    source: Snapshot,
    target: Snapshot,
    /// Dashboards as somebody leaves them on the source after the first migration.
    changed: Vec<Value>,
}

/// What came of all steps.
struct Came {
    /// What each step told, without what differs from server to server by nature.
    told: Vec<(&'static str, Value)>,
    held: Value,
    left: Value,
}

impl Stage {
    async fn new() -> Self {
        let sizes = Sizes {
            users: 10,
            groups: 2,
            models: 2,
            dashboards: 4,
            folders: 4,
            widgets_per_dashboard: 1,
            ..Sizes::default()
        };
        let source = SandboxConfig { sizes, ..bare() };
        let pair = Pair::start(source, SandboxConfig { build_ms: 0, ..bare() }).await;
        let mut changed = Vec::new();
        for oid in ids(&pair, "dashboards", "Generated Dashboard").iter().take(2) {
            let export = ["api", "v1", "dashboards", "export"];
            let query = [("dashboardIds", oid.as_str()), ("adminAccess", "true")];
            let mut one = pair.from.read(&export, &query).await.unwrap().into_body()[0].take();
            one["desc"] = "changed on the source".into();
            changed.push(one);
        }
        let (source, target) = (pair.source.snapshot(), pair.target.snapshot());
        Stage { pair, source, target, changed }
    }

    /// Bring everything over, step by step, on servers of this kind; then take it all back.
    async fn play(&self, variants: Variants) -> Came {
        let pair = &self.pair;
        pair.source.restore(&self.source);
        pair.target.restore(&self.target);
        pair.source.set_variants(variants);
        pair.target.set_variants(variants);
        let journal = Arc::new(MemoryJournal::default());
        let mut told = Vec::new();
        let first = self.first();
        let (again, copies) = self.again();
        let mut runs = Vec::new();
        for step in first {
            told.push((step.0, run(pair, &step, &journal, &mut runs).await));
        }
        for document in &self.changed {
            pair.source.load(document.clone()).unwrap();
        }
        self.spoil();
        for step in again {
            told.push((step.0, run(pair, &step, &journal, &mut runs).await));
        }
        let held = meaning(&pair.target);
        for step in copies {
            told.push((step.0, run(pair, &step, &journal, &mut runs).await));
        }
        let clients = std::slice::from_ref(&pair.to);
        let mut left = Vec::new();
        for id in runs.iter().rev() {
            let back = Run::unattended().journal(journal.clone()).start();
            let undone = undo(clients, &back, id, journal.clone()).await.unwrap();
            let fine = [UndoneOutcome::TakenBack, UndoneOutcome::NothingToDo];
            let open = undone.items.iter().filter(|item| !fine.contains(&item.outcome));
            // Of builds only the drafts that they make are left behind, which go.
            let open = open.filter(|item| item.action != Action::Build);
            left.extend(open.map(|item| json!([item.name, item.outcome, item.reason])));
        }
        told.push(("undo", Value::Array(left)));
        Came { told, held, left: meaning(&pair.target) }
    }

    fn first(&self) -> Vec<Step> {
        let pair = &self.pair;
        let boards = ids(pair, "dashboards", "Generated Dashboard");
        let shares = json!({ "migrate_share": true, "change_ownership": true });
        let mut some = shares.clone();
        some["dashboard_ids"] = json!(boards[..2]);
        let groups = json!({ "group_name_list": ["Generated Group 0001"] });
        let users = json!({ "user_name_list": ["user00010@load.example"] });
        let models = json!({ "datamodel_names": ["Generated Model 0001"], "shares": true });
        let pairs = json!({
            "source_dashboard_ids": boards[2..], "target_dashboard_ids": boards[2..],
            "change_ownership": true,
        });
        vec![
            ("a group", "migration.migrate_groups", groups),
            ("all groups", "migration.migrate_all_groups", json!({})),
            ("a user", "migration.migrate_users", users),
            ("all users", "migration.migrate_all_users", json!({})),
            ("a model", "migration.migrate_datamodels", models),
            ("all models", "migration.migrate_all_datamodels", json!({ "shares": true })),
            ("some dashboards", "migration.migrate_dashboards", some),
            ("all dashboards", "migration.migrate_all_dashboards", json!({})),
            ("shares", "migration.migrate_dashboard_shares", pairs),
        ]
    }

    /// What is done once things are there, and what makes more of them.
    fn again(&self) -> (Vec<Step>, Vec<Step>) {
        let boards = ids(&self.pair, "dashboards", "Generated Dashboard");
        let models = json!({ "datamodel_names": ["Generated Model 0001"], "action": "overwrite" });
        let all = json!({ "action": "overwrite", "migrate_share": true });
        let model = json!({ "datamodel_names": ["Generated Model 0002"], "action": "duplicate" });
        let board = json!({ "dashboard_ids": [boards[1]], "action": "duplicate" });
        (
            vec![
                ("a model over", "migration.migrate_datamodels", models),
                ("dashboards over", "migration.migrate_all_dashboards", all),
            ],
            vec![
                ("a second model", "migration.migrate_datamodels", model),
                ("a second dashboard", "migration.migrate_dashboards", board),
            ],
        )
    }

    /// Give the target's model another meaning.
    fn spoil(&self) {
        let state = self.pair.target.state();
        let mut models = state["models"].as_array().unwrap().iter();
        if let Some(model) = models.find(|model| model["title"] == "Generated Model 0001") {
            let mut model = model.clone();
            model["relations"] = json!([]);
            self.pair.target.load(model).unwrap();
        }
    }
}

/// The ids of the source's things whose titles begin so, in the order of the titles.
fn ids(pair: &Pair, table: &str, title: &str) -> Vec<String> {
    let state = pair.source.state();
    let rows = state[table].as_array().unwrap().iter();
    let mut found: Vec<(&str, &str)> = rows
        .filter_map(|row| Some((row["title"].as_str()?, row["oid"].as_str()?)))
        .filter(|(own, _)| own.starts_with(title))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, oid)| oid.to_owned()).collect()
}

async fn run(
    pair: &Pair,
    (_, id, args): &Step,
    journal: &Arc<MemoryJournal>,
    runs: &mut Vec<String>,
) -> Value {
    let run = Run::unattended().journal(Arc::clone(journal) as Arc<dyn Journal>).start();
    runs.push(run.id().to_owned());
    in_short(call_between(&pair.from, Some(&pair.to), &run, id, args.clone()).await)
}

/// What a step told of each asset: its outcome, whether it was found as it was sent, how much went
/// wrong beside it.
fn in_short(ended: Result<Outcome>) -> Value {
    let told = match ended {
        Ok(outcome) => outcome.result,
        Err(error) => return json!(format!("{:?}", error.kind())),
    };
    let row = |row: &Value| {
        let problems = row["problems"].as_array().map_or(0, Vec::len);
        let name = row["name"].as_str().unwrap_or_default().to_owned();
        (name, json!([row["outcome"], row["verified"], problems, row["differs"]]))
    };
    let mut rows: Vec<_> = told["items"].as_array().unwrap().iter().map(row).collect();
    rows.sort_by_key(|(name, value)| format!("{name} {value}"));
    json!({ "complete": told["complete"], "rows": rows })
}

/// The first difference between two values, by its path.
fn difference(path: &str, wanted: &Value, got: &Value) -> Option<String> {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            let keys = wanted.keys().chain(got.keys());
            keys.filter(|key| wanted.get(*key) != got.get(*key)).find_map(|key| {
                let none = &Value::Null;
                let (wanted, got) = (wanted.get(key).unwrap_or(none), got.get(key).unwrap_or(none));
                difference(&format!("{path}/{key}"), wanted, got)
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| difference(&format!("{path}/{at}"), a, b))
        }
        (wanted, got) => (wanted != got).then(|| {
            let [got, wanted] =
                [got, wanted].map(|value| value.to_string().chars().take(300).collect::<String>());
            format!("{path}: {got} instead of {wanted}")
        }),
    }
}

async fn lane(number: usize) {
    let stage = Stage::new().await;
    let plain = stage.play(Variants::default()).await;
    let begun = {
        stage.pair.target.restore(&stage.target);
        meaning(&stage.pair.target)
    };
    assert_eq!(difference("", &begun, &plain.left), None, "it all goes again");
    let mut wrong = Vec::new();
    for (switch, value) in others().into_iter().skip(number).step_by(LANES) {
        let variants = serde_json::from_value(json!({ &switch: &value })).unwrap();
        let came = stage.play(variants).await;
        let steps = plain.told.iter().map(|(name, told)| {
            let got = came.told.iter().find(|(other, _)| name == other);
            (*name, difference("", told, got.map_or(&Value::Null, |(_, told)| told)))
        });
        let mut found: Vec<(&str, String)> =
            steps.filter_map(|(name, told)| Some((name, told?))).collect();
        found.extend(difference("", &plain.held, &came.held).map(|told| ("there", told)));
        found.extend(difference("", &begun, &came.left).map(|told| ("left", told)));
        let known = KNOWN.iter().filter(|one| (one.switch, one.value) == (&switch, &value));
        let known: Vec<&str> = known.flat_map(|one| one.steps).copied().collect();
        for (step, told) in &found {
            if !known.contains(step) {
                wrong.push(format!("{switch} = {value}: {step}: {told}"));
            }
        }
        for step in known.iter().filter(|step| !found.iter().any(|(other, _)| other == *step)) {
            let why = KNOWN.iter().find(|one| one.switch == switch).map_or("", |one| one.why);
            wrong.push(format!("listed and not seen: {switch} = {value}: {step}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn servers_of_lane_0_bring_the_same_over() {
    lane(0).await;
}

#[tokio::test]
async fn servers_of_lane_1_bring_the_same_over() {
    lane(1).await;
}

/// The target loses the folder into which dashboards are on their way.
#[tokio::test]
async fn a_folder_that_goes_meanwhile_is_told_and_made_by_the_next_run() {
    for value in ["404", "422"] {
        let sizes = Sizes { users: 1, dashboards: 3, folders: 1, models: 1, ..Sizes::default() };
        let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
        let variants = serde_json::from_value(json!({ "import_folder": value })).unwrap();
        pair.target.set_variants(variants);
        let boards = ids(&pair, "dashboards", "Generated Dashboard");
        let bare = pair.target.snapshot();
        let migrations = pair.migrations();
        let some =
            |ids: &[String]| serde_json::from_value(json!({ "dashboard_ids": ids })).unwrap();
        let run = Run::unattended().start();
        migrations.migrate_dashboards(&run, some(&boards[..1])).await.unwrap();
        assert_eq!(meaning(&pair.target)["folders"], json!(["Area 01"]));
        pair.target.clear_requests();
        // The documents take their time, and meanwhile the folder goes.
        let slow = FaultAction::Latency { ms: 400 };
        pair.source.add_fault(Fault::new("/api/v1/dashboards/export", slow));
        let run = Run::unattended().start();
        let moving = migrations.migrate_dashboards(&run, some(&boards[2..3]));
        let goes = async {
            let seen = |entry: &sisense_sandbox::RequestEntry| entry.path == "/api/v1/folders";
            while !pair.target.requests().iter().any(seen) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            pair.target.restore(&bare);
            pair.target.set_variants(variants);
        };
        let (done, ()) = tokio::join!(moving, goes);
        let done = done.unwrap();
        pair.source.clear_faults();
        assert_eq!((done.failed, done.complete), (1, false), "{value}: {done:#?}");
        let error = done.items[0].error.as_ref().unwrap();
        assert_eq!(error.status, value.parse().ok(), "{error:#?}");
        assert_eq!(meaning(&pair.target)["dashboards"], json!({}));
        let run = Run::unattended().start();
        let done = migrations.migrate_dashboards(&run, some(&boards[2..3])).await.unwrap();
        assert!(done.complete, "{done:#?}");
        assert_eq!(meaning(&pair.target)["dashboards"][&boards[2]]["folder"], "Area 01");
    }
}

/// Write something as somebody, without a preview.
async fn write(client: &Client, kind: AssetKind, path: &[&str], body: Value) -> Value {
    let run = Run::unattended().start();
    let name = "made for a test".to_owned();
    let asset = Asset { deployment: client.name().to_owned(), kind, id: None, name };
    let change = Change::new("test", asset, Action::Create, "something for a test");
    let Door::Open(pass) = run.admit(change).await.unwrap() else {
        panic!("the door did not open");
    };
    let sent = client.write(&pass, "POST", path, Some(body)).await;
    pass.settle(sent).await.unwrap().into_body()
}

/// An overwritten dashboard stands in a folder of its owner, which the token's user does not see.
#[tokio::test]
async fn an_overwritten_dashboard_stays_in_its_owners_folder() {
    for value in ["stays", "document"] {
        let sizes = Sizes { users: 1, dashboards: 1, models: 1, ..Sizes::default() };
        let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
        let variants = serde_json::from_value(json!({ "import_place": value })).unwrap();
        pair.target.set_variants(variants);
        let oid = &ids(&pair, "dashboards", "Generated Dashboard")[0];
        let designer = client_with(&pair.target, &pair.target.tokens().designer);
        let folders = ["api", "v1", "folders"];
        let made = write(&designer, AssetKind::Folder, &folders, json!({ "name": "Mine" })).await;
        let export = ["api", "v1", "dashboards", "export"];
        let query = [("dashboardIds", oid.as_str()), ("adminAccess", "true")];
        let mut own = pair.from.read(&export, &query).await.unwrap().into_body()[0].take();
        own["parentFolder"] = made["oid"].clone();
        own["desc"] = "as the designer has it".into();
        let import = ["api", "v1", "dashboards", "import", "bulk"];
        write(&designer, AssetKind::Dashboard, &import, json!([own])).await;
        let before = meaning(&pair.target)["dashboards"][oid].clone();
        assert_eq!(before["folder"], "Mine", "{before:#}");
        let journal = Arc::new(MemoryJournal::default());
        let run = Run::unattended().journal(journal.clone()).start();
        let over = json!({ "dashboard_ids": [oid], "action": "overwrite" });
        let over = serde_json::from_value(over).unwrap();
        let done = pair.migrations().migrate_dashboards(&run, over).await.unwrap();
        assert_eq!((done.overwritten, done.complete), (1, true), "{value}: {done:#?}");
        let after = meaning(&pair.target)["dashboards"][oid].clone();
        assert_ne!(after["document"], before["document"]);
        for part in ["folder", "owner", "shares"] {
            assert_eq!(after[part], before[part], "{value}: {part}");
        }
        let back = Run::unattended().journal(journal.clone()).start();
        let clients = std::slice::from_ref(&pair.to);
        let undone = undo(clients, &back, run.id(), journal).await.unwrap();
        assert!(undone.complete, "{undone:#?}");
        assert_eq!(meaning(&pair.target)["dashboards"][oid], before, "{value}");
    }
}

#[tokio::test]
async fn dashboards_whose_model_is_refused_come_after_it() {
    let sizes = Sizes { users: 1, dashboards: 3, models: 1, ..Sizes::default() };
    let pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    let variants = json!({ "import_model": "refused" });
    pair.target.set_variants(serde_json::from_value(variants).unwrap());
    let migrations = pair.migrations();
    let run = Run::unattended().start();
    let all = || serde_json::from_value(json!({})).unwrap();
    let done = migrations.migrate_all_dashboards(&run, all()).await.unwrap();
    assert_eq!((done.failed, done.complete), (3, false), "{done:#?}");
    let why = |item: &Item| item.reason.as_deref().is_some_and(|why| why.contains("data source"));
    assert!(done.items.iter().all(why), "{done:#?}");
    assert_eq!(meaning(&pair.target)["dashboards"], json!({}));
    let run = Run::unattended().start();
    migrations.migrate_all_datamodels(&run, Default::default()).await.unwrap();
    let done = migrations.migrate_all_dashboards(&run, all()).await.unwrap();
    assert_eq!((done.created, done.complete), (3, true), "{done:#?}");
}

#[tokio::test]
async fn a_model_that_lost_rules_is_told_and_taken_back_while_it_is_as_it_was_read_back() {
    let pair = datamodels::pair().await;
    let variants = json!({ "model_parties": "dropped" });
    pair.target.set_variants(serde_json::from_value(variants).unwrap());
    let clients = std::slice::from_ref(&pair.to);
    let journal = Arc::new(MemoryJournal::default());
    let first = Run::unattended().journal(journal.clone()).start();
    let args = json!({ "datamodel_names": [SHOP] });
    let done = datamodels::one(&pair, &first, args).await.unwrap();
    assert_eq!((done.created, done.complete), (1, false), "{done:#?}");
    assert!(!done.items[0].differs.is_empty(), "{done:#?}");
    let mut model = datamodels::held(&pair.target, SHOP).unwrap();
    model["relations"] = json!([]);
    pair.target.load(model).unwrap();
    let before = meaning(&pair.target);
    let second = Run::unattended().journal(journal.clone()).start();
    let over = json!({ "datamodel_names": [SHOP], "action": "overwrite" });
    let done = datamodels::one(&pair, &second, over).await.unwrap();
    assert_eq!(done.overwritten, 1, "{done:#?}");
    assert_ne!(meaning(&pair.target), before);
    let over = meaning(&pair.target);
    // What somebody changed since stays.
    let as_read_back = pair.target.snapshot();
    let mut edited = datamodels::held(&pair.target, SHOP).unwrap();
    edited["datasets"].as_array_mut().unwrap().pop().unwrap();
    pair.target.load(edited).unwrap();
    let look = Run::preview().journal(journal.clone()).start();
    let undone = undo(clients, &look, second.id(), journal.clone()).await.unwrap();
    assert_eq!(undone.items[0].outcome, UndoneOutcome::Kept, "{undone:#?}");
    assert_eq!(undone.items[0].reason, "it was changed since");
    // It is as the run had read it back, though the server had not made of it what was sent.
    pair.target.restore(&as_read_back);
    assert_eq!(meaning(&pair.target), over);
    let back = Run::unattended().journal(journal.clone()).start();
    let undone = undo(clients, &back, second.id(), journal.clone()).await.unwrap();
    assert_eq!(undone.items[0].outcome, UndoneOutcome::TakenBack, "{undone:#?}");
    assert_eq!(meaning(&pair.target), before);
}

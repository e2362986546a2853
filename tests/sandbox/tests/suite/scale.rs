//! Generated sizes.

use std::collections::HashMap;

use serde_json::{Value, json};
use sisense_sandbox::{SandboxConfig, Sizes};

use super::{Bench, texts};

fn sized(sizes: Sizes) -> SandboxConfig {
    SandboxConfig { sizes, story: false, ..SandboxConfig::default() }
}

#[tokio::test]
async fn thousands_are_there_and_the_same_each_time() {
    let config = sized(Sizes {
        users: 1000,
        groups: 40,
        dashboards: 1000,
        widgets_per_dashboard: 4,
        models: 50,
        ..Sizes::default()
    });
    let bench = Bench::with(config.clone()).await;
    let (_, users) = bench.get("/api/v1/users?expand=groups,role").await;
    assert_eq!(users.as_array().unwrap().len(), 1007);
    let (_, boards) = bench
        .get("/api/v1/dashboards/admin?dashboardType=owner&fields=oid,title,owner,shares")
        .await;
    let oids = texts(&boards, "oid");
    assert_eq!(oids.len(), 1000);
    let chunk = oids[..20].join(",");
    let path = format!("/api/v1/dashboards/export?dashboardIds={chunk}&adminAccess=true");
    assert_eq!(bench.get(&path).await.1[19]["widgets"].as_array().unwrap().len(), 4);
    let (_, models) = bench.get("/api/v2/datamodels/schema?fields=oid,title").await;
    assert_eq!(
        texts(&models, "title")[49],
        texts(&Bench::with(config).await.get("/api/v2/datamodels/schema").await.1, "title")[49]
    );
}

#[tokio::test]
async fn generated_things_are_shared_and_stand_in_folders_of_their_owners() {
    let sizes =
        Sizes { users: 40, groups: 5, dashboards: 60, models: 4, folders: 20, ..Sizes::default() };
    let state = Bench::with(sized(sizes)).await.sandbox.state();
    let rows = |kind: &str| state[kind].as_array().unwrap().clone();
    let folders: HashMap<String, Value> = rows("folders")
        .into_iter()
        .map(|folder| (folder["oid"].as_str().unwrap().to_owned(), folder))
        .collect();
    assert_eq!(folders.len(), 20);
    let depth = |folder: &Value| {
        let mut at = folder;
        let mut steps = 1;
        while let Some(parent) = at["parentId"].as_str() {
            assert_eq!(folders[parent]["owner"], folder["owner"]);
            (at, steps) = (&folders[parent], steps + 1);
        }
        steps
    };
    assert_eq!(folders.values().map(depth).max(), Some(3));
    let mut names = texts(&state["folders"], "name");
    names.sort();
    names.dedup();
    assert!(names.len() < 20, "owners share names: {names:?}");
    let mut placed = 0;
    let mut rules = Vec::new();
    for board in rows("dashboards") {
        if let Some(folder) = board["parentFolder"].as_str() {
            placed += 1;
            assert_eq!(folders[folder]["owner"], board["owner"]);
        }
        let shares = board["shares"].as_array().unwrap();
        assert!((1..=4).contains(&shares.len()), "{shares:?}");
        rules.extend(texts(&board["shares"], "rule"));
    }
    assert!(placed > 20, "{placed} of 60");
    for rule in ["view", "edit", ""] {
        assert!(rules.iter().any(|known| known == rule), "{rule}");
    }
    assert!(rows("models").iter().all(|model| !model["shares"].as_array().unwrap().is_empty()));
    assert!(rows("models").iter().any(|model| model["shares"].as_array().unwrap().len() > 1));
}

#[tokio::test]
async fn large_dashboards_are_small_here_and_travel_whole() {
    let sizes = Sizes {
        dashboards: 20,
        widgets_per_dashboard: 3,
        widget_bytes: 60_000,
        ..Sizes::default()
    };
    let source = Bench::with(sized(sizes)).await;
    let target =
        Bench::with(SandboxConfig { name: "other".into(), ..sized(Sizes::default()) }).await;
    assert!(source.sandbox.state().to_string().len() < 20 * 15_000);
    let oid = source.dashboard("Generated Dashboard 00007");
    let path = format!("/api/v1/dashboards/export?dashboardIds={oid}&adminAccess=true");
    let (_, documents) = source.get(&path).await;
    let bytes = documents[0].to_string().len();
    assert!((57_000..63_000).contains(&bytes), "{bytes} bytes");
    assert_eq!(target.post("/api/v1/dashboards/import/bulk", documents.clone()).await.0, 201);
    assert!(target.sandbox.state()["dashboards"].to_string().len() < 15_000);
    let (_, again) = target.get(&path).await;
    let widget = &documents[0]["widgets"][3];
    assert_eq!(again[0]["widgets"][3]["style"], widget["style"]);
    let path = format!("/api/v1/dashboards/{oid}/widgets/{}", widget["oid"].as_str().unwrap());
    for bench in [&source, &target] {
        assert_eq!(bench.get(&path).await.1["style"], widget["style"]);
    }
}

#[tokio::test]
async fn a_deployment_can_be_all_but_empty() {
    let bench = Bench::with(sized(Sizes::default())).await;
    let state = bench.sandbox.state();
    for kind in ["dashboards", "folders", "models", "connections", "security", "perspectives"] {
        assert_eq!(state[kind], json!([]), "{kind}");
    }
    assert_eq!(texts(&state["groups"], "name"), ["Admins", "Everyone", "All users in system"]);
    assert_eq!(state["users"].as_array().unwrap().len(), 7);
    assert_eq!(bench.get("/api/users/loggedin").await.1["email"], "ada.admin@acme.example");
}

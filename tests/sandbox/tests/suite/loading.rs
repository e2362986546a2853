//! Loading of documents.

use serde_json::{Value, json};
use sisense_sandbox::{Sandbox, SandboxConfig, SandboxError};

use super::{Bench, texts};

fn model() -> Value {
    json!({
        "oid": "11111111-2222-4333-8444-555555555555", "title": "Sample ECommerce", "type": "extract",
        "datasets": [], "relations": [],
        "creator": { "id": "6a32fb475397399ec0a31c8f", "email": "boss@elsewhere.example",
            "userName": "boss@elsewhere.example", "firstName": "Bo", "lastName": "Ss" },
    })
}

fn board(owner: &str) -> Value {
    json!({
        "oid": "6a33404e17884480503a9e35", "title": "Loaded", "owner": owner,
        "shares": [{ "shareId": owner, "type": "user" }],
        "datasource": { "title": "Sample ECommerce" },
        "widgets": [{ "oid": "6a33406e17884480503a9e37", "title": "W", "type": "indicator" }],
    })
}

#[tokio::test]
async fn a_loaded_model_replaces_everything_seeded_about_its_title() {
    let owner = "6a32fb475397399ec0a31c8f";
    let documents = vec![json!([board(owner)]), model()];
    let bench = Bench::with(SandboxConfig { documents, ..SandboxConfig::default() }).await;
    let (_, found) = bench.get("/api/v2/datamodels/schema?title=Sample%20ECommerce").await;
    assert_eq!((&found["oid"], &found["server"]), (&model()["oid"], &json!("LocalHost")));
    let (_, rows) = bench
        .get("/api/v1/dashboards/admin?dashboardType=owner&datasourceTitle=Sample%20ECommerce")
        .await;
    assert_eq!(texts(&rows, "title"), ["Loaded"]);
    assert_eq!(rows[0]["owner"], owner);
    assert_eq!(bench.user("boss@elsewhere.example"), owner);
    // A dashboard on another model had one widget on this title: it is gone, too.
    let (_, rest) = bench.get("/api/v1/dashboards/admin?dashboardType=owner&fields=title").await;
    let mut titles = texts(&rest, "title");
    titles.sort();
    assert_eq!(titles, ["Loaded", "Old Warehouse KPIs", "Patient Flow", "Pipeline", "Ward Rounds"]);
    let security = "/api/elasticubes/localhost/Sample%20ECommerce/datasecurity";
    assert_eq!(bench.get(security).await.1, json!([]));
    assert_eq!(
        bench.get("/api/elasticubes/hierarchies?elasticube=Sample%20ECommerce").await.1,
        json!([])
    );
    assert_eq!(
        bench.get("/api/v1/formulas?datasource=Sample%20ECommerce&flat=true").await.1,
        json!([])
    );
}

#[tokio::test]
async fn a_dashboard_without_a_known_owner_goes_to_the_admin() {
    let bench = Bench::start().await;
    bench.sandbox.load(board("ffffffffffffffffffffffff")).unwrap();
    let (_, own) = bench.get("/api/v1/dashboards?name=Loaded&expand=widgets").await;
    assert_eq!(own[0]["widgets"][0]["title"], "W");
    bench.sandbox.reset().unwrap();
    assert_eq!(bench.get("/api/v1/dashboards?name=Loaded").await.1, json!([]));
}

#[tokio::test]
async fn what_is_no_document_is_refused() {
    for document in [json!({}), json!({ "title": "x" }), json!([{ "title": "" }])] {
        let config = SandboxConfig { documents: vec![document], ..SandboxConfig::default() };
        assert!(matches!(Sandbox::start(config).await, Err(SandboxError::Document(_))));
    }
    let config =
        SandboxConfig { document_paths: vec!["/nowhere.json".into()], ..SandboxConfig::default() };
    assert!(matches!(Sandbox::start(config).await, Err(SandboxError::File { .. })));
}

#[tokio::test]
async fn documents_come_from_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("board.dash");
    std::fs::write(&file, format!("\u{feff}{}", board("x"))).unwrap();
    let config = SandboxConfig { document_paths: vec![file.clone()], ..SandboxConfig::default() };
    let bench = Bench::with(config.clone()).await;
    assert_eq!(bench.dashboard("Loaded"), "6a33404e17884480503a9e35");
    std::fs::write(&file, "{").unwrap();
    assert!(matches!(Sandbox::start(config).await, Err(SandboxError::Json { .. })));
}

//! Generated sizes.

use sisense_sandbox::{SandboxConfig, Sizes};

use super::{Bench, texts};

#[tokio::test]
async fn thousands_are_there_and_the_same_each_time() {
    let sizes =
        Sizes { users: 1000, groups: 40, dashboards: 1000, widgets_per_dashboard: 4, models: 50 };
    let config = SandboxConfig { sizes, story: false, ..SandboxConfig::default() };
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

//! Several data models at once.

use serde_json::json;
use sisense_core::ErrorKind;
use sisense_core::domains::access::{GetUnusedColumnsBulk, UnusedColumnsBulk};

use super::*;

async fn bulk_of(fake: &Fake, models: &[&str], all: bool) -> Result<Partial<UnusedColumnsBulk>> {
    let params = GetUnusedColumnsBulk {
        datamodels: models.iter().map(|name| (*name).to_owned()).collect(),
        include_all_dashboards: all,
    };
    fake.client.access().get_unused_columns_bulk(&Run::reads().start(), params).await
}

/// `Shop` and `Farm`; the second dashboard is on `Farm` and has one widget on `Shop`, which names
/// `y`; the third is on a model that nobody asks about.
async fn two_models(fake: &Fake) {
    fake.get(SCHEMA, &[("title", "Shop")], model("m1", "Shop", &["x", "y", "z"])).await;
    fake.get(SCHEMA, &[("title", "Farm")], model("m2", "Farm", &["x", "y"])).await;
    fake.get(SCHEMA, &[("title", "Fram")], json!([])).await;
    let rows = json!([
        {"oid": "m1", "title": "Shop"}, {"oid": "m2", "title": "Farm"},
    ]);
    fake.get(SCHEMA, &[("fields", "oid,title,type")], rows).await;
    for (oid, title, columns) in [("m1", "Shop", &["x", "y", "z"][..]), ("m2", "Farm", &["x", "y"])]
    {
        let path = format!("/api/v2/datamodels/{oid}/schema");
        fake.get(&path, &[], model(oid, title, columns)).await;
    }
    fake.get(ADMIN, &[], json!([row(1, "Shop"), row(2, "farm"), row(3, "Mill")])).await;
    let mut both = export(2, "farm", &["x"]);
    let foreign = json!({"oid": "w2", "datasource": {"title": "Shop"}, "title": "Foreign",
        "metadata": {"panels": [{"name": "rows", "items": [{"jaql": {"dim": "[A.y]"}}]}]}});
    both["widgets"].as_array_mut().unwrap().push(foreign);
    let mut mill = export(3, "Mill", &["x"]);
    mill["widgets"][0]["datasource"] = json!({"title": "Shop"});
    mill["widgets"][0]["metadata"]["panels"][0]["items"][0]["jaql"]["dim"] = json!("[A.z]");
    let two = format!("{},{}", id(1), id(2));
    let three = format!("{two},{}", id(3));
    let shop = export(1, "Shop", &["x"]);
    fake.get(EXPORT, &[("dashboardIds", &two)], json!([shop, both])).await;
    fake.get(EXPORT, &[("dashboardIds", &three)], json!([shop, both, mill])).await;
    for title in ["Shop", "Farm"] {
        let path = format!("/api/elasticubes/localhost/{title}/datasecurity");
        fake.get(&path, &[], json!([])).await;
    }
    fake.get(HIERARCHIES, &[], json!([])).await;
    fake.get(FORMULAS, &[], json!([])).await;
}

fn all_verdicts(found: &UnusedColumnsBulk) -> Vec<(&str, Vec<String>)> {
    let models = found.models.iter();
    models.map(|one| (one.report.datamodel_name.as_str(), verdicts(one))).collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn a_wrong_list_is_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    let many = vec!["Shop"; 501];
    for list in [&[][..], &["Shop", " "], &["*", "Shop"], &many] {
        let error = bulk_of(&fake, list, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn each_dashboard_is_exported_once_whoever_uses_it() {
    let fake = Fake::start().await;
    two_models(&fake).await;
    let found = bulk_of(&fake, &["Shop", "Farm", "Shop"], false).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(
        all_verdicts(&found.value),
        [
            ("Shop", words(&["x: used", "y: used", "z: unused"])),
            ("Farm", words(&["x: used", "y: unused"])),
        ]
    );
    let totals = found.value.totals;
    assert_eq!((totals.models, totals.total_columns), (2, 5));
    assert_eq!((totals.used_count, totals.unused_count), (3, 2));
    let requests = fake.requests().await;
    let of = |path: &str| requests.iter().filter(|line| line.contains(path)).count();
    assert_eq!((of(ADMIN), of(EXPORT), of("datasecurity"), of(FORMULAS)), (1, 1, 2, 2));
    let list = format!("GET {ADMIN}?dashboardType=owner&fields={FIELDS}");
    assert!(requests.contains(&list), "{requests:?}");
}

#[tokio::test]
async fn a_star_means_all_models_and_all_dashboards_are_read_on_request() {
    let fake = Fake::start().await;
    two_models(&fake).await;
    let found = bulk_of(&fake, &["*"], true).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(
        all_verdicts(&found.value),
        [
            ("Shop", words(&["x: used", "y: used", "z: used"])),
            ("Farm", words(&["x: used", "y: unused"])),
        ]
    );
    assert!(found.value.models.iter().all(|one| one.report.dashboards_scanned == 3));
}

#[tokio::test]
async fn one_unknown_reference_makes_a_part_and_does_not_sink_the_rest() {
    let fake = Fake::start().await;
    two_models(&fake).await;
    let found = bulk_of(&fake, &["Fram", "Shop"], false).await.unwrap();
    assert_eq!(found.value.not_found, ["Fram"]);
    assert_eq!(found.missing[0].what, "data model \"Fram\"");
    assert_eq!(found.missing[0].error.candidates, ["Farm"]);
    assert_eq!(found.value.models.len(), 1);
}

#[tokio::test]
async fn nothing_found_asks_nothing_more() {
    let fake = Fake::start().await;
    two_models(&fake).await;
    let found = bulk_of(&fake, &["Fram"], false).await.unwrap();
    assert!(!found.is_whole());
    assert_eq!((found.value.models.len(), found.value.totals.models), (0, 0));
    assert!(!fake.requests().await.iter().any(|line| line.contains(ADMIN)));
}

#[tokio::test]
async fn a_failed_dashboard_leaves_doubt_only_where_it_belongs() {
    let fake = Fake::start().await;
    fake.reply("GET", EXPORT, &[("dashboardIds", &id(2))], 500, json!({})).await;
    let both = format!("{},{}", id(1), id(2));
    fake.reply("GET", EXPORT, &[("dashboardIds", &both)], 500, json!({})).await;
    fake.get(EXPORT, &[("dashboardIds", &id(1))], json!([export(1, "Shop", &["x"])])).await;
    two_models(&fake).await;
    let found = bulk_of(&fake, &["Shop", "Farm"], false).await.unwrap();
    assert_eq!(
        all_verdicts(&found.value),
        [
            ("Shop", words(&["x: used", "y: unused", "z: unused"])),
            ("Farm", words(&["x: unknown", "y: unknown"])),
        ]
    );
    assert_eq!(found.missing.len(), 1);
    assert_eq!(found.value.totals.unknown_count, 2);
}

#[tokio::test]
async fn a_failed_read_of_one_model_is_named_with_the_model() {
    let fake = Fake::start().await;
    let farm = "/api/elasticubes/localhost/Farm/datasecurity";
    fake.reply("GET", farm, &[], 403, json!({})).await;
    two_models(&fake).await;
    let found = bulk_of(&fake, &["Shop", "Farm"], false).await.unwrap();
    assert_eq!(found.missing[0].what, "data security of \"Farm\"");
    assert_eq!(all_verdicts(&found.value)[1], ("Farm", words(&["x: used", "y: unknown"])));
}

#[tokio::test]
async fn refusals_of_everything_are_errors() {
    for (path, status, kind) in [
        (SCHEMA, 401, ErrorKind::Unauthenticated),
        (SCHEMA, 403, ErrorKind::Forbidden),
        (ADMIN, 403, ErrorKind::Forbidden),
        (EXPORT, 401, ErrorKind::Unauthenticated),
        (FORMULAS, 401, ErrorKind::Unauthenticated),
    ] {
        for models in [&["Shop", "Farm"][..], &["*"]] {
            let fake = Fake::start().await;
            fake.reply("GET", path, &[], status, json!({})).await;
            two_models(&fake).await;
            let error = bulk_of(&fake, models, false).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{path} {status}");
        }
    }
}

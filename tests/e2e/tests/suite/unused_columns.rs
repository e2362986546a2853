//! Which columns nothing uses: the story, real captures, failures, variants.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::documents::{ColumnUsage, Doubt, Need, UsageReport, Verdict};
use sisense_core::domains::access::{
    GetDatamodelColumns, GetUnusedColumns, GetUnusedColumnsBulk, UnusedColumns, UnusedColumnsBulk,
};
use sisense_core::{Client, ErrorKind, Limits, Partial, Result, Run, Secret};
use sisense_sandbox::{Fault, FaultAction, Sandbox, SandboxConfig, Sizes, WrongShape};

use super::support::{captures, client, client_with, limits, load, sandbox};

const MODEL: &str = "Sample ECommerce";
const GENERATED: &str = "Generated Model 0001";
const EXPORT: &str = "/api/v1/dashboards/export";

async fn unused(client: &Client, name: &str, all: bool) -> Result<Partial<UnusedColumns>> {
    let params = GetUnusedColumns { datamodel_name: name.into(), include_all_dashboards: all };
    client.access().get_unused_columns(&Run::reads().start(), params).await
}

async fn bulk(client: &Client, names: &[&str]) -> Result<Partial<UnusedColumnsBulk>> {
    let datamodels = names.iter().map(|name| (*name).to_owned()).collect();
    let params = GetUnusedColumnsBulk { datamodels, include_all_dashboards: false };
    client.access().get_unused_columns_bulk(&Run::reads().start(), params).await
}

/// The ids that one export asks for.
fn ids_in(query: &str) -> Vec<String> {
    let ids = query.split('&').find_map(|pair| pair.strip_prefix("dashboardIds="));
    let ids = ids.unwrap_or_default().replace("%2C", ",");
    ids.split(',').map(str::to_owned).collect()
}

/// A sandbox without a story, with one model and so many dashboards on it.
async fn generated(dashboards: usize) -> Sandbox {
    let sizes = Sizes { dashboards, widgets_per_dashboard: 3, models: 1, ..Sizes::default() };
    Sandbox::start(SandboxConfig { story: false, sizes, ..SandboxConfig::default() }).await.unwrap()
}

fn named(report: &UsageReport, verdict: Verdict) -> Vec<String> {
    let rows = report.columns.iter().filter(|row| row.verdict == verdict);
    let mut names: Vec<String> = rows.map(|row| format!("{}.{}", row.table, row.column)).collect();
    names.sort();
    names
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

fn column<'a>(report: &'a UsageReport, table: &str, name: &str) -> &'a ColumnUsage {
    report.columns.iter().find(|row| row.table == table && row.column == name).unwrap()
}

fn variants(sandbox: &Sandbox, variants: Value) {
    sandbox.set_variants(serde_json::from_value(variants).unwrap());
}

#[tokio::test]
async fn every_column_of_the_story_has_its_verdict() {
    let sandbox = sandbox().await;
    let found = unused(&client(&sandbox), MODEL, false).await.unwrap();
    assert!(found.is_whole());
    let report = &found.value.report;
    assert_eq!(
        named(report, Verdict::Used),
        sorted(&[
            "Commerce.Order ID",
            "Commerce.Date",
            "Commerce.Revenue",
            "Commerce.Cost",
            "Commerce.Quantity",
            "Commerce.Gender",
            "Commerce.Age Range",
            "Commerce.Condition",
            "Commerce.Season",
            "Category.Category",
            "Category.Subcategory",
            "Brand.Brand",
            "Country.Country",
            "Returns.Reason",
            "Returns.Refund",
            "web_traffic.csv.Source Channel",
            "web_traffic.csv.Visits",
        ])
    );
    assert_eq!(
        named(report, Verdict::Needed),
        sorted(&[
            "Commerce.Condition Key",
            "Commerce.Brand ID",
            "Commerce.Category ID",
            "Commerce.Country ID",
            "Commerce.Region Code",
            "Commerce.Unit Cost",
            "Commerce.Customer ID",
            "Commerce.Coupon Code",
            "Commerce.Modified",
            "Category.Category ID",
            "Brand.Brand ID",
            "Country.Country ID",
            "Country.Continent",
            "Returns.Condition Key",
            "Staging Orders.Order Key",
            "Best Brands.Top Brand ID",
        ])
    );
    assert_eq!(
        named(report, Verdict::Unused),
        sorted(&[
            "Commerce.Discount",
            "Commerce.Visit ID",
            "Commerce.Loyalty Points",
            "Commerce.Channel Flags",
            "Commerce.Unit Margin",
            "Category.Sort Order",
            "Brand.Supplier",
            "Country.ISO Code",
            "Returns.Return ID",
            "web_traffic.csv.Session ID",
            "web_traffic.csv.Bounce Rate",
            "Staging Orders.Raw Line",
            "Staging Orders.Loaded At",
            "Best Brands.Total",
            "Best Brands.Note",
        ])
    );
    assert_eq!(report.unknown_count, 0);
    let why = |name: &str| column(report, "Commerce", name).needed_by.clone();
    assert_eq!(why("Region Code"), [Need::Security]);
    assert_eq!(why("Unit Cost"), [Need::CustomExpression]);
    assert_eq!(why("Customer ID"), [Need::CustomExpression]);
    assert_eq!(why("Coupon Code"), [Need::Formula]);
    assert_eq!(why("Modified"), [Need::Accumulation]);
    assert_eq!(why("Condition Key"), [Need::Relation]);
    assert_eq!(column(report, "Country", "Continent").needed_by, [Need::Hierarchy]);
    let gone: Vec<&str> = report.unmatched_references.iter().map(|r| r.dim.as_str()).collect();
    assert_eq!(gone, ["[Commerce.Old Status]"]);
    assert_eq!(report.dashboards_with_scripts, 2);
}

#[tokio::test]
async fn all_dashboards_find_the_widget_in_a_dashboard_on_another_model() {
    let sandbox = sandbox().await;
    let found = unused(&client(&sandbox), MODEL, true).await.unwrap();
    assert!(found.is_whole());
    let points = column(&found.value.report, "Commerce", "Loyalty Points");
    assert_eq!(points.verdict, Verdict::Used);
    assert_eq!(points.used_by[0].title.as_deref(), Some("Hospital and Shop"));
    let boards = client(&sandbox).dashboard().get_all_dashboards().await.unwrap();
    assert_eq!(found.value.report.dashboards_scanned, boards.len());
}

#[tokio::test]
async fn real_captures_are_judged_as_by_hand() {
    let Some(folder) = captures() else { return };
    let documents = ["model_ecommerce.json", "dashboards_ecommerce.json"];
    let documents = documents.map(|name| load(&folder.join(name))).to_vec();
    let config = SandboxConfig { documents, ..SandboxConfig::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    for all in [false, true] {
        let found = unused(&client(&sandbox), MODEL, all).await.unwrap();
        assert!(found.is_whole());
        let report = &found.value.report;
        assert_eq!(
            named(report, Verdict::Used),
            sorted(&[
                "Country.Country",
                "Commerce.Condition",
                "Commerce.Date",
                "Commerce.Gender",
                "Commerce.Quantity",
                "Commerce.Revenue",
                "Commerce.Visit ID",
                "Category.Category",
                "Brand.Brand",
            ])
        );
        assert_eq!(
            named(report, Verdict::Needed),
            sorted(&[
                "Country.Country ID",
                "Commerce.Brand ID",
                "Commerce.Category ID",
                "Commerce.Country ID",
                "Category.Category ID",
                "Brand.Brand ID",
            ])
        );
        assert_eq!(
            named(report, Verdict::Unused),
            sorted(&["Commerce.Age Range", "Commerce.Cost"])
        );
        let needed = report.columns.iter().filter(|row| row.verdict == Verdict::Needed);
        assert!(needed.into_iter().all(|row| row.needed_by == [Need::Relation]));
    }
}

#[tokio::test]
async fn one_of_a_hundred_dashboards_that_fails_is_named_and_hides_no_column() {
    let sandbox = generated(100).await;
    let id = "5fffffffffffffffffffffff";
    let board = json!({
        "oid": id, "title": "The only one on Label", "filters": [],
        "datasource": {"title": GENERATED, "fullname": format!("LocalHost/{GENERATED}")},
        "widgets": [{"oid": "5ffffffffffffffffffffffe", "title": "", "metadata": {"panels": [
            {"name": "rows", "items": [{"jaql": {"dim": "[Facts.Label]"}}]}]}}],
    });
    sandbox.load(board).unwrap();
    let client = client(&sandbox);
    let whole = unused(&client, GENERATED, false).await.unwrap();
    assert!(whole.is_whole());
    assert_eq!(column(&whole.value.report, "Facts", "Label").verdict, Verdict::Used);
    let free = ["Facts.Unused", "Keys.Spare"];
    assert_eq!(named(&whole.value.report, Verdict::Unused), sorted(&free));

    sandbox.add_fault(Fault::new(format!("{EXPORT}?*{id}*"), FaultAction::status(500)));
    let part = unused(&client, GENERATED, false).await.unwrap();
    let report = &part.value.report;
    assert_eq!(part.missing.len(), 1);
    assert_eq!(part.missing[0].what, format!("dashboard \"The only one on Label\" ({id})"));
    assert_eq!(part.missing[0].error.kind, ErrorKind::Server);
    assert_eq!(report.dashboards_scanned, 100);
    assert_eq!(report.dashboards_failed.len(), 1);
    assert_eq!(report.dashboards_failed[0].dashboard_id.as_deref(), Some(id));
    assert_eq!(report.unused_count, 0);
    assert_eq!(named(report, Verdict::Unknown), sorted(&["Facts.Label", free[0], free[1]]));
    assert_eq!(column(report, "Facts", "Unused").doubts, [Doubt::Dashboards]);
    assert_eq!(column(report, "Facts", "Amount").verdict, Verdict::Used);
}

#[tokio::test]
async fn a_hundred_dashboards_cost_ten_requests_within_the_bound() {
    let sandbox = generated(100).await;
    for concurrency in [1, 2, 8] {
        let client = Client::builder(sandbox.url())
            .token(Secret::new(sandbox.token()))
            .limits(Limits { concurrency, ..limits() })
            .build()
            .unwrap();
        sandbox.clear_requests();
        let found = unused(&client, GENERATED, false).await.unwrap();
        assert!(found.is_whole());
        assert_eq!(found.value.report.dashboards_scanned, 100);
        let counts = sandbox.counts();
        assert_eq!(counts.total, 5 + 100_u64.div_ceil(20));
        assert!(counts.most_in_flight <= concurrency as u64, "{}", counts.most_in_flight);
    }
}

#[tokio::test]
async fn a_model_without_dashboards_costs_six_requests() {
    let sandbox = generated(0).await;
    let found = unused(&client(&sandbox), GENERATED, false).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(found.value.report.used_count, 0);
    assert_eq!(sandbox.counts().total, 6);
}

#[tokio::test]
async fn a_missing_permission_is_an_error_and_no_empty_answer() {
    let sandbox = sandbox().await;
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer);
    assert_eq!(unused(&viewer, MODEL, false).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let params = GetDatamodelColumns { datamodel_name: MODEL.into() };
    let error = viewer.access().get_datamodel_columns(params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(bulk(&viewer, &["*"]).await.unwrap_err().kind(), ErrorKind::Forbidden);
    // Data models may be read with this one, the list of all dashboards may not.
    let data_admin = client_with(&sandbox, &sandbox.tokens().data_admin);
    assert_eq!(unused(&data_admin, MODEL, false).await.unwrap_err().kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn optional_reads_that_fail_leave_columns_unknown_and_are_named() {
    let sandbox = sandbox().await;
    let cases = [
        (
            "/api/elasticubes/localhost/*/datasecurity",
            "data security",
            Doubt::Security,
            "Region Code",
        ),
        ("/api/elasticubes/hierarchies", "drill hierarchies", Doubt::Hierarchies, "Discount"),
        ("/api/v1/formulas", "shared formulas", Doubt::Formulas, "Coupon Code"),
    ];
    for (path, what, doubt, protected) in cases {
        for action in [
            FaultAction::status(403),
            FaultAction::status(404),
            FaultAction::TruncatedJson,
            FaultAction::EmptyBody,
            FaultAction::WrongShape { shape: WrongShape::ListOfNulls },
            FaultAction::WrongShape { shape: WrongShape::Object },
        ] {
            sandbox.clear_faults();
            sandbox.add_fault(Fault::new(path, action.clone()));
            let found = unused(&client(&sandbox), MODEL, false).await.unwrap();
            let missing: Vec<&str> = found.missing.iter().map(|m| m.what.as_str()).collect();
            assert_eq!(missing, [format!("{what} of \"{MODEL}\"")], "{action:?}");
            let report = &found.value.report;
            assert_eq!(report.unused_count, 0, "{action:?}");
            let row = column(report, "Commerce", protected);
            assert_eq!((row.verdict, &row.doubts[..]), (Verdict::Unknown, &[doubt][..]));
            assert_eq!(column(report, "Commerce", "Revenue").verdict, Verdict::Used);
        }
    }
}

#[tokio::test]
async fn a_dashboard_that_goes_between_list_and_export_is_named() {
    let sandbox = generated(30).await;
    let client = client(&sandbox);
    let boards = client.dashboard().get_all_dashboards().await.unwrap();
    let ghost = "5f00000000000000000000ff";
    let row = |id: &str, title: &str| json!({"oid": id, "title": title, "owner": null, "datasource": {"title": GENERATED}});
    let mut rows = vec![row(ghost, "Just deleted")];
    rows.extend(boards.iter().map(|board| row(&board.dashboard_id, &board.title)));
    let list = FaultAction::Status { status: 200, body: Some(json!(rows)), retry_after: None };
    sandbox.add_fault(Fault::new("/api/v1/dashboards/admin", list));
    for answer in ["404", "skip"] {
        variants(&sandbox, json!({"export_unknown_in_chunk": answer}));
        let found = unused(&client, GENERATED, false).await.unwrap();
        let missing: Vec<&str> = found.missing.iter().map(|m| m.what.as_str()).collect();
        assert_eq!(missing, [format!("dashboard \"Just deleted\" ({ghost})")], "{answer}");
        assert_eq!(found.value.report.dashboards_scanned, 30);
        assert_eq!(found.value.report.unused_count, 0);
    }
}

#[tokio::test]
async fn without_the_admins_flag_only_own_dashboards_are_read_and_the_rest_is_named() {
    let sandbox = sandbox().await;
    variants(&sandbox, json!({"admin_access": "403"}));
    let found = unused(&client(&sandbox), MODEL, false).await.unwrap();
    let report = &found.value.report;
    assert!(!found.missing.is_empty());
    assert_eq!(found.missing.len(), report.dashboards_failed.len());
    assert!(found.missing.iter().any(|m| m.what.starts_with("dashboard \"Executive Board\" (")));
    assert_eq!(report.unused_count, 0);
    assert_eq!(column(report, "Commerce", "Revenue").verdict, Verdict::Used);
    // Only a dashboard of somebody else names it.
    assert_eq!(column(report, "Returns", "Reason").verdict, Verdict::Unknown);
}

#[tokio::test]
async fn the_verdicts_do_not_depend_on_how_the_server_filters_and_lists() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let first = unused(&client, MODEL, false).await.unwrap().value.report.columns;
    for answers in [
        json!({"name_filter": "partial"}),
        json!({"name_filter": "case-blind", "title_miss": "500"}),
        json!({"admin_list": "items", "title_miss": "404"}),
    ] {
        variants(&sandbox, answers.clone());
        let again = unused(&client, "sample ecommerce", false).await.unwrap();
        assert!(again.is_whole());
        assert_eq!(again.value.report.columns, first, "{answers}");
    }
}

#[tokio::test]
async fn all_models_at_once_export_each_dashboard_once() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let models = client.datamodel().get_all_datamodel().await.unwrap().value.len();
    sandbox.clear_requests();
    let found = bulk(&client, &["*"]).await.unwrap();
    assert!(found.is_whole());
    assert_eq!((found.value.models.len(), found.value.totals.models), (models, models));
    let exported: Vec<String> = sandbox
        .requests()
        .iter()
        .filter(|request| request.path == EXPORT)
        .flat_map(|request| ids_in(&request.query))
        .collect();
    let mut once = exported.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), exported.len());
    let counts = sandbox.counts();
    assert_eq!(counts.total, 2 + 4 * models as u64 + exported.len().div_ceil(20) as u64);
    assert!(counts.most_in_flight <= limits().concurrency as u64);
    // The dashboard is read for the other model, so its widget on this one counts.
    let shop = found.value.models.iter().find(|one| one.report.datamodel_name == MODEL).unwrap();
    assert_eq!(column(&shop.report, "Commerce", "Loyalty Points").verdict, Verdict::Used);
}

#[tokio::test]
async fn an_unknown_reference_does_not_sink_the_others() {
    let sandbox = sandbox().await;
    let found = bulk(&client(&sandbox), &[MODEL, "Sample Ecomerce"]).await.unwrap();
    assert_eq!(found.value.not_found, ["Sample Ecomerce"]);
    assert!(found.missing[0].error.candidates.contains(&MODEL.to_owned()));
    let alone = unused(&client(&sandbox), MODEL, false).await.unwrap();
    assert_eq!(found.value.models, [alone.value]);
}

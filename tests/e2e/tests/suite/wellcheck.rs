//! Well-checks over the sandbox: the story, its traps, variants, failures and size.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::wellcheck::{
    Check, CheckDashboards, CheckDatamodelM2mRelationships, CheckDatamodels,
    CheckPivotWidgetFields, CompositeKey, FullWellcheck, ManyToManyCheck, RunFullWellcheck,
    Severity, StructureKind, StructureSign, YesNo,
};
use sisense_core::{Client, ErrorKind, Partial, Result, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox, SandboxConfig, Sizes};

use super::support::{client, client_with, sandbox};

const WAREHOUSE: &str = "Sample Warehouse";
const SQL: &str = "GET /api/datasources/{title}/sql";

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn models(names: &[&str]) -> CheckDatamodels {
    CheckDatamodels { datamodels: words(names) }
}

async fn m2m(client: &Client, names: &[&str], live: bool) -> Result<Partial<ManyToManyCheck>> {
    let params = CheckDatamodelM2mRelationships {
        datamodels: words(names),
        include_live: live,
        max_queries: 200,
    };
    client.wellcheck().check_datamodel_m2m_relationships(params).await
}

async fn full(client: &Client) -> Result<Partial<FullWellcheck>> {
    let params = RunFullWellcheck::new(words(&["*"]), words(&["*"]));
    client.wellcheck().run_full_wellcheck(&Run::reads().start(), params).await
}

fn variants(sandbox: &Sandbox, variants: Value) {
    sandbox.set_variants(serde_json::from_value(variants).unwrap());
}

fn whats<T>(part: &Partial<T>) -> Vec<&str> {
    part.missing.iter().map(|missing| missing.what.as_str()).collect()
}

#[tokio::test]
async fn every_sign_of_structure_is_recognized_and_no_look_alike() {
    let sandbox = sandbox().await;
    let params = CheckDashboards { dashboards: words(&["Ward Rounds", "Wide Tables"]) };
    let found = client(&sandbox).wellcheck().check_dashboard_structure(params).await.unwrap();
    assert!(found.is_whole());
    let [ward, wide] = found.value.dashboards.as_slice() else { panic!("{found:?}") };
    let told = |row: &sisense_core::domains::wellcheck::DashboardStructure| {
        row.details
            .iter()
            .map(|one| (one.widget_title.clone().unwrap_or_default(), one.kind, one.sign))
            .collect::<Vec<_>>()
    };
    let row = |title: &str, kind, sign| (title.to_owned(), kind, sign);
    use StructureKind::{Accordion, JumpToDashboard, Pivot, Tabber};
    use StructureSign::{CardAction, Name, Script, Targets, WidgetType};
    assert_eq!(
        told(ward),
        [
            row("Twenty and filters", Pivot, WidgetType),
            row("Twenty-one with one off", Pivot, WidgetType),
            row("Wards", Tabber, WidgetType),
            row("Tabs by script", Tabber, Script),
            row("Tabs by action", Tabber, CardAction),
            row("Folded away", Accordion, Name),
            row("Folded by script", Accordion, Script),
            row("Jumps", JumpToDashboard, Targets),
        ]
    );
    let guesses: Vec<bool> = ward.details.iter().map(|one| one.heuristic).collect();
    assert_eq!(guesses, [false, false, false, true, false, true, true, false]);
    assert_eq!(
        told(wide),
        [
            row("Exactly twenty", Pivot, WidgetType),
            row("One too many", Pivot, WidgetType),
            row("Old kind", Pivot, WidgetType),
            row("Some disabled", Pivot, WidgetType),
            row("Tabs", Tabber, WidgetType),
            row("Jump", JumpToDashboard, Targets),
            row("Scripted jump", JumpToDashboard, Script),
            row("Details", Accordion, Name),
        ]
    );
    assert_eq!((wide.widget_count, wide.pivot_count, wide.jump_to_dashboard_count), (9, 4, 2));
}

#[tokio::test]
async fn widgets_and_places_are_counted_and_twenty_one_fields_are_too_many() {
    let sandbox = sandbox().await;
    let check = client(&sandbox).wellcheck();
    let dashboards = words(&["Ward Rounds", "Commerce Overview", "Empty Canvas"]);
    let found =
        check.check_dashboard_widget_counts(CheckDashboards { dashboards }).await.unwrap().value;
    let told: Vec<_> = found
        .dashboards
        .iter()
        .map(|row| (row.widget_count, row.not_in_layout, row.ghost_cells))
        .collect();
    assert_eq!(told, [(11, Some(1), 2), (6, Some(0), 1), (0, Some(0), 0)]);

    let params = CheckPivotWidgetFields { dashboards: words(&["*"]), max_fields: 20 };
    let found = check.check_pivot_widget_fields(params).await.unwrap().value;
    let titles: Vec<_> = found.pivots.iter().map(|row| row.widget_title.as_deref()).collect();
    assert_eq!((titles, found.pivots_checked), (vec![Some("One too many")], 6));
    let params = CheckPivotWidgetFields { dashboards: words(&["Ward Rounds"]), max_fields: 19 };
    let found = check.check_pivot_widget_fields(params).await.unwrap().value;
    let told: Vec<_> = found.pivots.iter().map(|row| (row.field_count, row.disabled)).collect();
    assert_eq!(told, [(20, 0), (20, 1)]);
}

#[tokio::test]
async fn documents_of_models_are_read_as_by_hand() {
    let sandbox = sandbox().await;
    let check = client(&sandbox).wellcheck();
    let found = check.check_datamodel_custom_tables(models(&["*"])).await.unwrap();
    assert!(found.is_whole());
    let mut told: Vec<_> = found
        .value
        .custom_tables
        .iter()
        .map(|row| (row.table_name.as_str(), row.has_union, row.uses_tables.join(", ")))
        .collect();
    told.sort_by_key(|row| row.0);
    assert_eq!(
        told,
        [
            ("All Regions", YesNo::Yes, "Warehouses".to_owned()),
            ("All Staff", YesNo::Yes, "Doctors, Rooms".to_owned()),
            ("Best Brands", YesNo::No, "Commerce".to_owned()),
            ("Busy Bins", YesNo::No, "stock.moves.csv".to_owned()),
        ]
    );

    let both = models(&[WAREHOUSE, "Sample ECommerce"]);
    let found = check.check_datamodel_import_queries(both).await.unwrap().value;
    let told: Vec<&str> = found
        .tables
        .iter()
        .filter(|row| row.has_import_query == YesNo::Yes)
        .map(|row| row.table_name.as_str())
        .collect();
    assert_eq!((told, found.import_query_count), (vec!["Parts", "Brand"], 2));

    let three = models(&[WAREHOUSE, "Sample Budget", "Sample Healthcare"]);
    let found = check.check_datamodel_island_tables(three).await.unwrap().value;
    let told: Vec<_> = found
        .island_tables
        .iter()
        .map(|row| (row.table_name.as_str(), row.dropped_relation, row.single_table_model))
        .collect();
    assert_eq!(
        told,
        [
            ("Price List", true, false),
            ("All Regions", false, false),
            ("Busy Bins", false, false),
            ("Budget", false, true),
            ("Diagnosis", true, false),
            ("All Staff", false, false),
        ]
    );
    assert_eq!(found.fault_count, 5);
}

#[tokio::test]
async fn keys_are_counted_once_and_sets_of_columns_together() {
    let sandbox = sandbox().await;
    sandbox.clear_requests();
    let found = m2m(&client(&sandbox), &[WAREHOUSE], false).await.unwrap();
    assert!(found.is_whole());
    let rows = &found.value.relations;
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (row.right_table.as_deref(), row.right_column.as_deref(), row.is_m2m, row.composite)
        })
        .map(|(table, column, m2m, set)| (table.unwrap(), column.unwrap(), m2m.unwrap(), set))
        .collect();
    assert_eq!(
        told,
        [
            ("Storage Bins", "Warehouse ID", false, CompositeKey::Tested),
            ("Storage Bins", "Bin No", false, CompositeKey::Tested),
            ("Warehouses", "Warehouse ID", false, CompositeKey::None),
            ("Parts", "Part ID", false, CompositeKey::None),
            ("Batch Checks", "Batch Key", true, CompositeKey::None),
        ]
    );
    assert_eq!(found.value.dropped_count, 1);
    // Nine columns, one of them in two relations, and the two sides of the key of two columns.
    assert_eq!((found.value.queries_run, sandbox.counts().by_route[SQL]), (11, 11));
    assert!(sandbox.counts().most_in_flight <= 4);

    variants(&sandbox, json!({"sub_select": "off"}));
    let found = m2m(&client(&sandbox), &[WAREHOUSE], false).await.unwrap();
    let told: Vec<_> =
        found.value.relations[..2].iter().map(|row| (row.is_m2m, row.composite)).collect();
    assert_eq!(told, [(None, CompositeKey::Untested); 2]);
}

#[tokio::test]
async fn what_cannot_be_queried_is_unknown_with_its_reason() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let found = m2m(&client, &["Sample ECommerce"], false).await.unwrap();
    let row = found
        .value
        .relations
        .iter()
        .find(|row| row.right_table.as_deref() == Some("Staging Orders"))
        .unwrap();
    assert_eq!((row.left_unique, row.right_unique, row.is_m2m), (Some(true), None, Some(false)));
    assert!(row.reason.as_deref().unwrap().contains("hidden"), "{row:?}");
    assert_eq!(whats(&found), ["key Staging Orders.Order Key of \"Sample ECommerce\""]);

    let live = m2m(&client, &["Sample Lead Generation"], false).await.unwrap();
    assert!(live.is_whole());
    assert_eq!(live.value.live_not_counted, ["Sample Lead Generation"]);
    assert_eq!((live.value.unknown_count, live.value.queries_run), (2, 0));
    let live = m2m(&client, &["Sample Lead Generation"], true).await.unwrap();
    assert_eq!((live.value.unknown_count, live.value.queries_run), (0, 4));
}

#[tokio::test]
async fn a_model_that_was_never_built_is_missing_once() {
    let sandbox = sandbox().await;
    let table = |name: &str| {
        json!({"oid": format!("00000000-0000-4000-8000-0000000000{name}"), "name": name,
               "columns": [{"oid": format!("00000000-0000-4000-9000-0000000000{name}"),
                            "name": "k", "type": 8}]})
    };
    let end = |name: &str| {
        json!({"table": format!("00000000-0000-4000-8000-0000000000{name}"),
               "column": format!("00000000-0000-4000-9000-0000000000{name}")})
    };
    let model = json!({
        "oid": "00000000-0000-4000-a000-000000000000", "title": "Fresh", "type": "extract",
        "lastBuildTime": null, "datasets": [{"oid": "00000000-0000-4000-b000-000000000000",
            "type": "extract", "schema": {"tables": [table("0a"), table("0b")]}}],
        "relations": [{"oid": "00000000-0000-4000-c000-000000000000",
                       "columns": [end("0a"), end("0b")]}],
    });
    sandbox.load(model).unwrap();
    let client = client(&sandbox);
    let found = m2m(&client, &["Fresh"], false).await.unwrap();
    assert_eq!((whats(&found), found.value.queries_run), (vec!["relations of \"Fresh\""], 0));
    let params = RunFullWellcheck::new(Vec::new(), words(&["Fresh"]));
    let run = Run::reads().start();
    let found = client.wellcheck().run_full_wellcheck(&run, params).await.unwrap().value;
    let checks: Vec<Check> = found.findings.iter().map(|one| one.check).collect();
    assert_eq!(checks, [Check::NeverBuilt]);
}

#[tokio::test]
async fn the_types_of_secured_columns_are_those_of_the_model() {
    let sandbox = sandbox().await;
    let check = client(&sandbox).wellcheck();
    let both = models(&[WAREHOUSE, "Sample Lead Generation"]);
    let found = check.check_datamodel_rls_datatypes(both).await.unwrap();
    assert!(found.is_whole());
    let told: Vec<_> = found
        .value
        .secured_columns
        .iter()
        .map(|row| (row.column_name.as_deref().unwrap(), row.numeric, row.rule_count, row.orphaned))
        .collect();
    assert_eq!(
        told,
        [
            ("Region", Some(false), 3, false),
            ("Part ID", Some(true), 2, false),
            ("Shelf", Some(false), 1, true),
            ("Owner Region", Some(false), 2, false),
        ]
    );
}

#[tokio::test]
async fn a_full_check_loads_each_document_once_and_puts_the_worst_first() {
    let sandbox = sandbox().await;
    sandbox.clear_requests();
    let found = full(&client(&sandbox)).await.unwrap();
    let counts = sandbox.counts();
    let of = |route: &str| counts.by_route.get(route).copied().unwrap_or_default();
    let summary = found.value.summary;
    assert_eq!(of("GET /api/v1/dashboards/admin"), 1);
    assert_eq!(of("GET /api/v1/dashboards/export"), 1);
    assert_eq!(of("GET /api/v2/datamodels/schema"), 1);
    assert_eq!(of("GET /api/v2/datamodels/{id}/schema"), summary.datamodels_checked as u64);
    assert_eq!(of(SQL), summary.queries_run as u64);
    assert_eq!(counts.writes, 0);

    let severities: Vec<Severity> = found.value.findings.iter().map(|one| one.severity).collect();
    assert!(severities.is_sorted());
    let high: Vec<_> = found
        .value
        .findings
        .iter()
        .filter(|one| one.severity == Severity::High)
        .map(|one| (one.check, one.asset.title.as_deref().unwrap()))
        .collect();
    assert_eq!(
        high,
        [
            (Check::M2mRelationships, "Sample ECommerce"),
            (Check::M2mRelationships, WAREHOUSE),
            (Check::RlsDatatypes, "Sample ECommerce"),
            (Check::RlsDatatypes, WAREHOUSE),
            (Check::MissingDatamodel, "Old Warehouse KPIs"),
        ]
    );
    let not: Vec<&str> = found.value.not_checked.iter().map(|gap| gap.what.as_str()).collect();
    assert_eq!(
        not,
        [
            "key Staging Orders.Order Key of \"Sample ECommerce\"",
            "relations of \"Sample Lead Generation\"",
        ]
    );
}

#[tokio::test]
async fn each_check_sees_the_same_in_a_full_check_and_alone() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let (all, check) = (full(&client).await.unwrap().value, client.wellcheck());
    let boards = || CheckDashboards { dashboards: words(&["*"]) };
    let structure = check.check_dashboard_structure(boards()).await.unwrap().value;
    assert_eq!(all.dashboards.structure, structure.dashboards);
    let counts = check.check_dashboard_widget_counts(boards()).await.unwrap().value;
    assert_eq!(all.dashboards.widget_counts, counts.dashboards);
    let custom = check.check_datamodel_custom_tables(models(&["*"])).await.unwrap().value;
    assert_eq!(all.datamodels.custom_tables, custom.custom_tables);
    let imports = check.check_datamodel_import_queries(models(&["*"])).await.unwrap().value;
    assert_eq!(all.datamodels.import_queries, imports.tables);
    let islands = check.check_datamodel_island_tables(models(&["*"])).await.unwrap().value;
    assert_eq!(all.datamodels.island_tables, islands.island_tables);
    let relations = m2m(&client, &["*"], false).await.unwrap().value;
    assert_eq!(all.datamodels.m2m_relationships, relations.relations);
    let secured = check.check_datamodel_rls_datatypes(models(&["*"])).await.unwrap().value;
    assert_eq!(all.datamodels.rls_datatypes, secured.secured_columns);
}

#[tokio::test]
async fn one_dashboard_that_fails_is_named_and_the_rest_is_checked() {
    let sandbox = sandbox().await;
    let whole = full(&client(&sandbox)).await.unwrap().value;
    let lost = &whole.dashboards.structure[0];
    let path = format!("/api/v1/dashboards/export?*{}*", lost.dashboard_id);
    sandbox.add_fault(Fault::new(path, FaultAction::status(500)));
    let part = full(&client(&sandbox)).await.unwrap();
    assert_eq!(part.value.dashboards.structure, whole.dashboards.structure[1..]);
    let what = format!("dashboard \"Commerce Overview\" ({})", lost.dashboard_id);
    assert!(whats(&part).contains(&what.as_str()), "{:?}", part.missing);
    assert_eq!(part.value.datamodels, whole.datamodels);
}

#[tokio::test]
async fn who_may_not_look_gets_an_error_and_no_clean_bill() {
    let sandbox = sandbox().await;
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer);
    let error = full(&viewer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
}

#[tokio::test]
async fn a_thousand_dashboards_cost_a_request_for_each_twenty() {
    let sizes = Sizes { dashboards: 1000, widgets_per_dashboard: 3, models: 2, ..Sizes::default() };
    let config = SandboxConfig { story: false, sizes, ..SandboxConfig::default() };
    let sandbox = Sandbox::start(config).await.unwrap();
    sandbox.clear_requests();
    let found = full(&client(&sandbox)).await.unwrap();
    assert!(found.is_whole(), "{:?}", found.missing);
    assert_eq!(found.value.summary.dashboards_checked, 1000);
    assert_eq!(sandbox.counts().by_route["GET /api/v1/dashboards/export"], 50);
    assert!(sandbox.counts().most_in_flight <= 8);
}

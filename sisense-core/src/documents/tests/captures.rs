//! Real documents, kept beside the checkout. Without them these tests say so and pass.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

/// The folder of captures: named by `FES_SHARED`, or `shared/data` beside one of the parents.
fn captures() -> Option<PathBuf> {
    let named = std::env::var_os("FES_SHARED").map(|shared| Path::new(&shared).join("data"));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|parent| parent.join("shared").join("data"));
    let found = named.into_iter().chain(beside).find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: no folder shared/data beside the checkout, and FES_SHARED is not set");
    }
    found
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn judges_every_column_of_the_captured_model() {
    let Some(folder) = captures() else { return };
    let model = model(read(&folder, "model_ecommerce.json"));
    let dashboards =
        DashboardDocument::many_from_value(read(&folder, "dashboards_ecommerce.json")).unwrap();
    let report = analyse_usage(&UsageInput {
        model: &model,
        dashboards: &dashboards,
        dashboards_failed: &[],
        dashboards_incomplete: false,
        security: Some(&[]),
        hierarchies: Some(&[]),
        formulas: Some(&[]),
    });
    let rows: Vec<(&str, &str, Verdict)> = report
        .columns
        .iter()
        .map(|row| (row.table.as_str(), row.column.as_str(), row.verdict))
        .collect();
    let expected = [
        ("Country", "Country", Verdict::Used),
        ("Country", "Country ID", Verdict::Needed),
        ("Commerce", "Age Range", Verdict::Unused),
        ("Commerce", "Cost", Verdict::Unused),
        ("Commerce", "Brand ID", Verdict::Needed),
        ("Commerce", "Category ID", Verdict::Needed),
        ("Commerce", "Condition", Verdict::Used),
        ("Commerce", "Country ID", Verdict::Needed),
        ("Commerce", "Date", Verdict::Used),
        ("Commerce", "Gender", Verdict::Used),
        ("Commerce", "Quantity", Verdict::Used),
        ("Commerce", "Revenue", Verdict::Used),
        ("Commerce", "Visit ID", Verdict::Used),
        ("Category", "Category ID", Verdict::Needed),
        ("Category", "Category", Verdict::Used),
        ("Brand", "Brand ID", Verdict::Needed),
        ("Brand", "Brand", Verdict::Used),
    ];
    let mut rows_sorted = rows.clone();
    let mut expected_sorted = expected.to_vec();
    rows_sorted.sort_by_key(|row| (row.0, row.1));
    expected_sorted.sort_by_key(|row| (row.0, row.1));
    pretty_assertions::assert_eq!(rows_sorted, expected_sorted);
    assert_eq!(
        (report.total_columns, report.used_count, report.needed_count, report.unused_count),
        (17, 9, 6, 2)
    );
    assert_eq!((report.dashboards_scanned, report.dashboards_with_scripts), (2, 0));
    assert_eq!(report.unmatched_references, []);
    let needed = report.columns.iter().filter(|row| row.verdict == Verdict::Needed);
    assert!(needed.into_iter().all(|row| row.needed_by == [Need::Relation]));
}

#[test]
fn finds_every_reference_of_the_captured_dashboards() {
    let Some(folder) = captures() else { return };
    let dashboards =
        DashboardDocument::many_from_value(read(&folder, "dashboards_ecommerce.json")).unwrap();
    let references: Vec<Reference> =
        dashboards.iter().flat_map(DashboardDocument::references).collect();
    let count = |role| references.iter().filter(|r| r.place.role == role).count();
    assert_eq!(references.len(), 57);
    // Two dashboard filters, four ranks (`filter.top.by`), four columns inside formulas.
    assert_eq!((count(Role::Filter), count(Role::Rank), count(Role::Other)), (2, 4, 0));
    assert!(references.iter().all(|r| r.datasource_title.as_deref() == Some("Sample ECommerce")));
    assert_eq!(dashboards.iter().map(|d| d.widgets().count()).sum::<usize>(), 24);
}

#[test]
fn keeps_captured_documents_by_value() {
    let Some(folder) = captures() else { return };
    let value = read(&folder, "dashboards_ecommerce.json");
    let dashboards = DashboardDocument::many_from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&dashboards).unwrap(), value);
    let model_value = read(&folder, "model_ecommerce.json");
    assert_eq!(*model(model_value.clone()).raw(), model_value);
}

#[test]
fn renames_a_column_there_and_back_in_captured_dashboards() {
    let Some(folder) = captures() else { return };
    let before =
        DashboardDocument::many_from_value(read(&folder, "dashboards_ecommerce.json")).unwrap();
    for original in before {
        let mut copy = original.clone();
        let there = rename_column(&mut copy, None, "Commerce", "Revenue", "Turnover");
        assert!(there > 0);
        assert!(!copy.references().iter().any(|r| r.dim == "[Commerce.Revenue]"));
        let back = rename_column(&mut copy, None, "Commerce", "Turnover", "Revenue");
        assert_eq!((there, &copy), (back, &original));
    }
}

#[test]
fn never_shows_connection_parameters_of_the_captured_model() {
    let Some(folder) = captures() else { return };
    let model = model(read(&folder, "model_ecommerce.json"));
    let shown = format!("{model:?}{}", model.without_secrets());
    assert!(!shown.contains("/opt/sisense/storage"));
    assert!(shown.contains("Sample Country"));
    assert_eq!(model.relations().len(), 3);
    assert_eq!(model.relations()[0].ends[1].column.as_deref(), Some("Category ID"));
}

//! Which columns a dashboard names, and as what.

use serde_json::json;

use super::*;

/// `dim` and role of each reference.
fn roles(value: Value) -> Vec<(String, Role)> {
    dashboard(value).references().into_iter().map(|r| (r.dim, r.place.role)).collect()
}

fn role(dim: &str, role: Role) -> (String, Role) {
    (dim.to_owned(), role)
}

#[test]
fn constants_name_nothing() {
    let items = json!([
        {"jaql": {"formula": "0", "title": "0"}},
        {"jaql": {"formula": "1 + 2", "context": {}}},
        {"jaql": {"dim": ""}}, {"jaql": {"dim": null}}, {"jaql": {"dim": 7}}
    ]);
    assert_eq!(roles(dashboard_with(items)), []);
}

#[test]
fn follows_formulas_down_to_the_last_context() {
    let items = json!([{"jaql": {"type": "measure", "formula": "SUM([x]) / [y]", "context": {
        "[x]": {"dim": "[Sales.Revenue]"},
        "y": {"formula": "COUNT([z])", "context": {"[z]": {"dim": "[Sales.Id]", "agg": "count"},
            "[f]": {"dim": "[Sales.Country]", "filter": {"members": ["A"]}}}}
    }}}]);
    assert_eq!(
        roles(dashboard_with(items)),
        [
            role("[Sales.Revenue]", Role::Measure),
            role("[Sales.Id]", Role::Measure),
            role("[Sales.Country]", Role::Filter),
        ]
    );
}

#[test]
fn reads_names_that_stand_in_the_formula_itself() {
    let items = json!([{"jaql": {"formula": "SUM([Sales.Revenue]) / [a.b] + [AB-1]",
        "context": {"[a.b]": {"dim": "[Sales.Cost]"}}}}]);
    assert_eq!(
        roles(dashboard_with(items)),
        [role("[Sales.Revenue]", Role::Measure), role("[Sales.Cost]", Role::Measure)]
    );
}

#[test]
fn sees_what_ranks_in_both_encodings() {
    let items = json!([
        {"jaql": {"dim": "[A.a]", "filter": {"top": 10, "by": {"dim": "[A.m]", "agg": "sum"}}}},
        {"jaql": {"dim": "[A.b]", "filter": {"bottom": {"count": 3, "by":
            {"formula": "[q]", "context": {"[q]": {"dim": "[A.n]"}}}}}}}
    ]);
    assert_eq!(
        roles(dashboard_with(items)),
        [
            role("[A.a]", Role::Dimension),
            role("[A.m]", Role::Rank),
            role("[A.b]", Role::Dimension),
            role("[A.n]", Role::Rank),
        ]
    );
}

#[test]
fn reads_simple_dependent_and_default_filters_and_hierarchies() {
    let value = json!({"oid": "d", "datasource": {"title": "Shop"},
        "filters": [
            {"jaql": {"dim": "[A.a]", "table": "a", "column": "A"}, "disabled": true},
            {"levels": [{"dim": "[A.b]"}, {"dim": "[A.c (Calendar)]", "filter": {"level": "years"}}],
             "isCascading": true},
            {"jaql": {"dim": "[B.x]", "datasource": {"title": "Other"}}}
        ],
        "defaultFilters": [{"jaql": {"dim": "[A.d]"}}],
        "hierarchies": [{"title": "Geo", "elasticubeTitle": "Shop",
            "levels": [{"dim": "[A.e]"}, {"table": "A", "column": "f"}]}]});
    let references = dashboard(value).references();
    let dims: Vec<&str> = references.iter().map(|r| r.dim.as_str()).collect();
    assert_eq!(dims, ["[A.a]", "[A.b]", "[A.c (Calendar)]", "[B.x]", "[A.d]", "[A.e]", "[A.f]"]);
    assert!(references[0].disabled && !references[1].disabled);
    assert_eq!(references[0].table_hint.as_deref(), Some("a"));
    assert_eq!(references[2].place.level.as_deref(), Some("years"));
    assert_eq!(references[3].datasource_title.as_deref(), Some("Other"));
    assert_eq!(references[4].place.source, PlaceSource::DefaultFilter);
    assert_eq!(references[6].place.describe(), "hierarchy \"Geo\"");
    assert!(references[..5].iter().all(|r| r.place.role == Role::Filter));
}

#[test]
fn a_widgets_own_data_source_wins() {
    let value = json!({"datasource": {"title": "Shop"}, "widgets": [
        {"oid": "w1", "datasource": {"fullname": "localhost/Web"}, "metadata": {"panels": [
            {"name": "rows", "items": [{"jaql": {"dim": "[A.a]", "level": "months"}}]},
            {"name": "filters", "items": [{"jaql": {"dim": "[A.b]", "agg": "sum"}, "disabled": true}]}
        ]}, "options": {"drillTo": {"dim": "[A.c]"}}},
        {"oid": "w2", "title": "Two", "datasource": null, "metadata": {"panels": [
            {"name": "values", "items": [{"jaql": {"dim": "[A.d]", "agg": "sum"},
                "hierarchies": [{"levels": [{"dim": "[A.e]"}]}]}]}]}}
    ]});
    let references = dashboard(value).references();
    let found: Vec<(&str, Role, Option<&str>)> = references
        .iter()
        .map(|r| (r.dim.as_str(), r.place.role, r.datasource_title.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            ("[A.a]", Role::Dimension, Some("Web")),
            ("[A.b]", Role::Filter, Some("Web")),
            ("[A.c]", Role::Other, Some("Web")),
            ("[A.d]", Role::Measure, Some("Shop")),
            ("[A.e]", Role::Hierarchy, Some("Shop")),
        ]
    );
    assert!(references[1].disabled);
    assert_eq!(references[0].place.level.as_deref(), Some("months"));
    assert_eq!(references[0].place.describe(), "widget \"w1\": rows (dimension)");
    assert_eq!(references[3].place.describe(), "widget \"Two\": values (measure)");
}

#[test]
fn resolves_case_calendar_and_dots() {
    let index = model(shop(&[
        ("Country", &["Country", "country"]),
        ("blox_trivia.csv", &["Question", "Part.One"]),
        ("blox_trivia", &["csv.Question", "csv.Only"]),
        ("Dates", &["Date", "Late (Calendar)"]),
        ("Straße", &["Größe"]),
    ]))
    .index();
    let at = |table, column| Some(ColumnKey { table, column });
    for (dim, expected) in [
        ("[country.Country]", at(0, 0)),
        ("[Country.country]", at(0, 1)),
        ("[COUNTRY.COUNTRY]", at(0, 0)),
        ("Country.Country", at(0, 0)),
        ("[blox_trivia.csv.Question]", at(1, 0)),
        ("[blox_trivia.csv.Part.One]", at(1, 1)),
        ("[blox_trivia.csv.Only]", at(2, 1)),
        ("[Dates.Date (Calendar)]", at(3, 0)),
        ("[dates.date]", at(3, 0)),
        ("[Dates.Late (Calendar)]", at(3, 1)),
        ("[STRAßE.GRÖSSE]", None),
        ("[straße.größe]", at(4, 0)),
        ("[Dates.Gone]", None),
        ("[Gone.Date]", None),
        ("[Country]", None),
        ("", None),
        ("[]", None),
        ("[.]", None),
    ] {
        assert_eq!(index.resolve(dim), expected, "{dim}");
    }
}

//! What the SQL of a model touches.

use std::collections::BTreeSet;

use super::*;
use crate::documents::sql::touched;

fn tables() -> Value {
    shop(&[
        ("Sales", &["Id", "Country ID", "Date", "Cost"]),
        ("Country", &["Country ID", "Country"]),
        ("my.csv", &["Id", "Note"]),
    ])
}

/// Names of the columns that are needed and doubted, as `table.column`.
fn names(sql: &str, own: Option<usize>) -> (BTreeSet<String>, BTreeSet<String>) {
    let model = model(tables());
    let touches = touched(sql, &model.index(), own);
    let all: Vec<&Table> = model.tables().collect();
    let name = |key: ColumnKey| {
        let table = all[key.table];
        format!("{}.{}", table.name, table.columns[key.column].name)
    };
    (
        touches.needed.into_iter().map(name).collect(),
        touches.doubted.into_iter().map(name).collect(),
    )
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const ALL_SALES: [&str; 4] = ["Sales.Id", "Sales.Country ID", "Sales.Date", "Sales.Cost"];

#[test]
fn finds_names_in_brackets_quotes_and_plain_ignoring_case() {
    for sql in [
        "SELECT [cost], [ID] FROM [sales]",
        "select \"Cost\", s.\"Id\" from \"Sales\" s",
        "select s.`cost`, ID from sales as s",
        "SELECT Cost x, Id FROM Sales -- [Date]\n",
        "SELECT Cost, Id /* \"Date\" * */, 'Date' FROM schema1.Sales",
        "SELECT cost * id AS total FROM (SELECT cost, id FROM Sales) t",
        "WITH t AS (SELECT cost, id FROM Sales) SELECT t.cost FROM t",
        "SELECT [Sales.Cost], [Sales.Id] FROM [Sales]",
        "SELECT COUNT(*), MAX(cost), MIN(id) FROM Sales",
    ] {
        assert_eq!(names(sql, None), (set(&["Sales.Cost", "Sales.Id"]), set(&[])), "{sql}");
    }
}

#[test]
fn a_star_needs_all_columns_of_its_table() {
    for sql in [
        "SELECT * FROM Sales",
        "select distinct * from [SALES]",
        "select top 10 * from sales",
        "SELECT s.* FROM Sales s",
        "SELECT 1, * FROM Sales",
        "SELECT [Sales].* FROM Sales",
    ] {
        assert_eq!(names(sql, None), (set(&ALL_SALES), set(&[])), "{sql}");
    }
    let both = names("SELECT c.*, s.cost FROM Sales s JOIN Country c ON s.[x] = c.[y]", None);
    assert_eq!(both.0, set(&["Country.Country ID", "Country.Country", "Sales.Cost"]));
}

#[test]
fn a_qualifier_says_whose_column_it_is() {
    let sql = "SELECT c.[Country] FROM Sales s, Country AS c WHERE s.[Country ID] = c.[Country ID]";
    assert_eq!(
        names(sql, None).0,
        set(&["Country.Country", "Country.Country ID", "Sales.Country ID"])
    );
    let union = "SELECT id FROM Sales UNION ALL SELECT id FROM [my.csv]";
    assert_eq!(names(union, None).0, set(&["Sales.Id", "my.csv.Id"]));
}

#[test]
fn a_custom_column_speaks_of_its_own_table_and_of_those_it_names() {
    assert_eq!(names("[Cost] * 2", Some(0)), (set(&["Sales.Cost"]), set(&[])));
    let lookup = "lookup([Country], [Country], [Sales].[Country ID], [Country ID])";
    assert_eq!(
        names(lookup, Some(0)).0,
        set(&["Country.Country", "Country.Country ID", "Sales.Country ID"])
    );
    assert_eq!(names("getyear([Date])", Some(1)).0, set(&[]));
    assert_eq!(names("'[Cost]'", Some(0)), (set(&[]), set(&[])));
}

#[test]
fn what_cannot_be_read_is_doubted() {
    let broken = names("SELECT [Cost FROM Sales", None);
    assert_eq!(broken, (set(&[]), set(&ALL_SALES)));
    let quote = names("SELECT 'it, Note FROM nowhere", None);
    assert_eq!(quote, (set(&[]), set(&["my.csv.Note"])));
    let unknown = names("SELECT cost FROM Elsewhere", None);
    assert_eq!(unknown, (set(&[]), set(&["Sales.Cost"])));
    let star = names("SELECT * FROM Elsewhere", None);
    assert_eq!(star.1.len(), 8);
    let bracket = names("SELECT [a]b] FROM Sales", None);
    assert_eq!(bracket.1, set(&ALL_SALES));
}

#[test]
fn tells_a_union_from_the_word() {
    for (sql, expected) in [
        ("select 1 union select 2", true),
        ("SELECT 1 UNION\nALL SELECT 2", true),
        ("select 'union' from a", false),
        ("select [union] from a -- union", false),
        ("select a /* union */ from b", false),
        ("select reunion from a", false),
    ] {
        assert_eq!(has_union(sql), expected, "{sql}");
    }
    let model = model(tables());
    assert_eq!(
        tables_in_sql("select * from [my.csv] a join sales b on a.id = b.id", &model),
        ["Sales", "my.csv"]
    );
}

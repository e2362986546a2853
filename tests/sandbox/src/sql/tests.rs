//! The SQL by itself, over a table of a few rows.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{Catalog, Cell, Column, Output, Skills, Source, SqlError, Window, run};

struct Shelf;

impl Catalog for Shelf {
    fn open(&self, table: &str) -> Result<Rc<dyn Source>, SqlError> {
        if !["Items", "old.csv", "My Items", "odd]name"].contains(&table) {
            return Err(SqlError::NoTable(table.to_owned()));
        }
        let column = |name: &str, code| Column { name: name.to_owned(), code };
        let row = |id, kind: Option<&str>, price: Option<f64>, note: &str| {
            vec![
                Cell::Int(id),
                kind.map_or(Cell::Null, Cell::text),
                price.map_or(Cell::Null, Cell::Float),
                Cell::text(note),
            ]
        };
        Ok(Rc::new(Output {
            columns: vec![
                column("Id", 8),
                column("Kind", 18),
                column("Unit Price", 5),
                column("Note", 18),
            ],
            rows: vec![
                row(1, Some("cup"), Some(2.5), "50% off"),
                row(2, Some("cup"), Some(3.5), "a_b"),
                row(3, Some("Bowl"), None, "plain"),
                row(4, None, Some(10.0), "Größe"),
                row(5, Some("pot"), Some(3.5), ""),
            ],
        }))
    }
}

fn ask(sql: &str) -> Result<Output, SqlError> {
    run(sql, &Shelf, Skills { sub_select: true }, Window::default())
}

/// The first column of the answer.
fn first(sql: &str) -> Value {
    let rows = ask(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).rows;
    rows.into_iter().map(|mut row| row.swap_remove(0).json()).collect()
}

fn table(sql: &str) -> Value {
    let rows = ask(sql).unwrap_or_else(|error| panic!("{sql}: {error}")).rows;
    rows.into_iter().map(|row| row.into_iter().map(Cell::json).collect::<Value>()).collect()
}

fn headers(sql: &str) -> Vec<String> {
    ask(sql).unwrap().columns.into_iter().map(|column| column.name).collect()
}

#[test]
fn names_stand_bare_in_brackets_or_in_quotes() {
    for sql in [
        "SELECT Id FROM Items",
        "select [Id] from [Items]",
        "SELECT \"Id\" FROM \"Items\";",
        "SELECT i.Id FROM Items i",
        "SELECT [Items].[Id] FROM [Items]",
        "SELECT id FROM [old.csv] AS t",
        "SELECT t.[ID] FROM [My Items] t",
        "SELECT Id FROM \"odd]name\"",
        "SELECT Id FROM [odd]]name]",
    ] {
        assert_eq!(first(sql), json!([1, 2, 3, 4, 5]), "{sql}");
    }
    assert_eq!(first("SELECT [Unit Price] FROM Items WHERE Id = 1"), json!([2.5]));
}

#[test]
fn headers_are_names_aliases_or_column() {
    assert_eq!(headers("SELECT * FROM Items"), ["Id", "Kind", "Unit Price", "Note"]);
    assert_eq!(headers("SELECT i.* FROM Items i"), ["Id", "Kind", "Unit Price", "Note"]);
    assert_eq!(
        headers("SELECT COUNT(*), MAX(Id) AS m, Id + 1, kind k FROM Items GROUP BY Id, Kind"),
        ["Column", "m", "Column", "k"]
    );
    let codes: Vec<i64> = ask("SELECT Id, Kind, COUNT(*), AVG(Id), SUM([Unit Price]), 1.5, 'x' \
        FROM Items GROUP BY Id, Kind")
    .unwrap()
    .columns
    .iter()
    .map(|column| column.code)
    .collect();
    assert_eq!(codes, [8, 18, 0, 40, 5, 40, 18]);
}

#[test]
fn conditions_follow_three_valued_logic() {
    for (condition, ids) in [
        ("Id = 2", json!([2])),
        ("Id <> 2", json!([1, 3, 4, 5])),
        ("Id != 2 AND Id < 4", json!([1, 3])),
        ("Id <= 2 OR Id >= 5", json!([1, 2, 5])),
        ("NOT (Id > 1)", json!([1])),
        ("Kind = 'cup'", json!([1, 2])),
        ("NOT Kind = 'cup'", json!([3, 5])),
        ("Kind IS NULL", json!([4])),
        ("Kind IS NOT NULL AND Id > 3", json!([5])),
        ("Kind IN ('cup', 'pot')", json!([1, 2, 5])),
        ("Kind NOT IN ('cup', 'pot')", json!([3])),
        ("Kind NOT IN ('cup', NULL)", json!([])),
        ("Kind = NULL", json!([])),
        ("Note LIKE '%off'", json!([1])),
        ("Note LIKE '_\u{72}ö%'", json!([4])),
        ("Note NOT LIKE '%a%'", json!([1, 4, 5])),
        ("Kind LIKE 'b%'", json!([])),
        ("Id BETWEEN 2 AND 3", json!([2, 3])),
        ("[Unit Price] * 2 = 7", json!([2, 5])),
        ("[Unit Price] / 0 IS NULL AND Id = 1", json!([1])),
        ("Id = '3'", json!([3])),
        ("Kind = 'cup' AND Id = 1 OR Id = 5", json!([1, 5])),
        ("TRUE", json!([1, 2, 3, 4, 5])),
        ("Id - 1 = -(-1)", json!([2])),
    ] {
        assert_eq!(first(&format!("SELECT Id FROM Items WHERE {condition}")), ids, "{condition}");
    }
}

#[test]
fn aggregates_pass_over_nulls() {
    assert_eq!(
        table("SELECT COUNT(*), COUNT(Kind), COUNT(DISTINCT Kind), COUNT([Unit Price]) FROM Items"),
        json!([[5, 4, 3, 4]])
    );
    assert_eq!(
        table(
            "SELECT SUM(Id), SUM([Unit Price]), MIN(Kind), MAX(Kind), AVG([Unit Price]), \
            SUM(DISTINCT [Unit Price]) FROM Items"
        ),
        json!([[15, 19.5, "Bowl", "pot", 4.875, 16.0]])
    );
    assert_eq!(
        table("SELECT COUNT(*), SUM(Id), MIN(Id), AVG(Id) FROM Items WHERE Id > 9"),
        json!([[0, null, null, null]])
    );
    assert_eq!(table("SELECT COUNT(*) * 2 + 1 FROM Items"), json!([[11]]));
}

#[test]
fn groups_come_in_the_order_of_their_first_rows() {
    assert_eq!(
        table("SELECT Kind, COUNT(*) AS n FROM Items GROUP BY Kind"),
        json!([["cup", 2], ["Bowl", 1], [null, 1], ["pot", 1]])
    );
    assert_eq!(
        table("SELECT Kind, COUNT(*) n FROM Items GROUP BY Kind HAVING COUNT(*) > 1"),
        json!([["cup", 2]])
    );
    assert_eq!(
        table("SELECT Kind FROM Items GROUP BY 1 ORDER BY COUNT(*) DESC, Kind LIMIT 2"),
        json!([["cup"], [null]])
    );
    assert_eq!(
        table(
            "SELECT [Unit Price], Kind FROM Items GROUP BY Kind, [Unit Price] HAVING Kind = 'cup'"
        ),
        json!([[2.5, "cup"], [3.5, "cup"]])
    );
    assert_eq!(table("SELECT Kind FROM Items WHERE Id > 9 GROUP BY Kind"), json!([]));
    // A column goes before a name of the result.
    assert_eq!(
        table("SELECT MAX(Id) AS Kind FROM Items GROUP BY Kind ORDER BY Kind"),
        json!([[2], [3], [4], [5]])
    );
    assert_eq!(
        table("SELECT [Unit Price] * 2 AS twice, COUNT(*) FROM Items GROUP BY twice"),
        json!([[5.0, 1], [7.0, 2], [null, 1], [20.0, 1]])
    );
}

#[test]
fn results_are_sorted_and_cut() {
    assert_eq!(
        first("SELECT Id FROM Items ORDER BY [Unit Price], Id DESC"),
        json!([3, 1, 5, 2, 4])
    );
    assert_eq!(first("SELECT Id AS x FROM Items ORDER BY x DESC LIMIT 2"), json!([5, 4]));
    assert_eq!(first("SELECT Id FROM Items ORDER BY 1 DESC LIMIT 1 OFFSET 1"), json!([4]));
    assert_eq!(first("SELECT TOP 2 Id FROM Items"), json!([1, 2]));
    assert_eq!(first("SELECT TOP (3) Id FROM Items LIMIT 2"), json!([1, 2]));
    assert_eq!(first("SELECT Id FROM Items OFFSET 3 ROWS FETCH NEXT 1 ROWS ONLY"), json!([4]));
    assert_eq!(first("SELECT Id FROM Items OFFSET 4"), json!([5]));
    assert_eq!(first("SELECT Id FROM Items LIMIT 0"), json!([]));
    assert_eq!(first("SELECT DISTINCT [Unit Price] FROM Items"), json!([2.5, 3.5, null, 10.0]));
    let window = Window { offset: 1, limit: Some(2) };
    let inside = |sql| run(sql, &Shelf, Skills { sub_select: true }, window).unwrap().rows;
    let ids = |ids: [i64; 2]| ids.map(|id| vec![Cell::Int(id)]).to_vec();
    assert_eq!(inside("SELECT Id FROM Items"), ids([2, 3]));
    assert_eq!(inside("SELECT Id FROM Items ORDER BY Id DESC"), ids([4, 3]));
    assert_eq!(inside("SELECT Id FROM Items LIMIT 4 OFFSET 1"), ids([3, 4]));
    assert_eq!(inside("SELECT Id FROM Items LIMIT 2"), ids([2, 0])[..1]);
}

#[test]
fn selects_stand_inside_selects_and_unions() {
    assert_eq!(
        table(
            "SELECT COUNT(*) FROM (SELECT Kind, [Unit Price] FROM Items GROUP BY Kind, [Unit Price]) x"
        ),
        json!([[5]])
    );
    assert_eq!(
        first("SELECT x.n FROM (SELECT Id AS n FROM Items WHERE Id > 3) AS x"),
        json!([4, 5])
    );
    assert_eq!(first("WITH t AS (SELECT Id FROM Items) SELECT MAX(Id) FROM t"), json!([5]));
    assert_eq!(
        first("SELECT Id FROM Items WHERE Id < 3 UNION ALL SELECT Id FROM Items WHERE Id = 2"),
        json!([1, 2, 2])
    );
    assert_eq!(
        first("SELECT Id FROM Items WHERE Id < 3 UNION SELECT 2 ORDER BY Id DESC LIMIT 5"),
        json!([2, 1])
    );
    assert_eq!(first("SELECT 1"), json!([1]));
    let plain = |sql| run(sql, &Shelf, Skills { sub_select: false }, Window::default());
    for sql in [
        "SELECT COUNT(*) FROM (SELECT Id FROM Items) x",
        "WITH t AS (SELECT Id FROM Items) SELECT Id FROM t",
    ] {
        let wanted = SqlError::Unsupported("a SELECT inside a SELECT".to_owned());
        assert_eq!(plain(sql).unwrap_err(), wanted);
    }
    assert!(plain("SELECT Id FROM Items").is_ok());
}

#[test]
fn errors_tell_what_is_wrong() {
    let column = |name: &str| SqlError::NoColumn(name.to_owned());
    let table = |name: &str| SqlError::NoTable(name.to_owned());
    for (sql, wanted) in [
        ("SELECT Nope FROM Items", column("Nope")),
        ("SELECT Id FROM Items WHERE Nope = 1", column("Nope")),
        ("SELECT other.Id FROM Items", column("other.Id")),
        ("SELECT Items.Id FROM Items i", column("Items.Id")),
        ("SELECT \"cup\" FROM Items", column("cup")),
        ("SELECT Id FROM Items ORDER BY Nope", column("Nope")),
        ("SELECT Id FROM Nope", table("Nope")),
        ("SELECT Id FROM My Items", table("My")),
        ("SELECT Id FROM old.csv", table("old.csv")),
        ("SELECT x.* FROM Items", table("x")),
        ("DELETE FROM Items", SqlError::NotSelect),
        ("DROP TABLE Items", SqlError::NotSelect),
        ("SELECT 1; SELECT 2", SqlError::NotOne),
        ("SELECT Id, COUNT(*) FROM Items", SqlError::NotGrouped("Id".to_owned())),
        ("SELECT Kind FROM Items GROUP BY Id", SqlError::NotGrouped("Kind".to_owned())),
        ("SELECT SOUNDEX(Kind) FROM Items", SqlError::NoFunction("SOUNDEX".to_owned())),
    ] {
        assert_eq!(ask(sql).unwrap_err(), wanted, "{sql}");
    }
    for sql in ["", "SELEC 1", "SELECT FROM WHERE", "SELECT Id FROM Items LIMIT x", "SELECT *"] {
        assert!(matches!(ask(sql), Err(SqlError::Syntax(_))), "{sql}: {:?}", ask(sql));
    }
    for sql in [
        "SELECT a.Id FROM Items a JOIN Items b ON a.Id = b.Id",
        "SELECT Id FROM Items, [My Items]",
        "SELECT Id FROM Items WHERE COUNT(*) > 1",
        "SELECT Id FROM Items WHERE Id IN (SELECT Id FROM Items)",
        "SELECT COUNT(DISTINCT Id, Kind) FROM Items",
        "SELECT Id FROM Items EXCEPT SELECT Id FROM Items",
        "SELECT TOP 10 PERCENT Id FROM Items",
    ] {
        assert!(matches!(ask(sql), Err(SqlError::Unsupported(_))), "{sql}: {:?}", ask(sql));
    }
}

#[test]
fn depth_is_bounded() {
    let chain =
        |links: usize| format!("SELECT Id FROM Items WHERE {}", vec!["Id = 1"; links].join(" OR "));
    assert_eq!(first(&chain(100)), json!([1]));
    assert_eq!(ask(&chain(100_000)).unwrap_err(), SqlError::TooLarge);
    let nested = |levels| format!("SELECT {}1{}", "(".repeat(levels), ")".repeat(levels));
    assert!(matches!(ask(&nested(100_000)), Err(SqlError::Syntax(_))));
}

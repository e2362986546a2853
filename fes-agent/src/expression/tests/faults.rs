//! How faults read.

use insta::assert_snapshot;
use serde_json::json;

use super::{evaluate, fault};
use crate::expression::{MAX_CANDIDATES, MAX_FAULT_CHARS};

#[test]
fn faults_say_where_what_and_what_else() {
    let sources = [
        "userz.filter(u, u.age > 30)",
        "users.filter(u, u.agee > 30)",
        "users.len()",
        "users.filter(u.age > 30)",
        "size()",
        "filter(users, u, true)",
        "has(users)",
        "s.trim(1)",
        "users[7].email",
        "empty.first()",
        "n.email",
        "none.email",
        "o['zz']",
        "users + 1",
        "1 + users",
        "'a' < 1",
        "users.map(u, u.age + 'y')",
        "users.filter(u, u.age)",
        "!yes ? n : (n + s)",
        "n / (n - 7)",
        "big + 1",
        "o.?b",
        "[o.?b]",
        "{1: 2}",
        "{'a': 1, 'a': 2}",
        "users.map(x, )",
        "users.filter(u, u.age > 30",
        "a b",
        "'äöü' b",
        "let x = 1",
        "'ää' + zz",
        "1 +\n  zz + 2",
        "",
        "[1, 2].map(x, x.map(y, y))",
        "users.map(u, u.email).map(e, e.name)",
        "b'x'",
        "(((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))",
    ];
    let lines: Vec<String> =
        sources.iter().map(|source| format!("{source}\n    {}", fault(source))).collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_fault_quotes_the_place_it_names() {
    for (source, columns, quoted) in [
        ("users.filter(u, u.agee > 30)", (17, 22), "`u.agee`"),
        ("'ää' + zz", (8, 9), "`zz`"),
        ("[1, 2, users[ 9 ]].size()", (8, 17), "`users[ 9 ]`"),
        ("users . filter ( u , u . agee )", (22, 29), "`u . agee`"),
        ("n + users.size ( ) + s", (1, 22), "`n + users.size ( ) + s`"),
        ("1 + ((n - 1) * (s + (n)))", (17, 23), "`s + (n)`"),
        ("((n - 1) * (n - s)) + 1", (13, 17), "`n - s`"),
        ("((n + 1) / (n - 7)) + 1", (2, 18), "`(n + 1) / (n - 7)`"),
        ("s + ((users + [n]).size())", (1, 26), "`s + ((users + [n]).size())`"),
        ("((users + [n]).sum())", (2, 20), "`(users + [n]).sum()`"),
        ("((users + [n])[n]).zz", (2, 17), "`(users + [n])[n]`"),
        ("(users + [n]).map(u, (u)).join()", (1, 32), "`(users + [n]).map(u, (u)).join()`"),
        ("'😀' + o.zz", (7, 10), "`o.zz`"),
    ] {
        let fault = fault(source);
        assert_eq!(fault.columns, Some(columns), "{source}: {fault}");
        assert!(fault.message.contains(quoted), "{source}: {fault}");
    }
}

#[test]
fn a_fault_is_bounded_and_tells_no_value() {
    let long = "x".repeat(500);
    let mut world = json!({});
    for n in 0..100 {
        world[format!("{long}{n}")] = json!({ "secret field": "secret value" });
    }
    let fault = evaluate(&format!("[{long} + 1]"), &world).unwrap_err();
    assert!(fault.to_string().chars().count() <= MAX_FAULT_CHARS, "{fault}");
    assert!(!fault.candidates.is_empty() && fault.candidates.len() <= MAX_CANDIDATES);
    let unknown = super::fault("zzz");
    assert_eq!(unknown.candidates.len(), super::world().as_object().unwrap().len().min(12));

    let canary =
        json!({ "row": { "canary-name": "canary-value", "list": ["canary-item"], "n": 987 } });
    for source in [
        "row.zz",
        "row['zz']",
        "row.list[9]",
        "row + 1",
        "1 + row",
        "row.list.sum()",
        "row.list + 1",
        "int(row['canary-name'])",
        "double(row['canary-name'])",
        "row['canary-name'].zz",
        "row.list.filter(x, x)",
        "row < row",
        "row.list.map(x, x.y)",
        "row['canary-name'] + 1",
        "row.n.x",
        "[].slice(row.n - 988, 1)",
        "row.list[row.n]",
        "{row['canary-name']: 1}.zz",
        "row.list.join(row)",
        "row in row",
        "row ? 1 : 2",
        "-row",
        "!row",
        "row.n / 0",
        "row.?list",
        "{row['canary-name']: 1, row['canary-name']: 2}",
        "string(row)",
    ] {
        let fault = evaluate(source, &canary).unwrap_err();
        let text = format!("{fault:?}").replace(source, "");
        let text = text.replace("canary-name']", "");
        assert!(!text.contains("canary-value") && !text.contains("canary-item"), "{text}");
        assert!(!text.contains("canary-name") && !text.contains("987"), "{source}: {text}");
    }
}

//! What somebody may write to bring the process down. Each case ends in a fault, at its limit.
//!
//! Steps and bytes are what these look at; the clock is left out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::{fault, scope, world};
use crate::expression::{
    Data, Expression, FaultKind, Limits, MAX_INPUT_BYTES, MAX_NODES, MAX_SOURCE_BYTES,
    MAX_VALUE_DEPTH, Scope,
};

/// The default limits without a clock, which a busy machine would make the first to be reached.
fn patient() -> Limits {
    Limits { time: Duration::from_secs(3_600), ..Limits::default() }
}

fn rows(count: usize) -> Value {
    let rows: Vec<_> = (0..count).map(|n| json!({ "id": n, "name": format!("row {n}") })).collect();
    json!({ "users": rows, "dash": rows })
}

fn kind_over(source: &str, world: &Value) -> FaultKind {
    let expression = Expression::parse(source).unwrap();
    match expression.evaluate(&scope(world), &patient()) {
        Ok(value) => panic!("{source} gives {} bytes", value.to_string().len()),
        Err(fault) => fault.kind,
    }
}

#[test]
fn a_text_that_is_too_long_is_refused_before_it_is_parsed() {
    for (name, text) in [
        ("parentheses", format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000))),
        ("brackets", format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000))),
        ("ternaries", format!("{}1", "true ? 1 : ".repeat(10_000))),
        ("nots", format!("{}true", "!".repeat(10_000))),
        ("minuses", format!("{}1", "-".repeat(10_000))),
        ("sums", format!("1{}", "+1".repeat(3_000))),
        ("fields", format!("o{}", ".a".repeat(10_000))),
        ("indexes", format!("o{}", "[0]".repeat(10_000))),
        ("calls", format!("s{}", ".trim()".repeat(3_000))),
        ("maps", format!("users{}", ".map(x,x)".repeat(2_000))),
        ("a list", format!("[{}1]", "1,".repeat(100_000))),
        ("a text", format!("'{}'", "x".repeat(1_000_000))),
    ] {
        let fault = fault(&text);
        assert_eq!(fault.kind, FaultKind::TooLarge, "{name}: {fault}");
        assert!(fault.message.contains("at most 2000"), "{name}: {fault}");
    }
    let just = format!("'{}'", "x".repeat(MAX_SOURCE_BYTES - 2));
    assert!(Expression::parse(&just).is_ok());
    assert!(Expression::parse(&format!("{just} ")).is_err());
}

/// As much of a repeated part as the source may have.
fn full(start: &str, part: &str, end: &str) -> String {
    let room = (MAX_SOURCE_BYTES - start.len() - end.len()) / part.len();
    format!("{start}{}{end}", part.repeat(room))
}

#[test]
fn deep_and_long_chains_end_in_a_fault() {
    let nested = |open: &str, close: &str, count: usize| {
        format!("{}1{}", open.repeat(count), close.repeat(count))
    };
    for (name, text) in [
        ("parentheses", nested("(", ")", 90)),
        ("parentheses, full", nested("(", ")", 999)),
        ("brackets", nested("[", "]", 999)),
        ("ternaries", full("", "true?1:", "1")),
        ("ternaries within", format!("{}1{}", "true?".repeat(200), ":1".repeat(200))),
        ("sums", full("1", "+1", "")),
        ("fields", full("o", ".a", "")),
        ("optional fields", full("o", ".?a", "")),
        ("indexes", full("o", "[0]", "")),
        ("calls", full("s", ".trim()", "")),
        ("maps", full("users", ".map(x,x)", "")),
        ("not minus", full("", "!-", "1")),
        ("a list", full("[", "1,", "1]")),
        ("nested objects", nested("{'a':", "}", 200)),
        ("nested maps", format!("{}1{}", "users.map(x,".repeat(40), ")".repeat(40))),
    ] {
        let fault = match Expression::parse(&text) {
            Err(fault) => fault,
            Ok(_) => panic!("{name} is read"),
        };
        let wanted = [FaultKind::TooLarge, FaultKind::Syntax];
        assert!(wanted.contains(&fault.kind), "{name}: {fault}");
    }
    // An even number of them is folded by the parser.
    assert_eq!(super::evaluate(&full("", "!!", "true"), &world()), Ok(json!(true)));
    assert_eq!(super::evaluate(&full("", "--", "1"), &world()), Ok(json!(1)));
    assert_eq!(super::evaluate(&nested("(", ")", 30), &world()), Ok(json!(1)));
}

#[test]
fn a_tree_has_a_ceiling_of_nodes_and_of_depth() {
    let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert!(Expression::parse(&list(MAX_NODES - 1)).is_ok());
    let fault = Expression::parse(&list(MAX_NODES)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::TooLarge);
    assert!(fault.message.contains("more than 500 parts"), "{fault}");
    assert!(Expression::parse(&format!("o{}", ".a".repeat(64))).is_ok());
    let fault = Expression::parse(&format!("o{}", ".a".repeat(65))).unwrap_err();
    assert!(fault.message.contains("nested deeper than 64"), "{fault}");
}

#[test]
fn joins_that_take_too_long_end_at_the_budget_of_steps() {
    let world = rows(10_000);
    let wide = "users.all(u, dash.all(d, d.id >= 0 || u.id >= 0))";
    assert_eq!(kind_over(wide, &world), FaultKind::Budget);
    let fewer = Limits { steps: 500_000, ..patient() };
    let world = scope(&world);
    for source in [
        "users.exists(u, dash.exists(d, d.id + u.id < 0))",
        "users.filter(u, dash.exists(d, d.id == u.id + 100000)).size()",
        // Nothing absorbs the end of the budget.
        "true && (users.all(u, dash.all(d, d.id + u.id >= 0)) || true)",
        "users.all(u, dash.all(d, d.id + u.id >= 0)) && false",
        "users.exists(x, users.all(u, dash.all(d, d.id + u.id >= x.id)) || true)",
        "has({'a': users.all(u, dash.all(d, d.id + u.id >= 0))}.a)",
        "{}.?a.orValue(users.all(u, dash.all(d, d.id + u.id >= 0)))",
    ] {
        let fault = Expression::parse(source).unwrap().evaluate(&world, &fewer).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Budget, "{source}: {fault}");
    }
    let four = json!({ "l": [1, 2, 3, 4] });
    let mut nested = "0".to_owned();
    for depth in 0..13 {
        nested = format!("l.map(x{depth}, {nested})");
    }
    // What does not change is kept, so that this one is quick; it is too large all the same.
    assert_eq!(kind_over(&nested, &four), FaultKind::TooLarge);
    let mut nested = (0..13).map(|depth| format!("x{depth}")).collect::<Vec<_>>().join("+");
    for depth in 0..13 {
        nested = format!("l.map(x{depth}, {nested})");
    }
    assert_eq!(kind_over(&nested, &four), FaultKind::Budget);
}

#[test]
fn values_that_grow_end_at_the_budget_of_bytes() {
    let mut doubling = "'xxxxxxxxxx'".to_owned();
    for _ in 0..25 {
        doubling = format!("[{doubling}].map(x,x+x)[0]");
    }
    let parsed = Expression::parse(&doubling);
    assert_eq!(parsed.unwrap_err().kind, FaultKind::TooLarge);
    let doubled = |start: &str, times: usize| {
        let mut text = start.to_owned();
        for _ in 0..times {
            text = format!("[{text}].map(x,x+x)[0]");
        }
        text
    };
    let long = json!({ "t": "x".repeat(1_000_000), "l": vec![1; 10_000] });
    for source in [
        doubled("t", 9).as_str(),
        doubled("l", 9).as_str(),
        "l.map(x, t + t)",
        "l.map(x, t.upperAscii())",
        "l.map(x, t.trim())",
        "l.map(x, [t, t].join(string(x)))",
        "l.map(x, t).join(t)",
        "l.map(x, l + [x])",
        "l.map(x, l.map(y, x)).flatten()",
        "l.map(x, l.filter(y, y == x))",
        "l.map(x, (l + [x]).distinct())",
        "l.map(x, l.sortBy(y, x)).size()",
        "l.map(x, [x, x, x, x, x, x, x, x, x, x].map(y, [y, y, y, y, y, y, y, y, y, y, y]))",
        "l.map(x, [x, x, x, x, x, x, x, x, x, x].map(y, {'a': y, 'b': y, 'c': y}))",
        // Nothing absorbs the end of the budget.
        "l.map(x, t + t).size() < 0 || true",
        "l.map(x, t + t).size() < 0 && false",
        "[1, 2].exists(y, y == 2 || l.map(x, t + t).size() < y)",
        "[1, 2].all(y, y == 1 && l.map(x, t + t).size() < y)",
    ] {
        let expression = Expression::parse(source).unwrap();
        let fault = expression.evaluate(&scope(&long), &patient()).unwrap_err();
        assert!(fault.message.contains("more than 16 MiB of values"), "{source}: {fault}");
    }
    // Searching makes nothing, and takes its time.
    assert_eq!(kind_over("l.map(x, t.contains('xy')).size()", &long), FaultKind::Budget);
}

#[test]
fn a_result_that_shares_is_bounded_by_what_it_would_be_written_out() {
    let world = rows(3_000);
    assert_eq!(kind_over("users.map(u, users)", &world), FaultKind::TooLarge);
    assert_eq!(kind_over("users.map(u, users).map(u, u)", &world), FaultKind::TooLarge);
    let cross = "users.map(u, dash.map(d, {'u': u.id, 'd': d.id}))";
    assert_eq!(kind_over(cross, &world), FaultKind::Budget);
    let mut deep = "[1]".to_owned();
    for _ in 0..12 {
        deep = format!("[{deep}].map(x, [[[[[[x]]]]]])");
    }
    let fault = Expression::parse(&deep).unwrap().evaluate(&Scope::new(), &patient()).unwrap_err();
    assert!(fault.message.contains("nested deeper than 64"), "{fault}");
}

#[test]
fn values_that_go_in_are_bounded() {
    let mut deep = json!(1);
    for _ in 0..MAX_VALUE_DEPTH {
        deep = Value::Array(vec![deep]);
    }
    assert!(Data::from_json(&deep).is_ok());
    assert!(Data::from_json(&json!({ "a": deep })).is_err());
    // Far deeper than a stack could follow.
    for _ in 0..2_000 {
        deep = Value::Array(vec![deep]);
    }
    assert_eq!(Data::from_json(&deep).unwrap_err().kind, FaultKind::TooLarge);
    let most = json!("x".repeat(MAX_INPUT_BYTES - 8));
    assert!(Data::from_json(&most).is_ok());
    let more = json!(["x".repeat(MAX_INPUT_BYTES - 8)]);
    assert_eq!(Data::from_json(&more).unwrap_err().kind, FaultKind::TooLarge);
    let many = json!(vec![0; MAX_INPUT_BYTES / 8]);
    assert_eq!(Data::from_json(&many).unwrap_err().kind, FaultKind::TooLarge);
}

#[test]
fn steps_bytes_and_results_have_exact_limits() {
    let world = scope(&json!({ "l": [1, 2, 3] }));
    let expression = Expression::parse("l.map(x, x + 1)").unwrap();
    let spent = |steps: u64, bytes: u64, result_bytes: usize| {
        let limits = Limits { steps, bytes, result_bytes, ..patient() };
        expression.evaluate(&world, &limits).map_err(|fault| fault.kind)
    };
    // The map, its list, and for each item the sum and its two sides.
    assert_eq!(spent(11, 96, 32), Ok(json!([2, 3, 4])));
    assert_eq!(spent(10, 96, 32), Err(FaultKind::Budget));
    assert_eq!(spent(11, 95, 32), Err(FaultKind::Budget));
    assert_eq!(spent(11, 96, 31), Err(FaultKind::TooLarge));
}

#[test]
fn a_cancelled_evaluation_and_one_past_its_deadline_end() {
    let world = scope(&rows(10_000));
    let expression = Expression::parse("true || users.all(u, true)").unwrap();
    let cancelled = Limits { cancel: Some(Arc::new(AtomicBool::new(true))), ..patient() };
    let fault = expression.evaluate(&world, &cancelled).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Cancelled);
    // This would go on for longer than anybody waits.
    let long = Expression::parse("users.all(u, dash.all(d, d.id + u.id >= 0)) || true").unwrap();
    let late = Limits { steps: u64::MAX, time: Duration::from_millis(50), ..Limits::default() };
    let fault = long.evaluate(&world, &late).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Budget);
    assert!(fault.message.contains("longer than 50 ms"), "{fault}");
    let flag = Arc::new(AtomicBool::new(false));
    let endless = Limits { steps: u64::MAX, cancel: Some(flag.clone()), ..patient() };
    let ended = std::thread::scope(|scope| {
        let run = scope.spawn(|| long.evaluate(&world, &endless));
        flag.store(true, Ordering::Relaxed);
        run.join().unwrap()
    });
    assert_eq!(ended.unwrap_err().kind, FaultKind::Cancelled);
}

#[test]
fn what_is_not_on_the_list_is_refused() {
    for source in [
        "s.matches('(a+)+$')",
        "s.replace('a', 'b')",
        "s.split(' ')",
        "'%d'.format([1])",
        "lists.range(1000000000)",
        "timestamp('2020-01-01T00:00:00Z')",
        "duration('1h')",
        "type(1)",
        "dyn(1)",
        "s.substring(0)",
        "s.charAt(0)",
        "math.greatest(1, 2)",
        "bytes('a')",
        "uint(1)",
        "cel.bind(x, 1, x)",
        "optional.of(1)",
        "now()",
        "env('HOME')",
        "s.matches(s)",
    ] {
        assert_eq!(fault(source).kind, FaultKind::UnknownFunction, "{source}");
    }
    for source in ["b'abc'", "Message{a: 1}", ".users", "{'a': 1, 'a': 2}"] {
        assert_eq!(fault(source).kind, FaultKind::NotAllowed, "{source}");
    }
    for source in [
        "9223372036854775808",
        "1e400",
        "'\\ud800'",
        "'\\U00110000'",
        "'\\u12'",
        "o.in",
        "a b",
        "(1",
        "1 +",
        "x(",
        "'",
        "\u{0}",
        "",
        " ",
        "\n",
        "1;2",
        "// only words",
        "users.filter(u, )",
        "o.`a`",
    ] {
        assert_eq!(fault(source).kind, FaultKind::Syntax, "{source}");
    }
}

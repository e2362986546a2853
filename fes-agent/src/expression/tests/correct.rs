//! What expressions give, over JSON.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::{evaluate, fault, world};
use crate::expression::FaultKind;

fn table(rows: &[(&str, Value)]) {
    let world = world();
    for (source, wanted) in rows {
        match evaluate(source, &world) {
            Ok(value) => assert_eq!(&value, wanted, "{source}"),
            Err(fault) => panic!("{source}: {fault}"),
        }
    }
}

#[test]
fn lists_are_gone_through() {
    table(&[
        ("users.filter(u, u.age > 30).map(u, u.id)", json!(["u1", "u3"])),
        ("users.map(u, u.age > 30, u.id)", json!(["u1", "u3"])),
        ("users.map(u, {'mail': u.email.lowerAscii()})[1]", json!({ "mail": "bob@example.com" })),
        ("users.exists(u, u.age == 29)", json!(true)),
        ("users.all(u, u.age > 29)", json!(false)),
        ("users.exists_one(u, u.age > 40)", json!(true)),
        ("users.existsOne(u, u.age > 30)", json!(false)),
        ("empty.all(x, x.y)", json!(true)),
        ("empty.exists(x, x.y)", json!(false)),
        ("users.filter(u, !dash.exists(d, d.owner == u.id)).map(u, u.id)", json!(["u2"])),
        ("users.filter(u, u.id in dash.map(d, d.owner)).map(u, u.id)", json!(["u1", "u3"])),
        ("users.map(u, users.filter(v, v.mgr == u.id).size())", json!([2, 0, 0])),
        ("users.map(u, u.tags.map(t, t + u.id))", json!([["au1", "bu1"], [], ["bu3"]])),
        ("o.map(k, k)", json!(["a", "b"])),
        ("{'z': 1, 'a': 2, 'm': 3}.map(k, k)", json!(["a", "m", "z"])),
        ("size(users) + users.size() + size(s) + size(o)", json!(13)),
        ("users.sortBy(u, u.age).map(u, u.id)", json!(["u2", "u3", "u1"])),
        ("users.sortBy(u, -u.age).slice(0, 2).map(u, u.id)", json!(["u1", "u3"])),
        ("users.map(u, u.mgr)", json!([null, "u1", "u1"])),
    ]);
}

#[test]
fn list_helpers_do_what_their_names_say() {
    table(&[
        ("[3, 1, 2].first()", json!(3)),
        ("[3, 1, 2].last()", json!(2)),
        ("[3, 1, 2].sum()", json!(6)),
        ("[3, 0.5].sum()", json!(3.5)),
        ("[].sum()", json!(0)),
        ("[3, 1.5, 2].min()", json!(1.5)),
        ("['b', 'a'].max()", json!("b")),
        ("[3, 1, 2].sort()", json!([1, 2, 3])),
        ("['b', 'B', 'a'].sort()", json!(["B", "a", "b"])),
        ("[3, 1, 2].reverse()", json!([2, 1, 3])),
        ("[1, 2, 3].slice(1, 9)", json!([2, 3])),
        ("[1, 2, 3].slice(2, 1)", json!([])),
        (
            "[1, 1.0, 'a', 'a', null, {'x': 1}, {'x': 1.0}].distinct()",
            json!([1, "a", null, { "x": 1 }]),
        ),
        ("[[1], [2, [3]], 4].flatten()", json!([1, 2, [3], 4])),
        ("users.map(u, u.id).join(', ')", json!("u1, u2, u3")),
        ("['a', 'b'].join()", json!("ab")),
        ("[1] + [2, 3]", json!([1, 2, 3])),
    ]);
    for (source, kind) in [
        ("[].first()", FaultKind::NoValue),
        ("[].last()", FaultKind::NoValue),
        ("[].max()", FaultKind::NoValue),
        ("[1, 'a'].sort()", FaultKind::WrongKind),
        ("[1, 'a'].min()", FaultKind::WrongKind),
        ("[null].sort()", FaultKind::WrongKind),
        ("['a'].sum()", FaultKind::WrongKind),
        ("[1].join()", FaultKind::WrongKind),
        ("[1].slice(-1, 1)", FaultKind::NoValue),
        ("'abc'.first()", FaultKind::WrongKind),
    ] {
        assert_eq!(fault(source).kind, kind, "{source}");
    }
}

#[test]
fn numbers_mix_and_never_overflow_silently() {
    table(&[
        ("n + 1", json!(8)),
        ("n * 2 - n / 2", json!(11)),
        ("-n", json!(-7)),
        ("n % 4", json!(3)),
        ("-7 / 2", json!(-3)),
        ("n + 1.5", json!(8.5)),
        ("n / 2.0", json!(3.5)),
        ("n == 7.0", json!(true)),
        ("7u == n", json!(true)),
        ("n < 7.5 && 7.5 > n && n <= 7.0", json!(true)),
        ("big", json!(u64::MAX)),
        ("big - 1", json!(u64::MAX - 1)),
        ("low", json!(i64::MIN)),
        ("9007199254740993 == 9007199254740992.0", json!(false)),
        ("9007199254740993 > 9007199254740992.0", json!(true)),
        ("big < 1e300 && low > -1e300", json!(true)),
        ("7.0", json!(7.0)),
        ("int('42') + int(4.9) + int(-4.9)", json!(42)),
        ("double('0.5') + half", json!(1.0)),
        ("string(n) + string(0.5) + string(yes) + string('x')", json!("70.5truex")),
        ("[10, 20][1.0]", json!(20)),
    ]);
    for source in [
        "big + 1",
        "low - 1",
        "-big",
        "big * big",
        "n / 0",
        "n % 0",
        "1.0 / 0",
        "0.0 / 0.0",
        "1e308 * 10",
        "1.0 % 0.0",
        "int(1e300)",
        "int('99999999999999999999')",
    ] {
        assert_eq!(fault(source).kind, FaultKind::Arithmetic, "{source}");
    }
    for source in ["int('x')", "int(' 1')", "double('inf')", "double('NaN')", "n + '1'", "-s"] {
        assert_eq!(fault(source).kind, FaultKind::WrongKind, "{source}");
    }
}

#[test]
fn equality_is_deep_and_of_any_kind() {
    table(&[
        ("none == null", json!(true)),
        ("n == '7'", json!(false)),
        ("n != null", json!(true)),
        ("[1, {'a': [2]}] == [1.0, {'a': [2.0]}]", json!(true)),
        ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", json!(true)),
        ("{'a': 1} == {'a': 1, 'b': 2}", json!(false)),
        ("'a' in o", json!(true)),
        ("7.0 in [1, n]", json!(true)),
        ("null in [none]", json!(true)),
        ("{'x': 1} in [{'x': 1}]", json!(true)),
        ("'a' < 'b' && false < true", json!(true)),
    ]);
    // Hashed and not hashed give the same.
    for count in [3, 32, 33, 100] {
        let world = json!({ "l": (0..count).collect::<Vec<_>>(), "t": ["x"] });
        for (source, wanted) in [
            (format!("{}.0 in l", count - 1), true),
            (format!("{count} in l"), false),
            ("'0' in l".to_owned(), false),
            ("0.5 in l".to_owned(), false),
            ("[0] in l".to_owned(), false),
            ("[-1, 0].map(x, x in l) == [false, true]".to_owned(), true),
            (format!("{} in (l + [[1]])", count - 1), true),
        ] {
            assert_eq!(evaluate(&source, &world), Ok(json!(wanted)), "{source} of {count}");
        }
    }
    for source in ["'a' < 1", "null < 1", "[1] < [2]", "1 in 'abc'", "1 in o"] {
        assert_eq!(fault(source).kind, FaultKind::WrongKind, "{source}");
    }
}

#[test]
fn what_may_be_missing_is_asked_for() {
    table(&[
        ("has(o.a)", json!(true)),
        ("has(o.zz)", json!(false)),
        ("has(o.a.zz)", json!(false)),
        ("o.?zz.orValue('d')", json!("d")),
        ("o.?a.orValue('d')", json!({ "in": 2 })),
        ("o.?zz.yy.xx[0].orValue(1)", json!(1)),
        ("o.?a['in'].orValue(1)", json!(2)),
        ("o.a['in']", json!(2)),
        ("empty[?0].orValue(9)", json!(9)),
        ("users[?0].id.orValue('')", json!("u1")),
        ("users[?0].?mgr.orValue('none')", json!(null)),
        ("users[0].?mgr.?x.orValue(0)", json!(0)),
        ("o.?zz.hasValue()", json!(false)),
        ("o.?b.value()", json!(1)),
        ("o.?zz.or(o.?b).orValue(0)", json!(1)),
        ("[?o.?zz, ?o.?b]", json!([1])),
        ("{?'x': o.?zz, ?'y': o.?b}", json!({ "y": 1 })),
        ("o.?b.orValue(1 / 0)", json!(1)),
    ]);
    for (source, kind) in [
        ("o.zz", FaultKind::UnknownField),
        ("has(o.zz.yy)", FaultKind::UnknownField),
        ("o['zz']", FaultKind::UnknownField),
        ("users[3]", FaultKind::NoValue),
        ("users[-1]", FaultKind::NoValue),
        ("users[0.5]", FaultKind::NoValue),
        ("o.?zz.value()", FaultKind::NoValue),
        ("none.x", FaultKind::WrongKind),
        ("n.x", FaultKind::WrongKind),
        ("s[0]", FaultKind::WrongKind),
        ("o.?b", FaultKind::WrongKind),
        ("[o.?b]", FaultKind::WrongKind),
        ("o.b.orValue(1)", FaultKind::WrongKind),
        ("[?1]", FaultKind::WrongKind),
    ] {
        assert_eq!(fault(source).kind, kind, "{source}");
    }
}

#[test]
fn conditions_decide_as_soon_as_they_can() {
    table(&[
        ("yes ? 1 : 1 / 0", json!(1)),
        ("!yes ? 1 / 0 : 2", json!(2)),
        ("true || o.zz", json!(true)),
        ("o.zz || true", json!(true)),
        ("false && o.zz", json!(false)),
        ("o.zz && false", json!(false)),
        ("[0, 1].exists(x, 1 / x == 1)", json!(true)),
        ("[0, 2].all(x, 1 / x == 1)", json!(false)),
    ]);
    for (source, kind) in [
        ("o.zz || false", FaultKind::UnknownField),
        ("true && o.zz", FaultKind::UnknownField),
        ("[0, 2].exists(x, 1 / x == 1)", FaultKind::Arithmetic),
        ("n || false", FaultKind::WrongKind),
        ("!n", FaultKind::WrongKind),
        ("n ? 1 : 2", FaultKind::WrongKind),
        ("users.filter(u, u.age)", FaultKind::WrongKind),
    ] {
        assert_eq!(fault(source).kind, kind, "{source}");
    }
}

#[test]
fn texts_are_searched_and_trimmed() {
    table(&[
        ("s.startsWith('a') && s.endsWith('c') && s.contains(' b ')", json!(true)),
        ("'  x '.trim() + 'Ab'.lowerAscii() + 'Ab'.upperAscii() + 'É'.lower()", json!("xabABÉ")),
        ("size('äöü')", json!(3)),
        ("'a\\n\\u00e9' + \"b\" + r'\\n'", json!("a\né\u{62}\\n")),
        ("users.filter(u, u.email.lowerAscii().startsWith('b')).size()", json!(1)),
    ]);
}

#[test]
fn what_stands_in_a_loop_and_does_not_change_is_worked_out_once() {
    let many: Vec<Value> = (0..2_000).map(|n| json!({ "id": n, "owner": n * 2 })).collect();
    let world = json!({ "rows": many });
    // Each evaluation of the inner list takes 4000 steps: together more than the budget.
    let source = "rows.filter(r, r.id in rows.map(d, d.owner)).size() * 1000 + \
                  rows.filter(r, rows.map(d, d.owner).max() == r.owner).size()";
    let scope = super::scope(&world);
    let expression = crate::expression::Expression::parse(source).unwrap();
    let limits = crate::expression::Limits { steps: 100_000, ..Default::default() };
    assert_eq!(expression.evaluate(&scope, &limits), Ok(json!(1_000_001)));
    // A list that reads the item of the loop is another one each time.
    assert_eq!(
        evaluate("[1, 2].map(x, [1, 2].map(y, x * y).sum())", &json!({})),
        Ok(json!([3, 6]))
    );
    assert_eq!(
        evaluate("[1, 2].map(x, [[x], [x]].map(y, y.map(x, x + 1)))", &json!({})),
        Ok(json!([[[2], [2]], [[3], [3]]]))
    );
}

//! Expressions by chance.

use proptest::prelude::*;
use proptest::sample::select;

/// Which names of items are known where an expression stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    number: bool,
    text: bool,
    user: bool,
}

/// Well-formed expressions of one kind each, in the part of the language in which JSON and CEL agree.
pub(super) fn agreed() -> impl Strategy<Value = String> {
    let around = Around::default();
    prop_oneof![number(3, around), truth(3, around), text(3, around), numbers(3, around)]
}

fn words(words: Vec<String>) -> BoxedStrategy<String> {
    select(words).boxed()
}

fn number(depth: u32, around: Around) -> BoxedStrategy<String> {
    let mut simple: Vec<String> =
        ["n", "0", "1", "2", "9", "-3", "size(s)", "users[0].age"].map(String::from).into();
    simple.extend(around.number.then(|| "x".to_owned()));
    simple.extend(around.user.then(|| "u.age".to_owned()));
    if depth == 0 {
        return words(simple);
    }
    let down = depth - 1;
    prop_oneof![
        words(simple),
        (number(down, around), select(vec!["+", "-", "*", "/", "%"]), number(down, around))
            .prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
        number(down, around).prop_map(|a| format!("-({a})")),
        (truth(down, around), number(down, around), number(down, around))
            .prop_map(|(c, a, b)| format!("({c} ? {a} : {b})")),
        (numbers(down, around), number(down, around)).prop_map(|(l, i)| format!("{l}[{i}]")),
        numbers(down, around).prop_map(|l| format!("{l}.size()")),
        text(down, around).prop_map(|t| format!("size({t})")),
        (numbers(down, around), number(down, around))
            .prop_map(|(l, i)| format!("{l}[?{i}].orValue(5)")),
        Just("{'a': 1, 'b': n}.b".to_owned()),
    ]
    .boxed()
}

fn truth(depth: u32, around: Around) -> BoxedStrategy<String> {
    let mut simple: Vec<String> =
        ["true", "false", "yes", "has(users[0].id)", "has(users[0].zz)", "none == null"]
            .map(String::from)
            .into();
    simple.extend(around.user.then(|| "has(u.mgr)".to_owned()));
    if depth == 0 {
        return words(simple);
    }
    let down = depth - 1;
    let with_number = Around { number: true, ..around };
    let with_user = Around { user: true, ..around };
    let with_text = Around { text: true, ..around };
    prop_oneof![
        words(simple),
        truth(down, around).prop_map(|a| format!("!({a})")),
        (truth(down, around), select(vec!["&&", "||", "==", "!="]), truth(down, around))
            .prop_map(|(a, operator, b)| format!("(({a}) {operator} ({b}))")),
        (
            number(down, around),
            select(vec!["<", "<=", ">", ">=", "==", "!="]),
            number(down, around)
        )
            .prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
        (text(down, around), select(vec!["<", ">=", "==", "!="]), text(down, around))
            .prop_map(|(a, operator, b)| format!("({a} {operator} {b})")),
        (
            text(down, around),
            select(vec!["startsWith", "endsWith", "contains"]),
            text(down, around)
        )
            .prop_map(|(a, function, b)| format!("{a}.{function}({b})")),
        (number(down, around), numbers(down, around)).prop_map(|(a, l)| format!("({a} in {l})")),
        (
            numbers(down, around),
            select(vec!["all", "exists", "exists_one"]),
            truth(down, with_number)
        )
            .prop_map(|(l, what, c)| format!("{l}.{what}(x, {c})")),
        (select(vec!["all", "exists", "exists_one"]), truth(down, with_user))
            .prop_map(|(what, c)| format!("users.{what}(u, {c})")),
        (select(vec!["all", "exists"]), truth(down, with_text))
            .prop_map(|(what, c)| format!("texts.{what}(t, {c})")),
        (numbers(down, around), numbers(down, around)).prop_map(|(a, b)| format!("({a} == {b})")),
    ]
    .boxed()
}

fn text(depth: u32, around: Around) -> BoxedStrategy<String> {
    let mut simple: Vec<String> =
        ["s", "'a'", "'b c'", "''", "'ä'", "users[1].id"].map(String::from).into();
    simple.extend(around.text.then(|| "t".to_owned()));
    simple.extend(around.user.then(|| "u.id".to_owned()));
    if depth == 0 {
        return words(simple);
    }
    let down = depth - 1;
    prop_oneof![
        words(simple),
        (text(down, around), text(down, around)).prop_map(|(a, b)| format!("({a} + {b})")),
        (truth(down, around), text(down, around), text(down, around))
            .prop_map(|(c, a, b)| format!("({c} ? {a} : {b})")),
        number(down, around).prop_map(|a| format!("string({a})")),
        number(down, around).prop_map(|a| format!("texts[{a}]")),
    ]
    .boxed()
}

fn numbers(depth: u32, around: Around) -> BoxedStrategy<String> {
    let simple: Vec<String> = ["ints", "[]", "[1]", "[2, n]"].map(String::from).into();
    if depth == 0 {
        return words(simple);
    }
    let down = depth - 1;
    let with_number = Around { number: true, ..around };
    let with_user = Around { user: true, ..around };
    prop_oneof![
        words(simple),
        (number(down, around), number(down, around)).prop_map(|(a, b)| format!("[{a}, {b}]")),
        (numbers(down, around), numbers(down, around)).prop_map(|(a, b)| format!("({a} + {b})")),
        (numbers(down, around), truth(down, with_number))
            .prop_map(|(l, c)| format!("{l}.filter(x, {c})")),
        (numbers(down, around), number(down, with_number))
            .prop_map(|(l, b)| format!("{l}.map(x, {b})")),
        (numbers(down, around), truth(down, with_number), number(down, with_number))
            .prop_map(|(l, c, b)| format!("{l}.map(x, {c}, {b})")),
        number(down, with_user).prop_map(|b| format!("users.map(u, {b})")),
        (truth(down, with_user), number(down, with_user))
            .prop_map(|(c, b)| format!("users.filter(u, {c}).map(u, {b})")),
    ]
    .boxed()
}

const TOKENS: [&str; 88] = [
    "users",
    "dash",
    "n",
    "s",
    "o",
    "empty",
    "big",
    "low",
    "half",
    "yes",
    "none",
    "zz",
    "u",
    "x",
    "x",
    "u.id",
    "u.email",
    "u.tags",
    "x.id",
    "0",
    "1",
    "7",
    "9223372036854775807",
    "1.5",
    "1e308",
    "7u",
    "'a'",
    "'b c'",
    "\"ä\"",
    "r'\\n'",
    "b'x'",
    "true",
    "false",
    "null",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'a':",
    "'k': 1",
    ",",
    ",",
    ".",
    ".",
    ".?",
    "[?",
    "?",
    ":",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "!",
    " in ",
    ".filter(x, ",
    ".map(x, ",
    ".map(u, ",
    ".exists(x, ",
    ".all(u, ",
    ".sortBy(x, ",
    ".size()",
    "size(",
    "has(",
    "string(",
    "int(",
    "double(",
    ".first()",
    ".sum()",
    ".distinct()",
    ".flatten()",
    ".join(",
    ".orValue(",
    ".sort()",
    ".max()",
    ".slice(0, 2)",
    " ",
    "\n",
];

/// Tokens in any order.
pub(super) fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(select(TOKENS.to_vec()), 0..40).prop_map(|tokens| tokens.concat())
}

/// Parts of the whole language put together as they go, mostly.
pub(super) fn wild() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "users",
        "dash",
        "n",
        "s",
        "o",
        "empty",
        "big",
        "low",
        "half",
        "yes",
        "none",
        "x",
        "u",
        "x.id",
        "u.age",
        "u.tags",
        "'a'",
        "1",
        "0",
        "-1",
        "2.5",
        "null",
        "true",
        "[]",
        "{}",
        "o.a",
        "zz",
        "users[0]",
        "o.?zz",
        "users[?0]",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (
                two.clone(),
                select(vec!["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", " in "])
            )
                .prop_map(|((a, b), operator)| format!("({a} {operator} {b})")),
            (
                two.clone(),
                select(vec!["filter", "map", "all", "exists", "exists_one", "sortBy"]),
                select(vec!["x", "u"])
            )
                .prop_map(|((a, b), what, name)| format!("{a}.{what}({name}, {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(c, a, b)| format!("({c} ? {a} : {b})")),
            (
                inner.clone(),
                select(vec![
                    "first()",
                    "last()",
                    "sum()",
                    "min()",
                    "max()",
                    "sort()",
                    "reverse()",
                    "distinct()",
                    "flatten()",
                    "join(', ')",
                    "size()",
                    "trim()",
                    "lower()",
                    "upperAscii()",
                    "hasValue()",
                    "value()",
                    "slice(1, 2)",
                    "orValue(1)",
                    "id",
                    "a",
                    "?id",
                    "?a.b",
                    "startsWith('a')",
                    "contains(s)",
                ])
            )
                .prop_map(|(a, call)| format!("{a}.{call}")),
            (inner.clone(), select(vec!["string", "int", "double", "size", "!", "-"]))
                .prop_map(|(a, function)| format!("{function}({a})")),
            two.clone().prop_map(|(a, b)| format!("{a}[{b}]")),
            two.clone().prop_map(|(a, b)| format!("{a}[?{b}]")),
            two.clone().prop_map(|(a, b)| format!("[{a}, {b}]")),
            two.clone().prop_map(|(a, b)| format!("[?{a}, {b}]")),
            two.clone().prop_map(|(a, b)| format!("{{'a': {a}, 'b': {b}}}")),
            two.prop_map(|(a, b)| format!("{{?'a': {a}, string({b}): 1}}")),
            inner.prop_map(|a| format!("has({a}.id)")),
        ]
    })
}

/// A text with one character changed.
pub(super) fn broken() -> impl Strategy<Value = String> {
    (wild(), any::<prop::sample::Index>(), any::<char>()).prop_map(|(text, place, other)| {
        let mut chars: Vec<char> = text.chars().collect();
        let place = place.index(chars.len());
        chars[place] = other;
        chars.into_iter().collect()
    })
}

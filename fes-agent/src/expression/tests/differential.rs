//! Beside the evaluator of the `cel` crate, where JSON and CEL mean the same.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Map};
use cel::{Context, Env, Program, Value as Cel};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::generate::agreed;
use super::scope;
use crate::expression::{Expression, Limits};

fn world() -> Value {
    json!({
        "n": 7, "s": "a b c", "yes": true, "none": null, "ints": [3, 1, 2], "texts": ["a", "b c"],
        "users": [
            { "id": "a", "age": 41, "mgr": null }, { "id": "b", "age": 2 }, { "id": "c", "age": 0, "mgr": "a" }
        ]
    })
}

fn to_cel(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(bool) => Cel::Bool(*bool),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Cel::Int(int),
            None => Cel::Float(number.as_f64().unwrap()),
        },
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(fields) => {
            let fields: HashMap<Key, Cel> =
                fields.iter().map(|(name, value)| (name.clone().into(), to_cel(value))).collect();
            Cel::Map(Map { map: Arc::new(fields) })
        }
    }
}

fn from_cel(value: &Cel) -> Option<Value> {
    Some(match value {
        Cel::Null => Value::Null,
        Cel::Bool(bool) => json!(bool),
        Cel::Int(int) => json!(int),
        Cel::UInt(int) => json!(int),
        Cel::Float(double) => json!(double),
        Cel::String(text) => json!(text.as_str()),
        Cel::List(items) => Value::Array(items.iter().map(from_cel).collect::<Option<_>>()?),
        Cel::Map(map) => {
            let fields =
                map.map.iter().map(|(name, value)| Some((name.to_string(), from_cel(value)?)));
            Value::Object(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// The peer's answer; on a deep stack, for it recurses too.
fn peer(source: &str, world: &Value) -> Option<Value> {
    let work = || {
        let env = Arc::new(Env::stdlib());
        let program: Program = env.compile(source).unwrap();
        let mut context = Context::with_env(env);
        for (name, value) in world.as_object().unwrap() {
            context.add_variable_from_value(name.as_str(), to_cel(value));
        }
        program.execute(&context).ok().and_then(|value| from_cel(&value))
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(16 * 1024 * 1024);
        thread.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

fn ours(source: &str, world: &Value) -> Option<Value> {
    Expression::parse(source).unwrap().evaluate(&scope(world), &Limits::default()).ok()
}

#[test]
fn both_answer_the_same_where_they_mean_the_same() {
    for source in [
        "users.filter(u, u.age > 1).map(u, u.id)",
        "users.map(u, u.age > 1, u.id)",
        "users.exists(u, u.id == 'b') && !users.all(u, u.age > 1)",
        "users.exists_one(u, u.age == 0)",
        "users.filter(u, users.exists(v, has(v.mgr) && v.mgr == u.id)).map(u, u.id)",
        "users.filter(u, u.id in ['a', 'c']).size()",
        "{'a': [1, {'b': 2}]}.a[1].b",
        "{'a': 1} == {'a': 1}",
        "has(users[0].mgr) && has(users[1].mgr)",
        "users[0].mgr == null",
        "users[1].?mgr.orValue('none')",
        "ints[?9].orValue(-1)",
        "[?ints[?9], ?ints[?0]]",
        "7 == 7.0 && 7 < 7.5",
        "1.5 + 2.0 * 3.0",
        "-7 / 2 + -7 % 2",
        "string(42) + string(true) + string(1.5)",
        "int('42') + int(4.9) + int(-4.9)",
        "double('0.5') + double(1)",
        "size('äöü') + size([1]) + size({'a': 1})",
        "true || 1 / 0 == 1",
        "1 / 0 == 1 || true",
        "false && n",
        "[0, 1].exists(x, 1 / x == 1)",
        "[0, 2].all(x, 1 / x == 1)",
        "'ä' < 'b' || 'a' < 'ä'",
        "s.contains(' b ') ? 'yes' : 'no'",
        "'a\\u00e9\\n' + r'\\n'",
        "{'in': 1}['in']",
        // Both refuse.
        "users[9]",
        "users[0].zz",
        "1 / 0",
        "1 % 0",
        "zz",
        "s + 1",
        "n && true",
        "!n",
        "-s",
        "9223372036854775807 * 9223372036854775807",
        "[1, 2][-1]",
        "has(users[0].zz.y)",
        "true && n",
        "int('x')",
        "s.size().x",
        "users.filter(u, u.age)",
        "1 < 'a'",
        "n in n",
    ] {
        let world = world();
        assert_eq!(ours(source, &world), peer(source, &world), "{source}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn both_answer_the_same_by_chance(source in agreed()) {
        let world = world();
        prop_assert_eq!(ours(&source, &world), peer(&source, &world), "{}", source);
    }
}

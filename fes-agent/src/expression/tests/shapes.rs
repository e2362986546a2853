//! What is known of an expression before there are values.

use insta::assert_snapshot;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::expression::{Expression, Fault, FaultKind, Shape, Shapes};

fn user() -> Value {
    json!({ "type": "object", "required": ["id", "email", "age", "groups"], "properties": {
        "id": { "type": "string" },
        "email": { "type": ["string", "null"] },
        "age": { "type": "integer" },
        "score": { "type": "number" },
        "role": { "oneOf": [
            { "type": "string", "const": "viewer" }, { "type": "string", "const": "admin" }
        ] },
        "groups": { "type": "array", "items": { "type": "string" } },
        "boss": { "anyOf": [{ "$ref": "#/$defs/User" }, { "type": "null" }] }
    } })
}

fn shapes() -> Shapes {
    let users = json!({ "type": "array", "items": { "$ref": "#/$defs/User" }, "$defs": { "User": user() } });
    let page = json!({ "type": "object", "properties": {
        "rows": users["items"], "total": { "type": "integer" },
        "counts": { "type": "object", "additionalProperties": { "type": "integer" } },
        "raw": true, "free": { "type": "object" },
        "mixed": { "type": ["array", "null"], "items": { "type": "number" } }
    }, "required": ["rows"], "$defs": { "User": user() } });
    let mut shapes = Shapes::new();
    shapes.set("users", Shape::of_result(&users));
    shapes.set("page", Shape::of_result(&page));
    shapes.set("any", Shape::any());
    shapes
}

fn check(source: &str) -> Result<Shape, Fault> {
    Expression::parse(source)?.check(&shapes())
}

#[test]
fn the_shape_of_an_expression_is_told_in_words() {
    for (source, wanted) in [
        ("users", "a list of objects"),
        ("users.map(u, u.email)", "a list of texts"),
        ("users[0].email", "text or null"),
        ("users[0].role", "'admin' or 'viewer'"),
        ("users[0].boss.boss.age", "a whole number"),
        ("users[0].age + 1", "a whole number"),
        ("users[0].age / 2.0", "a number"),
        ("users.map(u, u.age).sum()", "a whole number"),
        ("users.map(u, u.score).max()", "a number"),
        ("users.map(u, u.groups).flatten().distinct()", "a list of texts"),
        ("users.filter(u, u.age > 3).sortBy(u, u.id).first().id", "text"),
        ("users.exists(u, u.id in page.counts)", "a boolean"),
        ("users[?0].email.orValue('none')", "text or null"),
        ("users[?0].email", "an optional (end it with `.orValue(x)`)"),
        ("page.?total.orValue(0)", "a whole number"),
        ("page.counts['x']", "a whole number"),
        ("page.counts.map(k, k)", "a list of texts"),
        ("page.rows.email", "text or null"),
        ("page.raw.what.ever[0]", "anything"),
        ("page.free.what", "anything"),
        ("page.mixed.map(x, x)", "a list of numbers"),
        ("any.map(x, x.y + 1)", "a list of numbers"),
        ("[]", "a list"),
        ("[].map(x, x.y)", "a list"),
        ("[1, 'a', null]", "a list"),
        ("true ? 'a' : 1", "'a' or a whole number"),
        ("{'a': users}.a[0].id + 'x'", "text"),
        ("users[0][any]", "text or a number or a list of texts or an object or null"),
        ("[[1], [2]].flatten()[0]", "a whole number"),
        ("string(1) + users[0].id.trim()", "text"),
    ] {
        match check(source) {
            Ok(shape) => assert_eq!(shape.to_string(), wanted, "{source}"),
            Err(fault) => panic!("{source}: {fault}"),
        }
    }
}

#[test]
fn what_is_certainly_wrong_is_a_fault_before_there_are_values() {
    let sources = [
        "user",
        "users.filter(u, u.agee > 3)",
        "false && users[0].nope",
        "users.email",
        "users.map(u, u.groups.name)",
        "users[0].email.first",
        "page.rows.first().id",
        "users.filter(u, u.email)",
        "users.filter(u, u.age > 'x')",
        "users[0].age == '41'",
        "users[0].role == 'vewer'",
        "users.filter(u, u.role != 'editor')",
        "users[0].id in page.rows.groups.map(g, size(g))",
        "users + 1",
        "users.map(u, u.email + 1)",
        "users['x']",
        "page[0]",
        "has(users[0].nope)",
        "users[0].?nope.orValue(1)",
        "users[0].?email.trim()",
        "users[0].id.orValue('x')",
        "users.sum()",
        "users.map(u, u.groups).sort()",
        "users.join(',')",
        "!users",
        "-users[0].id",
        "users ? 1 : 2",
        "users.sortBy(u, u.groups)",
        "size(users[0].age)",
        "users[0].age.trim()",
        "1 in 'text'",
        "[?users[0]]",
        "page.total.map(x, x)",
    ];
    let lines: Vec<String> = sources
        .iter()
        .map(|source| match check(source) {
            Err(fault) => format!("{source}\n    {fault}"),
            Ok(shape) => panic!("{source} is {shape}"),
        })
        .collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_is_not_certain_is_no_fault() {
    for source in [
        "users[0].email == null",
        "users[0].age == null",
        "users[0].email.startsWith('a')",
        "users[0].boss.email",
        "page.rows.boss.?email.orValue('')",
        "any + 1",
        "any.filter(x, x)",
        "any.x.y[0] == users[0].age",
        "page.mixed.sum()",
        "[1, 'a'][0] + 1",
        "(true ? users : null).map(u, u.id)",
        "[].first().x + 1",
        "users[0].age == 41.0",
        "users[0].score in [1, 2]",
        "users[0].id in [] || 'a' in {}",
    ] {
        assert!(check(source).is_ok(), "{source}: {}", check(source).unwrap_err());
    }
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let node = json!({ "$ref": "#/$defs/N", "$defs": { "N": {
        "type": "object", "properties": { "a": { "$ref": "#/$defs/N" }, "b": { "$ref": "#/$defs/N" } }
    } } });
    let mut shapes = Shapes::new();
    shapes.set("n", Shape::of_result(&node));
    shapes.set(
        "loop",
        Shape::of_result(
            &json!({ "$ref": "#/$defs/L", "$defs": { "L": { "$ref": "#/$defs/L" } } }),
        ),
    );
    let check = |source: &str| Expression::parse(source).unwrap().check(&shapes);
    assert!(check("n.a.b.a").is_ok());
    assert_eq!(check("n.a.c").unwrap_err().kind, FaultKind::UnknownField);
    let deep = format!("n{}", ".a".repeat(40));
    assert_eq!(check(&deep).unwrap().to_string(), "anything");
}

#[test]
fn a_value_fits_unless_it_certainly_does_not() {
    let needed = |schema: Value| Shape::of_arguments(&schema);
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let share = json!({ "type": "object", "additionalProperties": false, "required": ["name"],
        "properties": { "name": text, "rule": { "enum": ["view", "edit"] }, "n": { "type": "integer" } } });
    let fits =
        |source: &str, schema: &Value| match check(source).unwrap().fits(&needed(schema.clone())) {
            Ok(()) => String::new(),
            Err(misfit) => format!("{} {}", misfit.path, misfit.reason).trim().to_owned(),
        };
    for (source, schema, wanted) in [
        ("users[0].id", &text, ""),
        ("users[0].email", &text, ""),
        ("any", &text, ""),
        ("users[0].age", &json!({ "type": "number" }), ""),
        ("users[0].score", &json!({ "type": "integer" }), ""),
        ("users.map(u, u.email)", &texts, ""),
        ("[]", &texts, ""),
        ("{'name': users[0].id}", &share, ""),
        ("{'name': users[0].id, 'rule': users[0].id}", &share, ""),
        ("users[0].age", &text, "this is a whole number, where text is needed"),
        ("users", &texts, "[] this is an object, where text is needed"),
        ("users.map(u, u.age)", &texts, "[] this is a whole number, where text is needed"),
        ("users[0].id", &texts, "this is text, where a list of texts is needed"),
        ("0.5", &json!({ "type": "integer" }), "this is a number, where a whole number is needed"),
        (
            "users[?0]",
            &share,
            "this is an optional (end it with `.orValue(x)`), where an object is needed",
        ),
        ("users[0]", &share, "`age` is not known here"),
        ("{'rule': 'view'}", &share, "`name` is missing"),
        (
            "{'name': 'a', 'rule': 'own'}",
            &share,
            ".rule this is 'own', where 'edit' or 'view' is needed",
        ),
        ("{'name': 'a', 'n': 'x'}", &share, ".n this is 'x', where a whole number is needed"),
        ("null", &text, "this is null, where text is needed"),
    ] {
        assert_eq!(fits(source, schema), wanted, "{source}");
    }
}

//! Tests of expressions. Those of hostile input run on the default stack of a test thread.

mod correct;
mod differential;
mod faults;
mod generate;
mod hostile;
mod random;
mod shapes;

use serde_json::{Value, json};

use super::*;

/// Users and dashboards, as operations give them.
pub(super) fn world() -> Value {
    json!({
        "users": [
            { "id": "u1", "email": "ann@example.com", "age": 41, "tags": ["a", "b"], "mgr": null },
            { "id": "u2", "email": "Bob@example.com", "age": 29, "tags": [], "mgr": "u1" },
            { "id": "u3", "email": "carla@example.com", "age": 35, "tags": ["b"], "mgr": "u1" }
        ],
        "dash": [
            { "title": "Pipeline", "owner": "u1", "widgets": 4 },
            { "title": "Sales", "owner": "u3", "widgets": 11 }
        ],
        "n": 7, "big": u64::MAX, "low": i64::MIN, "half": 0.5, "yes": true, "none": null,
        "s": "a b c", "empty": [], "o": { "b": 1, "a": { "in": 2 } }
    })
}

/// The scope of an object's members.
pub(super) fn scope(world: &Value) -> Scope {
    let mut scope = Scope::new();
    for (name, value) in world.as_object().unwrap() {
        scope.set(name, Data::from_json(value).unwrap());
    }
    scope
}

pub(super) fn evaluate(source: &str, world: &Value) -> Result<Value, Fault> {
    Expression::parse(source)?.evaluate(&scope(world), &Limits::default())
}

/// The fault of an expression over the usual world.
pub(super) fn fault(source: &str) -> Fault {
    match evaluate(source, &world()) {
        Err(fault) => fault,
        Ok(value) => panic!("`{source}` gives {value}"),
    }
}

#[test]
fn the_names_are_those_that_the_scope_must_give() {
    let source = "users.filter(u, u.id in dash.map(d, d.owner) && u.age > n).map(u, {u.id: x})";
    let expression = Expression::parse(source).unwrap();
    assert_eq!(expression.names().into_iter().collect::<Vec<_>>(), ["dash", "n", "users", "x"]);
    let shadowed = Expression::parse("users.map(users, users.id)").unwrap();
    assert_eq!(shadowed.names().into_iter().collect::<Vec<_>>(), ["users"]);
    let outside = Expression::parse("u.list.map(u, u)").unwrap();
    assert_eq!(outside.names().into_iter().collect::<Vec<_>>(), ["u"]);
    assert_eq!(expression.source(), source);
}

#[test]
fn a_condition_is_exactly_a_boolean() {
    let condition = |source: &str| {
        Expression::parse(source).unwrap().evaluate_condition(&scope(&world()), &Limits::default())
    };
    assert_eq!(condition("size(users) > 2"), Ok(true));
    assert_eq!(condition("users.exists(u, u.age > 90)"), Ok(false));
    for wrong in ["n", "'true'", "null", "users", "o", "users[?0]"] {
        assert_eq!(condition(wrong).unwrap_err().kind, FaultKind::WrongKind, "{wrong}");
    }
}

#[test]
fn a_loop_goes_through_a_list_of_bounded_length() {
    let list = |source: &str, world: &Value| {
        Expression::parse(source).unwrap().evaluate_list(&scope(world), &Limits::default())
    };
    let items = list("users.map(u, u.id)", &world()).unwrap();
    assert_eq!(items, [json!("u1"), json!("u2"), json!("u3")]);
    assert_eq!(list("o", &world()).unwrap_err().kind, FaultKind::WrongKind);
    let exactly = json!({ "l": vec![0; MAX_ITEMS] });
    assert_eq!(list("l", &exactly).unwrap().len(), MAX_ITEMS);
    let over = json!({ "l": vec![0; MAX_ITEMS + 1] });
    let fault = list("l", &over).unwrap_err();
    assert_eq!(fault.kind, FaultKind::TooLarge);
    assert!(fault.message.contains("1001 items"), "{fault}");
}

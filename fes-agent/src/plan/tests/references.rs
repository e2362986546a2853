//! References, conditions and loops, over the operations of the product.

use insta::assert_snapshot;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::plan;
use crate::plan::{MAX_EXPRESSIONS, Problem, ProblemKind, check};
use crate::policy::Policy;
use crate::testing::World;

fn problems(steps: Value) -> Vec<Problem> {
    check(&plan(steps), &World::new(), &Policy::default())
}

fn kinds(steps: Value) -> Vec<ProblemKind> {
    problems(steps).into_iter().map(|problem| problem.kind).collect()
}

fn users() -> Value {
    json!({ "id": "users", "tool": "access.users_per_group", "args": { "group_name": "Analysts" } })
}

fn dash() -> Value {
    json!({ "id": "dash", "tool": "dashboard.get_all_dashboards" })
}

fn get(id: &str, source: &str) -> Value {
    json!({ "id": id, "tool": "access.get_user", "args": { "user_name": { "$": source } } })
}

#[test]
fn a_dependent_chain_may_run() {
    let steps = json!([
        users(),
        dash(),
        { "id": "idle", "as": "u",
          "for_each": "users.users.filter(u, !dash.exists(d, d.owner_id == u.user_id))",
          "when": "size(dash) > 0 && users.by_rule == false",
          "do": [
            { "id": "drop", "tool": "access.update_user", "when": "u.role_name == 'viewer'", "args": {
                "user_name": { "$": "u.email" },
                "user_data": { "groups": { "$": "u.groups.filter(g, g != 'Analysts')" } } } },
            get("again", "drop.user.email")
          ] },
        get("first", "idle.filter(r, r.drop != null).map(r, r.drop.user.email)[0]")
    ]);
    assert_eq!(problems(steps), []);
}

#[test]
fn what_an_expression_cannot_be_is_told_with_its_place() {
    let loops = |each: &str, body: Value| json!([users(), dash(), { "id": "l", "for_each": each, "as": "u", "do": [body] }]);
    let update = |data: Value| {
        json!([users(), dash(), { "id": "up", "tool": "access.update_user",
            "args": { "user_name": { "$": "users.users[0].email" }, "user_data": data } }])
    };
    let cases = [
        json!([users(), get("a", "users.users[0].emial")]),
        json!([users(), get("a", "user.users[0].email")]),
        json!([users(), get("a", "users.users")]),
        json!([users(), get("a", "users.users.map(u, u.email)")]),
        json!([users(), get("a", "users.users[")]),
        json!([users(), get("a", "users.users.find(u, u.email == 'x').email")]),
        json!([users(), get("a", "users[0].email")]),
        json!([get("a", "dash[0].owner_name"), dash()]),
        json!([get("a", "a.email")]),
        loops("dash", get("a", "users.users.size() + u.title")),
        loops("users", get("a", "u.email")),
        loops("users.users.map(u, u.nme)", get("a", "u.email")),
        loops("dash.filter(d, d.title)", get("a", "u.title")),
        json!([users(), { "id": "l", "for_each": "users.users", "as": "u", "do": [get("got", "u.email")] },
            get("after", "got.email"), get("item", "u.email"), get("fine", "l[0].got.email")]),
        json!([{ "id": "l", "for_each": "l", "as": "u", "do": [dash()] }]),
        json!([{ "id": "l", "for_each": "[1]", "as": "n", "do": [get("a", "b.email"), get("b", "string(n)")] }]),
        json!([dash(), { "id": "w", "tool": "dashboard.get_all_dashboards", "when": "size(dash)" }]),
        json!([dash(), { "id": "w", "tool": "dashboard.get_all_dashboards", "when": "dash[0].title == 3" }]),
        update(json!({ "groups": { "$": "users.group.group_name" } })),
        update(json!({ "groups": ["a", { "$": "dash" }] })),
        update(
            json!({ "groups": [{ "$": "users.group.group_name" }], "is_active": { "$": "dash" } }),
        ),
        update(json!({ "role": 7, "groups": [{ "$": "users.group.group_name" }] })),
        update(json!({ "rolle": "viewer" })),
        update(json!({ "$": "users.users[0]" })),
        update(json!({ "role": { "$": 7 } })),
        update(json!({ "role": { "$": "'viewer'", "or": 1 } })),
        json!([dash(), { "id": "x", "tool": "access.get_user", "args": { "name": { "$": "dash[0].title" } } }]),
        json!([dash(), { "id": "x", "tool": "access.get_user", "args": { "$": "dash[0]" } }]),
    ];
    let lines: Vec<String> = cases
        .into_iter()
        .map(|steps| {
            let found = problems(steps.clone());
            assert!(!found.is_empty(), "{steps}");
            found.iter().map(|one| format!("{:?} {one}", one.kind)).collect::<Vec<_>>().join("\n")
        })
        .collect();
    assert_snapshot!(lines.join("\n--\n"));
}

#[test]
fn literals_beside_references_are_those_that_the_operation_takes() {
    // Other names that the operation takes, which its schema does not tell.
    let other_names = json!([users(), { "id": "up", "tool": "access.update_user", "args": {
        "user_email": { "$": "users.users[0].email" },
        "user_data": { "firstName": "Ann", "preferences": { "localeId": "en-US" } } } }]);
    assert_eq!(problems(other_names), []);
    let missing = json!([users(), { "id": "up", "tool": "access.update_user",
        "args": { "user_name": { "$": "users.users[0].email" } } }]);
    let found = problems(missing);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, ProblemKind::BadArguments);
    assert!(found[0].message.contains("`user_data` is missing"), "{}", found[0]);
}

#[test]
fn items_and_loops_have_their_rules() {
    let inner = |depth: usize| {
        let mut body = dash();
        for level in 0..depth {
            body = json!({ "id": format!("l{level}"), "for_each": "[1]", "as": format!("i{level}"),
                "do": [body] });
        }
        json!([body])
    };
    assert_eq!(kinds(inner(2)), []);
    assert_eq!(kinds(inner(3)), [ProblemKind::TooDeep]);
    let named =
        |item: &str| json!([users(), { "id": "l", "for_each": "[1]", "as": item, "do": [dash()] }]);
    for item in ["", "1a", "in", "a b", "a-b", "true", "loop", "é"] {
        assert_eq!(kinds(named(item)), [ProblemKind::BadId], "{item}");
    }
    for item in ["users", "dash", "l"] {
        assert_eq!(kinds(named(item)), [ProblemKind::DuplicateId], "{item}");
    }
    let same = json!([{ "id": "a", "for_each": "[1]", "as": "i", "do": [
        { "id": "b", "for_each": "[i]", "as": "i", "do": [dash()] }] }]);
    assert_eq!(kinds(same), [ProblemKind::DuplicateId]);
    let siblings = json!([
        { "id": "a", "for_each": "['x']", "as": "i", "do": [get("x", "i")] },
        { "id": "b", "for_each": "['y']", "as": "i", "do": [get("y", "i")] }]);
    assert_eq!(kinds(siblings), []);
    let empty = json!([{ "id": "a", "for_each": "[1]", "as": "i", "do": [] }]);
    assert_eq!(kinds(empty), [ProblemKind::Empty]);
}

#[test]
fn a_plan_has_a_ceiling_of_expressions() {
    let list = |count: usize| {
        json!([dash(), { "id": "w", "tool": "access.update_user", "args": { "user_name": "ann",
            "user_data": { "groups": vec![json!({ "$": "dash[0].title" }); count] } } }])
    };
    assert_eq!(kinds(list(MAX_EXPRESSIONS)), []);
    assert_eq!(kinds(list(MAX_EXPRESSIONS + 1)), [ProblemKind::TooLarge]);
}

#[test]
fn an_unknown_tool_is_told_once() {
    let steps = json!([{ "id": "a", "tool": "access.nothing" }, get("b", "a.what.ever")]);
    assert_eq!(kinds(steps), [ProblemKind::UnknownTool]);
}

mod references;

use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::ErrorKind;

use super::*;
use crate::policy::{Policy, Rules};
use crate::testing::{Known, operation, operation_with};

fn tools() -> Known {
    let user = json!({ "type": "object", "required": ["user_name"], "properties": {
        "user_name": { "type": "string" },
        "password": { "type": "string", "format": "password" }
    } });
    Known(vec![
        operation_with("access.get_user", "read", "low", user.clone()),
        operation_with("access.update_user", "update", "normal", user),
        operation("dashboard.get_all_dashboards", "read", "low"),
    ])
}

fn plan(steps: Value) -> Plan {
    serde_json::from_value(json!({ "goal": "test", "steps": steps })).unwrap()
}

fn problems(steps: Value) -> Vec<Problem> {
    check(&plan(steps), &tools(), &Policy::default())
}

fn kinds(steps: Value) -> Vec<ProblemKind> {
    problems(steps).into_iter().map(|problem| problem.kind).collect()
}

#[test]
fn a_plan_of_literals_may_run() {
    let steps = json!([
        { "id": "a", "tool": "access.get_user", "args": { "user_name": "ann" } },
        { "id": "b", "tool": "dashboard_get_all_dashboards" }
    ]);
    assert_eq!(problems(steps), []);
}

#[test]
fn what_is_wrong_is_named_with_its_step() {
    assert_eq!(kinds(json!([])), [ProblemKind::Empty]);
    let found = problems(json!([{ "id": "a", "tool": "access.get_usr", "args": {} }]));
    assert_eq!(found[0].kind, ProblemKind::UnknownTool);
    assert_eq!(found[0].step.as_deref(), Some("a"));
    assert_eq!(found[0].candidates[0], "access.get_user");
    assert_eq!(
        kinds(json!([{ "id": "a", "tool": "access.get_user", "args": {} }])),
        [ProblemKind::BadArguments]
    );
    let all = json!({ "id": "a", "tool": "dashboard.get_all_dashboards" });
    assert_eq!(kinds(json!([all, all])), [ProblemKind::DuplicateId]);
    let odd = json!([{ "id": "a b", "tool": "dashboard.get_all_dashboards" }]);
    assert_eq!(kinds(odd), [ProblemKind::BadId]);
}

#[test]
fn a_denied_tool_is_a_problem() {
    let steps = json!([{ "id": "a", "tool": "access.update_user", "args": { "user_name": "x" } }]);
    let found = check(&plan(steps), &tools(), &Policy::new(Rules::read_only()));
    assert_eq!(found[0].kind, ProblemKind::Denied);
    assert_eq!(problems_as_error(&found).kind(), ErrorKind::Forbidden);
}

#[test]
fn a_plan_has_a_ceiling_that_counts_loops() {
    let call = |n: usize| json!({ "id": format!("s{n}"), "tool": "dashboard.get_all_dashboards" });
    let many: Vec<_> = (0..=MAX_STEPS).map(call).collect();
    assert_eq!(kinds(json!(many)), [ProblemKind::TooLarge]);
    let inner: Vec<_> = (0..MAX_STEPS).map(call).collect();
    let nested = json!([{ "id": "l", "for_each": "x", "as": "y", "do": inner }]);
    assert_eq!(kinds(nested), [ProblemKind::TooLarge]);
    let long = "x".repeat(MAX_PLAN_BYTES);
    let long = json!([{ "id": "a", "tool": "access.get_user", "args": { "user_name": long } }]);
    assert_eq!(kinds(long), [ProblemKind::TooLarge]);
}

#[test]
fn references_conditions_and_loops_are_read_and_written_back() {
    let call = json!({ "id": "a", "tool": "dashboard.get_all_dashboards", "args": {} });
    for steps in [
        json!([call, { "id": "b", "tool": "access.get_user", "args": { "user_name": { "$": "a" } } }]),
        json!([call, { "id": "b", "tool": "dashboard.get_all_dashboards", "args": {}, "when": "size(a) > 0" }]),
        json!([{ "id": "b", "for_each": "[1]", "as": "n", "do": [call] }]),
    ] {
        assert_eq!(problems(steps.clone()), []);
        let back = serde_json::to_value(plan(steps.clone())).unwrap();
        assert_eq!(back["steps"].as_array().unwrap().last(), steps.as_array().unwrap().last());
    }
}

#[test]
fn an_unknown_member_is_named_when_a_plan_is_read() {
    let error = serde_json::from_value::<Plan>(json!({ "goal": "g", "steps": [
        { "id": "a", "tool": "t", "arguments": {} }
    ] }))
    .unwrap_err();
    assert!(error.to_string().contains("arguments"), "{error}");
}

#[test]
fn case_045_046_the_digest_binds_steps_and_deployment_and_not_the_goal() {
    let one = plan(json!([{ "id": "a", "tool": "t", "args": { "x": 1, "y": 2 } }]));
    let other = plan(json!([{ "id": "a", "tool": "t", "args": { "y": 2, "x": 1 } }]));
    assert_eq!(one.digest(Place::on("prod")), other.digest(Place::on("prod")));
    assert_ne!(one.digest(Place::on("prod")), one.digest(Place::on("dev")));
    let goal = Plan { goal: "else".into(), ..one.clone() };
    assert_eq!(one.digest(Place::on("prod")), goal.digest(Place::on("prod")));
    let args = plan(json!([{ "id": "a", "tool": "t", "args": { "x": 1, "y": 3 } }]));
    assert_ne!(one.digest(Place::on("prod")), args.digest(Place::on("prod")));
}

#[test]
fn a_plan_is_explained_without_its_secrets() {
    let steps = json!([
        { "id": "a", "tool": "access.update_user",
          "args": { "user_name": "ann", "password": "hunter2" } },
        { "id": "c", "for_each": "a.items", "as": "u", "do": [
            { "id": "d", "tool": "access.get_user", "args": { "user_name": { "$": "u.email" } } }
        ] }
    ]);
    assert_eq!(
        explain(&plan(steps), &tools()),
        "1. Do access.update_user (access.update_user): user_name = ann, password = ***\n\
         2. For each u of a.items:\n   \
            1. Do access.get_user (access.get_user): user_name = the value of u.email"
    );
}

#[test]
fn the_schema_offers_calls_and_loops() {
    let schema = Plan::schema().to_string();
    for word in ["for_each", "\"do\"", "\"as\"", "tool", "when"] {
        assert!(schema.contains(word), "{word} in {schema}");
    }
}

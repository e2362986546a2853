use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::*;
use crate::conversation::End;
use crate::plan::Plan;
use crate::testing::operations;

fn before(goal: &str, tool: &str, args: Value) -> Exchange {
    let steps = json!([{ "id": "step1", "tool": tool, "args": args }]);
    let plan: Plan = serde_json::from_value(json!({ "goal": goal, "steps": steps })).unwrap();
    Exchange { said: goal.to_owned(), meant: goal.to_owned(), plan: Some(plan), end: End::Answered }
}

fn user() -> Exchange {
    before("show user ann@example.com", "access.get_user", json!({"user_name": "ann@example.com"}))
}

fn dashboard() -> Exchange {
    let args = json!({"dashboard_name": "Pipeline"});
    before("who has access to the dashboard Pipeline?", "dashboard.get_dashboard_share", args)
}

fn all() -> Exchange {
    before("list all users", "access.get_users_all", json!({}))
}

fn check(rows: &[(Exchange, &str, Option<&str>)]) {
    let operations = operations();
    let operations: Vec<&Operation> = operations.iter().collect();
    for (before, text, wanted) in rows {
        let got = follow_up(before, text, &operations);
        assert_eq!(got.as_deref(), *wanted, "{} → {text}", before.said);
    }
}

#[test]
fn a_word_that_refers_back_gets_what_it_refers_to() {
    let shared = before(
        "share Pipeline with the group Sales for viewing",
        "dashboard.add_dashboard_shares",
        json!({
            "dashboard_id": "5f0000000000000000000001",
            "shares": [{ "name": "Sales", "type": "group", "rule": "view" }]
        }),
    );
    check(&[
        (user(), "and his groups?", Some("groups of ann@example.com")),
        (user(), "What is her role?", Some("What is role of ann@example.com")),
        (user(), "make him a designer", Some("make ann@example.com a designer")),
        (user(), "delete this user", Some("delete ann@example.com")),
        (
            dashboard(),
            "which columns does it use?",
            Some("which columns does dashboard \"Pipeline\" use"),
        ),
        (
            dashboard(),
            "share it with bob@example.com as viewer",
            Some("share dashboard \"Pipeline\" with bob@example.com as viewer"),
        ),
        (dashboard(), "and its owner?", Some("owner of dashboard \"Pipeline\"")),
        (shared.clone(), "who is in that group?", Some("who is in group \"Sales\"")),
        (
            shared,
            "and what filters does it have",
            Some("what filters does dashboard 5f0000000000000000000001 have"),
        ),
    ]);
}

#[test]
fn the_same_for_another_takes_the_place_of_the_first() {
    check(&[
        (user(), "same for bob@example.com", Some("show user bob@example.com")),
        (user(), "and bob@example.com?", Some("show user bob@example.com")),
        (
            dashboard(),
            "And for \"Sales Overview\"",
            Some("who has access to the dashboard \"Sales Overview\""),
        ),
        (
            dashboard(),
            "what about the cube Healthcare?",
            Some("who has access to the cube Healthcare"),
        ),
        (all(), "and the dashboards?", Some("list all dashboards")),
        (
            before("share Pipeline with bob@example.com as viewer", "x.y", json!({})),
            "the same for carla@example.com",
            Some("share Pipeline with carla@example.com as viewer"),
        ),
    ]);
}

#[test]
fn what_is_left_out_is_the_subject_of_before() {
    check(&[
        (dashboard(), "and the columns?", Some("show the columns of dashboard \"Pipeline\"")),
        (user(), "what about the role?", Some("show the role of ann@example.com")),
    ]);
}

#[test]
fn a_text_that_stands_for_itself_or_refers_to_nothing_is_left() {
    check(&[
        (user(), "list all dashboards", None),
        (user(), "show user bob@example.com and his groups", None),
        (all(), "delete it", None),
        (all(), "and his groups?", None),
        (user(), "delete it", None),
        (dashboard(), "who is in the group Sales", None),
        (dashboard(), "and list all users", None),
        (dashboard(), "", None),
    ]);
}

use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::{Error, ErrorKind};

use super::*;
use crate::testing::operation;

fn call() -> Call {
    Call::new("a", "access.get_user", serde_json::Map::new())
}

fn done(result: Value) -> StepReport {
    let outcome = Outcome { result, missing: Vec::new() };
    StepReport::done(&call(), &operation("access.get_user", "read", "low"), outcome, Vec::new())
}

fn session() -> Session {
    Session::new("s1", "ann", "prod")
}

#[test]
fn a_failure_is_never_told_as_success() {
    let error = Error::new(ErrorKind::Forbidden, "no right to see users").into_report();
    let report = Report::new("g", &session(), vec![StepReport::failed(&call(), error, Vec::new())]);
    assert!(!report.ok);
    assert_eq!(report.summary, "Failed: no right to see users.");
    assert!(!Report::new("g", &session(), Vec::new()).ok);
}

#[test]
fn one_failed_step_of_several_is_named() {
    let error = Error::not_found("user", "bob").with_next_step("list the users").into_report();
    let steps = vec![done(json!([1, 2])), StepReport::failed(&call(), error, Vec::new())];
    let report = Report::new("g", &session(), steps);
    assert!(!report.ok);
    assert_eq!(
        report.summary,
        "1 of 2 steps succeeded.\n1. Do access.get_user: 2 rows.\n\
         2. Failed: no user fits this reference: bob."
    );
    assert_eq!(report.next, ["list the users"]);
}

#[test]
fn a_part_says_what_is_missing() {
    let error = Error::new(ErrorKind::Timeout, "no answer");
    let missing = vec![Missing::new("dashboard \"Pipeline\"", error)];
    let outcome = Outcome { result: json!([]), missing };
    let step = StepReport::done(&call(), &operation("a.b", "read", "low"), outcome, Vec::new());
    assert_eq!(
        step.summary,
        "Do a.b: nothing found. This is only a part: could not load dashboard \"Pipeline\"."
    );
    assert_eq!(step.count, Some(0));
}

#[test]
fn columns_are_counted_in_the_sentence() {
    let step = done(json!({ "datamodel_name": "Sample", "total_columns": 10, "used_count": 6,
        "needed_count": 1, "unused_count": 2, "columns": [{ "column": "a" }] }));
    assert_eq!(
        step.summary,
        "Sample has 10 columns: 6 used and 2 unused, 1 needed by the model itself, 1 not known."
    );
}

#[test]
fn findings_come_first_and_are_counted_by_severity() {
    let asset = json!({"kind": "datamodel", "id": "1", "title": "Shop"});
    let finding = |severity: &str| json!({"severity": severity, "asset": asset, "what": "w"});
    let result = json!({
        "complete": false,
        "not_checked": [{"what": "a"}, {"what": "b"}, {"what": "c"}],
        "findings": [finding("high"), finding("low")],
    });
    assert_eq!(done(result.clone()).summary, "2 findings: 1 high, 1 low.");
    let table = table(&result);
    assert_eq!(table.title.as_deref(), Some("findings"));
    assert_eq!(table.rows[0][1].to_string(), "datamodel \"Shop\"");
    assert_eq!(table.facts[1].value.to_string(), "3: a, b, c");
    let none = done(json!({"findings": [], "not_checked": []}));
    assert_eq!(none.summary, "Nothing was found that needs a look.");
}

#[test]
fn an_unmade_change_is_no_success() {
    let asset = sisense_core::run::Asset {
        deployment: "prod".into(),
        kind: sisense_core::run::AssetKind::User,
        id: None,
        name: "ann".into(),
    };
    let change =
        Arc::new(Change::new("a.b", asset, sisense_core::run::Action::Update, "Change ann"));
    let report = |state| ChangeReport { change: Arc::clone(&change), state, id: None, error: None };
    let outcome = || Outcome { result: Value::Null, missing: Vec::new() };
    let write = operation("a.b", "update", "low");
    let changes = vec![report(ChangeState::Done), report(ChangeState::Unknown)];
    let step = StepReport::done(&call(), &write, outcome(), changes);
    assert!(!step.ok);
    assert_eq!(step.summary, "1 change made, 1 with an unknown end.");
    let step = StepReport::done(&call(), &write, outcome(), vec![report(ChangeState::Done)]);
    assert!(step.ok);
    assert_eq!(step.summary, "Done: Change ann.");
}

#[test]
fn a_list_becomes_a_table_and_nested_lists_are_counted() {
    let result = json!([
        { "email": "ann@x.y", "groups": ["A", "B", "B", "C", "D"], "active": true, "age": 3,
          "notes": [] },
        { "email": "bob@x.y", "groups": [], "notes": null, "role": { "id": "1", "name": "viewer" } }
    ]);
    let table = table(&result);
    let columns: Vec<(&str, bool)> =
        table.columns.iter().map(|c| (c.label.as_str(), c.numeric)).collect();
    let labels =
        [("Email", false), ("Groups", false), ("Active", false), ("Age", true), ("Role", false)];
    assert_eq!(columns, labels);
    let rows: Vec<Vec<String>> =
        table.rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(
        rows,
        [
            ["ann@x.y", "5: A, B, C, …", "yes", "3", ""],
            ["bob@x.y", "", "", "", "id: 1, name: viewer"]
        ]
    );
}

#[test]
fn a_record_becomes_facts_and_its_longest_list_the_table() {
    let table = table(&json!({
        "group": { "group_name": "Analysts", "group_id": "1" },
        "users": [{ "email": "ann@x.y" }], "notes": ["one"], "user_count": 1
    }));
    let facts: Vec<String> =
        table.facts.iter().map(|f| format!("{}: {}", f.label, f.value)).collect();
    assert_eq!(facts, ["Group name: Analysts", "Group id: 1", "Notes: 1: one", "User count: 1"]);
    assert_eq!(table.title.as_deref(), Some("users"));
    assert_eq!(table.rows, [[Cell::Text("ann@x.y".into())]]);
}

#[test]
fn any_value_becomes_a_table() {
    for value in
        [json!(null), json!(3), json!("x"), json!([1, "a", null, [1]]), json!({}), json!([])]
    {
        let table = table(&value);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{value}");
    }
}

fn made(tool: &str, result: Value, state: ChangeState) -> Report {
    let asset = sisense_core::run::Asset {
        deployment: "prod".into(),
        kind: sisense_core::run::AssetKind::Datamodel,
        id: None,
        name: "Leads".into(),
    };
    let change = Change::new(tool, asset, sisense_core::run::Action::Create, "Make it");
    let changes = vec![ChangeReport { change: Arc::new(change), state, id: None, error: None }];
    let call = Call::new("a", tool, serde_json::Map::new());
    let outcome = Outcome { result, missing: Vec::new() };
    let step = StepReport::done(&call, &operation(tool, "create", "normal"), outcome, changes);
    Report::new("g", &session(), vec![step])
}

#[test]
fn case_061_what_was_made_in_a_model_has_to_be_built_and_the_report_says_how_to_ask() {
    let lead = "build or publish the data model so that the change takes effect: ask to build";
    let setup = json!({ "datamodel_name": "Leads", "datamodel_id": "7", "needs_deploy": true });
    let report = made("datamodel.setup_datamodel", setup, ChangeState::Done);
    assert_eq!(report.next, [format!("{lead} the data model \"Leads\"")]);
    for (tool, member) in
        [("datamodel.create_dataset", "created"), ("datamodel.create_table", "needs_deploy")]
    {
        let result = json!({ "datamodel_id": "7", member: true });
        let report = made(tool, result, ChangeState::Done);
        assert_eq!(report.next, [format!("{lead} the data model \"7\"")], "{tool}");
        // There already, and built.
        let report = made(tool, json!({ "datamodel_id": "7", member: false }), ChangeState::Done);
        assert_eq!(report.next, [""; 0], "{tool}");
    }
    let other = made("access.create_user", json!({ "created": true }), ChangeState::Done);
    assert_eq!(other.next, [""; 0]);
}

#[test]
fn case_062_what_failed_is_not_to_be_built() {
    for tool in ["datamodel.setup_datamodel", "datamodel.create_dataset", "datamodel.create_table"]
    {
        let result = json!({ "datamodel_id": "7", "created": true, "needs_deploy": true });
        let report = made(tool, result, ChangeState::NotDone);
        assert_eq!((report.ok, report.next.len()), (false, 0), "{tool}");
        let error = Error::new(ErrorKind::Conflict, "the name is taken").into_report();
        let call = Call::new("a", tool, serde_json::Map::new());
        let failed = StepReport::failed(&call, error, Vec::new());
        assert_eq!(Report::new("g", &session(), vec![failed]).next, [""; 0], "{tool}");
    }
}

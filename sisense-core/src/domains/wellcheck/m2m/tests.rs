use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::judge::{Answers, Counts, judge};
use super::*;
use crate::domains::lookup::models::{Titled, never_deployed};
use crate::domains::wellcheck::CompositeKey;

/// Tables `A`, `B` and `C` with columns `x` and `y`, and these relations.
fn plan(relations: Value) -> Plan {
    let column = |table: &str, name: &str| json!({"oid": format!("{table}.{name}"), "name": name});
    let table = |name: &str| json!({"oid": name, "name": name, "columns": [column(name, "x"), column(name, "y")]});
    let tables = ["A", "B", "C"].map(table);
    let model = json!({"oid": "m", "title": "Shop", "type": "extract", "relations": relations,
                       "datasets": [{"schema": {"tables": tables}}]});
    Plan::of(&Titled::from_value(model).unwrap())
}

fn relation(ends: &[&str]) -> Value {
    let ends: Vec<Value> =
        ends.iter().map(|end| json!({"table": &end[..1], "column": end})).collect();
    json!({"oid": format!("r{}", ends.len()), "columns": ends})
}

fn counts(rows: u64, filled: u64, distinct: u64) -> Result<Counts, String> {
    Ok(Counts { rows, filled, distinct })
}

/// Unique, or not, of ten rows.
fn unique(flag: bool) -> Result<Counts, String> {
    counts(10, 10, if flag { 10 } else { 4 })
}

fn names(plan: &Plan) -> Vec<String> {
    plan.keys.iter().map(|key| format!("{}.{}", key.table, key.column)).collect()
}

#[test]
fn each_column_is_counted_once_and_each_pair_judged() {
    let plan = plan(json!([relation(&["A.x", "B.x", "C.x"]), relation(&["C.x", "A.y"])]));
    assert_eq!(names(&plan), ["A.x", "B.x", "C.x", "A.y"]);
    assert_eq!(plan.pairs.len(), 4);
    let mut answers = Answers::none(&plan);
    answers.keys = vec![unique(false), unique(false), unique(true), unique(false)];
    let rows = judge(&plan, &answers);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let (left, right) = (row.left_table.as_deref(), row.right_table.as_deref());
            (left.unwrap(), right.unwrap(), row.is_m2m)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("A", "B", Some(true)),
            ("A", "C", Some(false)),
            ("B", "C", Some(false)),
            ("C", "A", Some(false)),
        ]
    );
}

#[test]
fn nulls_join_nothing_and_do_not_count() {
    let plan = plan(json!([relation(&["A.x", "B.x"])]));
    let mut answers = Answers::none(&plan);
    answers.keys = vec![counts(10, 7, 7), counts(0, 0, 0)];
    let row = &judge(&plan, &answers)[0];
    assert_eq!((row.left_unique, row.nulls_left, row.rows_left), (Some(true), Some(3), Some(10)));
    assert_eq!((row.right_unique, row.rows_right, row.is_m2m), (Some(true), Some(0), Some(false)));
}

#[test]
fn one_unique_side_is_enough_and_else_what_is_unknown_stays_so() {
    let plan = plan(json!([relation(&["A.x", "B.x"])]));
    let failed = || Err("no such table".to_owned());
    for (left, right, is_m2m) in [
        (unique(true), failed(), Some(false)),
        (unique(false), failed(), None),
        (failed(), failed(), None),
    ] {
        let mut answers = Answers::none(&plan);
        answers.keys = vec![left, right];
        let row = &judge(&plan, &answers)[0];
        assert_eq!(row.is_m2m, is_m2m);
        assert_eq!(row.reason.as_deref(), Some("no such table"));
        assert_eq!(row.rows_right, None);
    }
}

#[test]
fn dropped_ends_are_left_out_and_gone_columns_are_told() {
    let mut dropped = relation(&["A.x", "B.x"]);
    dropped["columns"][1]["isDropped"] = json!(true);
    let gone = json!({"oid": "r", "columns": [{"table": "A", "column": "A.z"},
                                              {"table": "B", "column": "B.x"}]});
    let plan = plan(json!([dropped, gone]));
    assert_eq!((plan.dropped, names(&plan)), (1, vec!["B.x".to_owned()]));
    let mut answers = Answers::none(&plan);
    answers.keys = vec![unique(false)];
    let rows = judge(&plan, &answers);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].left_table.as_deref(), rows[0].left_column.as_deref()), (Some("A"), None));
    assert_eq!(rows[0].is_m2m, None);
    assert!(rows[0].reason.as_deref().unwrap().contains("does not have"));
}

/// Two relations between `A` and `B`, the second one written the other way round.
fn composite() -> Plan {
    plan(json!([relation(&["A.x", "B.x"]), relation(&["B.y", "A.y"]), relation(&["A.x", "C.x"])]))
}

/// The verdict on the relations of `A` and `B`, each from its own side.
fn together(keys: [Result<Counts, String>; 5], sets: [Option<Result<u64, String>>; 2]) -> Verdict {
    let plan = composite();
    assert_eq!(names(&plan), ["A.x", "B.x", "B.y", "A.y", "C.x"]);
    let mut answers = Answers::none(&plan);
    answers.keys = keys.to_vec();
    let [left, right] = sets;
    *answers.set(0, true) = left;
    *answers.set(0, false) = right;
    let rows = judge(&plan, &answers);
    assert_eq!(rows[0].is_m2m, rows[1].is_m2m);
    assert_eq!((rows[2].composite, rows[2].reason.as_ref()), (CompositeKey::None, None));
    (rows[0].composite, rows[0].is_m2m)
}

type Verdict = (CompositeKey, Option<bool>);

fn repeated() -> [Result<Counts, String>; 5] {
    std::array::from_fn(|_| unique(false))
}

#[test]
fn two_relations_between_two_tables_are_judged_together() {
    let tested = |is_m2m| (CompositeKey::Tested, Some(is_m2m));
    assert_eq!(together(repeated(), [Some(Ok(10)), Some(Ok(7))]), tested(false));
    assert_eq!(together(repeated(), [Some(Ok(7)), Some(Ok(10))]), tested(false));
    assert_eq!(together(repeated(), [Some(Ok(9)), Some(Ok(9))]), tested(true));
    // A unique column makes the whole key unique, and nothing more need be counted.
    let mut keys = repeated();
    keys[3] = unique(true);
    assert_eq!(together(keys, [None, None]), tested(false));
}

#[test]
fn a_key_that_could_not_be_counted_together_says_so() {
    let no = || Some(Err("sub-selects are not supported".to_owned()));
    let untested = (CompositeKey::Untested, None);
    assert_eq!(together(repeated(), [no(), no()]), untested);
    assert_eq!(together(repeated(), [Some(Ok(7)), no()]), untested);
    assert_eq!(together(repeated(), [None, None]), untested);
    // One side is enough.
    assert_eq!(together(repeated(), [Some(Ok(10)), no()]), (CompositeKey::Tested, Some(false)));
}

#[test]
fn nulls_in_a_key_of_several_columns_are_left_out() {
    let with_nulls = |x: u64, y: u64| {
        let mut keys = repeated();
        keys[0] = counts(10, x, 4);
        keys[3] = counts(10, y, 4);
        keys
    };
    let groups = |left: u64| [Some(Ok(left)), Some(Ok(5))];
    let tested = |is_m2m| (CompositeKey::Tested, Some(is_m2m));
    // Nulls in one column: as many rows are whole as that column is filled.
    assert_eq!(together(with_nulls(8, 10), groups(8)), tested(false));
    assert_eq!(together(with_nulls(8, 10), groups(7)), tested(true));
    // In both: nobody knows how many rows are whole, unless all that may be have their own key.
    assert_eq!(together(with_nulls(8, 9), groups(8)), tested(false));
    assert_eq!(together(with_nulls(8, 9), groups(7)), (CompositeKey::Untested, None));
}

#[test]
fn a_model_says_whether_it_was_ever_built() {
    for (member, value, never) in [
        ("lastBuildTime", Value::Null, true),
        ("lastBuildTime", json!("2024-01-01"), false),
        ("lastPublishTime", Value::Null, false),
        ("other", Value::Null, false),
    ] {
        let model = Titled::from_value(json!({"oid": "m", "title": "x", member: value})).unwrap();
        assert_eq!(never_deployed(&model.document), never, "{member}");
    }
    let live = json!({"oid": "m", "title": "x", "type": "LIVE", "lastPublishTime": null});
    assert!(never_deployed(&Titled::from_value(live).unwrap().document));
}

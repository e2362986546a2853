use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sisense_core::Risk;

use super::*;
use crate::testing::operation;

fn decide(rules: Rules, id: &str, effect: &str, risk: &str) -> Decision {
    Policy::new(rules).decide(Some(&operation(id, effect, risk))).decision
}

fn patterns(all: &[&str]) -> Vec<Pattern> {
    all.iter().map(|text| Pattern::new(text).unwrap()).collect()
}

#[test]
fn without_rules_reads_run_writes_ask_and_the_unknown_is_denied() {
    let policy = Policy::default();
    assert_eq!(policy.decide(None).decision, Decision::Deny);
    for (effect, decision) in [
        ("read", Decision::Allow),
        ("create", Decision::Ask),
        ("update", Decision::Ask),
        ("delete", Decision::Ask),
        ("execute", Decision::Ask),
    ] {
        let operation = operation("access.some", effect, "low");
        assert_eq!(policy.decide(Some(&operation)).decision, decision, "{effect}");
    }
}

#[test]
fn each_rule_tightens() {
    let read_only = Rules::read_only();
    assert_eq!(decide(read_only.clone(), "a.b", "update", "low"), Decision::Deny);
    assert_eq!(decide(read_only, "a.b", "read", "low"), Decision::Allow);

    let deny = Rules { deny: patterns(&["access.*"]), ..Rules::default() };
    assert_eq!(decide(deny.clone(), "access.get_user", "read", "low"), Decision::Deny);
    assert_eq!(decide(deny, "dashboard.get", "read", "low"), Decision::Allow);

    let allow = Rules { allow: Some(patterns(&["access.*"])), ..Rules::default() };
    assert_eq!(decide(allow.clone(), "dashboard.get", "read", "low"), Decision::Deny);
    assert_eq!(decide(allow, "access.delete_user", "delete", "high"), Decision::Ask);
    let none = Rules { allow: Some(Vec::new()), ..Rules::default() };
    assert_eq!(decide(none, "access.get_user", "read", "low"), Decision::Deny);

    let ask = Rules { ask: patterns(&["*.get_data"]), ..Rules::default() };
    assert_eq!(decide(ask, "datamodel.get_data", "read", "normal"), Decision::Ask);

    let risk = Rules { deny_risk: Some(Risk::High), ..Rules::default() };
    assert_eq!(decide(risk.clone(), "a.b", "delete", "high"), Decision::Deny);
    assert_eq!(decide(risk.clone(), "a.b", "update", "normal"), Decision::Ask);
    assert_eq!(decide(risk, "a.b", "read", "high"), Decision::Allow);
}

#[test]
fn a_denied_alias_is_the_operation() {
    let mut delete = operation("access.delete_user", "delete", "high");
    delete.aliases = vec!["access_management.delete_user".into()];
    for name in ["access_management.*", "access_delete_user", "access_management_delete_user"] {
        let rules = Rules { deny: patterns(&[name]), ..Rules::default() };
        assert_eq!(Policy::new(rules).decide(Some(&delete)).decision, Decision::Deny, "{name}");
    }
}

#[test]
fn a_rule_that_is_not_known_is_refused_when_read() {
    for bad in [r#"{"read-only": true}"#, r#"{"deny": ["a b"]}"#, r#"{"deny_risk": "huge"}"#] {
        assert!(serde_json::from_str::<Rules>(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_reasons_are_those_of_the_decision() {
    let rules = Rules { read_only: true, deny: patterns(&["a.*"]), ..Rules::default() };
    let verdict = Policy::new(rules).decide(Some(&operation("a.b", "update", "low")));
    assert_eq!(verdict.reasons, ["this server only reads", "the operator denies a.*"]);
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let list = || {
        prop::collection::vec(
            prop::sample::select(vec!["*", "a.*", "b.*", "*.x", "a.x", "*.y"]),
            0..3,
        )
        .prop_map(|all| patterns(&all))
    };
    let risk = prop::option::of(prop::sample::select(vec![Risk::Low, Risk::Normal, Risk::High]));
    (any::<bool>(), prop::option::of(list()), list(), list(), risk).prop_map(
        |(read_only, allow, deny, ask, deny_risk)| Rules { read_only, allow, deny, ask, deny_risk },
    )
}

proptest! {
    #[test]
    fn a_further_layer_never_loosens(
        first in any_rules(),
        second in any_rules(),
        id in prop::sample::select(vec!["a.x", "a.y", "b.x", "c.z"]),
        effect in prop::sample::select(vec!["read", "update", "delete"]),
        risk in prop::sample::select(vec!["low", "normal", "high"]),
    ) {
        let operation = operation(id, effect, risk);
        let before = Policy::new(first.clone()).decide(Some(&operation)).decision;
        let after = Policy::new(first).tightened(second).decide(Some(&operation)).decision;
        prop_assert!(after >= before);
        prop_assert!(effect == "read" || after >= Decision::Ask);
    }
}

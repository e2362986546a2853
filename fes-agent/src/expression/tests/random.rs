//! Whatever the text: no panic, no value over the budget, the same answer each time, and an answer
//! of the shape that was foretold.
//!
//! `FES_FUZZ_SECONDS=600 FES_SEED=7 cargo nextest run -p fes-agent fuzz` goes on for longer.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::generate::{agreed, broken, soup, wild};
use super::{scope, world};
use crate::expression::{Expression, Fault, FaultKind, Limits, MAX_FAULT_CHARS, Shape, Shapes};

/// Small limits, so that many evaluations reach them; no clock, which would make answers differ.
fn limits() -> Limits {
    Limits {
        steps: 20_000,
        bytes: 1_000_000,
        result_bytes: 100_000,
        time: Duration::from_secs(3_600),
        ..Limits::default()
    }
}

fn shapes(world: &Value) -> Shapes {
    let mut shapes = Shapes::new();
    for (name, value) in world.as_object().unwrap() {
        shapes.set(name, Shape::of_value(value));
    }
    shapes
}

fn is_sound(source: &str, fault: &Fault) {
    assert_ne!(fault.kind, FaultKind::Internal, "{source}: {fault}");
    assert!(fault.to_string().chars().count() <= MAX_FAULT_CHARS, "{source}: {fault}");
    if let Some((first, last)) = fault.columns {
        let chars = source.chars().count();
        assert!(1 <= first && first <= last && last <= chars + 1, "{source:?}: {fault}");
    }
}

/// How far a text came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    NoExpression,
    NoValue,
    /// It has a value; whether its shape was foretold.
    Value(bool),
}

/// Try a text in every way.
fn probe(source: &str) -> Came {
    let expression = match Expression::parse(source) {
        Ok(expression) => expression,
        Err(fault) => {
            is_sound(source, &fault);
            return Came::NoExpression;
        }
    };
    let world = world();
    let foretold = expression.check(&shapes(&world));
    let first = expression.evaluate(&scope(&world), &limits());
    let second = expression.evaluate(&scope(&world), &limits());
    assert_eq!(first, second, "{source}");
    match &first {
        Ok(value) => {
            let more = Limits { steps: 80_000, bytes: 4_000_000, ..limits() };
            let again = expression.evaluate(&scope(&world), &more);
            assert_eq!(again.as_ref(), Ok(value), "{source}");
            if let Ok(shape) = &foretold {
                let misfit = Shape::of_value(value).fits(shape).err();
                assert_eq!(misfit, None, "{source} gives {value}, foretold as {shape}");
            }
        }
        Err(fault) => is_sound(source, fault),
    }
    if let Err(fault) = &foretold {
        is_sound(source, fault);
    }
    // With less of it, the evaluation ends earlier or in the same way.
    let less = Limits { steps: 50, bytes: 500, ..limits() };
    let short = expression.evaluate(&scope(&world), &less);
    if let Err(fault) = &short {
        assert!(fault.kind == FaultKind::Budget || short == first, "{source}: {fault}");
    } else {
        assert_eq!(short, first, "{source}");
    }
    if first.is_ok() { Came::Value(foretold.is_ok()) } else { Came::NoValue }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_taken_or_refused(text in ".{0,60}") {
        probe(&text);
    }

    #[test]
    fn tokens_in_any_order_are_taken_or_refused(text in soup()) {
        probe(&text);
    }

    #[test]
    fn expressions_keep_to_their_budget_and_their_shape(text in wild()) {
        probe(&text);
    }

    #[test]
    fn broken_expressions_are_taken_or_refused(text in broken()) {
        probe(&text);
    }
}

#[test]
fn fuzz() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("FES_FUZZ_SECONDS").unwrap_or(0);
    let seed = number("FES_SEED").unwrap_or(1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let texts = prop_oneof![wild(), soup(), broken(), agreed()];
    let started = Instant::now();
    let (mut count, mut expressions, mut values, mut foretold) = (0_u64, 0_u64, 0_u64, 0_u64);
    while count < 200 || started.elapsed() < Duration::from_secs(seconds) {
        let text = texts.new_tree(&mut runner).unwrap().current();
        // What breaks is told with its text; the seed brings it back.
        let probed = std::panic::catch_unwind(|| probe(&text));
        let Ok(came) = probed else { panic!("seed {seed}, text {count}: {text:?}") };
        count += 1;
        expressions += u64::from(came != Came::NoExpression);
        values += u64::from(matches!(came, Came::Value(_)));
        foretold += u64::from(came == Came::Value(true));
    }
    println!(
        "seed {seed}: {count} texts, {expressions} expressions, {values} values, {foretold} foretold"
    );
    // Else this tries nothing.
    assert!(values * 10 > count && foretold * 10 > count, "{values} and {foretold} of {count}");
}

#[test]
fn one_shape_foretells_many_values() {
    // A value that a list may lack, or that comes of several kinds, is foretold as such.
    for source in
        ["[1, 'a', null][n - 6]", "[[1], ['a']].flatten()", "users.map(u, u.mgr)", "{'a': 1}.?a"]
    {
        probe(source);
    }
    let nothing = Expression::parse("[].map(x, x)").unwrap().check(&Shapes::new()).unwrap();
    assert!(Shape::of_value(&json!([])).fits(&nothing).is_ok());
}

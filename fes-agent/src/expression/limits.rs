//! The limits of expressions, each with a name.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Most bytes of one expression's text.
pub const MAX_SOURCE_BYTES: usize = 2_000;

/// Deepest nesting that the parser follows.
pub(super) const PARSER_RECURSION: u16 = 32;

/// Deepest syntax tree of one expression.
pub const MAX_DEPTH: usize = 64;

/// Most nodes of one expression's syntax tree.
pub const MAX_NODES: usize = 500;

/// Most bytes of one value that expressions read: its texts and names, and 8 for each value.
pub const MAX_INPUT_BYTES: usize = 8 * 1024 * 1024;

/// Deepest nesting of a value that goes in or comes out.
pub const MAX_VALUE_DEPTH: usize = 64;

/// Most items of a list that a loop goes through.
pub const MAX_ITEMS: usize = 1_000;

/// Stack of the thread that parses and evaluates. A debug build needs 8 MiB for 31 parentheses.
pub(super) const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A list with more scalars than this is looked through by hash.
pub(super) const HASHED_FROM: usize = 32;

/// The steps between two looks at the clock and at the cancel flag.
pub(super) const STEPS_PER_LOOK: u64 = 1_024;

/// How much one evaluation may take.
///
/// ```
/// use fes_agent::expression::Limits;
///
/// assert_eq!(Limits::default().steps, 10_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most steps; a step is one visit of a node, or the like.
    pub steps: u64,
    /// Most bytes of the values that are made on the way, an estimate. What is dropped again counts
    /// too.
    pub bytes: u64,
    /// Most bytes of the result.
    pub result_bytes: usize,
    /// Most items of a list that a loop goes through.
    pub items: usize,
    /// Longest time.
    pub time: Duration,
    /// Set this to stop the evaluation from outside.
    pub cancel: Option<Arc<AtomicBool>>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            steps: 10_000_000,
            bytes: 16 * 1024 * 1024,
            result_bytes: 4 * 1024 * 1024,
            items: MAX_ITEMS,
            time: Duration::from_secs(1),
            cancel: None,
        }
    }
}

impl Limits {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

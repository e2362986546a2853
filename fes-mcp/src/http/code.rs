//! The operator's approval code: whoever decides has to know it, where there is one. The pages and
//! the agent API share one count of wrong codes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sisense_core::Secret;

use super::guard::same;

/// Most wrong codes before no more are taken until the server is restarted.
pub(super) const MOST_WRONG_CODES: u32 = 10;

/// The code, if there is one. Clones share the count.
#[derive(Clone)]
pub struct OperatorCode {
    code: Option<Secret>,
    wrong: Arc<AtomicU32>,
}

/// Why a code does not let a decision through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not the code.
    Wrong,
    /// Too many were wrong.
    TooMany,
}

impl OperatorCode {
    /// With a code, or without.
    pub fn new(code: Option<Secret>) -> Self {
        OperatorCode { code, wrong: Arc::default() }
    }

    /// Whether there is one.
    pub fn is_needed(&self) -> bool {
        self.code.is_some()
    }

    /// Let a decision through that gives the code, or needs none.
    pub fn check(&self, given: Option<&str>) -> Result<(), Refused> {
        let Some(wanted) = &self.code else { return Ok(()) };
        if self.wrong.load(Ordering::Relaxed) >= MOST_WRONG_CODES {
            return Err(Refused::TooMany);
        }
        if given.is_some_and(|given| same(given.trim(), wanted.expose())) {
            return Ok(());
        }
        self.wrong.fetch_add(1, Ordering::Relaxed);
        Err(Refused::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_codes_count_together() {
        let code = OperatorCode::new(Some(Secret::new("1234")));
        let other = code.clone();
        for _ in 0..MOST_WRONG_CODES {
            assert_eq!(other.check(Some("4321")), Err(Refused::Wrong));
        }
        assert_eq!(code.check(Some("1234")), Err(Refused::TooMany));
        assert_eq!(OperatorCode::new(None).check(None), Ok(()));
        assert_eq!(OperatorCode::new(Some(Secret::new("1"))).check(Some(" 1 ")), Ok(()));
    }
}

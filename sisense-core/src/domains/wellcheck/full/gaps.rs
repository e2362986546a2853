//! What was not checked.

use crate::domains::wellcheck::{Check, NotChecked};
use crate::error::Error;
use crate::run::Missing;

/// What was not checked, by failure or on purpose.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    pub(super) not_checked: Vec<NotChecked>,
    /// Those that failed.
    pub(super) missing: Vec<Missing>,
}

impl Gaps {
    /// Something could not be loaded.
    pub(super) fn lost(&mut self, checks: &[Check], what: &str, error: Error) {
        self.missed(checks, Missing::new(what, error));
    }

    pub(super) fn missed(&mut self, checks: &[Check], missing: Missing) {
        let why = missing.error.message.clone();
        self.not_checked.push(NotChecked {
            checks: checks.to_vec(),
            what: missing.what.clone(),
            why,
        });
        self.missing.push(missing);
    }

    /// Something was left out on purpose.
    pub(super) fn left_out(&mut self, check: Check, what: String, why: &str) {
        self.not_checked.push(NotChecked { checks: vec![check], what, why: why.to_owned() });
    }

    pub(super) fn join(&mut self, other: Gaps) {
        self.not_checked.extend(other.not_checked);
        self.missing.extend(other.missing);
    }
}

//! What an operation would change, until a person has decided.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fes_agent::Store;
use serde_json::Value;
use sisense_core::operation::Outcome;
use sisense_core::run::Handover;
use sisense_core::{Change, Error, ErrorKind, Result, Run};

use crate::handle::{Handle, text};
use crate::progress::{Listener, told_to};

/// The changes that an operation would make, and the answer it would give.
#[derive(Debug)]
pub struct Preview {
    handle: Handle,
    id: String,
    args: Value,
    changes: Vec<Arc<Change>>,
    handover: Handover,
    outcome: Outcome,
    applied: AtomicBool,
}

impl Preview {
    pub(crate) fn new(handle: Handle, id: &str, args: Value, run: &Run, outcome: Outcome) -> Self {
        Preview {
            handle,
            id: id.into(),
            args,
            changes: run.changes(),
            handover: run.handover(),
            outcome,
            applied: AtomicBool::new(false),
        }
    }

    /// Whether there is nothing to change: everything is as wished.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The changes as a JSON list.
    ///
    /// # Errors
    /// None that is expected; they are plain data.
    pub fn changes(&self) -> Result<String> {
        text(&self.changes)
    }

    /// The answer that the operation would give: `{"result": …, "missing": […]}`.
    ///
    /// # Errors
    /// None that is expected; it is plain data.
    pub fn outcome(&self) -> Result<String> {
        text(&self.outcome)
    }

    /// Make exactly these changes. A person has approved them. Works once. With a journal, a file
    /// that is made when it is not there, each change is kept before it is sent, and
    /// [`Handle::resume`] goes on with what broke off.
    ///
    /// # Errors
    /// Those of the operation; [`ErrorKind::Drifted`] when an asset is no longer what the preview
    /// showed, [`ErrorKind::NotApproved`] when the preview was applied before,
    /// [`ErrorKind::Config`] when the journal cannot be opened: nothing is sent then.
    pub async fn apply(
        &self,
        listener: Option<Listener>,
        journal: Option<&Path>,
    ) -> Result<String> {
        let store = match journal {
            Some(path) => Some(Store::open(path).await?),
            None => None,
        };
        if self.applied.swap(true, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::NotApproved, "this preview was applied before")
                .with_operation(&self.id)
                .with_next_step("make a new preview"));
        }
        if let Some(store) = store {
            let approved = (self.changes.clone(), self.handover.clone());
            let done = self.handle.begin(&store, &self.id, &self.args, approved, listener);
            return text(&done.await?);
        }
        let run = Run::approved(self.changes.clone()).handover(self.handover.clone());
        let run = told_to(run, listener).start();
        text(&self.handle.run(&run, &self.id, self.args.clone()).await?)
    }
}

//! Calls that are kept in a file, so that another process can go on with them.

use std::path::Path;
use std::sync::Arc;

use fes_agent::{KeptCall, Options, RunRecord, Store};
use serde_json::Map;
use sisense_core::operation::Outcome;
use sisense_core::run::Handover;
use sisense_core::{Change, Error, ErrorKind, Result};

use crate::handle::{Handle, text};
use crate::progress::{Listener, sink};

/// The calls that a file holds, newest first, as a JSON list: what each is, where it stands, and how
/// many of its writes are done.
///
/// # Errors
/// [`ErrorKind::NotFound`] when there is no such file; [`ErrorKind::Config`] when it cannot be read.
pub async fn runs(path: &Path) -> Result<String> {
    text(&KeptCall::all(&open(path).await?).await?)
}

async fn open(path: &Path) -> Result<Store> {
    if !path.exists() {
        return Err(Error::not_found("journal", &path.display().to_string())
            .with_next_step("a journal is made by the first call that is given one"));
    }
    Store::open(path).await
}

fn options(listener: Option<Listener>) -> Options {
    match listener {
        Some(listener) => Options::default().progress(sink(listener)),
        None => Options::default(),
    }
}

impl Handle {
    /// Make the approved changes of a call, each kept in the file before it is sent.
    pub(crate) async fn begin(
        &self,
        store: &Store,
        id: &str,
        args: &serde_json::Value,
        (changes, handover): (Vec<Arc<Change>>, Handover),
        listener: Option<Listener>,
    ) -> Result<Outcome> {
        let args = args.as_object().cloned().unwrap_or_else(Map::new);
        let (tools, options) = (self.tools()?, options(listener));
        let call = (id, args);
        let kept = KeptCall::begin(store, &tools, self.place(), call, changes, &options).await?;
        self.carry_out(kept.handover(handover)).await
    }

    /// Go on with a call that a file holds and that broke off or left something undone. What was
    /// approved is all that may change; what is done is not done again, and what nobody saw end is
    /// looked up first. Without an id it is the only such call between these deployments. Gives
    /// `{"result": …, "missing": […]}`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::Ambiguous`] when there are several,
    /// [`ErrorKind::Conflict`] when another process is at it or it is done,
    /// [`ErrorKind::InvalidInput`] when it belongs to other deployments,
    /// [`ErrorKind::NotApproved`] when its arguments held a secret, which is not kept; those of the
    /// operation.
    pub async fn resume(
        &self,
        path: &Path,
        run: Option<&str>,
        listener: Option<Listener>,
    ) -> Result<String> {
        let store = open(path).await?;
        let id = self.chosen(KeptCall::all(&store).await?, run)?;
        let kept = KeptCall::claim(&store, &id, &options(listener)).await?;
        text(&self.carry_out(kept).await?)
    }

    async fn carry_out(&self, kept: KeptCall) -> Result<Outcome> {
        let handle = self.clone();
        let work = |run, id: String, args| async move { handle.run(&run, &id, args).await };
        Box::pin(kept.carry_out(work)).await
    }

    /// The run with this id, or the only one that can be resumed here.
    fn chosen(&self, all: Vec<RunRecord>, wanted: Option<&str>) -> Result<String> {
        let place = self.place();
        let is_here = |run: &RunRecord| {
            (run.deployment.as_str(), run.target.as_deref()) == (place.source, place.target)
        };
        if let Some(id) = wanted {
            let run = all.into_iter().find(|run| run.id == id);
            let run = run.ok_or_else(|| Error::not_found("run", id))?;
            if is_here(&run) {
                return Ok(run.id);
            }
            let places = [Some(run.deployment), run.target];
            let places: Vec<String> = places.into_iter().flatten().collect();
            let message = format!("this run belongs to other deployments: {}", places.join(" → "));
            return Err(Error::invalid(message)
                .with_next_step("give the client the same name, and the same target"));
        }
        let open: Vec<RunRecord> =
            all.into_iter().filter(|run| run.state.can_resume() && is_here(run)).collect();
        match open.as_slice() {
            [run] => Ok(run.id.clone()),
            [] => Err(Error::new(ErrorKind::NotFound, "there is no run to go on with")
                .with_next_step("list the runs of the journal")),
            many => {
                let found = many.iter().map(|run| format!("{} ({})", run.id, run.goal)).collect();
                Err(Error::ambiguous("run", "to go on with", found))
            }
        }
    }
}

//! The names that exist in a deployment, each kind loaded at most once in a turn.

use std::sync::Arc;

use futures_util::future::join_all;
use sisense_core::error::ErrorReport;
use tokio::sync::OnceCell;

use crate::host::{Kind, Name, Tools};

type Loaded = Result<Vec<Name>, ErrorReport>;

/// The names that exist in a deployment. Made for one turn, and dropped after it.
pub struct Directory {
    tools: Arc<dyn Tools>,
    deployment: String,
    kinds: [OnceCell<Loaded>; Kind::ALL.len()],
}

impl Directory {
    /// The names of a deployment. Nothing is loaded yet.
    #[must_use]
    pub fn new(tools: Arc<dyn Tools>, deployment: &str) -> Self {
        Directory { tools, deployment: deployment.to_owned(), kinds: Default::default() }
    }

    fn cell(&self, kind: Kind) -> &OnceCell<Loaded> {
        let [datamodel, dashboard, group, user] = &self.kinds;
        match kind {
            Kind::Datamodel => datamodel,
            Kind::Dashboard => dashboard,
            Kind::Group => group,
            Kind::User => user,
        }
    }

    /// Load kinds, side by side. What cannot be loaded is remembered with its error.
    pub async fn load(&self, kinds: &[Kind]) {
        let loads: Vec<_> = kinds.iter().map(|kind| self.load_one(*kind)).collect();
        join_all(loads).await;
    }

    async fn load_one(&self, kind: Kind) {
        let names = || async {
            let names = self.tools.names(&self.deployment, kind).await;
            names.map_err(sisense_core::Error::into_report)
        };
        self.cell(kind).get_or_init(names).await;
    }

    /// The names of a kind, when they were asked for and could be loaded.
    #[must_use]
    pub fn names(&self, kind: Kind) -> Option<&[Name]> {
        self.cell(kind).get().and_then(|loaded| loaded.as_deref().ok())
    }

    /// Why a kind could not be loaded.
    #[must_use]
    pub fn error(&self, kind: Kind) -> Option<&ErrorReport> {
        self.cell(kind).get().and_then(|loaded| loaded.as_ref().err())
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").field("deployment", &self.deployment).finish_non_exhaustive()
    }
}

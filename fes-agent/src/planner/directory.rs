//! The names that exist in a deployment, each kind loaded at most once in a turn.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::future::join_all;
use sisense_core::error::ErrorReport;
use sisense_core::{Error, ErrorKind};
use tokio::sync::OnceCell;

use super::find::plain;
use crate::host::{Kind, Name, Tools};
use crate::policy::{Decision, Policy};

/// The names of a kind, and where each word for one stands among them.
struct Known {
    names: Vec<Name>,
    words: HashMap<String, Vec<usize>>,
}

type Loaded = Result<Known, ErrorReport>;

/// The names that exist in a deployment. Made for one turn, and dropped after it.
pub struct Directory {
    tools: Arc<dyn Tools>,
    policy: Policy,
    deployment: String,
    kinds: [OnceCell<Loaded>; Kind::ALL.len()],
}

impl Directory {
    /// The names of a deployment, as far as the policy lets them be listed without asking a person.
    /// Nothing is loaded yet.
    #[must_use]
    pub fn new(tools: Arc<dyn Tools>, policy: &Policy, deployment: &str) -> Self {
        let (deployment, policy) = (deployment.to_owned(), policy.clone());
        Directory { tools, policy, deployment, kinds: Default::default() }
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
            let names = match self.closed(kind) {
                Some(error) => Err(error),
                None => self.tools.names(&self.deployment, kind).await,
            };
            let words = |names: Vec<Name>| Known { words: words(kind, &names), names };
            names.map(words).map_err(Error::into_report)
        };
        self.cell(kind).get_or_init(names).await;
    }

    /// Why the operation that lists a kind may not be called, where that is so: it is not there, it
    /// does more than read, or the policy denies it or wants a person to be asked.
    fn closed(&self, kind: Kind) -> Option<Error> {
        let id = self.tools.lists(kind)?;
        let operation = self.tools.find(id);
        let verdict = self.policy.decide(operation);
        let reads = operation.is_some_and(|operation| !operation.effect.writes());
        if reads && verdict.decision == Decision::Allow {
            return None;
        }
        let why = format!("{id} may not be called for it: {}", verdict.reasons.join("; "));
        Some(Error::new(ErrorKind::Forbidden, why))
    }

    /// The names of a kind, when they were asked for and could be loaded.
    #[must_use]
    pub fn names(&self, kind: Kind) -> Option<&[Name]> {
        self.cell(kind)
            .get()
            .and_then(|loaded| loaded.as_ref().ok())
            .map(|known| known.names.as_slice())
    }

    /// The things of a kind that this is a word for, in lower case.
    pub(super) fn called(&self, kind: Kind, words: &str) -> Vec<&Name> {
        let Some(Ok(known)) = self.cell(kind).get() else { return Vec::new() };
        let places = known.words.get(words).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| known.names.get(*place)).collect()
    }

    /// Why a kind could not be loaded.
    #[must_use]
    pub fn error(&self, kind: Kind) -> Option<&ErrorReport> {
        self.cell(kind).get().and_then(|loaded| loaded.as_ref().err())
    }
}

/// All words for the things of a kind, in lower case.
fn words(kind: Kind, names: &[Name]) -> HashMap<String, Vec<usize>> {
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, name) in names.iter().enumerate() {
        let mut words: BTreeSet<String> = name.also.iter().map(|word| plain(word)).collect();
        words.insert(plain(&name.name));
        words.insert(name.name.to_lowercase());
        if kind == Kind::User
            && let Some((local, _)) = name.name.split_once('@')
        {
            words.insert(local.to_lowercase());
            words.insert(local.to_lowercase().replace(['.', '_', '-', '+'], " "));
        }
        for word in words.into_iter().filter(|word| !word.is_empty()) {
            index.entry(word).or_default().push(place);
        }
    }
    index
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").field("deployment", &self.deployment).finish_non_exhaustive()
    }
}

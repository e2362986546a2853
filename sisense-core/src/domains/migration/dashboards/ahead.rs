//! Documents that a run loads while it still reads the lists, since its preview knows that it will need
//! them. One that has changed since is loaded again.

use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, Shared, join_all, select};

use super::wish::Wish;
use crate::client::Client;
use crate::domains::lookup::exports::DashboardText;
use crate::run::{AssetKind, Document, Handover, Run, RunMode, Wanted};

/// Most documents that are loaded ahead. It is not known yet how large they are.
const MOST: usize = 80;

/// What is loaded ahead, a chunk at a time.
#[derive(Default)]
pub(super) struct Ahead {
    loads: Vec<(Vec<String>, Shared<BoxFuture<'static, ()>>)>,
}

impl Ahead {
    /// What the preview of this run said that it will need. Nothing in a preview.
    pub(super) fn of(run: &Run, source: &Client, batch: usize) -> Self {
        let handover = run.handover();
        if run.mode() == RunMode::Preview {
            return Ahead::default();
        }
        let wanted = handover.expected(source.name(), AssetKind::Dashboard);
        let load = |chunk: &[Wanted]| {
            let ids: Vec<String> = chunk.iter().map(|one| one.id.clone()).collect();
            let load = load(source.clone(), handover.clone(), chunk.to_vec()).boxed();
            (ids, load.shared())
        };
        Ahead { loads: wanted.chunks(batch).map(load).collect() }
    }

    /// Go on loading until something else is done.
    pub(super) async fn until<T>(&self, other: impl Future<Output = T>) -> T {
        let loads = pin!(join_all(self.loads.iter().map(|(_, load)| load.clone())));
        match select(pin!(other), loads).await {
            Either::Left((done, _)) => done,
            Either::Right((_, other)) => other.await,
        }
    }

    /// Wait for those of these documents that are on their way.
    pub(super) async fn here(&self, ids: &[String]) {
        let wanted = self.loads.iter().filter(|(own, _)| own.iter().any(|id| ids.contains(id)));
        join_all(wanted.map(|(_, load)| load.clone())).await;
    }
}

/// What fails is loaded again when its turn comes, and told then.
async fn load(source: Client, handover: Handover, wanted: Vec<Wanted>) {
    let ids: Vec<String> = wanted.iter().map(|one| one.id.clone()).collect();
    let loaded = source.load_texts(&ids).await;
    for text in loaded.documents {
        let copy = loaded.copies.contains(&text.oid);
        let version = wanted.iter().find(|one| one.id == text.oid);
        let version = version.and_then(|one| one.version.clone());
        let oid = text.oid.clone();
        let document = Document { version, copy, json: text.into_json() };
        handover.put(source.name(), AssetKind::Dashboard, &oid, document);
    }
}

/// Keep a document that a preview has compared, for the run. One that cannot be told from a later one
/// is not kept.
pub(super) fn keep_for_run(
    run: &Run,
    source: &Client,
    wish: &Wish,
    text: DashboardText,
    copy: bool,
) {
    if wish.source.last_updated.is_some() {
        let version = wish.source.last_updated.clone();
        let document = Document { version, copy, json: text.into_json() };
        run.handover().keep(source.name(), AssetKind::Dashboard, &wish.source.oid, document);
    }
}

/// Say which documents the run of this preview will need first.
pub(super) fn expect(run: &Run, chunks: &[Vec<Wish>]) {
    let wanted = chunks.iter().flatten().take(MOST).map(|wish| Wanted {
        id: wish.source.oid.clone(),
        version: wish.source.last_updated.clone(),
    });
    run.handover().expect(wanted.collect());
}

/// A document that is here already, and whether it is the caller's own copy.
pub(super) fn take(run: &Run, source: &Client, wish: &Wish) -> Option<(DashboardText, bool)> {
    let version = wish.source.last_updated.as_deref();
    let oid = &wish.source.oid;
    let document = run.handover().take(source.name(), AssetKind::Dashboard, oid, version)?;
    Some((DashboardText::new(oid.clone(), document.json), document.copy))
}

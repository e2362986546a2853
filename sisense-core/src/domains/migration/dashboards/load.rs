//! What is loaded of a chunk: texts of documents, of which few are read at once.

use std::collections::HashMap;

use super::super::Migrations;
use super::super::result::{Item, ItemOutcome};
use super::chunk::{Going, Rows, stopped};
use super::read::{Texts, Understood};
use super::room::Taken;
use super::wish::{What, Wish};
use super::{Work, ahead};
use crate::domains::lookup::exports::DashboardText;
use crate::error::{Error, Result};
use crate::run::{Action, Entry, RunMode};

/// A chunk as far as it is loaded.
pub(super) struct Prepared<'a> {
    pub(super) going: Vec<Going>,
    /// The rows of those that are settled by looking.
    pub(super) rows: Rows,
    /// The room that its documents take.
    pub(super) room: Option<Taken<'a>>,
}

impl Migrations {
    /// Load what is needed of a chunk. In a preview only what is compared, of which the source's
    /// documents are kept for the run where there is room.
    pub(super) async fn prepare<'a>(&self, work: &'a Work<'_>, wishes: Vec<Wish>) -> Prepared<'a> {
        if work.run.is_cancelled() {
            let rows = wishes.into_iter().map(|wish| (wish.place, wish.row.ended(stopped())));
            return Prepared { going: Vec::new(), rows: rows.collect(), room: None };
        }
        let preview = work.run.mode() == RunMode::Preview;
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for wish in &wishes {
            if wish.what == What::Overwrite {
                there.push(wish.source.oid.clone());
            }
            if wish.what == What::Overwrite || !preview {
                here.push(wish.source.oid.clone());
            }
        }
        let mut room = work.room.take(here.len() + there.len()).await;
        work.ahead.here(&here).await;
        let mut documents = HashMap::new();
        let mut copies = Vec::new();
        for wish in wishes.iter().filter(|_| !preview) {
            let Some((text, copy)) = ahead::take(work.run, &self.source, wish) else { continue };
            copies.extend(copy.then(|| text.oid.clone()));
            documents.insert(text.oid.clone(), text);
        }
        here.retain(|id| !documents.contains_key(id));
        let (here, there) = futures_util::future::join(
            self.source.load_texts(&here),
            self.target.load_texts(&there),
        )
        .await;
        copies.extend(here.copies);
        let mut failed: HashMap<String, Error> = here.failed.into_iter().collect();
        let mut unseen: HashMap<String, Error> = there.failed.into_iter().collect();
        documents.extend(by_id(here.documents));
        room.holds(documents.values().chain(&there.documents).map(DashboardText::bytes).sum());
        let mut present = by_id(there.documents);
        let (mut loaded, mut texts, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for wish in wishes {
            let earlier = self.earlier(work, &wish);
            let mut one = Going::new(wish, earlier);
            let oid = one.oid().to_owned();
            if let Some(error) = failed.remove(&oid).or_else(|| unseen.remove(&oid)) {
                rows.push(one.ended(error));
                continue;
            }
            if copies.contains(&oid) {
                let note = "exported as the token's own copy, not as the owner's version";
                one.wish.row.notes.push(note.to_owned());
            }
            let folder = (!preview).then(|| self.folder_of(work, &one.wish)).transpose();
            match folder {
                Ok(folder) => {
                    let (here, there) = (documents.remove(&oid), present.remove(&oid));
                    texts.push(Texts { here, there, folder });
                    loaded.push(one);
                }
                Err(error) => rows.push(one.ended(error)),
            }
        }
        let bytes = texts.iter().map(Texts::bytes).sum();
        let read = move || texts.into_iter().map(Texts::read).collect::<Vec<_>>();
        let understood = match work.readers.read(bytes, read).await {
            Ok(understood) => understood,
            Err(error) => {
                let report = error.into_report();
                rows.extend(loaded.into_iter().map(|one| one.ended(report.clone().into())));
                return Prepared { going: Vec::new(), rows, room: None };
            }
        };
        let mut going = Vec::new();
        for (mut one, understood) in loaded.into_iter().zip(understood) {
            let Understood { here, there, document, replaced, text } = match understood {
                Ok(understood) => understood,
                Err(error) => {
                    rows.push(one.ended(error));
                    continue;
                }
            };
            (one.here, one.there) = (here, there);
            (one.document, one.replaced) = (document, replaced);
            if let Some(text) = text {
                let copy = copies.contains(&text.oid);
                ahead::keep_for_run(work.run, &self.source, &one.wish, text, copy);
            }
            if one.earlier.is_none()
                && let Some(same) = the_same(&mut one)
            {
                rows.push(same);
                continue;
            }
            going.push(one);
        }
        let room = (!preview).then_some(room);
        Prepared { going, rows, room }
    }

    /// The folder that a document goes into.
    pub(super) fn folder_of(&self, work: &Work<'_>, wish: &Wish) -> Result<Option<String>> {
        match (&wish.what, &wish.folder) {
            // It stays where it is, also where a server would follow the document.
            (What::Overwrite, _) => {
                Ok(wish.there.as_ref().and_then(|row| row.parent_folder.clone()))
            }
            (_, Some(path)) => work.places.id(path).map(Some),
            (_, None) => Ok(None),
        }
    }

    fn earlier(&self, work: &Work<'_>, wish: &Wish) -> Option<Entry> {
        let action = match wish.what {
            What::Overwrite => Action::Overwrite,
            What::Create | What::Duplicate => Action::Create,
        };
        let bare = self.bare(&work.options, action, &wish.source, String::new());
        work.trail.find(work.run, &bare, |_| true).cloned()
    }
}

/// The row of a dashboard that holds what the source's holds.
fn the_same(one: &mut Going) -> Option<(usize, Item)> {
    let (here, there) = (one.here.as_ref()?, one.there.as_ref()?);
    if one.wish.what != What::Overwrite || here.digest() != there.digest() {
        return None;
    }
    let mut row = one.wish.row.clone().on_target(one.oid().to_owned());
    row.outcome = ItemOutcome::Skipped;
    Some((one.wish.place, row.because("the target's dashboard is the same already")))
}

fn by_id(texts: Vec<DashboardText>) -> HashMap<String, DashboardText> {
    texts.into_iter().map(|text| (text.oid.clone(), text)).collect()
}

//! What is loaded of a chunk: texts of documents, of which few are read at once.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::{RawValue, to_raw_value};

use super::super::Migrations;
use super::super::result::{Item, ItemOutcome};
use super::chunk::{Going, Rows, stopped};
use super::meaning::Meaning;
use super::room::Taken;
use super::wish::{What, Wish};
use super::{Work, ahead};
use crate::domains::lookup::exports::DashboardText;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Action, Entry, RunMode};

/// A document as it is imported.
pub(super) struct Importable {
    pub(super) json: Box<RawValue>,
    /// The folder that it goes into.
    pub(super) folder: Option<String>,
}

/// A chunk as far as it is loaded.
pub(super) struct Prepared<'a> {
    pub(super) going: Vec<Going>,
    /// The rows of those that are settled by looking.
    pub(super) rows: Rows,
    /// The room that its documents take.
    pub(super) room: Option<Taken<'a>>,
}

impl Migrations {
    /// Load what is needed of a chunk. In a preview only what is compared, of which nothing stays.
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
        let (mut going, mut rows) = (Vec::new(), Vec::new());
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
            let texts = (documents.remove(&oid), present.remove(&oid));
            let copy = copies.contains(&oid);
            if let Err(error) = self.compare(work, &mut one, texts, copy) {
                rows.push(one.ended(error));
                continue;
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

    /// Read both texts, one after the other, and keep what they mean; of the texts what is written, or
    /// what the run of this preview needs again.
    fn compare(
        &self,
        work: &Work<'_>,
        one: &mut Going,
        (here, there): (Option<DashboardText>, Option<DashboardText>),
        copy: bool,
    ) -> Result<()> {
        let preview = work.run.mode() == RunMode::Preview;
        if let Some(text) = there {
            one.there = Some(Meaning::of(&text.read()?));
            one.replaced = (!preview).then(|| text.into_json());
        }
        let Some(text) = here else { return Ok(()) };
        one.here = Some(Meaning::of(&text.read()?));
        if preview {
            ahead::keep_for_run(work.run, &self.source, &one.wish, text, copy);
        } else {
            one.document = Some(self.document(work, &one.wish, &text)?);
        }
        Ok(())
    }

    /// The document as it is sent.
    pub(super) fn document(
        &self,
        work: &Work<'_>,
        wish: &Wish,
        text: &DashboardText,
    ) -> Result<Importable> {
        let folder = match (&wish.what, &wish.folder) {
            // It stays where it is, also where a server would follow the document.
            (What::Overwrite, _) => wish.there.as_ref().and_then(|row| row.parent_folder.clone()),
            (_, Some(path)) => Some(work.places.id(path)?),
            (_, None) => None,
        };
        let json = importable(text.json(), folder.as_deref()).map_err(|error| {
            Error::new(ErrorKind::Decode, "the document cannot be made ready for its import")
                .with_source(error)
        })?;
        Ok(Importable { json, folder })
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

/// The document as it is imported: in the folder that is given, without what some servers refuse. What
/// its members hold is passed on as it is.
fn importable(document: &str, folder: Option<&str>) -> serde_json::Result<Box<RawValue>> {
    // The source's folder means nothing on the target.
    let (folder, none) = (to_raw_value(&folder)?, to_raw_value(&[(); 0])?);
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(document)?;
    members.insert("parentFolder".to_owned(), &folder);
    if let Some(layout) = members.get_mut("previewLayout").filter(|now| now.get() == "null") {
        *layout = &none;
    }
    to_raw_value(&members)
}

fn by_id(texts: Vec<DashboardText>) -> HashMap<String, DashboardText> {
    texts.into_iter().map(|text| (text.oid.clone(), text)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::importable;

    #[test]
    fn a_document_keeps_everything_but_its_folder_and_an_empty_preview() {
        let text = r#"{"oid": "5f01", "parentFolder": "5f02", "previewLayout": null,
            "big": 12345678901234567890123, "title": "A \"b\"", "widgets": [{"a": null}]}"#;
        let made = importable(text, Some("5f03")).unwrap();
        assert!(made.get().contains("12345678901234567890123"), "{made}");
        let made: Value = serde_json::from_str(made.get()).unwrap();
        assert_eq!(made["parentFolder"], "5f03");
        assert_eq!(made["previewLayout"], json!([]));
        assert_eq!(made["title"], "A \"b\"");
        assert_eq!(made["widgets"], json!([{"a": null}]));
        let top: Value = serde_json::from_str(importable("{}", None).unwrap().get()).unwrap();
        assert_eq!(top, json!({"parentFolder": null}));
        assert!(importable("[]", None).is_err());
    }
}

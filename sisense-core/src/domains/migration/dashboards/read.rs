//! Reading documents. It is work of the processor alone, and much of it is done beside the task, so that
//! requests do not wait for it.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::Semaphore;

use super::meaning::Meaning;
use crate::domains::lookup::exports::DashboardText;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of documents that are read at once: another thread would cost more than it brings.
const AT_ONCE: usize = 32 * 1024;

/// As many documents are read side by side as there are processors.
pub(super) struct Readers(Semaphore);

impl Readers {
    pub(super) fn new() -> Self {
        Readers(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)))
    }

    /// Do this, which reads so many bytes.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        if bytes <= AT_ONCE {
            return Ok(work());
        }
        // It is never closed, so there is always a permit in the end.
        let _permit = self.0.acquire().await.ok();
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the documents could not be read").with_source(error)
        })
    }
}

/// A document as it is imported.
pub(super) struct Importable {
    pub(super) json: Box<RawValue>,
    /// The folder that it goes into.
    pub(super) folder: Option<String>,
}

impl Importable {
    /// The document in the folder that is given, without what some servers refuse.
    pub(super) fn of(document: &DashboardText, folder: Option<String>) -> Result<Self> {
        let json = importable(document.json(), folder.as_deref()).map_err(|error| {
            Error::new(ErrorKind::Decode, "the document cannot be made ready for its import")
                .with_source(error)
        })?;
        Ok(Importable { json, folder })
    }
}

/// What is read of one dashboard.
pub(super) struct Texts {
    pub(super) here: Option<DashboardText>,
    pub(super) there: Option<DashboardText>,
    /// The folder that it goes into, if it is to be imported.
    pub(super) folder: Option<Option<String>>,
}

/// What came of it: of the texts only what is written, or needed again.
#[derive(Default)]
pub(super) struct Understood {
    pub(super) here: Option<Meaning>,
    pub(super) there: Option<Meaning>,
    pub(super) document: Option<Importable>,
    /// What the target holds, where it is replaced.
    pub(super) replaced: Option<Box<RawValue>>,
    /// The source's text, where it is not imported.
    pub(super) text: Option<DashboardText>,
}

impl Texts {
    pub(super) fn bytes(&self) -> usize {
        self.here.iter().chain(&self.there).map(DashboardText::bytes).sum()
    }

    /// Read both texts, one after the other: a text takes less room than what is read from it.
    pub(super) fn read(self) -> Result<Understood> {
        let mut understood = Understood::default();
        if let Some(text) = self.there {
            understood.there = Some(Meaning::of(&text.read()?));
            understood.replaced = self.folder.is_some().then(|| text.into_json());
        }
        let Some(text) = self.here else { return Ok(understood) };
        understood.here = Some(Meaning::of(&text.read()?));
        match self.folder {
            Some(folder) => understood.document = Some(Importable::of(&text, folder)?),
            None => understood.text = Some(text),
        }
        Ok(understood)
    }
}

/// What the members of a document hold is passed on as it is.
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

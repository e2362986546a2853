//! What an asset was before a run changed it, as the journal keeps it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::{Error, ErrorKind, Result};

/// A before-image. Each holds exactly what it takes to write the old state back, or to see that what
/// a run made is still as it made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "image")]
pub(crate) enum Image {
    /// A dashboard that was made: the digest of its meaning.
    MadeDashboard { digest: String },
    /// A dashboard that was replaced: its exported document, and the digest of what took its place.
    Dashboard { document: Value, written: String },
    /// The share list of a dashboard, as it is written.
    Shares { rows: Vec<Value> },
    /// The owner of a dashboard, by id, and the share list of before, as it is written.
    Owner { id: String, rows: Vec<Value> },
    /// A data model that was replaced: its document as the deployment exported it, in which settings of
    /// connections are encrypted, and the digest of what took its place.
    Datamodel { document: Value, written: String },
    /// The digest of what a run read back right after it had written. Kept under a key of its own,
    /// since it is no image of before.
    ReadBack { digest: String },
    /// The share list of a data model, as it is written, and whether the model is live.
    ModelShares { rows: Vec<Value>, live: bool },
}

impl Image {
    /// The key of the [`Image::ReadBack`] of an entry.
    pub(crate) fn read_back_key(entry: &str) -> String {
        format!("{entry}#read back")
    }

    /// As it is kept.
    ///
    /// # Errors
    /// When it is no JSON, which only a fault in this crate makes so.
    pub(crate) fn to_json(&self) -> Result<Box<RawValue>> {
        text(self)
    }

    /// An [`Image::Dashboard`] of a document that is JSON text.
    ///
    /// # Errors
    /// As [`Image::to_json`].
    pub(crate) fn dashboard_json(document: &RawValue, written: &str) -> Result<Box<RawValue>> {
        #[derive(Serialize)]
        struct Dashboard<'a> {
            image: &'static str,
            document: &'a RawValue,
            written: &'a str,
        }
        text(&Dashboard { image: "dashboard", document, written })
    }
}

fn text(image: &impl Serialize) -> Result<Box<RawValue>> {
    to_raw_value(image).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "what was there before cannot be kept").with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_image_made_of_text_reads_as_one_made_of_a_value() {
        let document = json!({ "oid": "5f01", "title": "Sales", "widgets": [{ "title": "1" }] });
        let text = Image::dashboard_json(&to_raw_value(&document).unwrap(), "abc").unwrap();
        let image = Image::Dashboard { document, written: "abc".to_owned() };
        assert_eq!(serde_json::from_str::<Image>(text.get()).unwrap(), image);
        assert_eq!(image.to_json().unwrap().get(), text.get());
    }
}

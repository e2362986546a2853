//! The data source of a dashboard, a widget or a filter.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::{owned, text};

/// A data source as a document names it. Any part may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DataSource {
    /// Title of the data model.
    pub title: Option<String>,
    /// Server address and title with a slash between them.
    pub fullname: Option<String>,
    /// Server address, on one-node deployments `LocalHost`.
    pub address: Option<String>,
    /// Whether the model is live. Absent in documents about extract models.
    pub live: Option<bool>,
}

impl DataSource {
    /// Read a data source: an object, or a text with the title.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::String(_) | Value::Object(_) => Some(DataSource {
                title: name_of(value).map(str::to_owned),
                fullname: owned(value, "fullname"),
                address: owned(value, "address"),
                live: value.get("live").and_then(Value::as_bool),
            }),
            _ => None,
        }
    }
}

/// Whether two titles or names mean the same: surrounding blanks and case do not count.
#[must_use]
pub fn same_name(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

/// The title that a `datasource` member names.
pub(super) fn name_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(name) => title_of(None, Some(name)),
        Value::Object(_) => title_of(text(value, "title"), text(value, "fullname")),
        _ => None,
    }
}

/// The title of a data source: its own, else what its full name ends with. A blank one is none.
pub(crate) fn title_of<'a>(title: Option<&'a str>, fullname: Option<&'a str>) -> Option<&'a str> {
    let named = |name: &&str| !name.trim().is_empty();
    title.filter(named).or_else(|| fullname.map(tail).filter(named))
}

/// What follows the server in a full name. A title may hold slashes, a server holds none.
fn tail(name: &str) -> &str {
    if let Some(title) = name.strip_prefix("live:") {
        return title;
    }
    match name.split_once('/') {
        Some((server, title)) if server.eq_ignore_ascii_case("localhost") => title,
        _ => name,
    }
}

/// The form in which ids and databases write a title. Every character that is not a letter or a
/// digit becomes the base64 text of its two UTF-16 bytes with the padding as `a`; documents show
/// this for the blank (`IAAa`). `None` where a character is outside ASCII and the form not known.
pub(super) fn encoded_title(title: &str) -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::with_capacity(title.len());
    for character in title.chars() {
        if character.is_ascii_alphanumeric() {
            encoded.push(character);
            continue;
        }
        let byte = u8::try_from(character).ok().filter(u8::is_ascii)?;
        encoded.push(char::from(DIGITS[usize::from(byte >> 2)]));
        encoded.push(char::from(DIGITS[usize::from((byte & 3) << 4)]));
        encoded.push_str("Aa");
    }
    Some(encoded)
}

//! A pattern over operation ids: `access.get_user`, `access.*`, `*.delete_*`.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use sisense_core::{Error, Operation, Result};

/// A pattern over operation ids, in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Read a pattern.
    ///
    /// # Errors
    /// `invalid_input` when it is empty or holds anything but letters, digits, `_`, `.` and `*`.
    pub fn new(text: &str) -> Result<Self> {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '*');
        if text.is_empty() || text.len() > 200 || !text.chars().all(known) {
            return Err(Error::invalid(format!("not a pattern of operation ids: {text:?}"))
                .with_next_step("write an id or a pattern, like access.* or *.delete_*"));
        }
        Ok(Pattern(text.to_owned()))
    }

    /// Whether an operation, by its id or an alias, in dotted or underscore form, fits.
    #[must_use]
    pub fn fits(&self, operation: &Operation) -> bool {
        std::iter::once(&operation.id)
            .chain(&operation.aliases)
            .any(|id| glob(&self.0, id) || glob(&self.0, &id.replace('.', "_")))
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pattern::new(&text).map_err(serde::de::Error::custom)
    }
}

/// Compare by pieces between the stars; linear in the length of the text.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, fits) in [
            ("access.get_user", "access.get_user", true),
            ("access.get_user", "access.get_users_all", false),
            ("access.*", "access.get_user", true),
            ("*.delete_*", "access.delete_user", true),
            ("*.delete_*", "access.get_user", false),
            ("*", "anything.at_all", true),
            ("a*a", "a", false),
            ("*_user", "access.get_user", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn refuses_what_is_no_pattern() {
        for bad in ["", "access/get_user", "a b", "access.get_user;"] {
            assert!(Pattern::new(bad).is_err(), "{bad:?}");
        }
    }
}

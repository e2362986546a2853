//! Creating several at once.

use serde_json::Value;

use crate::wire::{Answer, Reply};

/// What was made, and what was refused after that.
pub(crate) struct Made {
    rows: Vec<Value>,
    refused: Option<Reply>,
}

impl Made {
    /// Everything that was asked for.
    pub(crate) fn all(rows: Vec<Value>) -> Self {
        Self { rows, refused: None }
    }

    /// One after the other, up to the first that is refused.
    ///
    /// # Errors
    /// When the first is refused: then there is nothing to tell of.
    pub(crate) fn until_bad(
        bodies: &[Value],
        mut make: impl FnMut(&[Value]) -> Result<Vec<Value>, Reply>,
    ) -> Result<Self, Reply> {
        let mut made = Self::all(Vec::new());
        for body in bodies {
            match make(std::slice::from_ref(body)) {
                Ok(rows) => made.rows.extend(rows),
                Err(refused) if made.rows.is_empty() => return Err(refused),
                Err(refused) => {
                    made.refused = Some(refused);
                    break;
                }
            }
        }
        Ok(made)
    }

    /// The answer to a request for one.
    pub(crate) fn one(self) -> Answer {
        Ok(Reply::created(self.rows.into_iter().next().unwrap_or_default()))
    }

    /// The answer to a request for several. A refusal tells nothing of those that were made.
    pub(crate) fn several(self) -> Answer {
        Ok(self.refused.unwrap_or_else(|| Reply::created(self.rows)))
    }
}

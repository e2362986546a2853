//! The text of a `dim`: `[table.column]`, for dates often with ` (Calendar)` inside the brackets.

/// What dates carry inside the brackets, after the column.
const CALENDAR: &str = " (Calendar)";

/// A `dim` taken apart: the text in the brackets without the calendar mark, and the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dim<'a> {
    /// Table and column with a dot between them. Both may hold dots themselves.
    pub name: &'a str,
    /// ` (Calendar)` as written, or nothing.
    pub calendar: &'a str,
}

impl<'a> Dim<'a> {
    /// Take a `dim` apart. Brackets may be missing, as some API-made documents leave them out.
    #[must_use]
    pub fn parse(dim: &'a str) -> Self {
        let text = dim.trim();
        let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        let cut = text.len().saturating_sub(CALENDAR.len());
        match (text.get(..cut), text.get(cut..)) {
            (Some(name), Some(mark)) if mark.eq_ignore_ascii_case(CALENDAR) => {
                Dim { name, calendar: mark }
            }
            _ => Dim { name: text, calendar: "" },
        }
    }

    /// Every way to read the name as table and column, the longest table first.
    pub fn splits(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let name = self.name;
        name.rmatch_indices('.').map(move |(at, _)| (&name[..at], &name[at + 1..]))
    }
}

/// The bracketed names in a formula's text, without their brackets.
pub(super) fn bracketed(formula: &str) -> impl Iterator<Item = &str> {
    formula.split('[').skip(1).filter_map(|rest| rest.split_once(']').map(|(name, _)| name))
}

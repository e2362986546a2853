//! How a person asks for a skill: a sentence with places for parameters.

use std::collections::BTreeMap;

use sisense_core::Result;

use super::FrontMatter;
use super::file::wrong;

/// A sentence, in pieces.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ask(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Words(String),
    Parameter(String),
}

impl Ask {
    pub(super) fn parse(text: &str, front: &FrontMatter) -> Result<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(wrong(format!("ask `{text}`: a brace is not closed")));
            };
            if !front.parameters.contains_key(name) {
                return Err(wrong(format!("ask `{text}`: there is no parameter {name}")));
            }
            let words = plain(before);
            if words.is_empty() && pieces.last().is_some_and(|p| matches!(p, Piece::Parameter(_))) {
                return Err(wrong(format!("ask `{text}`: no word between two parameters")));
            }
            if !words.is_empty() {
                pieces.push(Piece::Words(words));
            }
            pieces.push(Piece::Parameter(name.to_owned()));
            rest = after;
        }
        let words = plain(rest);
        if !words.is_empty() {
            pieces.push(Piece::Words(words));
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Words(_))) {
            return Err(wrong(format!("ask `{text}`: it has no word of its own")));
        }
        Ok(Ask(pieces))
    }

    /// What a text tells, when it is this sentence. Case, spaces and the mark at the end do not
    /// matter.
    pub(super) fn fits(&self, text: &str) -> Option<BTreeMap<String, String>> {
        let text = text.trim().trim_end_matches(['?', '.', '!']);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = strip_please(&text);
        let mut rest = text;
        let mut values = BTreeMap::new();
        let mut open: Option<&str> = None;
        for piece in &self.0 {
            match piece {
                Piece::Parameter(name) => open = Some(name),
                Piece::Words(words) => {
                    let (before, after) = split_at_words(rest, words)?;
                    match open.take() {
                        Some(name) => put(&mut values, name, before)?,
                        None if before.is_empty() => {}
                        None => return None,
                    }
                    rest = after;
                }
            }
        }
        match open {
            Some(name) => put(&mut values, name, rest)?,
            None if rest.is_empty() => {}
            None => return None,
        }
        Some(values)
    }
}

fn put(values: &mut BTreeMap<String, String>, name: &str, value: &str) -> Option<()> {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    if value.is_empty() {
        return None;
    }
    values.insert(name.to_owned(), value.to_owned());
    Some(())
}

/// Split around words that stand by themselves, whatever their case.
fn split_at_words<'a>(text: &'a str, words: &str) -> Option<(&'a str, &'a str)> {
    let places = std::iter::once(0).chain(text.match_indices(' ').map(|(at, _)| at + 1));
    for at in places {
        let (before, rest) = text.split_at(at);
        let Some(head) = rest.get(..words.len()) else { continue };
        if !head.eq_ignore_ascii_case(words) {
            continue;
        }
        let after = rest.get(words.len()..).unwrap_or_default();
        if after.is_empty() || after.starts_with(' ') {
            return Some((before.trim(), after.trim()));
        }
    }
    None
}

fn strip_please(text: &str) -> &str {
    let head = text.get(..7).unwrap_or_default();
    if head.eq_ignore_ascii_case("please ") { text.get(7..).unwrap_or_default() } else { text }
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
}

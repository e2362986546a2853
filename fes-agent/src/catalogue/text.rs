//! A request as tokens: words with their meaning, quoted texts, and shapes such as an e-mail.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::lexicon::{Class, MEANINGS, Meaning, stem};

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word or phrase.
    Word {
        /// As written, in lower case.
        lower: String,
        /// Its meaning, when the lexicon has it.
        means: Option<(&'static str, Class)>,
    },
    /// A text in quotes.
    Quoted,
    /// An e-mail.
    Email,
    /// 24 hexadecimal digits: the id of a dashboard, a user or a group.
    ObjectId,
    /// A UUID: the id of a data model.
    Uuid,
}

/// A token with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The text as written, without quotes.
    pub(crate) text: String,
    /// What it is.
    pub(crate) token: Token,
    /// Whether a comma or another mark follows.
    pub(crate) stop_after: bool,
}

impl Piece {
    /// The meaning and class, when the lexicon has them.
    pub(crate) fn means(&self) -> Option<(&'static str, Class)> {
        match &self.token {
            Token::Word { means, .. } => *means,
            _ => None,
        }
    }

    /// Whether it means this.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.means().is_some_and(|(meaning, _)| meaning == word)
    }

    pub(crate) fn class(&self) -> Option<Class> {
        self.means().map(|(_, class)| class)
    }

    /// The text in lower case.
    pub(crate) fn lower(&self) -> String {
        self.text.to_lowercase()
    }
}

/// Longest request, in characters. What is longer is no request in words.
pub(crate) const MAX_REQUEST: usize = 4000;

/// Longest phrase of the lexicon, in words.
const PHRASE: usize = 4;

static PHRASES: LazyLock<HashMap<&'static str, &'static Meaning>> = LazyLock::new(|| {
    let mut phrases = HashMap::new();
    for meaning in MEANINGS {
        for said in meaning.said {
            phrases.entry(*said).or_insert(meaning);
        }
    }
    phrases
});

/// Quotes of several kinds, e-mails, ids, then words. Built from a constant, so it always compiles;
/// were it not to, every text would simply be without tokens.
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#""([^"]+)"|“([^”]+)”|«([^»]+)»|`([^`]+)`|(?:^|[\s(,])'([^']+)'"#,
        r"|([\w.+-]+@[\w-]+(?:\.[\w-]+)*)",
        r"|\b([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})\b",
        r"|\b([0-9a-fA-F]{24})\b",
        r"|([\w&#@/+-]+(?:['’.:][\w&#/+-]+)*)|([,;.!?:])"
    ))
    .ok()
});

/// Cut a text into tokens.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut raw: Vec<Piece> = Vec::new();
    let Some(pattern) = TOKEN.as_ref() else { return raw };
    for found in pattern.captures_iter(text) {
        let group = |range: std::ops::RangeInclusive<usize>| {
            range.into_iter().find_map(|n| found.get(n)).map(|m| m.as_str().trim())
        };
        let (text, token) = if let Some(quoted) = group(1..=5) {
            (quoted, Token::Quoted)
        } else if let Some(email) = group(6..=6) {
            (email.trim_end_matches('.'), Token::Email)
        } else if let Some(uuid) = group(7..=7) {
            (uuid, Token::Uuid)
        } else if let Some(id) = group(8..=8) {
            (id, Token::ObjectId)
        } else if let Some(word) = group(9..=9) {
            (word, Token::Word { lower: word.to_lowercase().replace('’', "'"), means: None })
        } else {
            if let Some(last) = raw.last_mut() {
                last.stop_after = true;
            }
            continue;
        };
        if !text.is_empty() {
            raw.push(Piece { text: text.to_owned(), token, stop_after: false });
        }
    }
    join_phrases(raw)
}

/// Give words their meanings; a phrase becomes one token.
fn join_phrases(raw: Vec<Piece>) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(raw.len());
    let mut rest = raw.as_slice();
    while let Some(first) = rest.first() {
        let longest = (1..=PHRASE.min(rest.len())).rev().find_map(|n| {
            let words: Option<Vec<&str>> = rest[..n]
                .iter()
                .map(|piece| match &piece.token {
                    Token::Word { lower, .. } => Some(lower.as_str()),
                    _ => None,
                })
                .collect();
            if rest[..n - 1].iter().any(|piece| piece.stop_after) {
                return None;
            }
            let said = words?.join(" ");
            let bare = said.strip_suffix("'s").unwrap_or(&said).to_owned();
            PHRASES.get(bare.as_str()).map(|meaning| (n, said, (meaning.word, meaning.class)))
        });
        match longest {
            Some((n, said, means)) => {
                let text: Vec<&str> = rest[..n].iter().map(|piece| piece.text.as_str()).collect();
                pieces.push(Piece {
                    text: text.join(" "),
                    token: Token::Word { lower: said, means: Some(means) },
                    stop_after: rest[n - 1].stop_after,
                });
                rest = &rest[n..];
            }
            None => {
                pieces.push(first.clone());
                rest = &rest[1..];
            }
        }
    }
    pieces
}

/// The terms of a token list, for ranking: meanings, stems, shapes. Fillers are left out.
pub(crate) fn terms(pieces: &[Piece]) -> Vec<String> {
    pieces
        .iter()
        .filter_map(|piece| match &piece.token {
            Token::Word { means: Some((_, Class::Filler)), .. } => None,
            Token::Word { means: Some((_, Class::Role)), .. } => Some("@role".to_owned()),
            Token::Word { means: Some((_, Class::Rule)), .. } => Some("@rule".to_owned()),
            Token::Word { means: Some((word, _)), .. } => Some((*word).to_owned()),
            Token::Word { lower, .. } => Some(stem(lower)),
            Token::Email => Some("@email".to_owned()),
            Token::ObjectId => Some("@id".to_owned()),
            Token::Uuid => Some("@uuid".to_owned()),
            Token::Quoted => None,
        })
        .collect()
}

/// The terms of an example in an operation's documentation. Proper names are left out: they say
/// nothing about the operation.
pub(crate) fn example_terms(text: &str) -> Vec<String> {
    let pieces = pieces(text);
    let kept: Vec<Piece> = pieces
        .into_iter()
        .filter(|piece| {
            let capital = piece.text.chars().next().is_some_and(char::is_uppercase);
            piece.means().is_some() || !capital || !matches!(piece.token, Token::Word { .. })
        })
        .collect();
    terms(&kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn phrases_shapes_and_quotes_are_one_token_each() {
        let all = pieces(
            "Which columns of data model \"Sample, E\" does bob.lee+x@ex.com use in \
             5f0000000000000000000001, or 5f0cb527-50f2-482b-aece-33e2ece6fe81?",
        );
        let kinds: Vec<String> = all
            .iter()
            .map(|piece| match &piece.token {
                Token::Word { means: Some((word, _)), .. } => (*word).to_owned(),
                Token::Word { lower, .. } => format!("?{lower}"),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            kinds,
            [
                "which",
                "column",
                "",
                "datamodel",
                "Quoted",
                "which",
                "Email",
                "used",
                "",
                "ObjectId",
                "",
                "Uuid"
            ]
        );
        assert_eq!(all[4].text, "Sample, E");
    }

    #[test]
    fn an_apostrophe_is_no_quote() {
        let all = pieces("Show bob's groups and ann's role in 'My Group'");
        let texts: Vec<&str> = all.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(texts, ["Show", "bob's", "groups", "and", "ann's", "role", "in", "My Group"]);
    }

    #[test]
    fn any_text_is_cut_without_a_panic() {
        for text in ["", "'", "\"", "…", "a'b'c", "@@@", "\u{0}\u{202e}", "x@", "'’'’"] {
            let _ = pieces(text);
        }
    }
}

//! A request as tokens: words with their meaning, quoted texts, and shapes such as an e-mail.

use std::sync::LazyLock;

use regex::Regex;

use super::lexicon::{Class, Means, PHRASE, inflected, misspelt, phrase, stem};

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word or phrase.
    Word {
        /// As written, in lower case.
        lower: String,
        /// Its meaning, when the lexicon has it.
        means: Option<Means>,
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
    /// Whether its meaning is that of a word that is spelt alike.
    pub(crate) guessed: bool,
}

impl Piece {
    /// The meaning and class, when the lexicon has them.
    pub(crate) fn means(&self) -> Option<Means> {
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

    /// Whether it is written with a capital.
    pub(crate) fn capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }

    /// The text in lower case.
    pub(crate) fn lower(&self) -> String {
        self.text.to_lowercase()
    }
}

/// Longest request, in characters. What is longer is no request in words.
pub(crate) const MAX_REQUEST: usize = 4000;

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
            raw.push(Piece { text: text.to_owned(), token, stop_after: false, guessed: false });
        }
    }
    spell(&mut raw);
    let mut pieces = join_phrases(raw);
    inflect(&mut pieces);
    in_context(&mut pieces);
    pieces
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
            phrase(&bare).map(|means| (n, said, means))
        });
        match longest {
            Some((n, said, means)) => {
                let text: Vec<&str> = rest[..n].iter().map(|piece| piece.text.as_str()).collect();
                pieces.push(Piece {
                    text: text.join(" "),
                    token: Token::Word { lower: said, means: Some(means) },
                    stop_after: rest[n - 1].stop_after,
                    guessed: rest[..n].iter().any(|piece| piece.guessed),
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

/// Put words of the lexicon in the place of those that are misspelt. A word with a capital is most
/// likely a name, but for the first.
fn spell(raw: &mut [Piece]) {
    for (at, piece) in raw.iter_mut().enumerate() {
        let shouted = piece.text.len() > 1 && piece.text.chars().all(|c| !c.is_lowercase());
        if at > 0 && piece.capital() && !shouted {
            continue;
        }
        if let Token::Word { lower, .. } = &mut piece.token
            && let Some(meant) = misspelt(lower)
        {
            meant.clone_into(lower);
            piece.guessed = true;
        }
    }
}

/// Give words the meaning of another form of them.
fn inflect(pieces: &mut [Piece]) {
    for (at, piece) in pieces.iter_mut().enumerate() {
        let name = at > 0 && piece.capital();
        if let Token::Word { lower, means: means @ None } = &mut piece.token
            && !name
        {
            *means = inflected(lower.strip_suffix("'s").unwrap_or(lower));
        }
    }
}

/// How far before "used" a "not" may stand.
const NEGATION: usize = 7;

/// Words that mean something else beside others: "no dashboard uses", "the share of a dashboard",
/// "give me" without anybody who gets it, "compose it, do not create it".
fn in_context(pieces: &mut [Piece]) {
    const NOT: [&str; 16] = [
        "not", "never", "no", "nobody", "none", "nothing", "don't", "dont", "doesn't", "doesnt",
        "isn't", "isnt", "aren't", "arent", "without", "nowhere",
    ];
    let is_not = |piece: &Piece| NOT.contains(&piece.lower().as_str());
    let gives = pieces.iter().any(|piece| {
        matches!(piece.class(), Some(Class::Rule | Class::Role))
            || ["shared", "owner", "used", "role"].iter().any(|word| piece.is(word))
            || ["to", "login"].contains(&piece.lower().as_str())
    });
    let columns = pieces.iter().any(|piece| piece.is("column"));
    let (mut asked, mut verbs) = (false, false);
    for at in 0..pieces.len() {
        let before = &pieces[at.saturating_sub(NEGATION)..at];
        let negated = before.iter().rev().take_while(|piece| !piece.stop_after).any(is_not);
        let right_after_not = before.last().is_some_and(is_not);
        let after_thing = before.last().is_some_and(|p| p.class() == Some(Class::Thing));
        let give = ["give", "provide", "hand"].contains(&pieces[at].lower().as_str());
        let new = match pieces[at].means() {
            Some(("used", _)) if negated => ("unused", Class::Aspect),
            Some((_, Class::Filler)) if negated && columns && needs(&pieces[at]) => {
                ("unused", Class::Aspect)
            }
            Some(("share_with", _)) if asked || after_thing => ("shared", Class::Aspect),
            Some((_, Class::Act)) if give && !gives => ("show", Class::Ask),
            Some((_, Class::Act)) if right_after_not && verbs => ("", Class::Filler),
            Some(same) => same,
            None => continue,
        };
        asked |= new.1 == Class::Ask;
        verbs |= matches!(new.1, Class::Ask | Class::Act);
        if let Token::Word { means, .. } = &mut pieces[at].token {
            *means = Some(new);
        }
    }
}

fn needs(piece: &Piece) -> bool {
    ["need", "needs", "needed", "require", "requires", "required"].contains(&piece.lower().as_str())
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

/// The terms of an example in an operation's documentation. Names are left out, they say nothing
/// about the operation: words that nobody knows with a capital, or after the noun of a thing.
pub(crate) fn example_terms(text: &str) -> Vec<String> {
    let pieces = pieces(text);
    let name = |at: usize, piece: &Piece| {
        let named = |before: &Piece| before.class() == Some(Class::Thing) || before.is("schema");
        let after_thing = at.checked_sub(1).and_then(|at| pieces.get(at)).is_some_and(named);
        matches!(piece.token, Token::Word { means: None, .. }) && (piece.capital() || after_thing)
    };
    let kept = pieces.iter().enumerate().filter(|(at, piece)| !name(*at, piece));
    terms(&kept.map(|(_, piece)| piece.clone()).collect::<Vec<_>>())
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

//! What a request names: shapes, quoted texts, names that exist, and words that nobody knows.

use std::ops::Range;

use crate::catalogue::lexicon::Class;
use crate::catalogue::text::{Piece, Token, pieces};
use crate::host::{Kind, Name};

use super::Directory;

/// Longest name that is looked for, in words.
const LONGEST: usize = 10;

/// Something that a request names.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    /// As written, without quotes.
    pub(super) text: String,
    /// Where it stands among the pieces.
    pub(super) at: Range<usize>,
    /// What it is by its form.
    pub(super) form: Form,
    /// The things that have exactly this name, but for case.
    pub(super) known: Vec<(Kind, Name)>,
    /// The thing that stands next to it, such as `dashboard` in "the dashboard Pipeline".
    pub(super) label: Option<&'static str>,
}

/// The form of a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An e-mail.
    Email,
    /// An id of 24 hexadecimal digits.
    ObjectId,
    /// A UUID.
    Uuid,
    /// A text in quotes.
    Quoted,
    /// A name that exists.
    Known,
    /// Words that nobody knows.
    Phrase,
}

impl Mention {
    /// The known things of a kind that it may mean, its label respected.
    pub(super) fn of(&self, kind: Kind) -> Vec<&Name> {
        if self.label.is_some_and(|label| label != noun(kind)) {
            return Vec::new();
        }
        self.known.iter().filter(|(known, _)| *known == kind).map(|(_, name)| name).collect()
    }

    /// Whether it may be a name of a kind that does not exist, or is not spelt like that.
    pub(super) fn may_be(&self, kind: Kind) -> bool {
        let form = match self.form {
            Form::Quoted | Form::Phrase => true,
            Form::Known => self.label == Some(noun(kind)),
            _ => false,
        };
        form && self.label.is_none_or(|label| label == noun(kind))
    }

    /// Whether leaving it out would mean that something else is done than was asked.
    pub(super) fn counts(&self) -> bool {
        self.form != Form::Phrase || self.label.is_some()
    }
}

/// The lexicon's noun of a kind.
pub(super) fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "user",
        Kind::Group => "group",
        Kind::Dashboard => "dashboard",
        Kind::Datamodel => "datamodel",
    }
}

/// Everything that a request names, in order.
pub(super) fn mentions(request: &[Piece], directory: &Directory) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let mut at = 0;
    while at < request.len() {
        let next = shape(request, at)
            .or_else(|| known(request, at, directory))
            .or_else(|| phrase(request, at, directory));
        match next {
            Some(mention) => {
                at = mention.at.end;
                found.push(mention);
            }
            None => at += 1,
        }
    }
    for mention in &mut found {
        mention.label = label(request, &mention.at).filter(|label| {
            // "Which groups vera is in": the plural before a name of another kind is not its noun.
            let own = mention.known.iter().any(|(kind, _)| noun(*kind) == *label);
            own || mention.known.is_empty() || !plural_before(request, mention.at.start)
        });
        if mention.form == Form::Quoted && !mention.known.is_empty() {
            mention.form = Form::Known;
        }
    }
    found
}

/// A name as the words that it is cut into, in lower case.
pub(super) fn plain(name: &str) -> String {
    join(&pieces(name))
}

fn join(pieces: &[Piece]) -> String {
    let words: Vec<String> = pieces.iter().map(word).collect();
    words.join(" ")
}

fn word(piece: &Piece) -> String {
    let lower = piece.text.to_lowercase().replace('’', "'");
    lower.strip_suffix("'s").map(str::to_owned).unwrap_or(lower)
}

fn shape(request: &[Piece], at: usize) -> Option<Mention> {
    let piece = request.get(at)?;
    let form = match piece.token {
        Token::Email => Form::Email,
        Token::ObjectId => Form::ObjectId,
        Token::Uuid => Form::Uuid,
        _ => return None,
    };
    Some(Mention { text: piece.text.clone(), at: at..at + 1, form, known: Vec::new(), label: None })
}

/// The things of all kinds that this is a word for.
fn called(directory: &Directory, words: &str) -> Vec<(Kind, Name)> {
    let of = |kind: Kind| {
        directory.called(kind, words).into_iter().map(move |name| (kind, name.clone()))
    };
    Kind::ALL.into_iter().flat_map(of).collect()
}

/// The longest name that begins here.
fn known(request: &[Piece], at: usize, directory: &Directory) -> Option<Mention> {
    let rest = request.get(at..)?;
    let first = rest.first()?;
    if first.token == Token::Quoted {
        let known = called(directory, &plain(&first.text));
        let text = first.text.clone();
        return Some(Mention { text, at: at..at + 1, form: Form::Quoted, known, label: None });
    }
    (1..=LONGEST.min(rest.len())).rev().find_map(|n| {
        let words = &rest[..n];
        if words.iter().any(|piece| piece.token == Token::Quoted) {
            return None;
        }
        let known = called(directory, &join(words));
        if known.is_empty() {
            return None;
        }
        // A single word of the lexicon is that word, unless it is marked as a name.
        if n == 1 && first.means().is_some() && !first.guessed && !marked(request, at, &known) {
            return None;
        }
        let text: Vec<&str> = words.iter().map(|piece| piece.text.as_str()).collect();
        let text = text.join(" ");
        Some(Mention { text, at: at..at + n, form: Form::Known, known, label: None })
    })
}

/// Whether a word of the lexicon is used as a name: its own kind stands next to it, and it is not
/// itself such a noun.
fn marked(request: &[Piece], at: usize, known: &[(Kind, Name)]) -> bool {
    let thing = matches!(request[at].class(), Some(Class::Thing | Class::Ask | Class::Filler));
    let label = label(request, &(at..at + 1));
    !thing && label.is_some_and(|label| known.iter().any(|(kind, _)| noun(*kind) == label))
}

/// A run of words that nobody knows. Words of the lexicon within it belong to it when they are
/// capitalised, as in "Sales Overview".
fn phrase(request: &[Piece], at: usize, directory: &Directory) -> Option<Mention> {
    let unknown = |piece: &Piece| matches!(piece.token, Token::Word { means: None, .. });
    let capital = |piece: &Piece| {
        piece.text.chars().next().is_some_and(char::is_uppercase)
            && matches!(piece.token, Token::Word { .. })
    };
    let first = request.get(at)?;
    // A number is none, and neither is a first word that nobody knows: most likely it is a verb.
    if first.text.chars().all(|c| c.is_ascii_digit()) || (at == 0 && !capital(first)) {
        return None;
    }
    let named = at > 0 && capital(first) && first.class() != Some(Class::Thing);
    if !unknown(first) && !named {
        return None;
    }
    let mut end = at + 1;
    while let Some(piece) = request.get(end) {
        let more = (unknown(piece) || capital(piece)) && !request[end - 1].stop_after;
        if !more || known(request, end, directory).is_some() {
            break;
        }
        end += 1;
    }
    if !request[at..end].iter().any(unknown) && end - at == 1 && !capital(first) {
        return None;
    }
    let text: Vec<&str> = request[at..end].iter().map(|piece| piece.text.as_str()).collect();
    let text = text.join(" ");
    let text = text.strip_suffix("'s").or(text.strip_suffix("’s")).unwrap_or(&text).to_owned();
    Some(Mention { text, at: at..end, form: Form::Phrase, known: Vec::new(), label: None })
}

/// The thing that stands next to a mention: before it, "called" and articles between them, or
/// right after it.
fn label(request: &[Piece], at: &Range<usize>) -> Option<&'static str> {
    let thing = |piece: &Piece| match piece.means() {
        Some((word, Class::Thing)) => Some(word),
        Some(("schema", _)) => Some("schema"),
        _ => None,
    };
    let between = ["called", "named", "the", "titled"];
    let before = request[..at.start]
        .iter()
        .rev()
        .find(|piece| !between.contains(&piece.lower().as_str()))
        .filter(|piece| !piece.stop_after)
        .and_then(thing);
    let ends = request[..at.end].last().is_some_and(|piece| piece.stop_after);
    let after = if ends { None } else { request.get(at.end).and_then(thing) };
    // "the Analysts group": the noun after wins over a noun that belongs to something before.
    match (before, after) {
        (Some(before), Some(after)) => {
            let own = request.get(at.end + 1).is_some_and(|piece| {
                !matches!(piece.class(), Some(Class::Filler)) && piece.means().is_none()
            });
            Some(if own { before } else { preferred(before, after, request, at) })
        }
        (before, after) => before.or(after),
    }
}

fn plural_before(request: &[Piece], at: usize) -> bool {
    request[..at].last().is_some_and(|piece| piece.lower().ends_with('s'))
}

fn preferred(
    before: &'static str,
    after: &'static str,
    request: &[Piece],
    at: &Range<usize>,
) -> &'static str {
    let article = at.start > 0 && request[at.start - 1].lower() == "the";
    if article { after } else { before }
}

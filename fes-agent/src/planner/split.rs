//! Splits "A and B" when both halves are requests of their own.

use crate::catalogue::lexicon::Class;
use crate::catalogue::text::{Piece, Token};

use super::find::Mention;

/// Most parts of one request.
pub(super) const MAX_PARTS: usize = 10;

/// The parts of a request, each as a range of its pieces with the verb that it borrows from the
/// part before. One part when it cannot be split.
pub(super) fn split(request: &[Piece], mentions: &[Mention]) -> Vec<Vec<Piece>> {
    let mut parts: Vec<Vec<Piece>> = Vec::new();
    let mut start = 0;
    for at in cuts(request, mentions) {
        // The join of a part that was cut already.
        if at < start {
            continue;
        }
        // A comma ends its word; "and" and "then" are words of their own.
        let end = if joins(&request[at]) { at } else { at + 1 };
        let head = &request[start..end];
        let tail = skip_joins(&request[at..]);
        let another = migrates(head, &parts) && lists_another(head, tail, mentions, request);
        let begins = begins_request(tail) || another;
        if is_request(head, &parts) && begins && !goes_on(head, tail) {
            parts.push(with_verb(head, &parts));
            start = request.len() - tail.len();
        }
    }
    if parts.len() + 1 > MAX_PARTS {
        return vec![request.to_vec()];
    }
    parts.push(with_verb(&request[start..], &parts));
    parts
}

/// Where a part may end: at "and", "then", a comma or a semicolon, not within a name.
fn cuts(request: &[Piece], mentions: &[Mention]) -> Vec<usize> {
    (1..request.len().saturating_sub(1))
        .filter(|at| !mentions.iter().any(|m| m.at.contains(at) && m.at.contains(&(at + 1))))
        .filter(|at| !mentions.iter().any(|m| m.at.contains(at) && joins(&request[*at])))
        .filter(|at| {
            let piece = &request[*at];
            joins(piece) || (piece.stop_after && !joins(&request[at + 1]))
        })
        .collect()
}

fn joins(piece: &Piece) -> bool {
    matches!(piece.token, Token::Word { .. })
        && ["and", "then", "also", "plus"].contains(&piece.lower().as_str())
}

fn skip_joins(mut pieces: &[Piece]) -> &[Piece] {
    // At a comma the piece itself belongs to the head.
    if pieces.first().is_some_and(|piece| !joins(piece)) {
        pieces = &pieces[1..];
    }
    while let Some((first, rest)) = pieces.split_first() {
        if !joins(first) {
            break;
        }
        pieces = rest;
    }
    pieces
}

fn verb(pieces: &[Piece]) -> Option<&Piece> {
    pieces.iter().find(|piece| matches!(piece.class(), Some(Class::Ask | Class::Act)))
}

fn has_object(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| {
        matches!(piece.class(), Some(Class::Thing | Class::Aspect | Class::Role))
            || !matches!(piece.token, Token::Word { means: Some(_), .. })
    })
}

/// Whether the tail only names more of what the head does to all kinds of things at once.
fn goes_on(head: &[Piece], tail: &[Piece]) -> bool {
    // "List all users with their roles and groups".
    let with = head.iter().position(|piece| piece.lower() == "with");
    let detail = with.is_some_and(|at| {
        head[..at].iter().any(|piece| piece.class() == Some(Class::Thing))
            && !tail.iter().any(|piece| piece.is("all"))
    });
    (detail || head.iter().any(|piece| piece.is("wellcheck"))) && verb(tail).is_none()
}

fn migrates(head: &[Piece], parts: &[Vec<Piece>]) -> bool {
    head.iter().chain(parts.iter().flatten()).any(|piece| piece.is("migrate"))
}

/// Whether the tail names things of another kind than the head: "the users a, b and the group c".
fn lists_another(head: &[Piece], tail: &[Piece], mentions: &[Mention], request: &[Piece]) -> bool {
    let start = request.len() - tail.len();
    let named = |at: usize| mentions.iter().any(|mention| mention.at.contains(&(start + at)));
    let thing = |piece: &Piece| piece.means().filter(|(_, class)| *class == Class::Thing);
    let first = tail.iter().enumerate().find(|(at, piece)| named(*at) || thing(piece).is_some());
    let Some(noun) = first.and_then(|(_, piece)| thing(piece)) else { return false };
    let other = head.iter().filter_map(thing).all(|known| known != noun);
    let end = tail.iter().position(|p| p.stop_after || joins(p)).map_or(tail.len(), |at| at + 1);
    let listed = |(at, piece): (usize, &Piece)| {
        named(at) || thing(piece).is_some() || piece.class() == Some(Class::Filler)
    };
    other && tail.iter().take(end).enumerate().all(listed)
}

fn is_request(head: &[Piece], parts: &[Vec<Piece>]) -> bool {
    has_object(head) && (verb(head).is_some() || !parts.is_empty())
}

/// Whether what follows is a request: it begins with a verb, or it is nothing but things, as in
/// "list all users and dashboards".
fn begins_request(tail: &[Piece]) -> bool {
    let mut words = tail.iter().filter(|piece| piece.class() != Some(Class::Filler));
    let Some(first) = words.next() else { return false };
    // "and their groups" is about what was said before.
    let back = ["their", "its", "his", "her", "them", "it"];
    if tail.first().is_some_and(|piece| back.contains(&piece.lower().as_str())) {
        return false;
    }
    let ask = first.class() == Some(Class::Ask)
        && !["is", "are", "do", "does", "see"].contains(&first.lower().as_str());
    if (ask || first.class() == Some(Class::Act)) && has_object(tail) {
        return true;
    }
    // "And all dashboards to the target".
    let things = |piece: &Piece| {
        matches!(piece.class(), Some(Class::Thing | Class::Filler))
            || piece.is("all")
            || piece.is("elsewhere")
            || ["other", "another", "new", "deployment", "server"].contains(&piece.lower().as_str())
    };
    let end = tail.iter().position(|p| p.stop_after || joins(p)).map_or(tail.len(), |at| at + 1);
    first.class() == Some(Class::Thing) && tail[..end].iter().all(|p| things(p) || joins(p))
        || (first.is("all") && tail[..end].iter().all(|p| things(p) || joins(p)))
}

/// A part that has no verb borrows that of the part before.
fn with_verb(part: &[Piece], parts: &[Vec<Piece>]) -> Vec<Piece> {
    let borrowed = match (verb(part), parts.last()) {
        (None, Some(before)) => {
            let all = before.iter().find(|piece| piece.is("all"));
            let own = part.iter().any(|piece| piece.is("all"));
            verb(before).into_iter().chain(all.filter(|_| !own)).cloned().collect()
        }
        _ => Vec::new(),
    };
    borrowed.into_iter().chain(part.iter().cloned()).collect()
}

/// A part as text, quotes put back.
pub(super) fn text(part: &[Piece]) -> String {
    let words: Vec<String> = part
        .iter()
        .map(|piece| match piece.token {
            Token::Quoted => format!("\"{}\"", piece.text),
            _ if piece.stop_after => format!("{},", piece.text),
            _ => piece.text.clone(),
        })
        .collect();
    words.join(" ").trim_end_matches(',').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::text::pieces;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    fn parts(request: &str) -> Vec<String> {
        split(&pieces(request), &[]).iter().map(|part| text(part)).collect()
    }

    #[test]
    fn splits_requests_and_nothing_else() {
        for (request, wanted) in [
            ("list users and then show dashboards", vec!["list users", "show dashboards"]),
            ("list users, and dashboards", vec!["list users", "list dashboards"]),
            ("list all users; delete bob@x.y", vec!["list all users", "delete bob@x.y"]),
            ("show users and their groups", vec!["show users and their groups"]),
            ("wellcheck all boards and all cubes", vec!["wellcheck all boards and all cubes"]),
            ("share it with ann and bob", vec!["share it with ann and bob"]),
            (
                "migrate all users and all boards to the target",
                vec!["migrate all users", "migrate all boards to the target"],
            ),
            ("show \"A and B\" and list groups", vec!["show \"A and B\"", "list groups"]),
        ] {
            assert_eq!(parts(request), wanted, "{request}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_split_without_a_panic(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    "list", "delete", "users", "all", "and", "then", ",", ";", "Pipeline", "x",
                    "\"a b\"", "ann@x.y", "their", "dashboards", "also",
                ]),
                0..14,
            ),
        ) {
            let request = words.join(" ");
            prop_assert!(!split(&pieces(&request), &[]).is_empty());
        }
    }
}

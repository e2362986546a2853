//! "Migrate everything": all that there is, said kind by kind, so that no kind is left out.

use super::split::text as words;
use crate::catalogue::lexicon::Class;
use crate::catalogue::text::{Piece, Token};

/// What is migrated, in the order of its dependencies.
const KINDS: &str = "all groups, all users, all data models and all dashboards";

/// Words for a deployment as a whole, and for what it holds.
const PLACES: [&str; 20] = [
    "deployment",
    "deployments",
    "server",
    "servers",
    "environment",
    "env",
    "system",
    "instance",
    "tenant",
    "site",
    "installation",
    "content",
    "contents",
    "asset",
    "assets",
    "stuff",
    "things",
    "object",
    "objects",
    "thing",
];

/// A request to migrate everything, with each kind said. Nothing when it names a kind or a thing
/// itself.
pub(super) fn spelled_out(request: &[Piece]) -> Option<String> {
    let says = |word: &str| request.iter().any(|piece| piece.is(word));
    let moves = says("migrate") || (says("elsewhere") && (says("bring") || says("transfer")));
    let place = |piece: &Piece| PLACES.contains(&piece.lower().as_str());
    let known = |piece: &Piece| {
        place(piece)
            || match &piece.token {
                Token::Word { means: Some((_, class)), .. } => *class != Class::Thing,
                Token::Word { lower, means: None } => OTHERS.contains(&lower.as_str()),
                _ => false,
            }
    };
    if !moves || !request.iter().all(known) {
        return None;
    }
    let all = request.iter().position(|piece| piece.is("all") || piece.is("full"))?;
    let rest = request.get(all + 1..)?;
    // "The whole deployment", "all the stuff": the words for it go with it.
    let gone = rest.iter().take_while(|piece| place(piece) || piece.lower() == "the").count();
    let gone = if rest.get(..gone).is_some_and(|gone| gone.iter().any(place)) { gone } else { 0 };
    // "Move" alone would be within a deployment once the parts stand by themselves.
    let before: Vec<String> = request
        .get(..all)?
        .iter()
        .map(|piece| match piece.is("bring") || piece.is("transfer") {
            true => "migrate".to_owned(),
            false => piece.text.clone(),
        })
        .collect();
    let before = before.join(" ");
    let before = before.trim_end_matches(" the");
    Some(format!("{before} {KINDS} {}", words(rest.get(gone..)?)).trim().to_owned())
}

/// Words that say nothing of what is migrated.
const OTHERS: [&str; 6] = ["other", "another", "over", "across", "here", "there"];

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::catalogue::text::pieces;

    #[test]
    fn only_what_names_no_kind_is_spelled_out() {
        let all = "all groups, all users, all data models and all dashboards";
        for (request, wanted) in [
            ("migrate everything", format!("migrate {all}")),
            ("migrate everything to the target", format!("migrate {all} to the target")),
            ("copy the whole deployment", format!("copy {all}")),
            ("move all the stuff to prod", format!("migrate {all} to prod")),
        ] {
            assert_eq!(spelled_out(&pieces(request)), Some(wanted), "{request}");
        }
        for request in [
            "migrate all dashboards",
            "migrate everything from \"Sales\"",
            "migrate all of Sales",
            "list everything",
            "migrate",
            "delete everything",
        ] {
            assert_eq!(spelled_out(&pieces(request)), None, "{request}");
        }
    }
}

//! What a request means after another: "and his groups?", "same for Bob", "delete it".

mod subject;

use sisense_core::Operation;

use self::subject::{Subject, subjects};
use super::split::text as words;
use crate::catalogue::lexicon::Class;
use crate::catalogue::text::{Piece, Token, pieces};
use crate::conversation::Exchange;

/// Words before a follow-up that say nothing.
const OPENERS: [&str; 9] = ["and", "also", "now", "then", "please", "ok", "okay", "so", "but"];

/// Ways to say that the same is wanted of something else.
const SAME: [&[&str]; 12] = [
    &["the", "same", "for"],
    &["do", "the", "same", "for"],
    &["do", "the", "same", "with"],
    &["same", "for"],
    &["same", "with"],
    &["same", "thing", "for"],
    &["what", "about"],
    &["how", "about"],
    &["also", "for"],
    &["and", "for"],
    &["and"],
    &["for"],
];

/// What a text means after a turn, said as a request of its own. Nothing when it stands for itself,
/// or when it cannot be told what it refers to.
#[must_use]
pub fn follow_up(before: &Exchange, text: &str, operations: &[&Operation]) -> Option<String> {
    let said = pieces(text);
    if said.is_empty() {
        return None;
    }
    let former = before.plan.as_ref().map_or(before.meant.as_str(), |plan| plan.goal.as_str());
    let subjects = before.plan.as_ref().map(|plan| subjects(plan, operations)).unwrap_or_default();
    same_for(former, &said)
        .or_else(|| refers(&said, &subjects))
        .or_else(|| left_out(&said, &subjects))
}

fn lower_is(piece: &Piece, words: &[&str]) -> bool {
    words.contains(&piece.lower().as_str())
}

fn is_thing(piece: &Piece) -> bool {
    piece.class() == Some(Class::Thing)
}

/// Whether a piece is a name or a part of one.
fn names(piece: &Piece) -> bool {
    match &piece.token {
        Token::Word { lower, means: None } => lower.chars().any(char::is_alphabetic),
        Token::Word { .. } => false,
        _ => true,
    }
}

/// The pieces after the openers.
fn opened(said: &[Piece]) -> &[Piece] {
    let opens = said.iter().take_while(|piece| lower_is(piece, &OPENERS)).count();
    &said[opens..]
}

/// What follows a way to say "the same for", when that is nothing but things and names.
fn other(said: &[Piece]) -> Option<&[Piece]> {
    let mut flat: Vec<String> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    for (at, piece) in said.iter().enumerate() {
        for word in piece.lower().split(' ') {
            flat.push(word.to_owned());
            ends.push(at + 1);
        }
    }
    let skipped: Vec<usize> = (0..flat.len())
        .take(OPENERS.len())
        .take_while(|at| *at == 0 || OPENERS.contains(&flat[at - 1].as_str()))
        .collect();
    let rest = skipped.into_iter().find_map(|start| {
        SAME.iter().find_map(|way| {
            let same = flat.get(start..start + way.len())? == *way;
            let end = ends.get(start + way.len() - 1)?;
            same.then(|| said.get(*end..)).flatten()
        })
    })?;
    let fits = |piece: &Piece| {
        piece.capital() || names(piece) || is_thing(piece) || piece.class() == Some(Class::Filler)
    };
    let back =
        ["it", "its", "his", "her", "him", "their", "them", "this", "that", "these", "those"];
    let own = rest.iter().any(|piece| names(piece) || is_thing(piece));
    (own && rest.iter().all(|piece| fits(piece) && !lower_is(piece, &back))).then_some(rest)
}

/// "Same for Bob": the former request with the other name in the place of its own.
fn same_for(former: &str, said: &[Piece]) -> Option<String> {
    let other = other(said)?;
    let before = pieces(former);
    let shape = |piece: &Piece| std::mem::discriminant(&piece.token);
    let name = other.iter().find(|piece| names(piece));
    let thing = other.iter().find(|piece| is_thing(piece));
    let runs = runs(&before);
    let place = match name {
        // Only things: "list all users", "and the dashboards?"
        None => {
            let own: Vec<usize> = (0..before.len()).filter(|at| is_thing(&before[*at])).collect();
            let ([at], true) = (own.as_slice(), runs.is_empty()) else { return None };
            *at..*at + 1
        }
        Some(name) => {
            let of = |run: &&std::ops::Range<usize>| {
                before.get(run.start).is_some_and(|piece| match name.token {
                    Token::Word { .. } | Token::Quoted => {
                        matches!(piece.token, Token::Word { .. } | Token::Quoted)
                    }
                    _ => shape(piece) == shape(name),
                })
            };
            let labelled = |run: &&std::ops::Range<usize>| {
                let noun = |at: usize| before.get(at).and_then(Piece::means).map(|(noun, _)| noun);
                let wanted = thing.and_then(Piece::means).map(|(noun, _)| noun);
                let beside = [run.start.checked_sub(1).and_then(noun), noun(run.end)];
                wanted.is_some() && beside.contains(&wanted)
            };
            let run = runs.iter().find(labelled).or_else(|| runs.iter().find(of));
            let run = run.or_else(|| (runs.len() == 1).then(|| &runs[0]))?;
            if thing.is_some() { with_noun(&before, run) } else { run.clone() }
        }
    };
    let mut whole = before.get(..place.start)?.to_vec();
    whole.extend(other.iter().filter(|piece| !lower_is(piece, &["the", "a"])).cloned());
    whole.extend(before.get(place.end..)?.iter().cloned());
    Some(words(&whole))
}

/// The names in a request, each as a range of its pieces.
fn runs(request: &[Piece]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, piece) in request.iter().enumerate() {
        let before = runs.last_mut().filter(|run| run.end == at && !request[at - 1].stop_after);
        // "Sample ECommerce": a word of the lexicon begins a name when an unknown one goes on.
        let begins = at > 0
            && piece.capital()
            && request.get(at + 1).is_some_and(|next| next.capital() && names(next));
        let part = names(piece) || begins || (before.is_some() && piece.capital());
        match before {
            Some(run) if part => run.end = at + 1,
            _ if part
                && (at > 0 || piece.capital() || !matches!(piece.token, Token::Word { .. })) =>
            {
                runs.push(at..at + 1);
            }
            _ => {}
        }
    }
    runs
}

/// A name with the noun that stands beside it.
fn with_noun(request: &[Piece], run: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    if run.start > 0 && is_thing(&request[run.start - 1]) {
        run.start - 1..run.end
    } else if request.get(run.end).is_some_and(is_thing) {
        run.start..run.end + 1
    } else {
        run.clone()
    }
}

/// What a word refers to.
enum Refers {
    /// A person.
    Person,
    /// A thing, or several.
    Thing,
    /// Something of this noun.
    Noun(&'static str),
    /// Several, or a group.
    Several,
}

/// Which subject is meant, the later ones first.
fn meant<'a>(refers: &Refers, subjects: &'a [Subject]) -> Option<&'a Subject> {
    let fits = |subject: &&Subject| match refers {
        Refers::Person => subject.noun == "user" && subject.names.len() == 1,
        Refers::Thing => subject.noun != "user",
        Refers::Noun(noun) => subject.noun == *noun,
        Refers::Several => subject.names.len() > 1 || subject.noun == "group",
    };
    let first = subjects.iter().find(fits);
    match refers {
        Refers::Several => first.or_else(|| subjects.first()),
        _ => first,
    }
}

/// "Delete it", "who is in that group", "and his groups?": what a word refers to is put in its
/// place. A word that refers to a name of its own sentence is left.
fn refers(said: &[Piece], subjects: &[Subject]) -> Option<String> {
    let said = opened(said);
    let mut whole: Vec<String> = Vec::new();
    let mut of: Vec<String> = Vec::new();
    let mut found = false;
    let mut at = 0;
    while let Some(piece) = said.get(at) {
        if names(piece) && !found {
            return None;
        }
        let next = said.get(at + 1);
        let aspect = next.is_some_and(|next| {
            matches!(next.class(), Some(Class::Thing | Class::Aspect | Class::Role))
        });
        let demonstrative = lower_is(piece, &["this", "that", "these", "those", "same"]);
        let possessive =
            lower_is(piece, &["his", "its", "their"]) || (lower_is(piece, &["her"]) && aspect);
        let last = next.is_none_or(|next| {
            piece.stop_after || lower_is(next, &["to", "with", "for", "and", "as", "too", "now"])
        });
        let reference = if let (true, Some(noun)) =
            (demonstrative, next.filter(|next| is_thing(next)).and_then(Piece::means))
        {
            at += 1;
            Some(Refers::Noun(noun.0))
        } else if lower_is(piece, &["he", "she", "him", "her", "his"]) {
            Some(Refers::Person)
        } else if lower_is(piece, &["it", "its"]) || (lower_is(piece, &["this", "that"]) && last) {
            Some(Refers::Thing)
        } else if lower_is(piece, &["they", "them", "their"])
            || (lower_is(piece, &["these", "those"]) && last)
        {
            Some(Refers::Several)
        } else {
            None
        };
        match reference {
            None => whole
                .push(words(std::slice::from_ref(&Piece { stop_after: false, ..piece.clone() }))),
            Some(reference) => {
                let subject = meant(&reference, subjects)?;
                found = true;
                if whole.last().is_some_and(|word| word.eq_ignore_ascii_case("the")) {
                    whole.pop();
                }
                if possessive { &mut of } else { &mut whole }.push(subject.told());
            }
        }
        at += 1;
    }
    of.dedup();
    if !of.is_empty() {
        whole.push(format!("of {}", of.join(" and ")));
    }
    found.then(|| whole.join(" "))
}

/// "And the columns?": it opens like a follow-up and names nothing, so that the former subject is
/// meant.
fn left_out(said: &[Piece], subjects: &[Subject]) -> Option<String> {
    let what_about = said.get(..2).is_some_and(|start| {
        lower_is(&start[0], &["what", "how"]) && lower_is(&start[1], &["about"])
    });
    let about = what_about || said.first().is_some_and(|piece| lower_is(piece, &["and", "also"]));
    let rest = if what_about { said.get(2..)? } else { opened(said) };
    let rest: Vec<&Piece> = rest.iter().filter(|piece| !lower_is(piece, &["the"])).collect();
    let has = |class| rest.iter().any(|piece| piece.class() == Some(class));
    let alone = rest.iter().all(|piece| !names(piece) && !piece.is("all") && !is_thing(piece));
    if !about || !alone || !has(Class::Aspect) || has(Class::Act) {
        return None;
    }
    let subject = subjects.first()?;
    let show = if has(Class::Ask) { "" } else { "show the " };
    let rest: Vec<String> =
        rest.iter().map(|p| words(&[Piece { stop_after: false, ..(*p).clone() }])).collect();
    Some(format!("{show}{} of {}", rest.join(" "), subject.told()))
}

#[cfg(test)]
mod tests;

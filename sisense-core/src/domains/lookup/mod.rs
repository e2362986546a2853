//! Steps that several domains share: find one by reference, list all, load documents.
//!
//! Filters of the API may be exact, partial or blind to case, so every hit is compared here.

pub(crate) mod connections;
pub(crate) mod dashboards;
pub(crate) mod exports;
pub(crate) mod groups;
pub(crate) mod model_shares;
pub(crate) mod models;
pub(crate) mod parties;
pub(crate) mod roles;
pub(crate) mod scan;
pub(crate) mod security;
pub(crate) mod sql;
pub(crate) mod users;

use crate::error::{Error, Result};

/// Most candidates that an error lists.
const CANDIDATES: usize = 10;

/// Whether a text is an id of 24 hexadecimal digits.
pub(crate) fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a text is a UUID, with or without dashes.
pub(crate) fn is_uuid(text: &str) -> bool {
    let digits = text.bytes().filter(|b| *b != b'-').count();
    digits == 32 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Whether two names are the same but for case and surrounding space.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// What an error about a reference is about, such as `user "ann@example.com"`.
pub(crate) fn about(kind: &str, reference: &str) -> impl Fn(Error) -> Error {
    let asset = format!("{kind} \"{reference}\"");
    move |error| error.with_asset(asset.clone())
}

/// Refuse an empty reference before anything is sent.
pub(crate) fn required(what: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(
            Error::invalid(format!("{what} is empty")).with_next_step(format!("give {what}"))
        );
    }
    Ok(())
}

/// The one that fits a reference: exactly first, then but for case. Several are ambiguous.
pub(crate) fn pick<'a, T>(
    kind: &str,
    reference: &str,
    all: &'a [T],
    name: impl Fn(&T) -> &str,
    describe: impl Fn(&T) -> String,
) -> Result<Option<&'a T>> {
    let exact: Vec<&T> = all.iter().filter(|one| name(one) == reference).collect();
    let fits = if exact.is_empty() {
        all.iter().filter(|one| same(name(one), reference)).collect()
    } else {
        exact
    };
    match fits.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        many => {
            let candidates = many.iter().take(CANDIDATES).map(|one| describe(one)).collect();
            Err(Error::ambiguous(kind, reference, candidates))
        }
    }
}

/// "Not there", with the names that are nearest to the reference.
pub(crate) fn not_found<'a>(
    kind: &str,
    reference: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Error {
    let near = nearest(reference, names);
    let next = if near.is_empty() {
        format!("list the {kind}s to see what there is")
    } else {
        "did you mean one of the candidates?".to_owned()
    };
    Error::not_found(kind, reference).with_candidates(near).with_next_step(next)
}

/// Several errors as one, so that a person learns of all unresolved names at once.
pub(crate) fn together(mut errors: Vec<Error>) -> Result<()> {
    if errors.len() < 2 {
        return errors.pop().map_or(Ok(()), Err);
    }
    let message = errors.iter().map(|error| match error.candidates() {
        [] => error.report().message.clone(),
        near => format!("{} (candidates: {})", error.report().message, near.join(", ")),
    });
    let message = message.collect::<Vec<_>>().join("; ");
    let candidates = errors.iter().flat_map(|error| error.candidates().to_vec()).collect();
    Err(Error::new(errors[0].kind(), message)
        .with_candidates(candidates)
        .with_next_step("mend each of them and try again"))
}

/// The names that are nearest to a reference, best first; at most five, none that is far off.
pub(crate) fn nearest<'a>(
    reference: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let wanted = reference.trim().to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let contains =
                !wanted.is_empty() && (lower.contains(&wanted) || wanted.contains(&lower));
            let score = strsim::jaro_winkler(&wanted, &lower);
            (if contains { score.max(0.9) } else { score }, name)
        })
        .filter(|(score, name)| *score >= 0.8 && !name.is_empty())
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(5).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn picks_the_exact_name_before_one_of_other_case() {
        let all = ["sales", "Sales", "R&D"];
        let pick = |reference| pick("group", reference, &all, |n| n, |n| (*n).to_owned());
        assert_eq!(pick("Sales").unwrap(), Some(&"Sales"));
        assert_eq!(pick("r&d").unwrap(), Some(&"R&D"));
        assert_eq!(pick("none").unwrap(), None);
        let error = pick("SALES").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        assert_eq!(error.candidates(), ["sales", "Sales"]);
    }

    #[test]
    fn names_what_is_near_and_nothing_that_is_far() {
        assert_eq!(nearest("Analyst", ["Analysts", "Sales", "Everyone"]), ["Analysts"]);
        assert!(nearest("xyz", ["Analysts"]).is_empty());
    }
}

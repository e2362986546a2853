//! The words of an administrator: which of them mean the same, and of what class they are.

mod fillers;
mod nouns;
mod verbs;

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a word is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Asks for a read: show, which, who.
    Ask,
    /// Asks for a write: create, delete, share.
    Act,
    /// A thing: user, dashboard, data model.
    Thing,
    /// Something of a thing: columns, shares, schema.
    Aspect,
    /// The name of a role.
    Role,
    /// What a share allows.
    Rule,
    /// Carries no meaning of its own.
    Filler,
}

/// A word's meaning with its class.
pub(crate) type Means = (&'static str, Class);

/// One meaning: its word, its class, and the words and phrases that mean it, with commas between.
pub(crate) struct Meaning {
    word: &'static str,
    class: Class,
    said: &'static str,
}

const fn m(word: &'static str, class: Class, said: &'static str) -> Meaning {
    Meaning { word, class, said }
}

/// Verbs of about the same meaning: a request with the first may mean an operation with another.
const ALIKE: [(&str, &[&str]); 14] = [
    ("create", &["add", "make", "setup"]),
    ("add", &["create", "update", "give"]),
    ("delete", &["remove"]),
    ("remove", &["delete", "update"]),
    ("update", &["make"]),
    ("rename", &["update"]),
    ("make", &["update", "create"]),
    ("give", &["share_with", "transfer", "owner", "update"]),
    ("share_with", &["give"]),
    ("transfer", &["give", "owner"]),
    ("schedule", &["build"]),
    ("setup", &["create"]),
    ("generate", &["create"]),
    ("revoke", &["remove"]),
];

/// The verbs of about the same meaning as a verb.
pub(crate) fn alike(act: &str) -> &'static [&'static str] {
    ALIKE.iter().find(|(verb, _)| *verb == act).map_or(&[][..], |(_, alike)| alike)
}

/// Longest phrase, in words.
pub(crate) const PHRASE: usize = 5;

/// Shortest word that is taken for a misspelt one.
const SHORTEST_TYPO: usize = 4;

/// Length from which a word may have two wrong letters.
const TWO_WRONG: usize = 8;

static PHRASES: LazyLock<HashMap<String, Means>> = LazyLock::new(|| {
    let mut phrases = HashMap::new();
    let meanings = [verbs::MEANINGS, nouns::MEANINGS, fillers::MEANINGS];
    for meaning in meanings.into_iter().flatten() {
        for said in meaning.said.split(',').map(str::trim).filter(|said| !said.is_empty()) {
            phrases.entry(said.to_owned()).or_insert((meaning.word, meaning.class));
        }
    }
    for place in elsewhere() {
        phrases.entry(place).or_insert(("elsewhere", Class::Aspect));
    }
    phrases
});

/// "The other server", "a new environment": where a migration goes to.
fn elsewhere() -> impl Iterator<Item = String> {
    const OTHER: [&str; 10] = [
        "other",
        "another",
        "new",
        "second",
        "different",
        "target",
        "production",
        "prod",
        "staging",
        "destination",
    ];
    const PLACE: [&str; 13] = [
        "deployment",
        "environment",
        "env",
        "server",
        "system",
        "instance",
        "tenant",
        "site",
        "side",
        "sisense",
        "cluster",
        "machine",
        "installation",
    ];
    OTHER.iter().flat_map(|other| {
        let one = move |place: &&str| {
            ["", "the ", "a ", "an ", "our "].map(|article| format!("{article}{other} {place}"))
        };
        PLACE.iter().flat_map(one)
    })
}

/// Single words by their stem.
static STEMS: LazyLock<HashMap<String, Means>> = LazyLock::new(|| {
    let mut stems = HashMap::new();
    let mut words: Vec<(&String, &Means)> =
        PHRASES.iter().filter(|(said, _)| !said.contains(' ') && said.len() > 3).collect();
    // The order of a map is no order: of two words with one stem the same has to win each time.
    words.sort_by_key(|(said, _)| *said);
    for (said, means) in words {
        stems.entry(stem(said)).or_insert(*means);
    }
    stems
});

/// The words of all phrases by their first letter: those that a misspelt word is compared with.
static SPELT: LazyLock<HashMap<char, Vec<&'static str>>> = LazyLock::new(|| {
    let mut words: Vec<&str> = PHRASES.keys().flat_map(|said| said.split(' ')).collect();
    words.sort_unstable();
    words.dedup();
    let mut spelt: HashMap<char, Vec<&str>> = HashMap::new();
    for word in words {
        if let Some(first) = word.chars().next()
            && word.len() >= SHORTEST_TYPO
            && word.chars().all(|c| c.is_ascii_lowercase())
        {
            spelt.entry(first).or_default().push(word);
        }
    }
    spelt
});

/// The meaning of a word or phrase in lower case.
pub(crate) fn phrase(said: &str) -> Option<Means> {
    PHRASES.get(said).copied()
}

/// The meaning of a word in another form than the lexicon's: "granting", "migrated".
pub(crate) fn inflected(word: &str) -> Option<Means> {
    if word.len() < 5 { None } else { STEMS.get(&stem(word)).copied() }
}

/// Whether a word is one of the lexicon, alone or within a phrase.
fn is_word(word: &str) -> bool {
    let first = word.chars().next();
    let words = first.and_then(|first| SPELT.get(&first));
    PHRASES.contains_key(word) || words.is_some_and(|words| words.binary_search(&word).is_ok())
}

/// The word of the lexicon that was probably meant by a misspelt one. Of several that are equally
/// near and mean different things none is taken.
pub(crate) fn misspelt(word: &str) -> Option<&'static str> {
    let length = word.len();
    if length < SHORTEST_TYPO
        || !word.chars().all(|c| c.is_ascii_lowercase())
        || is_word(word)
        || inflected(word).is_some()
    {
        return None;
    }
    let allowed = if length >= TWO_WRONG { 2 } else { 1 };
    let mut letters = word.chars();
    let starts = [letters.next()?, letters.next()?];
    let mut best: Option<((usize, usize), &str)> = None;
    let mut tie = false;
    for (n, said) in starts.iter().enumerate().flat_map(|(n, first)| {
        let same = n == 1 && starts[0] == starts[1];
        SPELT.get(first).filter(|_| !same).into_iter().flatten().map(move |said| (n, *said))
    }) {
        let longer = said.len().abs_diff(length);
        if longer > allowed {
            continue;
        }
        let distance = strsim::osa_distance(word, said);
        // Of short words, and of those that begin otherwise, only letters in the wrong order are
        // a sure sign.
        let sure = length.max(said.len()) >= 5 && n == 0;
        if distance > allowed || (!sure && !same_letters(word, said)) {
            continue;
        }
        let near = (distance, longer);
        match best {
            Some((known, _)) if known < near => {}
            Some((known, other)) if known == near => tie |= phrase(other) != phrase(said),
            _ => {
                best = Some((near, said));
                tie = false;
            }
        }
    }
    best.filter(|_| !tie).map(|(_, said)| said)
}

fn same_letters(a: &str, b: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

/// Reduce an English word to its stem, roughly: enough to join "builds" and "building".
pub(crate) fn stem(word: &str) -> String {
    let cut = |end: &str, least: usize| {
        word.strip_suffix(end).filter(|rest| rest.len() >= least).map(str::to_owned)
    };
    let stem = cut("ies", 2)
        .map(|rest| rest + "y")
        .or_else(|| cut("ing", 4))
        .or_else(|| cut("sses", 2).map(|rest| rest + "ss"))
        .or_else(|| if word.ends_with("ss") { None } else { cut("s", 3) })
        .or_else(|| cut("ed", 4))
        .unwrap_or_else(|| word.to_owned());
    let stem = match stem.as_bytes() {
        // "transferring" is of "transfer"; "selling" of "sell".
        [.., a, b] if stem != word && a == b && !b"aeiouls".contains(b) => {
            stem.get(..stem.len() - 1).unwrap_or(&stem).to_owned()
        }
        _ => stem,
    };
    // "migrate", "migrating" and "migrated" are one.
    match stem.strip_suffix('e') {
        Some(rest) if rest.len() >= 4 => rest.to_owned(),
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn a_misspelt_word_is_known_by_its_letters() {
        for (said, means) in [
            ("dashbord", Some("dashboard")),
            ("dahsboard", Some("dashboard")),
            ("elasticueb", Some("elasticube")),
            ("unsued", Some("unused")),
            ("colums", Some("column")),
            ("usre", Some("user")),
            ("delte", Some("delete")),
            ("custm", Some("custom")),
            ("shere", Some("share")),
            ("pipeline", None),
            ("ecommerce", None),
            ("finance", None),
            ("marketing", None),
            ("lost", None),
        ] {
            assert_eq!(misspelt(said), means, "{said}");
        }
    }

    #[test]
    fn forms_of_a_word_are_one() {
        for (said, means) in
            [("granting", "give"), ("migrated", "migrate"), ("transferring", "transfer")]
        {
            assert_eq!(inflected(said).map(|(word, _)| word), Some(means), "{said}");
        }
    }
}

//! Checks a query before it is sent: one statement, on one line, that only reads.

use crate::error::{Error, Result};

/// Longest query, in bytes. It travels in the address, and servers stop long before this.
const MAX_QUERY: usize = 64 * 1024;

/// Words that stand outside of quotes only where something is changed.
const WRITES: [&str; 16] = [
    "alter", "call", "create", "delete", "drop", "exec", "execute", "grant", "insert", "into",
    "merge", "rename", "revoke", "truncate", "update", "upsert",
];

const HOW: &str = "give one query that begins with SELECT or WITH, with names in [brackets]";

/// The query on one line, without comments and without a semicolon at its end.
pub(super) fn one_query(text: &str) -> Result<String> {
    let bad = |why: String| Err(Error::invalid(why).with_next_step(HOW));
    if text.len() > MAX_QUERY {
        return bad(format!("the query is longer than the limit of bytes: {MAX_QUERY}"));
    }
    let mut scan = Scan { rest: text, line: String::with_capacity(text.len()), ended: false };
    let mut words = Vec::new();
    while let Some(first) = scan.rest.chars().next() {
        match scan.piece(first) {
            Piece::Open(what) => return bad(format!("the query has {what} that does not end")),
            Piece::Second => return bad("the query holds more than one statement".to_owned()),
            Piece::Word(word) => words.push(word.to_lowercase()),
            Piece::Other => {}
        }
    }
    match words.first().map(String::as_str) {
        None => return bad("the query is empty".to_owned()),
        Some("select" | "with") => {}
        Some(_) => return bad("the query begins neither with SELECT nor with WITH".to_owned()),
    }
    if let Some(word) = words.iter().find(|word| WRITES.contains(&word.as_str())) {
        return bad(format!("a query may only read; a name like this goes in brackets: {word}"));
    }
    Ok(scan.line.trim().to_owned())
}

struct Scan<'a> {
    rest: &'a str,
    line: String,
    /// Whether a semicolon came.
    ended: bool,
}

enum Piece<'a> {
    Word(&'a str),
    Other,
    /// A quote or a comment without an end.
    Open(&'static str),
    /// Something behind a semicolon.
    Second,
}

impl<'a> Scan<'a> {
    fn piece(&mut self, first: char) -> Piece<'a> {
        let (rest, after) = (self.rest, &self.rest[first.len_utf8()..]);
        if first.is_whitespace() {
            return self.skip(after);
        }
        if rest.starts_with("--") {
            return self.skip(rest.split_once('\n').map_or("", |(_, next)| next));
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            return match comment.split_once("*/") {
                Some((_, next)) => self.skip(next),
                None => Piece::Open("a comment"),
            };
        }
        if self.ended {
            return Piece::Second;
        }
        let close = match first {
            ';' => {
                self.ended = true;
                self.rest = after;
                return Piece::Other;
            }
            '[' => ']',
            '\'' | '"' | '`' => first,
            _ => return self.word(first),
        };
        // A doubled quote ends one text and begins the next, which is the same here.
        match after.find(close) {
            Some(at) => {
                self.take(first.len_utf8() + at + close.len_utf8());
                Piece::Other
            }
            None => Piece::Open("a quote or bracket"),
        }
    }

    fn word(&mut self, first: char) -> Piece<'a> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '$');
        if !is_part(first) {
            self.take(first.len_utf8());
            return Piece::Other;
        }
        let end = self.rest.find(|c: char| !is_part(c)).unwrap_or(self.rest.len());
        Piece::Word(self.take(end))
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.line.push_str(taken);
        self.rest = rest;
        taken
    }

    /// Space, lines and comments are one space.
    fn skip(&mut self, next: &'a str) -> Piece<'a> {
        if !self.line.ends_with(' ') {
            self.line.push(' ');
        }
        self.rest = next;
        Piece::Other
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn a_query_is_put_on_one_line_and_its_texts_stay() {
        for (given, sent) in [
            ("SELECT 1", "SELECT 1"),
            ("  select a,\n\t b -- the rest; drop\nfrom [T]  ;  -- end\n", "select a, b from [T]"),
            ("with x as (select 1) select * from x", "with x as (select 1) select * from x"),
            ("(select 1) union (select 2)", "(select 1) union (select 2)"),
            (
                "select ';', 'it''s --', \"a;b\" from [x;y]",
                "select ';', 'it''s --', \"a;b\" from [x;y]",
            ),
            ("select '\n' /* ; */ from [Delete]", "select '\n' from [Delete]"),
            ("select created, updated_at from t", "select created, updated_at from t"),
        ] {
            assert_eq!(one_query(given).unwrap(), sent);
        }
    }

    #[test]
    fn what_is_no_single_read_is_refused_before_it_is_sent() {
        for given in [
            "",
            " -- only a comment",
            ";",
            "select 1; select 2",
            "select 1;;",
            "delete from t",
            "update t set a = 1",
            "explain select 1",
            "selects from t",
            "with d as (delete from t returning *) select * from d",
            "select * into copy from t",
            "select 'open",
            "select [open",
            "select /* open",
        ] {
            let error = one_query(given).unwrap_err();
            assert_eq!(error.kind(), crate::error::ErrorKind::InvalidInput, "{given}");
        }
        assert!(one_query(&format!("select '{}'", "x".repeat(MAX_QUERY))).is_err());
    }
}

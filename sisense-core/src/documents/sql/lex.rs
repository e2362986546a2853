//! SQL text as a list of tokens.

/// A piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a keyword.
    Name { text: String, quoted: bool },
    /// A number or a text in single quotes: it names nothing.
    Literal,
    /// Any other character.
    Symbol(char),
}

impl Token {
    /// Whether this is the keyword, written without quotes.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Token::Name { text, quoted: false } if text.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_symbol(&self, symbol: char) -> bool {
        *self == Token::Symbol(symbol)
    }
}

/// SQL cut into names, literals and symbols; comments are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlText {
    pub(super) tokens: Vec<Token>,
    pub(super) broken: bool,
}

impl SqlText {
    /// Cut a text into tokens. Never fails: what does not end is marked as broken.
    #[must_use]
    pub fn read(sql: &str) -> Self {
        let mut text = SqlText::default();
        let mut rest = sql;
        while let Some(first) = rest.chars().next() {
            rest = text.token(first, rest);
        }
        text
    }

    /// Whether a quote, a bracket or a comment does not end, so that names may have been missed.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether the word occurs outside of quotes and comments.
    #[must_use]
    pub fn has_word(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.is_word(word))
    }

    /// Read one token from the beginning of the text and return what is left.
    fn token<'a>(&mut self, first: char, rest: &'a str) -> &'a str {
        let after = &rest[first.len_utf8()..];
        match first {
            '[' => self.name(after, ']'),
            '"' | '`' => self.name(after, first),
            '\'' => self.literal(after),
            '-' if after.starts_with('-') => after.split_once('\n').map_or("", |(_, next)| next),
            '/' if after.starts_with('*') => self.comment(&after[1..]),
            _ if first.is_whitespace() => after,
            _ if first.is_numeric() => {
                self.tokens.push(Token::Literal);
                after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '.')
            }
            _ if first.is_alphabetic() || matches!(first, '_' | '@' | '#' | '$') => {
                let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
                self.tokens.push(Token::Name { text: rest[..end].to_owned(), quoted: false });
                &rest[end..]
            }
            _ => {
                // A closing bracket by itself: some name held one, and was cut in the wrong place.
                self.broken |= first == ']';
                self.tokens.push(Token::Symbol(first));
                after
            }
        }
    }

    /// A quoted name. The closing quote written twice stands for itself, except the bracket.
    fn name<'a>(&mut self, mut rest: &'a str, close: char) -> &'a str {
        let mut text = String::new();
        loop {
            let Some((part, after)) = rest.split_once(close) else {
                self.broken = true;
                return "";
            };
            text.push_str(part);
            match after.strip_prefix(close).filter(|_| close != ']') {
                Some(more) => {
                    text.push(close);
                    rest = more;
                }
                None => {
                    self.tokens.push(Token::Name { text, quoted: true });
                    return after;
                }
            }
        }
    }

    fn literal<'a>(&mut self, mut rest: &'a str) -> &'a str {
        self.tokens.push(Token::Literal);
        loop {
            let Some((_, after)) = rest.split_once('\'') else {
                self.broken = true;
                return "";
            };
            match after.strip_prefix('\'') {
                Some(more) => rest = more,
                None => return after,
            }
        }
    }

    fn comment<'a>(&mut self, rest: &'a str) -> &'a str {
        rest.split_once("*/").map(|(_, after)| after).unwrap_or_else(|| {
            self.broken = true;
            ""
        })
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '@' | '#' | '$')
}

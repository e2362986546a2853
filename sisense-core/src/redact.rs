//! Removes secrets from texts that people, logs, journals or language models will see.
//!
//! This is the one place that says what a secret looks like, by its key and by its value.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Longest piece of an answer that an error keeps, in characters.
const SNIPPET: usize = 300;

/// Parts of a key, letters and digits only, whose values are secrets.
const SECRET_PARTS: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "authorization",
    "authorisation",
    "apikey",
    "privatekey",
    "accesskey",
    "accountkey",
    "connectionstring",
    "sasurl",
    "signature",
    "cookie",
    "pwd",
];

/// Whole words of a key whose values are secrets. Only as words: `monkey` and `compass` are none.
const SECRET_WORDS: [&str; 2] = ["token", "pass"];

/// Keys that are secrets as a whole.
const SECRET_KEYS: [&str; 2] = ["hash", "tokens"];

/// Words before `key` in keys that name no secret: those of data models, and what is public.
const PLAIN_KEYS: [&str; 20] = [
    "primary",
    "foreign",
    "unique",
    "surrogate",
    "natural",
    "business",
    "candidate",
    "composite",
    "partition",
    "sort",
    "join",
    "lookup",
    "index",
    "row",
    "column",
    "table",
    "field",
    "object",
    "cache",
    "public",
];

/// Words that a secret follows in a text, as a part of a pattern.
const WORDS: &str = "password|passwd|pwd|passphrase|secret|token|api[\\x20_-]?key";

/// Values that are secrets whatever their key: bearer tokens, JWTs, keys in PEM, pairs in texts.
static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r#"(?ixs) bearer \s+ [a-z0-9._~+/=-]+
          | eyJ[a-z0-9_-]{{5,}} \. [a-z0-9_-]+ (\. [a-z0-9_-]*)?
          | -----BEGIN [^-]* PRIVATE\ KEY-----.*?(-----END[^-]*-----|$)
          | \b AKIA[0-9A-Z]{{12,}}
          | ("? ({WORDS}|access[_-]?key|private[_-]?key) "? \s* [:=] \s* "?) [^\s",;&}}]+"#,
    ))
    .ok()
});

/// What follows a word like "password" in what somebody typed.
static AFTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern =
        format!(r#"(?i)\b({WORDS})(\s*(?:is|=|:|of)\s*|\s+)("[^"]*"|'[^']*'|[^\s"',;]+)"#);
    Regex::new(&pattern).ok()
});

/// What stands for a secret wherever one was.
pub(crate) const MARK: &str = "***";

/// Whether a key's value is a secret, such as that of `Password`, `api_key` or `accessToken`.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    SECRET_KEYS.contains(&plain.as_str())
        || SECRET_PARTS.iter().any(|part| plain.contains(part))
        || words(key).iter().any(|word| SECRET_WORDS.contains(&word.as_str()))
        || is_some_key(&words(key))
        // Written in one, as in `accesstoken`.
        || plain.ends_with("token")
}

/// Whether the words are those of some key, such as an encryption key, and not of a data model's.
fn is_some_key(words: &[String]) -> bool {
    match words {
        [.., before, last] => {
            last == "key" && !before.is_empty() && !PLAIN_KEYS.contains(&before.as_str())
        }
        _ => false,
    }
}

/// The words of a key in `snake_case`, `kebab-case`, `camelCase` or any mix of them.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_was_lower = false;
    for letter in key.chars() {
        let starts = letter.is_ascii_uppercase() && before_was_lower;
        if starts || !letter.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if letter.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
        before_was_lower = letter.is_ascii_lowercase();
    }
    words
}

/// Clean a text: the token itself, then whatever looks like a secret.
pub(crate) fn text(text: &str, token: &str) -> String {
    let text = if token.is_empty() { text.to_owned() } else { text.replace(token, MARK) };
    match VALUE.as_ref() {
        Some(pattern) => pattern.replace_all(&text, MARK).into_owned(),
        None => MARK.to_owned(),
    }
}

/// Clean what somebody typed of what follows a word like "password". What goes by its form, such as
/// a bearer token, is left to [`json_value`].
#[must_use]
pub fn typed(text: &str) -> String {
    match AFTER.as_ref() {
        Some(pattern) => pattern.replace_all(text, format!("$1$2{MARK}")).into_owned(),
        None => MARK.to_owned(),
    }
}

/// Clean a JSON value: by key and by value, at every depth.
pub fn json_value(value: &mut Value) {
    match value {
        Value::String(inner) => *inner = text(inner, ""),
        Value::Array(items) => items.iter_mut().for_each(json_value),
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                if is_secret_key(key) && !inner.is_null() && inner.as_str() != Some("") {
                    *inner = Value::String(MARK.to_owned());
                } else {
                    json_value(inner);
                }
            }
        }
        _ => {}
    }
}

/// A short, clean, one-line piece of a body.
pub(crate) fn snippet(body: &str, token: &str) -> String {
    let cleaned = match serde_json::from_str::<Value>(body) {
        Ok(mut value) => {
            json_value(&mut value);
            text(&value.to_string(), token)
        }
        Err(_) => text(body, token),
    };
    let line = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SNIPPET {
        return line;
    }
    line.chars().take(SNIPPET).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn case_067_068_keys_of_secrets_are_told_from_those_that_are_not() {
        for secret in [
            "password",
            "userPassword",
            "Pass",
            "db_pass",
            "PWD",
            "passphrase",
            "api_key",
            "apiKey",
            "x-api-key",
            "access_token",
            "accesstoken",
            "tokenValue",
            "tokens",
            "aws_secret_key",
            "client_secret",
            "secretId",
            "credentials",
            "Authorization",
            "privateKey",
            "access_key",
            "connection_string",
            "connectionString",
            "Set-Cookie",
            "hash",
            "accountKey",
            "encryption_key",
            "signingKey",
            "ssh-key",
            "token",
            "secret",
            "credential",
            "private_key",
            "sasUrl",
            "signature",
        ] {
            assert!(is_secret_key(secret), "{secret}");
        }
        for plain in [
            "author",
            "keys",
            "monkey",
            "keyword",
            "key",
            "primary_key",
            "foreignKey",
            "sort-key",
            "public_key",
            "tokens_used",
            "compass",
            "passengers",
            "bypass",
            "name",
            "hashtag",
            "",
        ] {
            assert!(!is_secret_key(plain), "{plain}");
        }
    }

    #[test]
    fn hides_secrets_by_key_at_every_depth_and_keeps_the_rest() {
        let mut value = json!({
            "title": "Sales", "author": "Ann",
            "parameters": [{"Password": "a", "connectionString": "b", "UserName": "u"}],
            "activationToken": "t", "Password": ""
        });
        json_value(&mut value);
        assert_eq!(
            value,
            json!({
                "title": "Sales", "author": "Ann",
                "parameters": [{"Password": "***", "connectionString": "***", "UserName": "u"}],
                "activationToken": "***", "Password": ""
            })
        );
    }

    #[test]
    fn hides_secrets_inside_texts() {
        for (dirty, gone) in [
            ("Authorization: Bearer abc.def-1", "abc.def"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "eyJ"),
            ("Server=h;Password=hunter2;Db=x", "hunter2"),
            ("{\"token\":\"s3cret\"", "s3cret"),
            ("the very own-token-42 here", "own-token-42"),
        ] {
            let clean = text(dirty, "own-token-42");
            assert!(!clean.contains(gone), "{clean}");
        }
        assert_eq!(text("Server=h;Db=x", ""), "Server=h;Db=x");
    }

    #[test]
    fn a_snippet_is_short_and_on_one_line() {
        let long = format!("<html>\n  {}", "x".repeat(1000));
        let piece = snippet(&long, "t");
        assert_eq!(piece.chars().count(), SNIPPET + 1);
        assert!(!piece.contains('\n'));
    }
}

//! Removes secrets from texts that people, logs or journals will see.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Longest piece of an answer that an error keeps, in characters.
const SNIPPET: usize = 300;

/// Keys whose values are secrets wherever they appear.
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) pass(word|wd|phrase)? $ | ^pwd$ | secret | token | api_?-?key | authori[sz]ation
          | credential | private_?key | access_?key | connection_?string | cookie | ^hash$
          | account_?key | sas_?url | signature",
    )
    .ok()
});

/// Values that are secrets whatever their key: bearer tokens, JWTs, keys in PEM, pairs in texts.
static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?ix) bearer \s+ [a-z0-9._~+/=-]+
          | eyJ[a-z0-9_-]{5,} \. [a-z0-9_-]+ (\. [a-z0-9_-]*)?
          | -----BEGIN [^-]* PRIVATE\ KEY-----.*?(-----END[^-]*-----|$)
          | \b AKIA[0-9A-Z]{12,}
          | ("? (password|passwd|pwd|token|secret|api_?key|access_?key) "? \s* [:=] \s* "?) [^\s",;&}]+"#,
    )
    .ok()
});

const MARK: &str = "***";

/// Whether a key's value is a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    // An unreadable pattern would be a bug; treating everything as secret is the safe side.
    KEY.as_ref().is_none_or(|pattern| pattern.is_match(key))
}

/// Clean a text: the token itself, then whatever looks like a secret.
pub(crate) fn text(text: &str, token: &str) -> String {
    let text = if token.is_empty() { text.to_owned() } else { text.replace(token, MARK) };
    match VALUE.as_ref() {
        Some(pattern) => pattern.replace_all(&text, MARK).into_owned(),
        None => MARK.to_owned(),
    }
}

/// Clean a JSON value: by key and by value, at every depth.
pub(crate) fn json_value(value: &mut Value) {
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

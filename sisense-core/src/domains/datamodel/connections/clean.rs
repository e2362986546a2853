//! Takes secrets out of a connection's parameters: by key, by value, and inside texts that hold
//! more than one value, such as connection strings, URLs and JSON.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::redact::{self, MARK};

/// Deepest nesting that is looked into; what lies deeper is hidden.
const MAX_DEPTH: usize = 32;

/// A key within a text, with what stands between it and its value.
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)([a-z_][\w.-]*(?:\x20[a-z_][\w.-]*)?)["']?\s*[=:]\s*"#).ok()
});

/// User and password in an address: `scheme://user:password@host`, or in the style of Oracle.
static USERINFO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)([a-z][a-z0-9+.-]*://|jdbc:oracle:[a-z0-9]+:)[^\s@/?#]*(/[^\s@/?#]*)?@").ok()
});

/// The parameters without their secrets. Empty values stay: they tell that nothing is set.
pub(crate) fn parameters(given: Map<String, Value>) -> Map<String, Value> {
    object(given, 0)
}

/// A text without the secrets in it.
pub(crate) fn text(given: &str) -> String {
    inner_text(given, 0)
}

fn object(given: Map<String, Value>, depth: usize) -> Map<String, Value> {
    // A parameter may be written as `{name: "Password", value: "…"}`.
    let named = ["name", "key", "id"].iter().filter_map(|key| given.get(*key)?.as_str());
    let names_a_secret = named.into_iter().any(is_secret);
    let clean = |(key, inner): (String, Value)| {
        let hidden = is_secret(&key) || (names_a_secret && key.eq_ignore_ascii_case("value"));
        let inner = if hidden { hide(inner) } else { value(inner, depth + 1) };
        (key, inner)
    };
    given.into_iter().map(clean).collect()
}

fn value(given: Value, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return hide(given);
    }
    match given {
        Value::Object(map) => Value::Object(object(map, depth)),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| value(item, depth + 1)).collect())
        }
        Value::String(inner) => Value::String(inner_text(&inner, depth)),
        other => other,
    }
}

fn hide(given: Value) -> Value {
    let empty = given.is_null() || given.as_str().is_some_and(str::is_empty);
    if empty { given } else { Value::String(MARK.to_owned()) }
}

fn is_secret(key: &str) -> bool {
    redact::is_secret_key(key)
}

fn inner_text(given: &str, depth: usize) -> String {
    let trimmed = given.trim();
    if trimmed.starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str::<Value>(trimmed)
    {
        return value(inner, depth + 1).to_string();
    }
    let (Some(key), Some(userinfo)) = (KEY.as_ref(), USERINFO.as_ref()) else {
        // An unreadable pattern would be a bug; hiding everything is the safe side.
        return MARK.to_owned();
    };
    let given = userinfo.replace_all(given, format!("${{1}}{MARK}@"));
    redact::text(&pairs(&given, key), "")
}

/// `Server=h;Password=p` without the password.
fn pairs(given: &str, key: &Regex) -> String {
    let mut clean = String::with_capacity(given.len());
    let mut rest = given;
    while let Some(found) = key.captures(rest) {
        let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { break };
        let last = name.as_str().rsplit(' ').next().unwrap_or_default();
        let secret = is_secret(name.as_str()) || is_secret(last);
        clean.push_str(&rest[..whole.end()]);
        rest = &rest[whole.end()..];
        if secret {
            let end = value_end(rest);
            if end > 0 {
                clean.push_str(MARK);
            }
            rest = &rest[end..];
        }
    }
    clean.push_str(rest);
    clean
}

/// Where a value ends: before the next `;`, `&` or line outside its quotes or braces. A value may
/// hold spaces, so whatever follows one goes with it.
fn value_end(text: &str) -> usize {
    let close = match text.chars().next() {
        Some('{') => Some('}'),
        Some(quote @ ('"' | '\'')) => Some(quote),
        _ => None,
    };
    let body = close.map_or(0, |close| quoted_end(text, close));
    text[body..].find([';', '&', '\n', '\r']).map_or(text.len(), |at| body + at)
}

/// Where a text that begins with a quote or brace closes. Doubled, or behind a backslash, it does
/// not close.
fn quoted_end(text: &str, close: char) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == close && letters.next_if(|(_, next)| *next == close).is_none() {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn cleaned(given: Value) -> Value {
        let Value::Object(map) = given else { panic!("not an object: {given}") };
        Value::Object(parameters(map))
    }

    #[test]
    fn secrets_are_hidden_by_key_at_every_depth_and_the_rest_stays() {
        let given = json!({
            "Server": "db.example.com", "Port": 5439, "Password": "", "UserName": "etl",
            "token": "t0p", "nested": [{"client_secret": 5, "deep": {"Pwd": "p"}}],
            "list": [{"name": "Password", "value": "hunter2"}, {"name": "Host", "value": "h"}],
            "UseProxy": false, "schema": null
        });
        let expected = json!({
            "Server": "db.example.com", "Port": 5439, "Password": "", "UserName": "etl",
            "token": "***", "nested": [{"client_secret": "***", "deep": {"Pwd": "***"}}],
            "list": [{"name": "Password", "value": "***"}, {"name": "Host", "value": "h"}],
            "UseProxy": false, "schema": null
        });
        assert_eq!(cleaned(given), expected);
    }

    #[test]
    fn secrets_are_taken_out_of_texts_that_hold_more() {
        for (given, expected) in [
            ("Server=h;Pwd={a;b};Db=x", "Server=h;***;Db=x"),
            ("Server=h;Pwd={a}};b}c;Db=x", "Server=h;***;Db=x"),
            ("Server=h; Password = two words ;Db=x", "Server=h; ***;Db=x"),
            ("Shared Access Key=abc;Db=x", "Shared Access Key=***;Db=x"),
            ("host=h user=u password=p dbname=d", "host=h user=u ***"),
            ("ssl=true&secretKey=k&x=1", "ssl=true&secretKey=***&x=1"),
            ("PASSWORD=\"it\\\"s; mine\";x=1", "***;x=1"),
            ("jdbc:redshift://u:p%40@h:5439/db", "jdbc:redshift://***@h:5439/db"),
            ("jdbc:oracle:thin:scott/tiger@h:1521/x", "jdbc:oracle:thin:***@h:1521/x"),
            ("Server=h;Db=x;Encrypt=true", "Server=h;Db=x;Encrypt=true"),
            ("s3://bucket/path", "s3://bucket/path"),
            (
                "{\"private_key\": \"k\", \"project\": \"p\"}",
                "{\"private_key\":\"***\",\"project\":\"p\"}",
            ),
        ] {
            assert_eq!(text(given), expected);
        }
    }

    proptest! {
        #[test]
        fn a_password_never_survives_in_a_connection_string(
            before in "[A-Za-z]{1,8}=[A-Za-z0-9]{0,8};",
            key in "(Password|PWD|pwd|secret|ApiKey|access_key)",
            secret in "[A-Za-z0-9+/=!?#%. -]{0,6}S3cr3t[A-Za-z0-9+/=!?#%. -]{0,6}",
            after in "(;[A-Za-z]{1,8}=[a-z0-9]{0,8})?",
        ) {
            let clean = text(&format!("{before}{key}={secret}{after}"));
            prop_assert!(!clean.contains("S3cr3t"), "{}", clean);
            prop_assert!(clean.starts_with(&before));
        }
    }
}

//! Texts without what looks like a secret.

use serde_json::Value;
use sisense_core::redact;

use crate::approval::seal_text;

/// A text without what follows a word like "password", and without tokens and keys by their form.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut value = Value::String(seal_text(text, &[]));
    redact::json_value(&mut value);
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::shrink::shrink;
    use super::*;
    use crate::approval::seal_args;

    #[test]
    fn secrets_go_by_the_word_before_them_and_by_their_form() {
        for secret in [
            "the password is hunter2",
            "token: abcdef0123456789",
            "Authorization: Bearer eyJhbGciOi.J9",
            "key AKIAABCDEFGHIJKLMNOP",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        ] {
            assert!(without_secrets(secret).contains("***"), "{secret}");
        }
        assert_eq!(without_secrets("show the dashboard Pipeline"), "show the dashboard Pipeline");
    }

    /// Whoever shows, keeps or sends something takes secrets out with the one redactor: the same
    /// sample comes out clean everywhere, and no other file says what a secret looks like.
    #[test]
    fn case_066_there_is_one_redactor() {
        let keys = ["password", "db_pwd", "client_secret", "accessToken", "encryption_key"];
        let keys = keys.into_iter().chain(["credentials", "connection_string", "passphrase"]);
        for (n, key) in keys.enumerate() {
            let hidden = format!("very-own-{n}");
            let sample = serde_json::json!({ "author": "Ann", key: hidden });
            let mut cleaned = sample.clone();
            redact::json_value(&mut cleaned);
            let (sealed, _) = seal_args(None, sample.as_object().unwrap());
            let sealed = Value::Object(sealed).to_string();
            let shrunk = shrink(&sample, 1_000);
            for (who, text) in
                [("core", cleaned.to_string()), ("approvals", sealed), ("summaries", shrunk)]
            {
                assert!(!text.contains(&hidden) && text.contains("Ann"), "{who} {key}: {text}");
            }
        }
        for said in ["password very-own", "pwd: very-own", "\"token\"=very-own", "Bearer very-own"]
        {
            let text = format!("author Ann, {said}");
            for (who, text) in [
                ("prompts", without_secrets(&text)),
                ("core", {
                    let mut value = Value::String(redact::typed(&text));
                    redact::json_value(&mut value);
                    value.to_string()
                }),
            ] {
                assert!(!text.contains("very-own") && text.contains("Ann"), "{who} {said}: {text}");
            }
        }
    }

    #[test]
    fn case_066_no_other_file_lists_what_a_secret_looks_like() {
        fn walk(folder: &std::path::Path, found: &mut Vec<String>, count: &mut usize) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found, count);
                } else if path.extension().is_some_and(|end| end == "rs") {
                    *count += 1;
                    let text = std::fs::read_to_string(&path).unwrap();
                    let code = text.split("#[cfg(test)]").next().unwrap();
                    // Nobody writes this word but to list how secrets are called.
                    if code.contains("passwd") {
                        found.push(path.file_name().unwrap().to_string_lossy().into_owned());
                    }
                }
            }
        }
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let (mut found, mut count) = (Vec::new(), 0);
        for crate_ in ["sisense-core", "fes-agent", "fes-mcp"] {
            walk(&root.join(crate_).join("src"), &mut found, &mut count);
        }
        assert!(count > 300, "{count} files");
        assert_eq!(found, ["redact.rs"]);
    }
}

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
    use super::*;

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
}

//! Shapes in words.

use std::fmt;

use super::{BOOL, INT, LIST, NULL, NUMBER, OBJECT, OPTIONAL, Shape, TEXT};

/// Most texts of an enumeration that are told.
const MAX_TEXTS: usize = 8;

impl fmt::Display for Shape {
    /// Few words: `a list of objects`, `text or null`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_open() {
            return f.write_str("anything");
        }
        let mut words: Vec<String> = Vec::new();
        let is = |kinds: u8| self.kinds & kinds != 0;
        if is(TEXT) {
            words.push(match &self.texts {
                Some(texts) if texts.len() <= MAX_TEXTS => {
                    let quoted: Vec<String> =
                        texts.iter().map(|text| format!("'{text}'")).collect();
                    quoted.join(" or ")
                }
                _ => "text".into(),
            });
        }
        if is(NUMBER) {
            words.push(
                if self.kinds & NUMBER == INT { "a whole number" } else { "a number" }.into(),
            );
        }
        if is(BOOL) {
            words.push("a boolean".into());
        }
        if is(LIST) {
            words.push(match self.items.as_deref() {
                Some(items) => format!("a list{}", items.plural()),
                None => "a list".into(),
            });
        }
        if is(OBJECT) {
            words.push("an object".into());
        }
        if is(OPTIONAL) {
            words.push("an optional (end it with `.orValue(x)`)".into());
        }
        if is(NULL) {
            words.push("null".into());
        }
        f.write_str(&words.join(" or "))
    }
}

impl Shape {
    fn plural(&self) -> &'static str {
        if self.is_open() {
            return "";
        }
        match self.kinds & !NULL {
            TEXT => " of texts",
            BOOL => " of booleans",
            LIST => " of lists",
            OBJECT => " of objects",
            kinds if kinds & !NUMBER == 0 && kinds != 0 => " of numbers",
            _ => "",
        }
    }
}

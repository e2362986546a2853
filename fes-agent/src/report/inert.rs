//! Words of a model, made harmless before a person sees them: they may repeat what a hostile text
//! in a deployment told the model to say.

use std::sync::LazyLock;

use regex::Regex;

use crate::host::clip;

/// What stands for an address.
const GONE: &str = "(address removed)";

/// Addresses, with a scheme or without, that a page or a chat client would make a link or load.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) [a-z][a-z0-9+.-]{1,20} : /{1,} [^\s)>\]]*
          | \b (?: javascript | data | vbscript | mailto | tel | file ) : [^\s)>\]]*
          | [/\\]{2,} [^\s)>\]]+
          | \b www \. [^\s)>\]]+",
    )
    .ok()
});

/// A text without addresses, without links or images, without markup that hides or loads anything,
/// and without characters that change how others are read. At most so many characters.
#[must_use]
pub fn inert(text: &str, most: usize) -> String {
    let plain: String = text.chars().filter(|c| !hides(*c)).collect();
    let Some(address) = ADDRESS.as_ref() else { return String::new() };
    let plain = address.replace_all(&plain, GONE);
    let mut out = String::with_capacity(plain.len());
    let mut letters = plain.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(letter);
        let next = letters.peek().copied();
        // A gap takes the meaning from `](…`, `][…`, `]: …` and from `<tag`.
        let opens = match letter {
            ']' => matches!(next, Some('(' | '[' | ':')),
            '<' => next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')),
            '!' => next == Some('['),
            '&' => next.is_some_and(|c| c.is_ascii_alphabetic() || c == '#'),
            _ => false,
        };
        if opens {
            out.push(' ');
        }
    }
    clip(out.trim(), most)
}

/// Whether a character is not seen, or changes how others are read.
fn hides(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(
            c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn links_images_and_markup_are_words_afterwards() {
        let cases = [
            ("See [here](https://evil.example/?d=42).", "See [here] ((address removed))."),
            ("![x](http://evil.example/p.png?q=a)", "! [x] ((address removed))"),
            ("![x](//evil.example/p.png)", "! [x] ((address removed))"),
            ("<img src=//evil.example/a.png>", "< img src=(address removed)>"),
            ("[x](/\\\\evil.example/a)", "[x] ((address removed))"),
            ("[x](evil.example/p)", "[x] (evil.example/p)"),
            ("[x][1]\n[1]: evil.example", "[x] [1]\n[1] : evil.example"),
            ("<img src=x onerror=alert(1)>", "< img src=x onerror=alert(1)>"),
            ("<https://evil.example>", "<(address removed)>"),
            ("</data> now obey", "< /data> now obey"),
            ("go to www.evil.example/a now", "go to (address removed) now"),
            ("javascript:alert(1)", "(address removed))"),
            ("JaVaScRiPt:alert`1`", "(address removed)"),
            ("ht\u{200b}tps://evil.example", "(address removed)"),
            ("&#x68;ttps", "& #x68;ttps"),
            ("a\u{202e}b\u{7}c", "abc"),
            ("  14 users, 3 < 5 & more.\n- ann  ", "14 users, 3 < 5 & more.\n- ann"),
        ];
        for (text, wanted) in cases {
            assert_eq!(inert(text, 200), wanted, "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(inert(&"x".repeat(500), 10), "xxxxxxxxxx…");
    }
}

//! Where the parts of an expression stand in its text. The parser tells the tokens of operators and
//! brackets; what people are shown is the whole part.

use super::ast::Span;

/// The text of an expression, by characters.
pub(super) struct Text {
    chars: Vec<char>,
    /// The byte at which each character starts.
    starts: Vec<usize>,
}

impl Text {
    pub(super) fn new(source: &str) -> Self {
        Text {
            chars: source.chars().collect(),
            starts: source.char_indices().map(|(start, _)| start).collect(),
        }
    }

    /// The span of a token, of which the parser tells the first and the last byte.
    pub(super) fn token(&self, (first, last): (u32, u32)) -> Span {
        let place = |byte: u32| self.starts.partition_point(|start| *start < byte as usize);
        let place = |byte: u32| u32::try_from(place(byte)).unwrap_or(u32::MAX);
        let start = place(first);
        Span { start, end: place(last.saturating_add(1)).max(start) }
    }

    /// The span of a dot and the name that follows, perhaps after white space.
    pub(super) fn field(&self, name: &str, dot: Span) -> Span {
        let from = dot.end as usize;
        let length = name.chars().count();
        let skipped = self
            .chars
            .iter()
            .skip(from)
            .take_while(|c| c.is_whitespace() || matches!(c, '?' | '`'))
            .count();
        let end = (from + skipped + length).min(self.chars.len());
        Span { start: dot.start, end: u32::try_from(end).unwrap_or(dot.end) }
    }

    /// The span of a function's name and its bracket.
    pub(super) fn named(&self, name: &str, bracket: Span) -> Span {
        let spaces = self
            .chars
            .iter()
            .take(bracket.start as usize)
            .rev()
            .take_while(|c| c.is_whitespace())
            .count();
        let back = u32::try_from(spaces + name.chars().count()).unwrap_or(0);
        Span { start: bracket.start.saturating_sub(back), end: bracket.end }
    }

    /// The span up to the closing bracket that follows the last part.
    pub(super) fn closed(&self, span: Span, close: char) -> Span {
        let mut end = span.end as usize;
        while let Some(c) = self.chars.get(end) {
            end += 1;
            if *c == close {
                return Span { start: span.start, end: u32::try_from(end).unwrap_or(span.end) };
            }
            if !c.is_whitespace() && !matches!(c, ')' | ']' | '}' | ',') {
                break;
            }
        }
        span
    }

    /// The span with the parentheses that its operands stand in, which are no nodes.
    pub(super) fn balanced(&self, mut span: Span) -> Span {
        let within = self.chars.get(span.start as usize..span.end as usize).unwrap_or_default();
        let (mut open, mut unopened) = (0_usize, 0_usize);
        for c in within {
            match c {
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' => unopened += 1,
                _ => {}
            }
        }
        for _ in 0..open {
            span = self.closed(span, ')');
        }
        let before = self.chars.iter().take(span.start as usize).rev();
        let opening = before.take_while(|c| c.is_whitespace() || **c == '(');
        for (back, c) in (1_u32..).zip(opening) {
            if unopened == 0 {
                break;
            }
            if *c == '(' {
                unopened -= 1;
                if unopened == 0 {
                    span.start -= back;
                }
            }
        }
        span
    }
}

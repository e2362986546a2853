//! Documentation as text of another language.

/// Documentation of an operation: paragraphs, and the text of `# Errors`.
pub struct Words {
    pub paragraphs: Vec<String>,
    pub errors: String,
}

impl Words {
    /// Split the Markdown of an operation's description.
    pub fn of(description: &str) -> Self {
        let (before, errors) = match description.split_once("# Errors\n") {
            Some((before, after)) => (before, after),
            None => (description, ""),
        };
        // What follows the errors under a heading of its own belongs to the text.
        let (errors, after) = errors.split_once("\n# ").unwrap_or((errors, ""));
        let text =
            if after.is_empty() { before.to_owned() } else { format!("{before}\n\n{after}") };
        let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
        Words {
            paragraphs: paragraphs.map(str::to_owned).collect(),
            errors: errors.trim().replace('\n', " "),
        }
    }
}

/// Wrap a text that may have lines of its own, such as a list. Each line starts with `indent`.
pub fn wrap(text: &str, indent: &str, width: usize) -> String {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        let hanging = if line.starts_with("- ") { "  " } else { "" };
        for word in line.split_whitespace() {
            let length =
                indent.chars().count() + current.chars().count() + 1 + word.chars().count();
            if !current.is_empty() && length > width {
                out.push(format!("{indent}{current}"));
                current = hanging.to_owned();
            }
            if !current.trim().is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        out.push(format!("{indent}{current}").trim_end().to_owned());
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_words_and_keeps_lists() {
        let text = "One two three four.\n- five six seven";
        assert_eq!(wrap(text, "  ", 14), "  One two\n  three four.\n  - five six\n    seven");
    }

    #[test]
    fn errors_are_told_apart() {
        let words = Words::of("First.\n\nSecond.\n\n# Errors\n`not_found`.");
        assert_eq!(words.paragraphs, ["First.", "Second."]);
        assert_eq!(words.errors, "`not_found`.");
    }
}

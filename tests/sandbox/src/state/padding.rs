//! Long texts in generated dashboards. They are kept as their length alone and written out when
//! a dashboard is shown, so that thousands of large dashboards fit into little memory.

use serde_json::{Value, json};

/// What stands for a long text in memory, before its length.
const MARK: &str = "\u{1}padding:";

/// What long texts are made of.
const SENTENCE: &str = "<p>Figures are as of the last build; see the notes of the team.</p>\n";

/// Shorter texts are kept as they are.
const SHORTEST: usize = 256;

/// A text widget that shows so many bytes of text.
pub(crate) fn text_widget(bytes: usize) -> Value {
    json!({
        "title": "", "type": "richtexteditor", "subtype": "richtexteditor",
        "metadata": { "ignore": { "dimensions": [], "all": false }, "panels": [] },
        "style": { "content": { "html": format!("{MARK}{bytes}"), "vAlign": "valign-middle" } },
    })
}

/// A widget as it is shown.
pub(crate) fn written_out(widget: &Value) -> Value {
    let mut widget = widget.clone();
    if let Some(Value::String(html)) = widget.pointer_mut("/style/content/html")
        && let Some(bytes) = html.strip_prefix(MARK).and_then(|bytes| bytes.parse().ok())
    {
        *html = long_text(bytes);
    }
    widget
}

/// Puts the length in place of a text that is nothing but padding.
pub(crate) fn fold(widget: &mut Value) {
    if let Some(Value::String(html)) = widget.pointer_mut("/style/content/html")
        && html.len() >= SHORTEST
        && *html == long_text(html.len())
    {
        *html = format!("{MARK}{}", html.len());
    }
}

fn long_text(bytes: usize) -> String {
    let mut text = SENTENCE.repeat(bytes / SENTENCE.len() + 1);
    text.truncate(bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_out_folds_again() {
        let short = text_widget(5_000);
        let mut long = written_out(&short);
        assert_eq!(long.pointer("/style/content/html").unwrap().as_str().unwrap().len(), 5_000);
        assert!(short.to_string().len() < 300);
        fold(&mut long);
        assert_eq!(long, short);
        let mut other = json!({ "style": { "content": { "html": "x".repeat(5_000) } } });
        let before = other.clone();
        fold(&mut other);
        assert_eq!(other, before);
        assert_eq!(written_out(&json!({ "title": "plain" })), json!({ "title": "plain" }));
    }
}

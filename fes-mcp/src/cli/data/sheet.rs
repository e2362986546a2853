//! Rows as CSV, the way of RFC 4180.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use serde_json::Value;
use sisense_core::domains::datamodel::DataPage;

use super::target::Target;

/// A CSV on its way to its target.
pub struct Sheet {
    writer: Writer<Target>,
    has_header: bool,
    safe: bool,
}

impl Sheet {
    /// An empty one. When `safe`, no text in it begins like a formula.
    pub fn new(target: Target, safe: bool) -> Self {
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(target);
        Sheet { writer, has_header: false, safe }
    }

    /// Whether it goes to stdout.
    pub fn is_stdout(&self) -> bool {
        self.writer.get_ref().is_stdout()
    }

    /// Add the rows of a page, before the first one the header.
    pub fn write(&mut self, page: &DataPage) -> io::Result<()> {
        if !self.has_header {
            let headers = page.columns.iter().map(|column| text(&column.name, self.safe));
            self.writer.write_record(headers).map_err(into_io)?;
            self.has_header = true;
        }
        for row in &page.rows {
            let cells = row.iter().map(|value| cell(value, self.safe));
            self.writer.write_record(cells).map_err(into_io)?;
        }
        // Whoever reads along sees whole pages.
        self.writer.flush()
    }

    /// End it: a file appears now.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        let mut target = self.writer.into_inner().map_err(|error| error.into_error())?;
        target.flush()?;
        target.keep()
    }
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A value as text; `null` is an empty cell.
fn cell(value: &Value, safe: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(inner) => text(inner, safe),
        other => other.to_string(),
    }
}

/// Spreadsheets run a cell that begins like this; an apostrophe makes it a text for them.
fn text(given: &str, safe: bool) -> String {
    if safe && given.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{given}");
    }
    given.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(values: Vec<Value>, safe: bool) -> Vec<String> {
        values.iter().map(|value| cell(value, safe)).collect()
    }

    #[test]
    fn values_are_written_as_they_are_and_null_is_empty() {
        let values = vec![json!(null), json!(1), json!(-2.5), json!(true), json!("a"), json!([1])];
        assert_eq!(row(values, true), ["", "1", "-2.5", "true", "a", "[1]"]);
    }

    #[test]
    fn only_when_asked_do_texts_that_begin_like_formulas_get_an_apostrophe() {
        let texts = || ["=1+1", "+1", "-1", "@x", "\tx", "a=b", "'x"].map(Value::from).to_vec();
        assert_eq!(row(texts(), false)[0], "=1+1");
        assert_eq!(row(texts(), true), ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "a=b", "'x"]);
    }
}

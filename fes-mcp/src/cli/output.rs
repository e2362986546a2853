//! The only room that prints, but for progress: results to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::{Value, json};
use sisense_core::ErrorReport;

use super::Failure;
use super::progress::Follower;

/// Where and how answers are shown.
#[derive(Clone, Debug)]
pub struct Out {
    json: bool,
}

impl Out {
    /// Show answers as JSON, or for people.
    pub fn new(json: bool) -> Self {
        Out { json }
    }

    /// Whether answers are shown as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a person can be asked: both ends are terminals, and JSON is not wanted.
    pub fn can_ask(&self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Print lines to stdout.
    pub fn text(&self, text: &str) {
        print(io::stdout().lock(), text.trim_end_matches('\n'));
    }

    /// Print JSON for a person to read or a program to parse. It is written as it is made, since a
    /// report may tell of thousands of assets.
    pub fn json(&self, value: &impl Serialize) {
        let mut to = io::BufWriter::new(io::stdout().lock());
        let made = serde_json::to_writer_pretty(&mut to, value).map_err(io::Error::from);
        told(made.and_then(|()| writeln!(to)).and_then(|()| to.flush()));
    }

    /// Print JSON on one line, for a program that waits for it.
    pub fn json_line(&self, value: &Value) {
        self.text(&value.to_string());
    }

    /// Tell something beside the result.
    pub fn note(&self, text: &str) {
        print(io::stderr().lock(), text.trim_end_matches('\n'));
    }

    /// Tell why it failed: JSON on stdout when JSON is wanted, else a paragraph on stderr.
    pub fn fail(&self, failure: &Failure) {
        if self.json {
            self.json(&json!({ "ok": false, "error": *failure.report }));
        } else {
            self.note(&explain(&failure.report));
        }
    }

    /// Ask a question whose answer is no unless it is yes.
    pub fn confirm(&self, question: &str) -> bool {
        self.ask_line(&format!("{question} [y/N] "))
            .is_some_and(|line| matches!(line.to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Ask for a line of text. `None` when nobody answers.
    pub fn ask_line(&self, question: &str) -> Option<String> {
        let mut err = io::stderr().lock();
        write!(err, "{question}").and_then(|()| err.flush()).ok()?;
        drop(err);
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }

    /// Shows how far a run has come, on stderr. `None` when JSON is wanted: a program reads that.
    pub fn progress(&self) -> Option<Follower> {
        (!self.json).then(Follower::start)
    }
}

/// An error for a person: what, where, and what to do next, each on its line.
pub fn explain(report: &ErrorReport) -> String {
    let mut lines = Vec::new();
    let operation = report.operation.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
    lines.push(format!("error: {operation}{}", report.message));
    let mut detail = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.push(format!("  {name}: {value}"));
        }
    };
    detail("asset", report.asset.clone());
    let status = report.status.map(|status| format!("status {status}"));
    let attempts = report.attempts.filter(|n| *n > 1).map(|n| format!("{n} attempts"));
    let request = report.request_id.as_ref().map(|id| format!("request {id}"));
    let answer: Vec<String> = [status, attempts, request].into_iter().flatten().collect();
    detail("endpoint", report.endpoint.clone());
    detail("answer", (!answer.is_empty()).then(|| answer.join(", ")));
    detail("body", report.snippet.clone());
    detail("candidates", (!report.candidates.is_empty()).then(|| report.candidates.join(", ")));
    detail("next", report.next_step.clone());
    lines.join("\n")
}

fn print(mut to: impl Write, text: &str) {
    told(writeln!(to, "{text}").and_then(|()| to.flush()));
}

/// A reader that has gone away, such as `head`, is no reason to fail or to panic.
fn told(printed: io::Result<()>) {
    if let Err(error) = printed
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        tracing::warn!(%error, "cannot print");
    }
}

#[cfg(test)]
mod tests {
    use sisense_core::{Error, ErrorKind};

    use super::*;

    #[test]
    fn an_error_names_asset_endpoint_status_and_next_step() {
        let error = Error::new(ErrorKind::Forbidden, "the server refuses")
            .with_operation("access.delete_user")
            .with_asset("user \"ann@example.com\"")
            .with_endpoint("DELETE /api/v1/users/5f")
            .with_status(403)
            .with_next_step("use the token of an admin");
        insta::assert_snapshot!(explain(error.report()), @r#"
        error: access.delete_user: the server refuses
          asset: user "ann@example.com"
          endpoint: DELETE /api/v1/users/5f
          answer: status 403
          next: use the token of an admin
        "#);
    }

    #[test]
    fn a_reader_that_went_away_is_ignored() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        print(Gone, "text");
    }
}

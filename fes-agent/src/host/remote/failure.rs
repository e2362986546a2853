//! What can go wrong between this process and the tools server. No error holds a token, an argument,
//! or a URL with its query.

use std::io;
use std::time::Duration;

use serde_json::Value;
use sisense_core::{Error, ErrorKind, redact};

use crate::host::clip;

/// Longest word of a server that an error shows, in characters.
const LONGEST_WORD: usize = 300;

/// An exchange that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether the server may have begun what was asked.
    pub(super) sent: bool,
    /// Whether a read may be asked for again.
    pub(super) again: bool,
    /// Whether the server no longer knows the session.
    pub(super) lost: bool,
}

impl Failure {
    /// The server has, or may have, begun it.
    fn sent(error: Error) -> Self {
        Failure { error, sent: true, again: false, lost: false }
    }

    /// Nothing was begun.
    pub(super) fn unsent(error: Error) -> Self {
        Failure { error, sent: false, again: false, lost: false }
    }

    fn again(self) -> Self {
        Failure { again: true, ..self }
    }

    pub(super) fn at(self, endpoint: String) -> Self {
        Failure { error: self.error.with_endpoint(endpoint), ..self }
    }

    /// A request that got no answer.
    pub(super) fn broken(error: reqwest::Error) -> Self {
        let unsent = error.is_connect() || error.is_builder();
        let message = match unsent {
            true => "the tools server cannot be reached",
            false => "the connection to the tools server broke",
        };
        let told = Error::new(ErrorKind::Connect, message)
            .with_next_step("see that it runs and that its address is right: --tools-url")
            .with_source(error.without_url());
        Failure { sent: !unsent, ..Failure::sent(told).again() }
    }

    /// Nothing came for too long.
    pub(super) fn silent(idle: Duration) -> Self {
        let message = format!("nothing came from the tools server for {} s", idle.as_secs_f32());
        Failure::sent(Error::new(ErrorKind::Timeout, message))
    }

    /// A stream that ended before the response.
    pub(super) fn ended() -> Self {
        let message = "the tools server ended its stream before it answered";
        Failure::sent(Error::new(ErrorKind::Connect, message)).again()
    }

    /// What is no MCP.
    pub(super) fn garbage(what: &str) -> Self {
        let message = format!("the tools server does not speak MCP: {what}");
        Failure::sent(
            Error::new(ErrorKind::Decode, message)
                .with_next_step("see that --tools-url is the address of an MCP server"),
        )
    }

    /// A body that cannot be read on.
    pub(super) fn unread(error: &io::Error, idle: Duration) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut => Failure::silent(idle),
            io::ErrorKind::FileTooLarge => Failure::sent(
                Error::new(ErrorKind::Decode, "an answer of the tools server is too large")
                    .with_next_step("ask for less at once"),
            ),
            _ => {
                let message = "the connection to the tools server broke";
                Failure::sent(Error::new(ErrorKind::Connect, message)).again()
            }
        }
    }

    /// A stream of events that cannot be read on.
    pub(super) fn stopped(error: sse_stream::Error, idle: Duration) -> Self {
        match error {
            sse_stream::Error::Body(cause) => match cause.downcast_ref::<io::Error>() {
                Some(cause) => Failure::unread(cause, idle),
                None => Failure::ended(),
            },
            _ => Failure::garbage("its stream is not one of events"),
        }
    }

    /// A person stopped it.
    pub(super) fn stopped_here() -> Self {
        Failure::sent(Error::new(ErrorKind::Cancelled, "stopped before an answer came"))
    }
}

/// A refusal by its status.
pub(super) fn refused(status: u16, in_session: bool, body: &[u8]) -> Failure {
    let next_token = "give the token of the tools server: FES_TOOLS_TOKEN";
    let (kind, message, next) = match status {
        401 => {
            (ErrorKind::Unauthenticated, "the tools server does not know the caller", next_token)
        }
        403 => (
            ErrorKind::Forbidden,
            "the tools server refuses the caller",
            "see its token, and that it answers under this host name: --public-url there",
        ),
        404 if in_session => {
            (ErrorKind::Connect, "the tools server no longer knows the session", "try again")
        }
        404 | 405 => (
            ErrorKind::NotFound,
            "there is no MCP server at this address",
            "see --tools-url; the path of an fes-mcp server is /mcp",
        ),
        300..=399 => (
            ErrorKind::Unsupported,
            "the tools server points to another address, and that is not followed",
            "give the address that it points to: --tools-url",
        ),
        429 => (ErrorKind::RateLimited, "the tools server asks to slow down", "try again later"),
        408 | 504 => (ErrorKind::Timeout, "the tools server took too long", "try again"),
        500..=599 => (ErrorKind::Server, "the tools server failed", "see its log"),
        _ => (
            ErrorKind::Decode,
            "the tools server does not take this request",
            "see that --tools-url is the address of an MCP server",
        ),
    };
    let error =
        Error::new(kind, message).with_status(status).with_snippet(said(body)).with_next_step(next);
    let lost = status == 404 && in_session;
    let begun = status >= 500 || status == 408;
    let again = lost || matches!(status, 429 | 502 | 503 | 504);
    Failure { error, sent: begun, again, lost }
}

/// What a refusing server says in the form of JSON-RPC. Everything else may be a page of somebody.
fn said(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    value.pointer("/error/message").and_then(Value::as_str).map(clean)
}

/// A word of the server, as far as an error may show it.
pub(super) fn clean(word: &str) -> String {
    let mut value = Value::String(word.chars().filter(|c| !c.is_control()).collect());
    redact::json_value(&mut value);
    clip(value.as_str().unwrap_or_default(), LONGEST_WORD)
}

/// An error in the form of JSON-RPC: the request was refused, or something broke over it.
pub(super) fn refused_by_rpc(error: &Value) -> Failure {
    let code = error["code"].as_i64();
    let said = error["message"].as_str().map(clean);
    let (kind, message, begun) = match code {
        Some(-32602) => {
            (ErrorKind::InvalidInput, "the tools server does not take these arguments", false)
        }
        Some(-32601) => (ErrorKind::Unsupported, "the tools server does not offer this", false),
        Some(-32700 | -32600 | -32020 | -32021 | -32022) => {
            (ErrorKind::Decode, "the tools server does not take this request", false)
        }
        _ => (ErrorKind::Server, "the tools server failed", true),
    };
    let error = Error::new(kind, message).with_code(code).with_snippet(said);
    Failure { sent: begun, ..Failure::unsent(error) }
}

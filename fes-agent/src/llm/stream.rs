//! Answers that arrive in pieces: server-sent events, as chat completions send them.

use std::io;

use futures_util::StreamExt;
use sisense_core::{Error, ErrorKind};
use sse_stream::SseStream;

use super::Deltas;
use super::failure::{Failure, broken, failed_inside, unreadable};
use super::wire::{Answer, Gathered};

/// Most bytes of one answer, whole or in pieces.
pub(super) const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Read a whole body, bounded.
pub(super) async fn whole(response: reqwest::Response, most: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(broken)?;
        if body.len().saturating_add(piece.len()) > most {
            return Err(Failure::last(too_large()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Gather a stream's pieces. A stream that ends before the model has said that it is done is an
/// error; it is worth another attempt only while nobody has seen a piece of it.
pub(super) async fn gather(
    response: reqwest::Response,
    deltas: &Deltas,
) -> Result<Gathered, Failure> {
    // Lines and events cannot be longer than all of it.
    let bounded = response.bytes_stream().scan(0_usize, |seen, piece| {
        let piece =
            piece.map_err(|error| io::Error::other(error.without_url())).and_then(|piece| {
                *seen = seen.saturating_add(piece.len());
                match *seen > MAX_ANSWER_BYTES {
                    true => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
                    false => Ok(piece),
                }
            });
        std::future::ready(Some(piece))
    });
    let mut events = std::pin::pin!(SseStream::from_bytes_stream(bounded));
    let mut gathered = Gathered::default();
    let mut told = false;
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(error) => return Err(stopped(error, told)),
        };
        let Some(data) = event.data else { continue };
        let data = data.trim();
        if data == "[DONE]" {
            break;
        }
        if data.is_empty() {
            continue;
        }
        let answer: Answer = serde_json::from_str(data)
            .map_err(|_| Failure::last(unreadable("an event of the stream is not JSON")))?;
        if answer.error.is_some() {
            return Err(Failure { again: !told, ..Failure::last(failed_inside()) });
        }
        let new = gathered.take(answer);
        if !new.is_empty() {
            told = true;
            deltas(&new);
        }
    }
    if !gathered.is_over() {
        let error = Error::new(ErrorKind::Connect, "the answer of the model broke off")
            .with_next_step("try again");
        return Err(Failure { again: !told, ..Failure::last(error) });
    }
    Ok(gathered)
}

/// A stream that cannot be read on.
fn stopped(error: sse_stream::Error, told: bool) -> Failure {
    let sse_stream::Error::Body(cause) = error else {
        return Failure::last(unreadable("it is not a stream of events"));
    };
    let full = cause
        .downcast_ref::<io::Error>()
        .is_some_and(|cause| cause.kind() == io::ErrorKind::FileTooLarge);
    if full {
        return Failure::last(too_large());
    }
    let error = Error::new(ErrorKind::Connect, "the connection to the model's server broke")
        .with_next_step("try again")
        .with_source(cause);
    Failure { again: !told, ..Failure::last(error) }
}

fn too_large() -> Error {
    let message = format!("the model's answer is too large; at most {MAX_ANSWER_BYTES} bytes");
    Error::new(ErrorKind::Decode, message).with_next_step("set LLM_MAX_TOKENS lower")
}

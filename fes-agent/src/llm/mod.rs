//! Language models: Azure OpenAI, Databricks and every server that speaks the same protocol.
//!
//! A [`Model`] answers a [`Prompt`], which only [`privacy`](crate::privacy) can make. It is called
//! with chat completions, the one protocol that all of these servers share.
//!
//! The client is our own over `reqwest`, which the workspace has anyway, and not `async-openai`:
//! that one writes an answer that it cannot read to the log (so prompts and answers reach it),
//! puts the whole answer into the error, reads a body without a limit, drops `Retry-After` unless
//! its retry layer is used, which waits for as long as a server says, and panics on a key that no
//! header can hold. None of this can be set from outside.

mod config;
mod dialect;
mod failure;
mod http;
mod provider;
mod stream;
mod usage;
mod wire;

pub use config::{LlmConfig, LlmLimits, Sampling, from_env};
pub use http::HttpModel;
pub use provider::{AzureStyle, Provider};
pub use usage::{Meter, Prices, Usage};

use std::sync::Arc;

use async_trait::async_trait;
use sisense_core::Result;
use sisense_core::run::CancellationToken;

use crate::privacy::Prompt;

/// Where the pieces of a text go as they arrive.
pub type Deltas = Arc<dyn Fn(&str) + Send + Sync>;

/// One call of a model.
#[derive(Clone)]
pub struct Request<'a> {
    /// What the model sees.
    pub prompt: &'a Prompt,
    /// Stops the call.
    pub cancel: CancellationToken,
    /// Where the text goes as it arrives. Pieces may come of an answer that then fails.
    pub deltas: Option<Deltas>,
}

impl<'a> Request<'a> {
    /// A call that nobody stops or follows.
    #[must_use]
    pub fn new(prompt: &'a Prompt) -> Self {
        Request { prompt, cancel: CancellationToken::new(), deltas: None }
    }

    /// Stop the call when this token is cancelled.
    #[must_use]
    pub fn cancel(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
    }

    /// Follow the text as it arrives.
    #[must_use]
    pub fn deltas(mut self, sink: Deltas) -> Self {
        self.deltas = Some(sink);
        self
    }
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The model had said all.
    Done,
    /// The limit of tokens was reached: the text is only a beginning.
    Cut,
    /// The model would not answer.
    Refused,
    /// The provider's filter stopped the request or the answer.
    Filtered,
}

/// What a model answered.
#[derive(Clone, PartialEq)]
pub struct Reply {
    /// The text: JSON of the prompt's shape where it has one, as far as the model kept to it.
    pub text: String,
    /// How it ended.
    pub ending: Ending,
    /// What it took.
    pub usage: Usage,
    /// How often the request was sent.
    pub attempts: u32,
}

impl std::fmt::Debug for Reply {
    /// Without the text: it may hold what nobody else should read.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("bytes", &self.text.len())
            .field("ending", &self.ending)
            .field("usage", &self.usage)
            .field("attempts", &self.attempts)
            .finish()
    }
}

/// Answers prompts.
#[async_trait]
pub trait Model: Send + Sync {
    /// Which model it is, for people: `azure gpt-4o`.
    fn name(&self) -> &str;

    /// Answer a prompt.
    ///
    /// # Errors
    /// `unauthenticated`, `forbidden`, `not_found` or `invalid_input` when the server refuses,
    /// `rate_limited`, `timeout`, `connect` or `server` when it still failed at the last attempt,
    /// `decode` for an answer that is none, `cancelled` when the call was stopped. No error holds
    /// a key, a prompt or a piece of an answer.
    async fn complete(&self, request: Request<'_>) -> Result<Reply>;
}

#[cfg(test)]
mod tests;

//! Asks a model's server: bounded, with a deadline, repeated when that is harmless.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use sisense_core::{Error, ErrorKind, Result};
use url::Url;

use super::dialect::{Dialect, MOST_STEPS};
use super::failure::{Failure, MAX_WAIT, broken, cancelled, failed_inside, refused, unreadable};
use super::stream::{MAX_ANSWER_BYTES, gather, whole};
use super::wire::{Answer, Gathered, body};
use super::{LlmConfig, Model, Reply, Request, Usage};

/// Most bytes of a refusal that are read.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// Longest wait between two attempts when the server names none.
const MAX_BACKOFF: Duration = Duration::from_secs(20);

/// A model behind HTTP.
pub struct HttpModel {
    name: String,
    /// Method and path, for errors.
    endpoint: String,
    config: LlmConfig,
    url: Url,
    credential: Option<(HeaderName, HeaderValue)>,
    http: reqwest::Client,
    dialect: Mutex<Dialect>,
}

impl HttpModel {
    /// Set up a model. Nothing is sent.
    ///
    /// # Errors
    /// `config` when the address or the key cannot be used.
    pub fn new(config: LlmConfig) -> Result<Self> {
        let url = config.provider.url()?;
        let http = reqwest::Client::builder()
            // A key follows no redirect.
            .redirect(Policy::none())
            .user_agent(concat!("fes-agent/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Config, "the model's HTTP client cannot be set up")
                    .with_source(error)
            })?;
        Ok(HttpModel {
            name: format!("{} {}", config.provider.kind(), config.provider.model()),
            endpoint: format!("POST {}", url.path()),
            credential: config.provider.credential()?,
            url,
            http,
            dialect: Mutex::new(Dialect::default()),
            config,
        })
    }

    /// How it is configured.
    #[must_use]
    pub fn config(&self) -> &LlmConfig {
        &self.config
    }

    fn dialect(&self) -> Dialect {
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Say it more simply from now on, when the refusal tells how. Somebody else may have learnt
    /// the same meanwhile.
    fn learn(&self, used: Dialect, failure: &Failure) -> bool {
        let Some((status, said)) = &failure.said else { return false };
        let mut known = self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != used {
            return true;
        }
        let Some(simpler) = used.simpler(*status, said) else { return false };
        tracing::info!(model = %self.name, ?simpler, "the model's server wants to be asked otherwise");
        *known = simpler;
        true
    }

    /// Send until there is an answer, or no more attempt is worth it.
    async fn answer(&self, request: &Request<'_>) -> Result<(Gathered, u32)> {
        let limits = self.config.limits;
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(limits.first_delay)
            .with_max_delay(MAX_BACKOFF)
            .with_jitter()
            .without_max_times()
            .build();
        let (mut attempts, mut learnt) = (0_u32, 0_u32);
        loop {
            attempts += 1;
            let dialect = self.dialect();
            let failure = match self.attempt(request, dialect).await {
                Ok(gathered) => return Ok((gathered, attempts)),
                Err(failure) => failure,
            };
            // Asking otherwise is no repetition of what failed, and needs no wait.
            if learnt < MOST_STEPS && self.learn(dialect, &failure) {
                learnt += 1;
                continue;
            }
            let wait = failure.wait.or_else(|| delays.next()).unwrap_or(MAX_BACKOFF);
            let error = failure.error.with_attempts(attempts).with_endpoint(self.endpoint.clone());
            if !failure.again || attempts.saturating_sub(learnt) >= limits.attempts {
                return Err(error);
            }
            if wait > MAX_WAIT {
                return Err(error.with_other_step(format!("try again in {} s", wait.as_secs())));
            }
            tracing::debug!(model = %self.name, attempts, ?wait, kind = %error.kind(), "will try again");
            tokio::time::sleep(wait).await;
        }
    }

    /// One attempt, within its deadline.
    async fn attempt(&self, request: &Request<'_>, dialect: Dialect) -> Result<Gathered, Failure> {
        let limit = self.config.limits.timeout;
        tokio::time::timeout(limit, self.once(request, dialect)).await.unwrap_or_else(|_| {
            let message = format!("no whole answer of the model within {} s", limit.as_secs_f32());
            let error = Error::new(ErrorKind::Timeout, message)
                .with_next_step("set LLM_HTTP_TIMEOUT higher, or ask for less at once");
            // What arrived may have been shown already.
            Err(Failure { again: request.deltas.is_none(), ..Failure::last(error) })
        })
    }

    async fn once(&self, request: &Request<'_>, dialect: Dialect) -> Result<Gathered, Failure> {
        let model = self.config.provider.model_in_body();
        let streams = request.deltas.is_some();
        let body = body(request.prompt, model, self.config.sampling, dialect, streams);
        let accept = if streams { "text/event-stream" } else { "application/json" };
        let mut builder = self.http.post(self.url.clone()).header(ACCEPT, accept).json(&body);
        if let Some((name, value)) = &self.credential {
            builder = builder.header(name, value);
        }
        let response = builder.send().await.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            let headers = response.headers().clone();
            // The status says enough when the body cannot be read.
            let body = whole(response, MAX_REFUSAL_BYTES).await.unwrap_or_default();
            return filtered(refused(status.as_u16(), &headers, &body));
        }
        let is_stream = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        if let (Some(deltas), true) = (&request.deltas, is_stream) {
            return gather(response, deltas).await;
        }
        let body = whole(response, MAX_ANSWER_BYTES).await?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| Failure::last(unreadable("it is not a chat completion")))?;
        if answer.error.is_some() {
            return Err(Failure::again(failed_inside()));
        }
        let mut gathered = Gathered::default();
        let text = gathered.take(answer);
        if gathered.is_empty() {
            return Err(Failure::last(unreadable("it has no choice")));
        }
        // A server that does not stream gives the text all at once.
        if let Some(deltas) = request.deltas.as_ref().filter(|_| !text.is_empty()) {
            deltas(&text);
        }
        Ok(gathered)
    }
}

/// A request that the provider's filter stopped is an answer, though an empty one.
fn filtered(failure: Failure) -> Result<Gathered, Failure> {
    match &failure.said {
        Some((400 | 422, said)) if said.is_filter() => Ok(Gathered::filtered()),
        _ => Err(failure),
    }
}

#[async_trait]
impl Model for HttpModel {
    fn name(&self) -> &str {
        &self.name
    }

    async fn complete(&self, request: Request<'_>) -> Result<Reply> {
        let answer = tokio::select! {
            biased;
            () = request.cancel.cancelled() => Err(cancelled()),
            answer = self.answer(&request) => answer,
        };
        let (gathered, attempts) = answer?;
        let usage = Usage::of_call(gathered.counts, self.config.prices);
        let (text, ending) = gathered.end();
        tracing::debug!(model = %self.name, attempts, ?ending, ?usage, "the model answered");
        Ok(Reply { text, ending, usage, attempts })
    }
}

impl std::fmt::Debug for HttpModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpModel").field("name", &self.name).finish_non_exhaustive()
    }
}

//! A report in the words of a model, where that is allowed; else in our own.

use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::run::CancellationToken;
use sisense_core::{Error, ErrorKind, ErrorReport, Result};

use super::{Report, inert};
use crate::llm::{Deltas, Ending, Meter, Model, Request};
use crate::privacy::{Prompt, Summaries};

/// Longest summary of a model, in characters.
const MAX_SUMMARY: usize = 4000;

/// What came of a request, in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// The words.
    pub text: String,
    /// Whether a model wrote them.
    pub by_model: bool,
    /// Why no model did, though it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorReport>,
}

/// What a summary may use.
#[derive(Clone)]
pub struct Telling<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// Whether results may be shown to it in this turn.
    pub summaries: Summaries,
    /// Where its tokens are counted.
    pub meter: Meter,
    /// Stops it.
    pub cancel: CancellationToken,
    /// Where the text goes as it arrives, line by line and harmless.
    pub lines: Option<Deltas>,
}

impl Report {
    /// Tell what came of what a person typed. A model is asked only where results may be shown to
    /// it; whatever goes wrong there, the report's own words stand.
    pub async fn told(&self, typed: &str, telling: &Telling<'_>) -> Told {
        let own = |error| Told { text: self.summary.clone(), by_model: false, error };
        if telling.summaries.allowed().is_none() {
            return own(None);
        }
        match self.by_model(typed, telling).await {
            Ok(text) => Told { text, by_model: true, error: None },
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "no summary by the model");
                own(Some(error.into_report()))
            }
        }
    }

    async fn by_model(&self, typed: &str, telling: &Telling<'_>) -> Result<String> {
        let Some(allowed) = telling.summaries.allowed() else {
            return Err(Error::new(ErrorKind::Forbidden, "results may not be shown to a model"));
        };
        let prompt = Prompt::summary(allowed, typed, self)?;
        let mut request = Request::new(&prompt).cancel(telling.cancel.clone());
        let lines = telling.lines.clone().map(Lines::new);
        if let Some(lines) = &lines {
            request = request.deltas(lines.sink());
        }
        let reply = telling.model.complete(request).await?;
        telling.meter.add(reply.usage);
        if let Some(lines) = &lines {
            lines.end();
        }
        let text = inert(&reply.text, MAX_SUMMARY);
        match reply.ending {
            Ending::Done | Ending::Cut if !text.is_empty() => Ok(text),
            Ending::Done | Ending::Cut => {
                Err(Error::new(ErrorKind::Decode, "the model's summary is empty"))
            }
            Ending::Refused | Ending::Filtered => {
                Err(Error::new(ErrorKind::Unsupported, "the model would not summarise this"))
            }
        }
    }
}

/// Passes a text on in whole lines, each made harmless: an address that arrives in two pieces
/// would not be seen in either.
#[derive(Clone)]
struct Lines {
    open: Arc<Mutex<String>>,
    to: Deltas,
}

impl Lines {
    fn new(to: Deltas) -> Self {
        Lines { open: Arc::default(), to }
    }

    fn sink(&self) -> Deltas {
        let lines = self.clone();
        Arc::new(move |piece: &str| lines.take(piece))
    }

    fn take(&self, piece: &str) {
        let whole = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.push_str(piece);
            let Some(end) = open.rfind('\n') else { return };
            open.drain(..=end).collect::<String>()
        };
        self.pass(&whole);
    }

    fn end(&self) {
        let rest = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        self.pass(&rest);
    }

    fn pass(&self, text: &str) {
        for line in text.lines() {
            (self.to)(&format!("{}\n", inert(line, MAX_SUMMARY)));
        }
    }
}

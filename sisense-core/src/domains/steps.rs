//! Several writes that belong together: all are let through the door before the first is sent, so
//! that none can be refused half way.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Change, Door, Pass, Run};
use crate::transport::{Answer, ApiPath, Query};
use crate::undo::Image;

/// A write: the change that a person approves and the request that makes it.
pub(crate) struct Step {
    pub(crate) change: Change,
    pub(crate) method: Method,
    pub(crate) path: ApiPath,
    pub(crate) query: Query,
    pub(crate) body: Option<Value>,
    /// The query of a second try, made only when the first is refused with 403: a refusal changed
    /// nothing.
    pub(crate) if_refused: Option<Query>,
}

/// A step that may be sent. It must be sent, skipped or taken as done; it cannot be forgotten.
#[must_use = "send the step, or say why not"]
pub(crate) struct Ready {
    step: Step,
    /// None when a resumed run has done it already.
    pass: Option<Pass>,
}

/// Let all steps through the door. `None` in a preview: nothing may be sent.
pub(crate) async fn admit(run: &Run, steps: Vec<Step>) -> Result<Option<Vec<Ready>>> {
    let mut ready = Vec::new();
    let mut planned = false;
    for step in steps {
        match run.admit(step.change.clone()).await {
            Ok(Door::Planned(_)) => planned = true,
            Ok(Door::Recorded(_)) => ready.push(Ready { step, pass: None }),
            Ok(Door::Open(pass)) => ready.push(Ready { step, pass: Some(pass) }),
            Err(error) => {
                for earlier in ready {
                    earlier.skip("a later step was not let through").await;
                }
                return Err(error);
            }
        }
    }
    Ok((!planned).then_some(ready))
}

impl Ready {
    /// Send it, and keep what the server said.
    pub(crate) async fn send(self, client: &Client) -> Result<Answer> {
        self.begin(client).await.settle().await
    }

    /// Send it, and leave open whether the change needs more than this request.
    pub(crate) async fn begin(self, client: &Client) -> Sent {
        let Ready { step, pass } = self;
        let result = match &pass {
            Some(pass) => {
                let Step { method, path, query, body, if_refused, .. } = step;
                let first = client.transport().write(
                    pass,
                    method.clone(),
                    path.clone(),
                    query,
                    body.clone(),
                );
                match (first.await, if_refused) {
                    (Err(error), Some(query)) if error.kind() == ErrorKind::Forbidden => {
                        client.transport().write(pass, method, path, query, body).await
                    }
                    (result, _) => result,
                }
            }
            None => Ok(done()),
        };
        Sent { operation: step.change.operation, pass, result }
    }

    /// Keep what the asset was before. When it cannot be kept, the step must not be sent.
    pub(crate) async fn keep_image(&self, run: &Run, image: &Image) -> Result<()> {
        match &self.pass {
            Some(pass) => run.keep_image(pass, image).await,
            None => Ok(()),
        }
    }

    /// The same step with the body that the live state asks for.
    pub(crate) fn with_body(mut self, body: Value) -> Self {
        self.step.body = Some(body);
        self
    }

    /// The same step with the ids that the server gave to what earlier steps made.
    pub(crate) fn with_ids(mut self, made: &HashMap<String, String>) -> Self {
        self.step.path = self.step.path.with_ids(made);
        self
    }

    /// Whether it needs something that no step has made.
    pub(crate) fn is_stranded(&self) -> bool {
        self.step.path.is_planned()
    }

    /// Do not send it, and keep that it was not.
    pub(crate) async fn skip(self, why: &str) {
        if let Some(pass) = self.pass {
            let error = Error::new(ErrorKind::Cancelled, format!("not sent: {why}"));
            // The outcome is what was handed in; there is nothing more to learn from it.
            let _ = pass.settle(Err(error)).await;
        }
    }

    /// Do not send it, because what it wants is so already.
    pub(crate) async fn take_as_done(self) -> Result<()> {
        self.take_as(done()).await
    }

    /// Do not send it, because what it would make is there already under this id.
    pub(crate) async fn take_as_made(self, id: &str) -> Result<()> {
        self.take_as(Answer::made(id)).await
    }

    async fn take_as(self, answer: Answer) -> Result<()> {
        match self.pass {
            Some(pass) => pass.settle(Ok(answer)).await.map(|_| ()),
            None => Ok(()),
        }
    }
}

/// A step of which the first request was sent and whose outcome is not kept yet.
#[must_use = "settle it"]
pub(crate) struct Sent {
    operation: String,
    /// None when a resumed run had done it already.
    pass: Option<Pass>,
    result: Result<Answer>,
}

impl Sent {
    /// Whether it was sent just now, and the server said yes.
    pub(crate) fn is_fresh(&self) -> bool {
        self.pass.is_some() && self.result.is_ok()
    }

    /// Whether no answer came, so that the write may have been applied or not.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.result.as_ref().is_err_and(Error::is_unanswered)
    }

    /// A look has shown that it was applied: this is the id of what it made.
    pub(crate) fn found(&mut self, id: &str) {
        self.result = Ok(Answer::made(id));
    }

    /// Send another request of the same change as an admin, or as who may do it anyway.
    pub(crate) async fn more(&self, client: &Client, path: ApiPath, body: Value) -> Result<Answer> {
        let Some(pass) = &self.pass else { return Ok(done()) };
        let write = |query: Query| {
            client.transport().write(pass, Method::POST, path.clone(), query, Some(body.clone()))
        };
        match write(admin()).await {
            Err(error) if error.kind() == ErrorKind::Forbidden => write(Vec::new()).await,
            other => other,
        }
    }

    /// What the server said to the first request.
    pub(crate) fn result(&self) -> &Result<Answer> {
        &self.result
    }

    /// Send another request of the same change, such as the same list in another spelling.
    pub(crate) async fn again(
        &self,
        client: &Client,
        method: Method,
        path: ApiPath,
        body: Value,
    ) -> Result<Answer> {
        let Some(pass) = &self.pass else { return Ok(done()) };
        client.transport().write(pass, method, path, Vec::new(), Some(body)).await
    }

    /// Keep what the server said to the first request.
    pub(crate) async fn settle(self) -> Result<Answer> {
        let Some(pass) = self.pass else { return self.result };
        pass.settle(self.result).await.map_err(|error| error.with_operation(&self.operation))
    }

    /// The same with what the server said to a later request.
    pub(crate) fn with_result(mut self, result: Result<Answer>) -> Self {
        self.result = result;
        self
    }
}

/// The stand-in for an answer, where a resumed run has nothing left to send.
fn done() -> Answer {
    Answer::new(200, Value::Null)
}

/// The admin's flag.
pub(crate) fn admin() -> Query {
    vec![("adminAccess", "true".to_owned())]
}

//! Building and publishing data models.

mod job;
mod models;
mod params;
mod task;
mod wait;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

pub use models::*;
pub use params::*;

use job::Job;
use task::{Task, post_path};

use super::Datamodel;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Change, Door, Entry, Outcome, Partial, Pass, Run};
use crate::transport::Answer;

const OPERATION: &str = "datamodel.deploy_datamodel";

/// How often it is looked whether a build was started after all.
const LOOKS: usize = 5;

/// A clock here and one at the server may differ by so many seconds.
const CLOCK_SKEW: i64 = 120;

/// What became of the wish to start a build.
enum Start {
    /// This is a preview.
    Planned,
    /// It was started now.
    Started(Task),
    /// One ran already.
    Running(Task),
}

impl Datamodel {
    /// Build an extract model or publish a live one.
    ///
    /// A build that runs already for this model is not doubled: it is told with
    /// `already_running`, and followed when `wait` is set. With `wait` the answer comes when the
    /// build has ended, with progress on the way. When the wait ends before the build, because of
    /// `timeout_s` or a stop, the build goes on and the answer names its end as missing. Queries
    /// see the old data until the build has ended well.
    ///
    /// # Errors
    /// `not_found` for the model; `invalid_input` for options of a build on a live model; `server`
    /// with the reason when a build that was waited for failed, `cancelled` when somebody stopped
    /// it; `unknown_outcome` when no answer came and no look shows the build: it is never started
    /// twice.
    ///
    /// # Ask
    /// - Build the cube Sales and wait until it is done
    /// - Publish the data model Finance
    /// - Start a full build of Sample ECommerce
    /// - Publish the live model Ops
    /// - Refresh the data of the cube Leads now
    ///
    /// <!-- @effect execute -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    /// <!-- @streams -->
    pub async fn deploy_datamodel(
        &self,
        run: &Run,
        params: DeployDatamodel,
    ) -> Result<Partial<Build>> {
        job::check(&params)?;
        let model = self.document(&params.datamodel_name).await?;
        let job = Job::read(&params, &model)?;
        let known =
            self.client.builds_of(&job.model).await.map_err(|e| e.with_asset(job.asset()))?;
        let start = self.begin(run, &job, &known).await?;
        let (task, already_running) = match start {
            Start::Planned => return Ok(Partial::whole(job.build(None, false))),
            Start::Started(task) => (task, false),
            Start::Running(task) => (task, true),
        };
        let build = job.build(Some(&task), already_running);
        if !params.wait {
            return Ok(Partial::whole(build));
        }
        self.follow(run, &job, build, task).await
    }

    async fn begin(&self, run: &Run, job: &Job, known: &[Task]) -> Result<Start> {
        if let Some(entry) = self.begun_before(run, job).await? {
            let started = known.iter().find(|task| match &entry.id {
                Some(id) => task.is(id),
                None => asked_since(task, &entry),
            });
            let task = started.cloned().or_else(|| {
                // The server may have forgotten it by now.
                entry.id.clone().map(|id| Task { id: Some(id), ..Task::default() })
            });
            match run.admit(entry.change.clone()).await? {
                Door::Planned(_) => return Ok(Start::Planned),
                Door::Recorded(recorded) => {
                    let task = task.or_else(|| Some(Task { id: recorded.id, ..Task::default() }));
                    return Ok(Start::Started(task.unwrap_or_default()));
                }
                Door::Open(pass) => {
                    let Some(task) = task else { return self.send(run, job, known, pass).await };
                    pass.settle(Ok(answer_of(&task))).await?;
                    return Ok(Start::Started(task));
                }
            }
        }
        if let Some(task) = known.iter().find(|task| task.runs()) {
            return Ok(Start::Running(task.clone()));
        }
        match run.admit(job.change(self.client.name())).await? {
            Door::Planned(_) => Ok(Start::Planned),
            Door::Recorded(recorded) => {
                Ok(Start::Started(Task { id: recorded.id, ..Task::default() }))
            }
            Door::Open(pass) => self.send(run, job, known, pass).await,
        }
    }

    /// The build that an earlier attempt of this run started, or may have started.
    async fn begun_before(&self, run: &Run, job: &Job) -> Result<Option<Entry>> {
        let entries = self.earlier(run).await?;
        // A model that this run made stands under its placeholder.
        let key = run.key_as_previewed(&job.change(self.client.name()));
        let is_it = |entry: &Entry| entry.change.key() == key && entry.outcome != Outcome::Failed;
        Ok(entries.into_iter().rev().find(is_it))
    }

    /// Send it once. When no answer comes, the list of builds tells whether it was started.
    async fn send(&self, run: &Run, job: &Job, known: &[Task], pass: Pass) -> Result<Start> {
        let transport = self.client.transport();
        let sent =
            transport.write(&pass, Method::POST, post_path(), Vec::new(), Some(job.body())).await;
        let told = sent.as_ref().ok().and_then(|answer| Task::read(answer.body()));
        if let (Ok(_), Some(task)) = (&sent, &told)
            && task.id.is_some()
        {
            pass.settle(sent).await?;
            return Ok(Start::Started(task.clone()));
        }
        match sent {
            Ok(answer) => {
                let found = self.new_build(run, job, known).await;
                let answer = found.as_ref().map_or(answer, answer_of);
                pass.settle(Ok(answer)).await?;
                found.map(Start::Started).ok_or_else(|| {
                    Error::new(ErrorKind::Decode, "the server started a build and told no id")
                        .with_asset(job.asset())
                        .with_next_step("look at the model's builds")
                })
            }
            Err(error) if error.is_unanswered() => match self.new_build(run, job, known).await {
                Some(task) => {
                    pass.settle(Ok(answer_of(&task))).await?;
                    Ok(Start::Started(task))
                }
                None => Err(unsettled(pass, error).await),
            },
            Err(error) if is_running_already(&error) => {
                let error = unsettled(pass, error).await;
                match self.client.builds_of(&job.model).await {
                    Ok(builds) => match builds.into_iter().find(Task::runs) {
                        Some(task) => Ok(Start::Running(task)),
                        None => Err(error),
                    },
                    Err(_) => Err(error),
                }
            }
            Err(error) => Err(unsettled(pass, error).await),
        }
    }

    /// A build that was not there before.
    async fn new_build(&self, run: &Run, job: &Job, known: &[Task]) -> Option<Task> {
        let old: BTreeSet<&str> = known.iter().filter_map(|task| task.id.as_deref()).collect();
        let is_new = |task: &Task| task.id.as_deref().is_some_and(|id| !old.contains(id));
        let mut delay = self.client.transport().limits().first_poll;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = run.stopped() => return None,
                }
                delay *= 2;
            }
            let Ok(builds) = self.client.builds_of(&job.model).await else { continue };
            if let Some(task) = builds.into_iter().find(is_new) {
                return Some(task);
            }
        }
        None
    }
}

/// The change of a live model's first publish, for the preview of an operation that needs it. The run
/// makes it by [`Datamodel::deploy_datamodel`].
pub(crate) fn first_publish(deployment: &str, id: &str, title: &str) -> Change {
    Job::first_publish(id, title).change(deployment)
}

/// Keep the refusal, and give it back with what the pass knows of it.
async fn unsettled(pass: Pass, error: Error) -> Error {
    match pass.settle(Err(error)).await {
        Err(error) => error,
        Ok(_) => Error::new(ErrorKind::Unexpected, "a refusal was kept as a success"),
    }
}

fn answer_of(task: &Task) -> Answer {
    let id = task.id.as_deref().map_or(Value::Null, Value::from);
    Answer::new(200, json!({ "oid": id }))
}

fn is_running_already(error: &Error) -> bool {
    let told = error.report().message.to_lowercase();
    matches!(error.status(), Some(409 | 412))
        || ["already_running", "already running", "cube_is_busy"]
            .iter()
            .any(|words| told.contains(words))
}

/// Whether a build may be the one that a write without an answer asked for.
fn asked_since(task: &Task, entry: &Entry) -> bool {
    let created = task.created.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    created.is_some_and(|created| created.as_second() >= entry.started.as_second() - CLOCK_SKEW)
}

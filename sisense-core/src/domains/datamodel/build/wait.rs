//! Follows a build to its end.

use std::time::{Duration, Instant};

use super::job::{Job, last_times};
use super::task::{Seen, Task};
use super::{Build, BuildStatus, OPERATION};
use crate::documents::ModelDocument;
use crate::domains::datamodel::Datamodel;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Partial, Run};

/// So many looks in a row may find nothing before the model itself is asked.
const BLIND_LOOKS: u32 = 8;
/// So many looks in a row may find nothing before the wait is given up.
const LOST_LOOKS: u32 = 40;
/// So many looks in a row may fail.
const FAILED_LOOKS: u32 = 10;

/// Why the wait ended.
enum End {
    /// The build has ended like that.
    Ended(Box<Task>),
    /// It may still run; this is why it is not waited for any longer.
    Left(Error),
}

/// One build, while it is followed.
struct Watch<'a> {
    job: &'a Job,
    run: &'a Run,
    since: Instant,
    /// What was told last.
    task: Task,
    /// Whether the server ever told a state.
    told: bool,
    /// Looks in a row that found nothing.
    blind: u32,
    /// Looks in a row that failed.
    failed: u32,
    looks: u64,
}

impl Datamodel {
    /// Wait for the end of a build. When the wait ends first, the build goes on and the answer says
    /// so.
    pub(super) async fn follow(
        &self,
        run: &Run,
        job: &Job,
        mut build: Build,
        task: Task,
    ) -> Result<Partial<Build>> {
        let told = task.status.is_some();
        let since = Instant::now();
        let mut watch = Watch { job, run, since, task, told, blind: 0, failed: 0, looks: 0 };
        let end = match watch.task.id.clone() {
            Some(id) => self.watch(&mut watch, &id).await,
            None => End::Left(Error::new(ErrorKind::Decode, "the server told no id of the build")),
        };
        let task = match end {
            End::Ended(task) => *task,
            End::Left(why) => {
                let last = job.build(Some(&watch.task), build.already_running);
                build = Build { notes: build.notes, ..last };
                build.notes.push("the build goes on at the server".to_owned());
                let why = why.with_asset(self.asset_of(job, &build)).with_operation(OPERATION);
                let missing = vec![Missing::new("the end of the build", why)];
                return Ok(Partial { value: build, missing });
            }
        };
        let last = job.build(Some(&task), build.already_running);
        build = Build { notes: build.notes, waited: true, ..last };
        if task.status == Some(BuildStatus::Done) {
            return Ok(Partial::whole(build));
        }
        Err(self.bad_end(job, &build, task).await)
    }

    fn asset_of(&self, job: &Job, build: &Build) -> String {
        let id = build.build_id.as_deref().unwrap_or("without id");
        format!("build {id} of {}", job.asset())
    }

    /// A build that failed or was stopped is no success of somebody who waited for it.
    async fn bad_end(&self, job: &Job, build: &Build, task: Task) -> Error {
        let asset = self.asset_of(job, build);
        if task.status == Some(BuildStatus::Cancelled) {
            return Error::new(ErrorKind::Cancelled, "somebody stopped the build at the server")
                .with_asset(asset)
                .with_next_step("deploy again; queries see the data of the last good build");
        }
        let reason = match task.reason {
            Some(reason) => Some(self.client.transport().clean(&reason)),
            None => self.client.build_failure(&job.model).await,
        };
        let message = match reason {
            Some(reason) => format!("the build failed: {reason}"),
            None => "the build failed, and the server tells no reason".to_owned(),
        };
        Error::new(ErrorKind::Server, message).with_asset(asset).with_next_step(
            "mend the cause and deploy again; queries see the data of the last good build",
        )
    }

    async fn watch(&self, watch: &mut Watch<'_>, id: &str) -> End {
        let limits = self.client.transport().limits();
        let (mut delay, longest) = (limits.first_poll, limits.longest_poll);
        let deadline = Duration::from_secs(watch.job.patience);
        watch.tell();
        loop {
            if watch.task.status.is_some_and(BuildStatus::is_end) {
                return End::Ended(Box::new(watch.task.clone()));
            }
            let left = deadline.saturating_sub(watch.since.elapsed());
            if left.is_zero() {
                return End::Left(watch.too_long());
            }
            let run = watch.run;
            let next = async {
                tokio::time::sleep(delay.min(left)).await;
                self.look(watch, id).await
            };
            let end = tokio::select! {
                end = next => end,
                () = run.stopped() => Some(End::Left(Error::new(
                    ErrorKind::Cancelled,
                    "the wait was stopped before the build had ended",
                ))),
            };
            if let Some(end) = end {
                return end;
            }
            delay = (delay * 2).min(longest);
        }
    }

    async fn look(&self, watch: &mut Watch<'_>, id: &str) -> Option<End> {
        watch.looks += 1;
        match self.client.look_at_build(id).await {
            Ok(Seen::Task(task)) => {
                (watch.failed, watch.blind) = (0, 0);
                watch.told |= task.status.is_some();
                // An answer without an id is still about this build.
                watch.task = Task { id: Some(id.to_owned()), ..*task };
                watch.tell();
                None
            }
            Ok(Seen::Nothing) => {
                watch.failed = 0;
                watch.blind += 1;
                // Not known after a state was told: forgotten, so it has ended.
                if watch.told || watch.blind >= BLIND_LOOKS {
                    let ended = self.ended_by_model(watch.job).await;
                    if let Some(status) = ended {
                        watch.task.status = Some(status);
                        return None;
                    }
                }
                (watch.blind >= LOST_LOOKS).then(|| {
                    let message = "the server does not tell of the build any more";
                    End::Left(
                        Error::new(ErrorKind::NotFound, message)
                            .with_next_step("look at the model's last build"),
                    )
                })
            }
            Err(error) => {
                watch.failed += 1;
                let passing = error.is_retryable() || error.kind() == ErrorKind::Server;
                (!passing || watch.failed >= FAILED_LOOKS).then(|| End::Left(error))
            }
        }
    }

    /// How a build that the server has forgotten ended, by the model's own times. `None` when they
    /// have not moved.
    async fn ended_by_model(&self, job: &Job) -> Option<BuildStatus> {
        let found = self.client.get_model_by_id(&job.model).await.ok()?;
        let now = last_times(&ModelDocument::from_value(found).ok()?);
        let moved = |key: &str| now.get(key) != job.last.get(key);
        let good = now.get("lastSuccessfulBuildTime").filter(|time| !time.is_null());
        if moved("lastSuccessfulBuildTime") || moved("lastPublishTime") {
            return Some(BuildStatus::Done);
        }
        // A server that tells of good builds apart did not have one.
        let failed = good.is_some();
        let status = if failed { BuildStatus::Failed } else { BuildStatus::Done };
        moved("lastBuildTime").then_some(status)
    }
}

impl Watch<'_> {
    fn tell(&self) {
        let title = &self.job.title;
        let seconds = self.since.elapsed().as_secs();
        let status = self.task.status.unwrap_or(BuildStatus::Pending).as_str();
        let message = format!("build of {title}: {status} after {seconds} s");
        // The door has told of its change before.
        self.run.progress(OPERATION, message, self.looks + 2, None);
    }

    fn too_long(&self) -> Error {
        let seconds = self.job.patience;
        Error::new(ErrorKind::Timeout, format!("the build has not ended within {seconds} s"))
            .with_next_step("look again later, or wait longer with timeout_s")
    }
}

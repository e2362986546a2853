//! Build schedules of data models.

mod models;
mod params;
mod wire;
mod wish;

use reqwest::Method;
use serde_json::{Value, json};

pub use models::*;
pub use params::*;

use super::Access;
use crate::documents::ModelDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Action, AssetKind, Change, Door, Missing, Partial, Pass, Run, Undo};
use crate::transport::{Answer, ApiPath};

const OPERATION: &str = "access.create_schedule_build";
const TIME_ZONE_NOTE: &str = "the API counts in UTC; the web page shows the same schedule in the \
                              server's time zone";

impl Access {
    /// Set when a data model is built: on days of the week, or again and again.
    ///
    /// Give days with an hour, or an interval. A model has one schedule; a new one replaces the
    /// old. Hours are UTC. Nothing is written when the schedule is as wanted already. After the
    /// write the schedule is read back: `confirmed` tells whether it is the wanted one, and if
    /// not, what is missing in the answer tells why.
    ///
    /// # Errors
    /// `invalid_input` before anything is sent, when no times or both ways are given or a time is
    /// out of bounds; `unsupported` for a live model, which has no build; `not_found` with the
    /// nearest titles.
    ///
    /// # Ask
    /// - Build the model Sales every Monday at 3
    /// - Schedule a full build of Healthcare every 6 hours
    /// - Rebuild the cube Leads every night at 23:30
    /// - Set up a build schedule for the data model Finance, on weekdays at 5:00
    /// - Refresh the cube Web automatically each day at 7 am
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn create_schedule_build(
        &self,
        run: &Run,
        params: CreateScheduleBuild,
    ) -> Result<Partial<ScheduledBuild>> {
        let wanted = wish::read(&params)?;
        let model =
            ModelDocument::from_value(self.client.find_model(&params.datamodel_name).await?)?;
        let name = model.title().unwrap_or(&params.datamodel_name).to_owned();
        if model.is_live() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a live data model has no build to schedule: {name}"),
            )
            .with_next_step("choose an extract model"));
        }
        let id = model.id().unwrap_or_default().to_owned();
        let old = self.schedule_of(&id).await?;
        let present = wire::read(&old);
        let mut result = ScheduledBuild {
            in_words: wish::in_words(&wanted),
            schedule: wanted,
            replaced: None,
            confirmed: true,
            time_zone: "UTC".to_owned(),
            notes: vec![TIME_ZONE_NOTE.to_owned()],
            datamodel_id: id,
            datamodel_name: name,
        };
        if present.as_ref().is_some_and(|present| present.is_same(&result.schedule)) {
            return Ok(Partial::whole(result));
        }
        let change = self.schedule_change(&result, &old, present.as_ref(), &model);
        result.replaced = present;
        match run.admit(change).await? {
            Door::Planned(_) => {
                result.confirmed = false;
                return Ok(Partial::whole(result));
            }
            Door::Recorded(_) => {}
            Door::Open(pass) => {
                let sent = self.send_schedule(&pass, &result).await;
                pass.settle(sent).await?;
            }
        }
        let missing = self.prove(&mut result).await;
        Ok(Partial { value: result, missing: missing.into_iter().collect() })
    }

    /// The schedule as the server tells it; `null` when there is none.
    async fn schedule_of(&self, model: &str) -> Result<Value> {
        match self.client.transport().get(path(model), Vec::new()).await {
            Ok(answer) => Ok(answer.into_body()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Value::Null),
            Err(error) => Err(error.with_asset(format!("build schedule of data model {model}"))),
        }
    }

    /// Send the schedule in the forms that servers are known to take. A refusal of the form (400)
    /// has changed nothing, so the next form is tried under the same pass.
    async fn send_schedule(&self, pass: &Pass, result: &ScheduledBuild) -> Result<Answer> {
        let transport = self.client.transport();
        let mut sent = Err(Error::new(ErrorKind::Unexpected, "the schedule has no form"));
        for body in wire::bodies(&result.schedule) {
            let path = path(&result.datamodel_id);
            sent = transport.write(pass, Method::POST, path, Vec::new(), Some(body)).await;
            if !sent.as_ref().is_err_and(|error| error.status() == Some(400)) {
                break;
            }
        }
        sent
    }

    /// Ask for the schedule again, to tell what the server made of it.
    async fn prove(&self, result: &mut ScheduledBuild) -> Option<Missing> {
        let now = self.schedule_of(&result.datamodel_id).await;
        let (what, error) = match now.map(|now| wire::read(&now)) {
            Ok(Some(now)) if now.is_same(&result.schedule) => return None,
            Ok(Some(now)) => {
                let now = wish::in_words(&now);
                let message = format!("the server accepted it and tells another one: {now}");
                ("the schedule as wanted", Error::new(ErrorKind::Server, message))
            }
            Ok(None) => {
                let message = "the server accepted it and tells of no schedule";
                ("the schedule as wanted", Error::new(ErrorKind::Server, message))
            }
            Err(error) => ("a look at the schedule after the write", error),
        };
        result.confirmed = false;
        Some(Missing::new(what, error.with_next_step("look at the model's schedule again")))
    }

    fn schedule_change(
        &self,
        result: &ScheduledBuild,
        old: &Value,
        present: Option<&BuildSchedule>,
        model: &ModelDocument,
    ) -> Change {
        let name = &result.datamodel_name;
        let asset = self.asset(AssetKind::Schedule, Some(&result.datamodel_id), name);
        let summary = format!("Build {name} {}", result.in_words);
        let (note, back) = match present {
            Some(old) => (
                format!("replaces the schedule: {}", wish::in_words(old)),
                "set the old schedule again",
            ),
            None => ("the model has no schedule yet".to_owned(), "delete the schedule"),
        };
        let mut change = Change::new(OPERATION, asset, Action::Update, summary)
            .before(wire::lasting(old))
            .after(json!(result.schedule))
            .note(note)
            .note(TIME_ZONE_NOTE)
            .undo(Undo::Yes(back.to_owned()));
        let kept: Vec<&str> = model
            .tables()
            .filter(|table| table.accumulation_column.is_some())
            .map(|table| table.name.as_str())
            .collect();
        if result.schedule.build_type == Some(BuildType::Full) && !kept.is_empty() {
            change = change.note(format!(
                "a full build replaces the rows that these tables have gathered: {}",
                kept.join(", ")
            ));
        }
        if result.schedule.interval_seconds.is_some_and(|seconds| seconds >= 3_600) {
            change = change.note("intervals of hours count from midnight");
        }
        change
    }
}

fn path(model: &str) -> ApiPath {
    ApiPath::new(["api", "v2", "datamodels", model, "schedule"])
}

//! Sends the steps of a plan: what fails is told, what does not need it goes on.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::behavior::{Behavior, increment_column};
use super::parts::{Part, Plan};
use crate::client::Client;
use crate::documents::{Dataset, ModelDocument, Table};
use crate::domains::lookup::is_uuid;
use crate::domains::steps::{Ready, admit};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;
use crate::transport::Answer;

/// What became of one part.
#[derive(Debug)]
pub(super) struct End {
    /// Its id; a placeholder in a preview.
    pub(super) id: String,
    /// Whether it was made now.
    pub(super) created: bool,
    /// What the server said of it.
    answer: Option<Answer>,
}

impl End {
    pub(super) fn text(&self, member: &str) -> Option<String> {
        self.answer.as_ref()?.body().get(member)?.as_str().map(str::to_owned)
    }

    /// The table that the server described.
    pub(super) fn table(&self) -> Option<Table> {
        let body = self.answer.as_ref()?.body();
        body.get("columns").is_some().then(|| Table::from_value(body))
    }
}

/// What became of every part, in the order of the plan.
pub(super) struct Ends {
    pub(super) model: Result<End>,
    pub(super) datasets: Vec<Result<End>>,
    /// Each table, and how setting its build behaviour ended.
    pub(super) tables: Vec<(Result<End>, Option<Result<()>>)>,
}

/// One plan, while it is sent.
struct Sending<'a> {
    client: &'a Client,
    run: &'a Run,
    plan: &'a Plan,
    total: u64,
    done: u64,
    /// Real ids of what was made, by placeholder.
    made: HashMap<String, String>,
    /// Why nothing more is sent.
    stop: Option<&'static str>,
}

/// Where to look for a part after its write got no answer.
#[derive(Clone, Copy)]
enum What {
    Model,
    Dataset(usize),
    Table(usize),
}

/// Let all steps through the door, then send them in order.
pub(super) async fn carry_out(client: &Client, run: &Run, mut plan: Plan) -> Result<(Plan, Ends)> {
    let steps = std::mem::take(&mut plan.steps);
    let total = steps.len() as u64;
    let Some(ready) = admit(run, steps).await? else {
        let ends = previewed(&plan);
        return Ok((plan, ends));
    };
    let mut ready: VecDeque<Ready> = ready.into();
    let made = HashMap::new();
    let mut sending = Sending { client, run, plan: &plan, total, done: 0, made, stop: None };
    let model = sending.part(&plan.model.part, What::Model, &mut ready).await;
    let mut datasets = Vec::new();
    for (place, dataset) in plan.datasets.iter().enumerate() {
        datasets.push(sending.part(&dataset.part, What::Dataset(place), &mut ready).await);
    }
    let mut tables = Vec::new();
    for (place, table) in plan.tables.iter().enumerate() {
        let end = sending.part(&table.part, What::Table(place), &mut ready).await;
        let behavior = match table.patch.then(|| ready.pop_front()).flatten() {
            Some(step) => Some(sending.behavior(place, &end, step).await),
            None => None,
        };
        tables.push((end, behavior));
    }
    let ends = Ends { model, datasets, tables };
    Ok((plan, ends))
}

fn previewed(plan: &Plan) -> Ends {
    let end = |part: &Part| Ok(End { id: part.id.clone(), created: false, answer: None });
    Ends {
        model: end(&plan.model.part),
        datasets: plan.datasets.iter().map(|dataset| end(&dataset.part)).collect(),
        tables: plan.tables.iter().map(|table| (end(&table.part), None)).collect(),
    }
}

impl Sending<'_> {
    async fn part(&mut self, part: &Part, what: What, ready: &mut VecDeque<Ready>) -> Result<End> {
        let step = if part.new { ready.pop_front() } else { None };
        let Some(step) = step else {
            return Ok(End { id: part.id.clone(), created: false, answer: None });
        };
        let end = self.make(part, what, step).await;
        match &end {
            Ok(end) => {
                self.made.insert(part.id.clone(), end.id.clone());
                self.done += 1;
                let message = self.told(what);
                self.run.progress(self.plan.operation, message, self.done, Some(self.total));
            }
            Err(error) => self.note(error),
        }
        end
    }

    async fn make(&self, part: &Part, what: What, step: Ready) -> Result<End> {
        let step = match self.unless_stopped(step).await {
            Ok(step) => step,
            Err(error) => return Err(error),
        };
        if let Some(id) = &part.there {
            // A resumed run finds what an attempt before it made.
            step.take_as_made(id).await?;
            return Ok(End { id: id.clone(), created: true, answer: None });
        }
        let mut sent = step.begin(self.client).await;
        let mut found = None;
        if sent.is_unanswered()
            && let Some(answer) = self.look(what).await
        {
            sent.found(answer.id().unwrap_or_default());
            found = Some(answer);
        }
        let fresh = sent.is_fresh();
        let answer = sent.settle().await?;
        let answer = match found {
            Some(found) => found,
            // The server said yes in words that hold no id, or a resumed run has nothing to send.
            None if answer.id().is_none() => self.look(what).await.ok_or_else(|| {
                let (kind, message) = if fresh {
                    (ErrorKind::Decode, "the server said yes, told no id, and nothing is there")
                } else {
                    (ErrorKind::NotFound, "this run made it before, and it is not there any more")
                };
                Error::new(kind, message)
                    .with_asset(self.told(what))
                    .with_next_step("look at the data model before going on")
            })?,
            None => answer,
        };
        let id = answer.id().unwrap_or_default().to_owned();
        Ok(End { id, created: true, answer: Some(answer) })
    }

    /// Set how builds fill a table, now that its column has an id.
    async fn behavior(&mut self, place: usize, end: &Result<End>, step: Ready) -> Result<()> {
        let table = &self.plan.tables[place];
        let step = self.unless_stopped(step).await?;
        let column = table.behavior.column.as_deref().unwrap_or_default();
        let known = match end {
            Ok(end) if table.known.is_none() => end.table(),
            _ => table.known.clone(),
        };
        let id = |known: &Table| {
            let found = known.columns.iter().find(|one| one.name == column)?;
            found.id.clone()
        };
        let id = match known.as_ref().and_then(id) {
            Some(id) => Some(id),
            None => self.look_for_table(place).await.as_ref().and_then(id),
        };
        if known.as_ref().is_some_and(|known| increment_column(known) == Some(column)) {
            return step.take_as_done().await;
        }
        let Some(id) = id else {
            step.skip("the server does not tell the column's id").await;
            return Err(Error::new(
                ErrorKind::Decode,
                format!("the server does not tell the id of this column: {column}"),
            )
            .with_next_step("set the build behaviour on the web page"));
        };
        let body = json!({ "buildBehavior": Behavior::later(&id) });
        let sent = step.with_body(body).send(self.client).await;
        match sent {
            Ok(_) => self.done += 1,
            Err(error) => {
                self.note(&error);
                return Err(error);
            }
        }
        Ok(())
    }

    /// The step with real ids, unless there is a reason not to send it.
    async fn unless_stopped(&self, step: Ready) -> Result<Ready> {
        let step = step.with_ids(&self.made);
        let why = if self.run.is_cancelled() {
            "the run was stopped before this change"
        } else if let Some(why) = self.stop {
            why
        } else if step.is_stranded() {
            "what it belongs to could not be made"
        } else {
            return Ok(step);
        };
        step.skip(why).await;
        Err(Error::new(ErrorKind::Cancelled, format!("not sent: {why}"))
            .with_operation(self.plan.operation))
    }

    fn note(&mut self, error: &Error) {
        if matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Connect) {
            self.stop = Some("the server could not be reached before");
        }
    }

    fn told(&self, what: What) -> String {
        match what {
            What::Model => format!("data model \"{}\"", self.plan.model.title),
            What::Dataset(place) => {
                let name = self.plan.datasets[place].name.as_deref().unwrap_or_default();
                format!("dataset \"{name}\"")
            }
            What::Table(place) => {
                format!("table \"{}\"", self.plan.tables[place].wish.table_name)
            }
        }
    }

    /// What the server holds of a part whose write got no answer; `None` when it holds nothing, or
    /// cannot be asked: then the outcome stays unknown.
    async fn look(&self, what: What) -> Option<Answer> {
        let (id, body) = match what {
            What::Model => {
                let title = self.plan.model.title.as_str();
                let found = self.client.find_model_if_any(title).await.ok().flatten()?;
                let model = ModelDocument::from_value(found).ok()?;
                let same = model.title() == Some(title) && model.tables().next().is_none();
                (same.then(|| model.id().map(str::to_owned)).flatten()?, json!({}))
            }
            What::Dataset(place) => {
                let model = self.model_now().await?;
                let wanted = &self.plan.datasets[place];
                let fits = |one: &&Dataset| {
                    lies_there(one, &wanted.connection.oid, &wanted.database, &wanted.schema)
                };
                let found = model.datasets().iter().find(fits)?;
                (found.id.clone()?, json!({ "fullname": found.fullname }))
            }
            What::Table(place) => {
                let model = self.model_now().await?;
                let id = self.table_in(&model, place)?.id.clone()?;
                let raw = raw_table(&model, &id).unwrap_or_else(|| json!({}));
                (id, raw)
            }
        };
        let mut body = body;
        body["oid"] = json!(id);
        Some(Answer::new(200, body))
    }

    async fn look_for_table(&self, place: usize) -> Option<Table> {
        let model = self.model_now().await?;
        self.table_in(&model, place).cloned()
    }

    fn table_in<'m>(&self, model: &'m ModelDocument, place: usize) -> Option<&'m Table> {
        let wanted = &self.plan.tables[place];
        let home = self.real(&self.plan.datasets[wanted.dataset].part.id);
        let dataset = model.datasets().iter().find(|one| one.id.as_deref() == Some(home))?;
        let name = wanted.wish.table_name.as_str();
        dataset.tables.iter().find(|table| table.source_id.as_deref() == Some(name))
    }

    async fn model_now(&self) -> Option<ModelDocument> {
        let id = self.real(&self.plan.model.part.id);
        let found = self.client.get_model_by_id(id).await.ok()?;
        ModelDocument::from_value(found).ok()
    }

    fn real<'a>(&'a self, id: &'a str) -> &'a str {
        self.made.get(id).map_or(id, String::as_str)
    }
}

/// A table as the model's document holds it, with the ids of its columns.
fn raw_table(model: &ModelDocument, id: &str) -> Option<Value> {
    let datasets = model.raw().get("datasets")?.as_array()?.iter();
    let tables = datasets.filter_map(|dataset| dataset.pointer("/schema/tables")?.as_array());
    tables.flatten().find(|table| table.get("oid").and_then(Value::as_str) == Some(id)).cloned()
}

/// Whether a dataset of the model reads this schema through this connection.
pub(super) fn lies_there(
    dataset: &Dataset,
    connection: &str,
    database: &str,
    schema: &str,
) -> bool {
    let own = dataset.connection.as_ref().and_then(|connection| connection.id.as_deref());
    let same_id = |a: &str, b: &str| {
        let plain = |id: &str| id.replace('-', "").to_lowercase();
        if is_uuid(a) && is_uuid(b) { plain(a) == plain(b) } else { a == b }
    };
    own.is_some_and(|own| same_id(own, connection))
        && dataset.database.as_deref() == Some(database)
        && dataset.schema_name.as_deref() == Some(schema)
}

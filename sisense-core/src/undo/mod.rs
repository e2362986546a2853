//! Taking back what a run wrote: newest first, from the journal and its before-images.
//!
//! The way back is a run of its own: it is previewed, approved, journaled and resumed like any other,
//! and each step looks at the live state first. What somebody changed since is left alone, and the
//! row says so.

mod image;
mod live;
mod made;
mod replaced;
mod result;

use std::sync::Arc;

pub(crate) use image::Image;
pub use result::{Undone, UndoneItem, UndoneOutcome};

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{
    Action, Asset, AssetKind, Change, Door, Entry, Journal, Outcome, Pass, Progress, Run,
};
use live::Live;
use reqwest::Method;
use serde_json::Value;

use crate::transport::{Answer, ApiPath, Query};

/// The name under which the way back asks the door.
const OPERATION: &str = "runs.undo";

/// A write that takes something back.
struct Way {
    change: Change,
    requests: Vec<Request>,
    /// What to tell of it when it is done.
    note: Option<String>,
}

/// One request of a way back.
struct Request {
    method: Method,
    path: ApiPath,
    query: Query,
    body: Option<Value>,
    /// The query of a second try, when the first is refused with 403.
    if_refused: Option<Query>,
}

impl Request {
    fn new(method: Method, path: ApiPath) -> Self {
        Request { method, path, query: Vec::new(), body: None, if_refused: None }
    }

    fn with_admin(mut self) -> Self {
        self.query.push(("adminAccess", "true".to_owned()));
        self.if_refused = Some(Vec::new());
        self
    }

    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// What is to be done about one entry.
enum Back {
    Go(Box<Way>),
    /// Nothing to send, and why.
    No(UndoneOutcome, String),
}

/// Take back what a run wrote, newest first. In a preview nothing is sent, and the rows say what would
/// be taken back and what cannot be.
///
/// `clients` are the deployments that the run wrote to, known by their names; `original` is the run
/// that is taken back and `run` the one that does it.
///
/// # Errors
/// The journal's errors, and `not_found` when the journal holds nothing of that run. What goes wrong
/// with one write is in its row.
pub async fn undo(
    clients: &[Client],
    run: &Run,
    original: &str,
    journal: Arc<dyn Journal>,
) -> Result<Undone> {
    let entries = journal.entries(original).await?;
    if entries.is_empty() {
        return Err(Error::not_found("run", original)
            .with_next_step("a run that wrote nothing has nothing to take back; list the runs"));
    }
    let mut live = Live::new(clients, run, &entries);
    let total = entries.len() as u64;
    let mut items = Vec::with_capacity(entries.len());
    for (done, entry) in entries.iter().rev().enumerate() {
        // Not even looked at: a look at a deployment that does not answer takes its time.
        let item = if run.is_cancelled() {
            UndoneItem::of(&entry.change).ends(UndoneOutcome::Kept, "stopped before this one")
        } else {
            take_back(&mut live, run, original, entry, journal.as_ref()).await
        };
        let event = Progress::new(OPERATION, "taken back", done as u64 + 1);
        run.report(event.of(total).on(entry.change.asset.to_string()));
        items.push(item);
    }
    Ok(Undone::of(original, items, run.is_cancelled()))
}

async fn take_back(
    live: &mut Live<'_>,
    run: &Run,
    original: &str,
    entry: &Entry,
    journal: &dyn Journal,
) -> UndoneItem {
    let item = UndoneItem::of(&entry.change);
    match entry.outcome {
        Outcome::Failed => {
            return item.ends(UndoneOutcome::NothingToDo, "the write was not made");
        }
        Outcome::Unknown => {
            let why = "nobody saw this write end: resume the run first, which looks it up";
            return item.ends(UndoneOutcome::NotPossible, why);
        }
        Outcome::Done => {}
    }
    let kept = async {
        let image = journal.image(original, &entry.key).await?;
        let read_back = match replaces_a_model(entry) {
            true => journal.image(original, &Image::read_back_key(&entry.key)).await?,
            false => None,
        };
        Ok::<_, Error>((image, read_back))
    };
    let (image, read_back) = match kept.await {
        Ok(kept) => kept,
        Err(error) => return item.failed(error),
    };
    let back = match way(live, entry, image, read_back).await {
        Ok(back) => back,
        Err(error) => return item.failed(error),
    };
    match back {
        Back::No(outcome, why) => item.ends(outcome, why),
        Back::Go(way) => send(live, run, *way, entry, item).await,
    }
}

/// Whether a server may have made something else of what was sent.
fn replaces_a_model(entry: &Entry) -> bool {
    entry.change.asset.kind == AssetKind::Datamodel && entry.change.action == Action::Overwrite
}

/// How one write is taken back, by what it did.
async fn way(
    live: &mut Live<'_>,
    entry: &Entry,
    image: Option<Value>,
    read_back: Option<Value>,
) -> Result<Back> {
    let change = &entry.change;
    match (change.action, change.asset.kind) {
        (Action::Create, AssetKind::User) => made::user(live, entry).await,
        (Action::Create, AssetKind::Group) => made::group(live, entry).await,
        (Action::Create, AssetKind::Folder) => made::folder(live, entry).await,
        (Action::Create, AssetKind::Dashboard) => made::dashboard(live, entry, image).await,
        (Action::Create, AssetKind::Datamodel) => made::datamodel(live, entry).await,
        _ => match image {
            Some(image) => replaced::from(live, entry, image, read_back).await,
            None => Ok(Back::No(UndoneOutcome::NotPossible, by_hand(change))),
        },
    }
}

fn by_hand(change: &Change) -> String {
    use crate::run::Undo;
    match &change.undo {
        Undo::Yes(how) | Undo::Partly(how) => {
            format!("not taken back by itself; by hand: {how}")
        }
        Undo::No(why) => why.clone(),
    }
}

async fn send(
    live: &mut Live<'_>,
    run: &Run,
    way: Way,
    entry: &Entry,
    item: UndoneItem,
) -> UndoneItem {
    let item = match &way.note {
        Some(note) => item.note(note),
        None => item,
    };
    let pass = match run.admit(way.change.clone()).await {
        Ok(Door::Planned(_)) => {
            live.note_gone(entry);
            return item.ends(UndoneOutcome::WouldTakeBack, way.change.summary);
        }
        Ok(Door::Recorded(_)) => {
            live.note_gone(entry);
            return item.ends(UndoneOutcome::TakenBack, way.change.summary);
        }
        Ok(Door::Open(pass)) => pass,
        Err(error) => return item.failed(error),
    };
    let client = match live.client(entry) {
        Ok(client) => client.clone(),
        Err(error) => return item.failed(error),
    };
    let sent = requests(&client, &pass, way.requests).await;
    match pass.settle(sent).await {
        Ok(_) => {
            live.note_gone(entry);
            item.ends(UndoneOutcome::TakenBack, way.change.summary)
        }
        Err(error) => item.failed(error),
    }
}

/// The requests of one way back, one after the other. The first that fails ends it.
async fn requests(client: &Client, pass: &Pass, requests: Vec<Request>) -> Result<Answer> {
    let mut last = Err(Error::new(ErrorKind::Unexpected, "there was nothing to send"));
    for request in requests {
        let Request { method, path, query, body, if_refused } = request;
        let transport = client.transport();
        let first = transport.write(pass, method.clone(), path.clone(), query, body.clone());
        last = match (first.await, if_refused) {
            (Err(error), Some(query)) if error.kind() == ErrorKind::Forbidden => {
                transport.write(pass, method, path, query, body).await
            }
            // Gone already is as gone as wanted.
            (Err(error), _) if method == Method::DELETE && error.kind() == ErrorKind::NotFound => {
                Ok(Answer::new(200, Value::Null))
            }
            (result, _) => result,
        };
        last = Ok(last?);
    }
    last
}

/// The asset of an entry as it is known now: by the id that the server gave it.
fn asset(entry: &Entry) -> Asset {
    let mut asset = entry.change.asset.clone();
    asset.id = entry.id.clone().or(asset.id);
    asset
}

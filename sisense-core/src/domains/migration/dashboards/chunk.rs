//! A few dashboards at a time: load, ask the door, import, read back, share.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::Migrations;
use super::super::result::{Item, ItemOutcome};
use super::Work;
use super::keep::main_image;
use super::load::Prepared;
use super::meaning::Meaning;
use super::read::Importable;
use super::share::Subject;
use super::wish::{What, Wish, is_back, is_take};
use crate::domains::lookup::exports::DashboardText;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Change, Door, Entry, Outcome, Pass, RunMode, settle_all};
use crate::transport::Answer;

/// How many dashboards of a chunk are taken, or get shares and owners, at once.
const SHARES: usize = 4;

/// Settled rows with their places.
pub(super) type Rows = Vec<(usize, Item)>;

/// A change, with what is kept of the asset before it.
type Asked = (Arc<Change>, Option<Box<RawValue>>);

/// Where a change stands.
#[derive(Default)]
pub(super) enum Turn {
    /// There is no such change, or it is over.
    #[default]
    Over,
    /// It was let through.
    Open(Pass),
}

/// A dashboard on its way, with what was loaded for it.
pub(super) struct Going {
    pub(super) wish: Wish,
    /// As it is imported. Given away with the request.
    pub(super) document: Option<Importable>,
    pub(super) here: Option<Meaning>,
    pub(super) there: Option<Meaning>,
    /// What the target holds, until it is kept.
    pub(super) replaced: Option<Box<RawValue>>,
    /// The journal's entry of a resumed run.
    pub(super) earlier: Option<Entry>,
    pub(super) take: Turn,
    pub(super) main: Turn,
    pub(super) back: Turn,
    /// Its id on the target, once it is known.
    pub(super) id: Option<String>,
    pub(super) error: Option<Error>,
}

impl Going {
    pub(super) fn new(wish: Wish, earlier: Option<Entry>) -> Self {
        Going {
            wish,
            document: None,
            here: None,
            there: None,
            replaced: None,
            earlier,
            take: Turn::Over,
            main: Turn::Over,
            back: Turn::Over,
            id: None,
            error: None,
        }
    }

    pub(super) fn oid(&self) -> &str {
        &self.wish.source.oid
    }

    fn was_done(&self) -> bool {
        self.earlier.as_ref().is_some_and(|entry| entry.outcome == Outcome::Done)
    }

    pub(super) fn ended(self, error: Error) -> (usize, Item) {
        (self.wish.place, self.wish.row.ended(error))
    }
}

impl Migrations {
    /// Ask the door, and do what it lets through.
    pub(super) async fn carry_out(&self, work: &Work<'_>, prepared: Prepared<'_>) -> Rows {
        let Prepared { going: wanted, mut rows, room } = prepared;
        let (mut going, mut changes) = (Vec::new(), Vec::new());
        for mut one in wanted {
            match self.asked(work, &mut one) {
                Ok(own) => {
                    changes.extend(own);
                    going.push(one);
                }
                Err(error) => rows.push(one.ended(error)),
            }
        }
        let doors = match work.run.admit_all_keeping(changes).await {
            Ok(doors) => doors,
            Err(error) => {
                let report = error.into_report();
                rows.extend(going.into_iter().map(|one| one.ended(report.clone().into())));
                return rows;
            }
        };
        let mut doors = doors.into_iter();
        let mut open = Vec::new();
        for mut one in going {
            let own = doors.by_ref().take(if one.wish.former.is_some() { 3 } else { 1 }).collect();
            match pass_all(&mut one, own).await {
                Ok(Some(planned)) => rows.push(self.planned(work, one, &planned).await),
                Ok(None) => open.push(one),
                Err(error) => rows.push(one.ended(error)),
            }
        }
        if open.is_empty() {
            return rows;
        }
        stream::iter(&mut open)
            .for_each_concurrent(SHARES, |one| self.before_import(work, one))
            .await;
        let results = self.import(work, &mut open).await;
        let (mut settling, mut places) = (Vec::new(), Vec::new());
        for (at, result) in results {
            if let Turn::Open(pass) = std::mem::take(&mut open[at].main) {
                open[at].id = result.as_ref().ok().and_then(Answer::id).map(str::to_owned);
                settling.push((pass, result));
                places.push(at);
            }
        }
        let ids: Vec<String> = open.iter().filter_map(|one| one.id.clone()).collect();
        // What was made is read back while its outcome is kept.
        let (settled, there) =
            Box::pin(join(settle_all(settling), self.target.load_texts(&ids))).await;
        for (at, settled) in places.into_iter().zip(settled) {
            if let Err(error) = settled {
                open[at].id = None;
                open[at].error = Some(error);
            }
        }
        read_back(work, &mut open, there.documents).await;
        drop(room);
        let ends = stream::iter(open).map(|one| self.after_import(work, one));
        rows.extend(ends.buffer_unordered(SHARES).collect::<Vec<_>>().await);
        rows
    }

    /// The changes of one dashboard, the one of its document with what undo needs. A resumed run
    /// looks first where the one before it stood.
    fn asked(&self, work: &Work<'_>, one: &mut Going) -> Result<Vec<Asked>> {
        let mut asked: Vec<Asked> =
            self.changes(work, one).into_iter().map(|change| (change, None)).collect();
        if work.run.mode() != RunMode::Preview && one.earlier.is_none() {
            let main = if asked.len() > 1 { 1 } else { 0 };
            asked[main].1 = Some(main_image(one)?);
        }
        Ok(asked)
    }

    /// The changes of one dashboard: one, or three when it is another person's.
    fn changes(&self, work: &Work<'_>, one: &Going) -> Vec<Arc<Change>> {
        let wish = &one.wish;
        let main = match (&one.earlier, wish.what, &one.here, &one.there) {
            (Some(entry), ..) => Arc::clone(&entry.change),
            (None, What::Overwrite, Some(here), Some(there)) => {
                Arc::new(self.overwrite_change(work, wish, here, there))
            }
            _ => Arc::new(self.create_change(&work.options, wish)),
        };
        let Some(former) = &wish.former else { return vec![main] };
        let (take, back) =
            (self.take_change(work, wish, former), self.back_change(work, wish, former));
        let earlier = |change: Change, fits: fn(&Change) -> bool| {
            let entry = work.trail.find(work.run, &change, fits);
            entry.map_or_else(|| Arc::new(change), |entry| Arc::clone(&entry.change))
        };
        vec![earlier(take, is_take), main, earlier(back, is_back)]
    }

    /// The row of a preview.
    async fn planned(&self, work: &Work<'_>, one: Going, id: &str) -> (usize, Item) {
        let Going { mut wish, here, there, .. } = one;
        wish.row.outcome = wish.what.would();
        let overwrites = wish.what == What::Overwrite;
        if overwrites {
            wish.row.target_id = Some(wish.source.oid.clone());
        }
        if let (Some(here), Some(there)) = (here, there) {
            wish.row.differs = here.differs_from(&there);
        }
        let id = if overwrites { wish.source.oid.clone() } else { id.to_owned() };
        let row = self.shared(work, &wish, &id, wish.row.clone()).await;
        (wish.place, row)
    }

    /// Take another person's dashboard, look where a broken run stood, keep what will be replaced.
    async fn before_import(&self, work: &Work<'_>, one: &mut Going) {
        let resumed = matches!(one.take, Turn::Over);
        if !self.take(work, one).await {
            return;
        }
        if one.was_done() {
            one.id = one.id.take().or_else(|| Some(one.oid().to_owned()));
            return;
        }
        if matches!(one.main, Turn::Over) {
            return;
        }
        let mut refused = None;
        if one.earlier.is_some() {
            let found = self.found(work, one).await;
            let drifted = one.wish.what == What::Overwrite
                && found.is_none()
                && one.earlier.as_ref().is_some_and(|entry| !still(&entry.change, one));
            if found.is_some() {
                one.id = found;
            } else if drifted {
                let message = "the dashboard is neither what it was before nor what was sent";
                refused = Some(
                    Error::new(ErrorKind::Drifted, message)
                        .with_next_step("look at the dashboard on the target, then preview again"),
                );
            }
        }
        if refused.is_none() && one.id.is_none() {
            refused = self.ready(work, one, resumed).await.err();
        }
        one.replaced = None;
        if let Some(error) = refused {
            if let Turn::Open(pass) = std::mem::take(&mut one.main) {
                one.error = pass.settle(Err(error)).await.err();
            }
        } else if let Some(id) = one.id.clone()
            && let Turn::Open(pass) = std::mem::take(&mut one.main)
        {
            one.error = pass.settle(Ok(Answer::made(&id))).await.err();
            one.wish.row.notes.push("written before the run was resumed".to_owned());
        }
    }

    /// The last steps before the import of a dashboard that a run before this one may have sent.
    async fn ready(&self, work: &Work<'_>, one: &mut Going, resumed: bool) -> Result<()> {
        if one.earlier.is_some() {
            let image = main_image(one)?;
            if let Turn::Open(pass) = &one.main {
                work.run.keep_image_text(pass, image).await?;
            }
        }
        match &one.main {
            Turn::Open(pass) if resumed => self.take_again(work, pass, one).await,
            _ => Ok(()),
        }
    }

    /// Give it back, then set shares and the owner.
    async fn after_import(&self, work: &Work<'_>, mut one: Going) -> (usize, Item) {
        let problems = self.give_back(work, &mut one).await;
        let Going { mut wish, id, error, .. } = one;
        wish.row.problems.extend(problems);
        if let Some(error) = error {
            return (wish.place, wish.row.ended(error));
        }
        let id = id.unwrap_or_else(|| wish.source.oid.clone());
        wish.row.outcome = wish.what.did();
        if !id.eq_ignore_ascii_case(&wish.source.oid) && wish.what != What::Duplicate {
            let text = format!("the server did not keep the id and made a new dashboard: {id}");
            if wish.what == What::Overwrite {
                wish.row.outcome = ItemOutcome::Duplicated;
                wish.row.problems.push(text);
            } else {
                wish.row.notes.push(text);
            }
        }
        wish.row.target_id = Some(id.clone());
        let row = self.shared(work, &wish, &id, wish.row.clone()).await;
        (wish.place, row)
    }

    async fn shared(&self, work: &Work<'_>, wish: &Wish, id: &str, mut row: Item) -> Item {
        let Some(people) = work.people.as_ref().filter(|_| work.options.migrate_share) else {
            return row;
        };
        let mine = (work.me.id.clone(), work.me.name.clone());
        let subject = match (&wish.there, &wish.former, wish.what) {
            (Some(_), Some(former), What::Overwrite) => Subject {
                id,
                source: &wish.source,
                base: former.grants.clone(),
                owner: (former.id.clone(), former.name.clone()),
                give: false,
                keep: false,
            },
            (Some(there), None, What::Overwrite) => Subject {
                id,
                source: &wish.source,
                base: people.grants(there.shares.as_deref().unwrap_or_default(), Some(&mine.0)),
                owner: mine,
                give: false,
                keep: false,
            },
            _ => Subject {
                id,
                source: &wish.source,
                base: Vec::new(),
                owner: mine,
                give: work.options.change_ownership,
                keep: false,
            },
        };
        self.share(work, people, subject, &mut row).await;
        row
    }
}

/// Compare what was written with what was sent.
async fn read_back(work: &Work<'_>, open: &mut [Going], texts: Vec<DashboardText>) {
    let bytes = texts.iter().map(DashboardText::bytes).sum();
    let meant = |text: DashboardText| Some((text.oid.clone(), Meaning::of(&text.read().ok()?)));
    let read = move || texts.into_iter().filter_map(meant).collect::<HashMap<_, _>>();
    let there = match work.readers.read(bytes, read).await {
        Ok(there) => there,
        Err(error) => {
            let report = error.into_report();
            for one in open {
                one.wish.row.notes.push(format!("it could not be read back: {}", report.message));
            }
            return;
        }
    };
    for one in open {
        let (Some(id), Some(here)) = (&one.id, &one.here) else { continue };
        let row = &mut one.wish.row;
        match there.get(id) {
            Some(there) => {
                let mut differs = here.differs_from(there);
                // A copy may get a title of its own.
                differs.retain(|part| one.wish.what != What::Duplicate || part != "title");
                row.verified = Some(differs.is_empty());
                row.differs = differs;
            }
            None => row.notes.push("it could not be read back".to_owned()),
        }
    }
}

/// What the door says to the changes of one dashboard: a placeholder in a preview, nothing when they
/// are let through or were made before. One that is refused refuses all.
async fn pass_all(one: &mut Going, doors: Vec<Result<Door>>) -> Result<Option<String>> {
    let mut turns = Vec::new();
    let (mut planned, mut refused) = (None, None);
    let main = if doors.len() > 1 { 1 } else { 0 };
    for (at, door) in doors.into_iter().enumerate() {
        turns.push(match door {
            Ok(Door::Open(pass)) => Turn::Open(pass),
            Ok(Door::Planned(door)) => {
                if at == main {
                    planned = Some(door.id);
                }
                Turn::Over
            }
            Ok(Door::Recorded(recorded)) => {
                if at == main {
                    one.id = recorded.id;
                }
                Turn::Over
            }
            Err(error) => {
                refused.get_or_insert(error);
                Turn::Over
            }
        });
    }
    if let Some(error) = refused {
        for turn in turns {
            skip(turn, "another step of this dashboard was not let through").await;
        }
        return Err(error);
    }
    let mut turns = turns.into_iter();
    if main == 1 {
        one.take = turns.next().unwrap_or_default();
    }
    one.main = turns.next().unwrap_or_default();
    one.back = turns.next().unwrap_or_default();
    Ok(planned)
}

/// Do not send it, and keep that it was not.
pub(super) async fn skip(turn: Turn, why: &str) {
    if let Turn::Open(pass) = turn {
        let error = Error::new(ErrorKind::Cancelled, format!("not sent: {why}"));
        // The outcome is what was handed in; there is nothing more to learn from it.
        let _ = pass.settle(Err(error)).await;
    }
}

/// Whether the target's dashboard is what it was when the change was made.
fn still(change: &Change, one: &Going) -> bool {
    let before = change.before.get("content").and_then(Value::as_str);
    one.there.as_ref().map(Meaning::digest).as_deref() == before
}

pub(super) fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "stopped before this one was tried")
        .with_next_step("resume the run")
}

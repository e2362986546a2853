//! Data models: exported here, imported there, with the target's connections and parties.
//!
//! Exports run a few at once, imports one at a time and in the order of the source. A document is
//! dropped as soon as it is written.

mod choose;
mod connections;
mod job;
mod meaning;
mod params;
mod people;
mod shares;
mod wire;
mod write;

use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::future::try_join4;
use futures_util::stream;
use tokio::sync::oneshot;

pub use params::{DatamodelAction, Dependency, MigrateAllDatamodels, MigrateDatamodels};

pub(crate) use meaning::{carried, datamodel_digest};
pub(crate) use wire::export;

use choose::{Chosen, choose};
use connections::Mapping;
use job::Job;
use params::{Which, Wish};
use people::People;

use super::Migrations;
use super::ledger::Ledger;
use super::past::Past;
use super::result::{Item, Migration};
use crate::domains::lookup::same;
use crate::error::{Error, Result};
use crate::run::Run;

/// Most data models that are exported, or wait for their import, at once. It bounds the memory.
const EXPORTS: usize = 4;

impl Migrations {
    /// Copy data models to another deployment.
    ///
    /// A data model keeps its id. Connections are mapped by provider, where `provider_connection_map`
    /// names it, else by name; a dataset without one arrives without credentials. Security rules and
    /// shares name the target's users and groups by e-mail and name. One that the target has already
    /// is skipped, overwritten or duplicated as `action` says; one that only shares its title is
    /// never overwritten. What is written is read back and compared. It is a draft until it is
    /// built. One row per data model.
    ///
    /// # Errors
    /// `invalid_input` for none or both of the lists, for a map that names what the target does not
    /// have, for a `new_title` without `duplicate` or for several, and for a source that is also the
    /// target; the errors of the lists that are read. What goes wrong with one data model is in its
    /// row.
    ///
    /// # Ask
    /// - Migrate the data model Sample ECommerce
    /// - Copy the cubes Sales and Finance with their shares, overwrite what is there
    /// - Bring the model Leads with its data security to production
    ///
    /// <!-- @effect update -->
    /// <!-- @scope source-target -->
    /// <!-- @risk high -->
    /// <!-- @streams -->
    pub async fn migrate_datamodels(
        &self,
        run: &Run,
        params: MigrateDatamodels,
    ) -> Result<Migration> {
        let (which, wish) = (params.which()?, params.wish()?);
        let operation = "migration.migrate_datamodels";
        Box::pin(self.datamodels(run, operation, which, wish, Ask::default())).await
    }

    /// Copy all data models to another deployment.
    ///
    /// As [`Migrations::migrate_datamodels`], for every data model of the source but the excluded
    /// ones.
    ///
    /// # Errors
    /// As [`Migrations::migrate_datamodels`].
    ///
    /// # Ask
    /// - Migrate all data models
    /// - Copy every data model with its shares, but leave the samples behind
    /// - Bring all cubes to production with their security and formulas, and overwrite what is
    ///   there
    ///
    /// <!-- @effect update -->
    /// <!-- @scope source-target -->
    /// <!-- @risk high -->
    /// <!-- @streams -->
    pub async fn migrate_all_datamodels(
        &self,
        run: &Run,
        params: MigrateAllDatamodels,
    ) -> Result<Migration> {
        if params.batch_size == Some(0) {
            return Err(Error::invalid("batch_size is 0").with_next_step("give 1 or more"));
        }
        let excluded = params.exclude.as_deref().unwrap_or_default();
        let ask = Ask { at_once: params.batch_size, sleeps: params.sleep_time.is_some() };
        let (which, wish) = (Which::AllBut(excluded), params.wish());
        let operation = "migration.migrate_all_datamodels";
        Box::pin(self.datamodels(run, operation, which, wish, ask)).await
    }

    async fn datamodels(
        &self,
        run: &Run,
        operation: &'static str,
        which: Which<'_>,
        wish: Wish,
        ask: Ask,
    ) -> Result<Migration> {
        self.check()?;
        let people = async {
            if !wish.needs_people() {
                return Ok(None);
            }
            People::load(self).await.map(Some)
        };
        let (here, there, (connections, off), people) = try_join4(
            self.source.list_models(),
            self.target.list_models(),
            wire::connections(&self.target),
            people,
        )
        .await?;
        match off {
            Some(error) if !wish.map.is_empty() => return Err(error),
            _ => Mapping { map: &wish.map, there: &connections }.check()?,
        }
        let chosen = choose(&here, which);
        let mut ledger = Ledger::new(run, operation, "data models", chosen.len());
        if off.is_some() {
            ledger.warn("the target does not manage connections: data arrives without credentials");
        }
        if ask.sleeps {
            ledger.warn("sleep_time is not used: the server's own answers set the pace");
        }
        if let Which::AllBut(titles) = which {
            let unknown = |title: &&String| !here.iter().any(|model| same(model.title(), title));
            for title in titles.iter().filter(unknown) {
                ledger.warn(format!("the source has no data model \"{title}\" to exclude"));
            }
        }
        let past = Past::of(run).await?;
        let job = Job { migrations: self, run, operation, wish, there, connections, people, past };
        let mut turns = Turn::first();
        let work: Vec<_> = chosen
            .into_iter()
            .enumerate()
            .map(|(place, chosen)| job.one(place, chosen, turns.next()))
            .collect();
        let mut rows = stream::iter(work).buffer_unordered(ask.at_once());
        while let Some((place, item)) = rows.next().await {
            ledger.settle(place, item);
        }
        drop(rows);
        Ok(ledger.close())
    }
}

/// What is asked of the pace.
#[derive(Clone, Copy, Debug, Default)]
struct Ask {
    at_once: Option<u32>,
    sleeps: bool,
}

impl Ask {
    fn at_once(self) -> usize {
        let wanted = self.at_once.and_then(|wanted| usize::try_from(wanted).ok());
        wanted.unwrap_or(EXPORTS).clamp(1, EXPORTS)
    }
}

/// The row of a model, with its place.
type Row<'a> = Pin<Box<dyn Future<Output = (usize, Item)> + Send + 'a>>;

impl Job<'_> {
    /// Read one model as soon as there is room, and write it when it is its turn.
    fn one<'a>(&'a self, place: usize, chosen: Chosen<'a>, turn: Turn) -> Row<'a> {
        Box::pin(async move {
            let prepared = match chosen {
                Ok(model) => self.prepare(model).await,
                Err(item) => Err(item),
            };
            let turn = turn.come().await;
            let item = match prepared {
                Ok(ready) => self.write(*ready).await,
                Err(item) => *item,
            };
            drop(turn);
            (place, item)
        })
    }
}

/// The turn of one model: it comes when the one before it has gone.
struct Turn {
    before: Option<oneshot::Receiver<()>>,
    /// Whoever holds this holds up the one behind.
    own: oneshot::Sender<()>,
}

/// Hands out turns.
struct Turns {
    last: Option<oneshot::Receiver<()>>,
}

impl Turn {
    fn first() -> Turns {
        Turns { last: None }
    }

    /// Wait for it. The one behind comes when the answer is dropped.
    async fn come(self) -> oneshot::Sender<()> {
        if let Some(before) = self.before {
            // The sender is dropped, never used: that is the sign.
            let _ = before.await;
        }
        self.own
    }
}

impl Turns {
    fn next(&mut self) -> Turn {
        let (own, behind) = oneshot::channel();
        Turn { before: self.last.replace(behind), own }
    }
}

//! The journal of writes on disk: each intent is there before its write is sent.

use std::collections::HashSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use sisense_core::run::{BeforeImage, Entry, Journal, Outcome};
use sisense_core::{Error, ErrorKind, Result};

use super::database::{ROWS, Record, Transaction, rows, sql};
use super::{Store, broken};

#[async_trait]
impl Journal for Store {
    async fn keep(&self, entry: Entry) -> Result<()> {
        let run = entry.run.clone();
        self.keep_for(None, &run, vec![entry], Vec::new()).await
    }

    async fn entries(&self, run: &str) -> Result<Vec<Entry>> {
        let rows = sql("SELECT entry FROM entries WHERE run = $1 ORDER BY seq")
            .bind(run)
            .all(&self.database)
            .await?;
        rows.iter().map(decode).collect()
    }

    async fn keep_all(
        &self,
        run: &str,
        entries: Vec<Entry>,
        images: Vec<BeforeImage>,
    ) -> Result<()> {
        self.keep_for(None, run, entries, images).await
    }

    async fn keep_image(&self, run: &str, image: BeforeImage) -> Result<()> {
        self.keep_for(None, run, Vec::new(), vec![image]).await
    }

    async fn image(&self, run: &str, key: &str) -> Result<Option<Value>> {
        let row = sql("SELECT image FROM images WHERE run = $1 AND key = $2")
            .bind(run)
            .bind(key)
            .first(&self.database)
            .await?;
        row.map(|row| {
            let text: String = row.try_get("image").map_err(broken)?;
            serde_json::from_str(&text).map_err(unreadable)
        })
        .transpose()
    }
}

impl Store {
    /// Keep entries and images in one transaction: all of them or none. With an owner, only as long
    /// as that one holds the lease of each run, so that of two processes only one can go on writing.
    pub(crate) async fn keep_for(
        &self,
        owner: Option<&str>,
        run: &str,
        entries: Vec<Entry>,
        images: Vec<BeforeImage>,
    ) -> Result<()> {
        let mut all = self.database.begin().await?;
        let now = Timestamp::now().as_millisecond();
        if let Some(owner) = owner {
            check_lease(&mut all, run, owner).await?;
        }
        keep_images(&mut all, run, images, now).await?;
        keep_entries(&mut all, &entries, now).await?;
        all.commit().await
    }
}

/// The first image of a key is the one that counts.
async fn keep_images(
    all: &mut Transaction,
    run: &str,
    images: Vec<BeforeImage>,
    now: i64,
) -> Result<()> {
    let mut images = images.into_iter().peekable();
    while images.peek().is_some() {
        let mut values = Vec::new();
        for BeforeImage { key, json } in images.by_ref().take(ROWS) {
            let image = String::from(Box::<str>::from(json));
            values.extend([run.into(), key.into(), image.into(), now.into()]);
        }
        let into = "INSERT INTO images (run, key, image, kept)";
        rows(into, 4, values, "ON CONFLICT DO NOTHING").execute(&mut *all).await?;
    }
    Ok(())
}

async fn keep_entries(all: &mut Transaction, entries: &[Entry], now: i64) -> Result<()> {
    let mut left = entries;
    while !left.is_empty() {
        // No statement may touch a row twice.
        let mut keys = HashSet::new();
        let full = left
            .iter()
            .position(|entry| keys.len() >= ROWS || !keys.insert((&entry.run, &entry.key)));
        let count = full.unwrap_or(left.len());
        let (these, later) = left.split_at(count);
        left = later;
        let mut values = Vec::with_capacity(count * 5);
        for entry in these {
            let (run, key) = (&entry.run, &entry.key);
            let text = encode(entry)?;
            let outcome = word(entry.outcome);
            values.extend([run.into(), key.into(), outcome.into(), text.into(), now.into()]);
        }
        let into = "INSERT INTO entries (run, key, outcome, entry, kept)";
        let again = "ON CONFLICT (run, key) DO UPDATE SET outcome = excluded.outcome, \
             entry = excluded.entry, kept = excluded.kept";
        rows(into, 5, values, again).execute(&mut *all).await?;
    }
    Ok(())
}

/// Look whether the owner holds the run, and keep it so until the transaction ends: whoever takes the
/// run afterwards sees the entry.
async fn check_lease(all: &mut Transaction, run: &str, owner: &str) -> Result<()> {
    let query = format!("SELECT id FROM runs WHERE id = $1 AND owner = $2{}", all.for_update());
    let held = sql(sqlx::AssertSqlSafe(query)).bind(run).bind(owner).first(all).await?;
    match held {
        Some(_) => Ok(()),
        None => Err(Error::new(ErrorKind::Cancelled, "another process goes on with this run")
            .with_next_step("see how it goes: fes-mcp runs watch ID")),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unknown => "unknown",
        Outcome::Done => "done",
        Outcome::Failed => "failed",
    }
}

fn encode(entry: &Entry) -> Result<String> {
    serde_json::to_string(entry).map_err(|e| {
        Error::new(ErrorKind::Unexpected, "an entry of the journal cannot be written as JSON")
            .with_source(e)
    })
}

fn decode(row: &Record) -> Result<Entry> {
    let text: String = row.try_get("entry").map_err(broken)?;
    serde_json::from_str(&text).map_err(unreadable)
}

/// An entry that cannot be read must not pass for one that is not there: its write would be sent
/// again.
fn unreadable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Unexpected, "the journal of this run cannot be read")
        .with_next_step("was the store's file altered, or made by a newer version?")
        .with_source(error)
}

//! The journal of writes on disk: each intent is there before its write is sent.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use sisense_core::run::{Entry, Journal, Outcome};
use sisense_core::{Error, ErrorKind, Result};

use super::database::{Record, Transaction, sql};
use super::{Store, broken};

/// Largest before-image, in bytes of JSON. An asset that is larger is not replaced.
const MAX_IMAGE: usize = 64 * 1024 * 1024;

#[async_trait]
impl Journal for Store {
    async fn keep(&self, entry: Entry) -> Result<()> {
        self.keep_for(None, vec![entry]).await
    }

    async fn find(&self, run: &str, key: &str) -> Result<Option<Entry>> {
        let row = sql("SELECT entry FROM entries WHERE run = $1 AND key = $2")
            .bind(run)
            .bind(key)
            .first(&self.database)
            .await?;
        row.map(|row| decode(&row)).transpose()
    }

    async fn entries(&self, run: &str) -> Result<Vec<Entry>> {
        let rows = sql("SELECT entry FROM entries WHERE run = $1 ORDER BY seq")
            .bind(run)
            .all(&self.database)
            .await?;
        rows.iter().map(decode).collect()
    }

    async fn keep_all(&self, entries: Vec<Entry>) -> Result<()> {
        self.keep_for(None, entries).await
    }

    async fn keep_image(&self, run: &str, key: &str, image: &Value) -> Result<()> {
        let text = image.to_string();
        if text.len() > MAX_IMAGE {
            let message =
                format!("what is replaced has {} bytes; at most {MAX_IMAGE} are kept", text.len());
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_next_step("save it by hand, and migrate it under another name"));
        }
        sql("INSERT INTO images (run, key, image, kept) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .bind(run)
            .bind(key)
            .bind(text)
            .bind(Timestamp::now().as_millisecond())
            .execute(&self.database).await?;
        Ok(())
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
    /// Keep entries in one transaction: all of them or none. With an owner, only as long as that
    /// one holds the lease of the run, so that of two processes only one can go on writing.
    pub(crate) async fn keep_for(&self, owner: Option<&str>, entries: Vec<Entry>) -> Result<()> {
        let mut all = self.database.begin().await?;
        for entry in &entries {
            if let Some(owner) = owner {
                check_lease(&mut all, &entry.run, owner).await?;
            }
            sql(
                "INSERT INTO entries (run, key, outcome, entry, kept) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (run, key) DO UPDATE SET outcome = excluded.outcome, \
                 entry = excluded.entry, kept = excluded.kept",
            )
            .bind(&entry.run)
            .bind(&entry.key)
            .bind(word(entry.outcome))
            .bind(encode(entry)?)
            .bind(Timestamp::now().as_millisecond())
            .execute(&mut all)
            .await?;
        }
        all.commit().await
    }
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

//! The journal of writes on disk: each intent is there before its write is sent.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use sisense_core::run::{Entry, Journal, Outcome};
use sisense_core::{Error, ErrorKind, Result};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Store, broken};

/// Largest before-image, in bytes of JSON. An asset that is larger is not replaced.
const MAX_IMAGE: usize = 64 * 1024 * 1024;

#[async_trait]
impl Journal for Store {
    async fn keep(&self, entry: Entry) -> Result<()> {
        self.keep_for(None, vec![entry]).await
    }

    async fn find(&self, run: &str, key: &str) -> Result<Option<Entry>> {
        let row = sqlx::query("SELECT entry FROM entries WHERE run = ? AND key = ?")
            .bind(run)
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(broken)?;
        row.map(|row| decode(&row)).transpose()
    }

    async fn entries(&self, run: &str) -> Result<Vec<Entry>> {
        let rows = sqlx::query("SELECT entry FROM entries WHERE run = ? ORDER BY seq")
            .bind(run)
            .fetch_all(&self.pool)
            .await
            .map_err(broken)?;
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
        sqlx::query("INSERT OR IGNORE INTO images (run, key, image, kept) VALUES (?, ?, ?, ?)")
            .bind(run)
            .bind(key)
            .bind(text)
            .bind(Timestamp::now().as_millisecond())
            .execute(&self.pool)
            .await
            .map_err(broken)?;
        Ok(())
    }

    async fn image(&self, run: &str, key: &str) -> Result<Option<Value>> {
        let row = sqlx::query("SELECT image FROM images WHERE run = ? AND key = ?")
            .bind(run)
            .bind(key)
            .fetch_optional(&self.pool)
            .await
            .map_err(broken)?;
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
        let mut all = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
        for entry in &entries {
            if let Some(owner) = owner {
                check_lease(&mut all, &entry.run, owner).await?;
            }
            sqlx::query(
                "INSERT INTO entries (run, key, outcome, entry, kept) VALUES (?, ?, ?, ?, ?) \
                 ON CONFLICT (run, key) DO UPDATE SET outcome = excluded.outcome, \
                 entry = excluded.entry, kept = excluded.kept",
            )
            .bind(&entry.run)
            .bind(&entry.key)
            .bind(word(entry.outcome))
            .bind(encode(entry)?)
            .bind(Timestamp::now().as_millisecond())
            .execute(&mut *all)
            .await
            .map_err(broken)?;
        }
        all.commit().await.map_err(broken)
    }
}

async fn check_lease(connection: &mut SqliteConnection, run: &str, owner: &str) -> Result<()> {
    let held = sqlx::query("SELECT 1 FROM runs WHERE id = ? AND owner = ?")
        .bind(run)
        .bind(owner)
        .fetch_optional(connection)
        .await
        .map_err(broken)?;
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

fn decode(row: &SqliteRow) -> Result<Entry> {
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

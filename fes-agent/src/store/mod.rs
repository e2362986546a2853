//! What outlives a process: an SQLite database that several processes may share.

mod approvals;
mod file;

use std::path::Path;
use std::time::Duration;

use sisense_core::{Error, ErrorKind, Result};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

/// How long a process waits for another one's write.
const BUSY: Duration = Duration::from_secs(10);

/// Most connections of one process.
const CONNECTIONS: u32 = 4;

/// The store. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Open the store in a file, which is made when it is not there. On Unix the file, and a
    /// folder that is made for it, can be read by its owner only.
    ///
    /// # Errors
    /// `config` when the file cannot be made, opened or brought up to date.
    pub async fn open(path: &Path) -> Result<Self> {
        file::prepare(path).map_err(|e| {
            Error::new(ErrorKind::Config, format!("cannot make the store: {}", path.display()))
                .with_source(e)
        })?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY);
        Store::start(options, CONNECTIONS).await
    }

    /// A store that lives as long as the process.
    ///
    /// # Errors
    /// `config` when it cannot be made.
    pub async fn memory() -> Result<Self> {
        // Each connection to `:memory:` is a database of its own, so there is exactly one.
        Store::start(SqliteConnectOptions::new().in_memory(true), 1).await
    }

    async fn start(options: SqliteConnectOptions, connections: u32) -> Result<Self> {
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|e| {
                Error::new(ErrorKind::Config, "the store cannot be opened").with_source(e)
            })?;
        sqlx::migrate!("src/store/migrations").run(&pool).await.map_err(|e| {
            Error::new(ErrorKind::Config, "the store cannot be brought up to date")
                .with_source(e)
                .with_next_step("is the file a store of this program, made by no newer version?")
        })?;
        Ok(Store { pool })
    }
}

/// A failed statement. The values of the statement are not in the message.
fn broken(error: sqlx::Error) -> Error {
    Error::new(ErrorKind::Unexpected, "the store of approvals cannot be read or written")
        .with_next_step("look at the store's file: its folder, its rights and the space left")
        .with_source(error)
}

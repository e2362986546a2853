//! What outlives a process: a database that several processes may share. An SQLite file serves those
//! of one host; in PostgreSQL several hosts share sessions, approvals, runs and the journal.

mod approvals;
mod database;
mod file;
mod journal;
mod owners;
mod postgres;
mod runs;
mod sessions;
mod sqlite;

use database::{Database, broken};
pub(crate) use owners::Alive;
use owners::Owners;
pub use postgres::StoreUrl;
pub(crate) use runs::no_such_run;

use std::path::Path;

use sisense_core::Result;

/// The store. Cheap to clone; clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    owners: Owners,
}

impl Store {
    /// Open the store in a file, which is made when it is not there. On Unix the file, and a
    /// folder that is made for it, can be read by its owner only.
    ///
    /// # Errors
    /// `config` when the file cannot be made, opened or brought up to date.
    pub async fn open(path: &Path) -> Result<Self> {
        let database = Database::Sqlite(sqlite::file(path).await?);
        Ok(Store { database, owners: Owners::beside(path) })
    }

    /// Open the store in a PostgreSQL database. Its tables are made when they are not there; several
    /// processes may do so at once.
    ///
    /// # Errors
    /// `connect` when the server does not answer, `config` when it refuses, or the tables cannot be
    /// made or brought up to date. None names the password.
    pub async fn connect(url: &StoreUrl) -> Result<Self> {
        let pool = postgres::connect(url).await?;
        let owners = Owners::of_server(url, pool.clone());
        Ok(Store { database: Database::Postgres(pool), owners })
    }

    /// A store that lives as long as the process.
    ///
    /// # Errors
    /// `config` when it cannot be made.
    pub async fn memory() -> Result<Self> {
        let database = Database::Sqlite(sqlite::memory().await?);
        Ok(Store { database, owners: Owners::here() })
    }
}

//! Where a test's stores are: in a file, or in a database of a real PostgreSQL server.

use std::path::PathBuf;

use fes_agent::{Store, StoreUrl};
use sisense_core::Secret;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

/// A place in which all stores that are opened are one, as those of several processes are.
pub enum Home {
    Sqlite(TempDir),
    #[cfg(unix)]
    Postgres(String),
}

/// The home of a test, which ends here where there is none.
macro_rules! home {
    () => {
        match super::home() {
            Some(home) => home,
            None => return,
        }
    };
}
pub(crate) use home;

impl Home {
    pub fn sqlite() -> Option<Self> {
        Some(Home::Sqlite(tempfile::tempdir().unwrap()))
    }

    #[cfg(unix)]
    pub fn postgres() -> Option<Self> {
        test_postgres::shared().map(|server| Home::Postgres(server.database()))
    }

    /// Open the store.
    pub async fn store(&self) -> Store {
        match self {
            Home::Sqlite(_) => Store::open(&self.file()).await.unwrap(),
            #[cfg(unix)]
            Home::Postgres(url) => connect(url).await.unwrap(),
        }
    }

    fn file(&self) -> PathBuf {
        match self {
            Home::Sqlite(folder) => folder.path().join("store.db"),
            #[cfg(unix)]
            Home::Postgres(_) => unreachable!(),
        }
    }

    /// Do something to the store that no program does.
    pub async fn spoil(&self, statement: &str) {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        match self {
            Home::Sqlite(_) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.file());
                let mut connection = options.connect().await.unwrap();
                statement.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            #[cfg(unix)]
            Home::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                statement.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// Let no entry of the journal be kept, or none of this key.
    pub async fn refuse_entries(&self, key: Option<&str>) {
        let statement = match (self, key) {
            (Home::Sqlite(_), _) => format!(
                "CREATE TRIGGER no BEFORE INSERT ON entries WHEN {} \
                 BEGIN SELECT RAISE(ABORT, 'no room'); END",
                key.map_or("true".to_owned(), |key| format!("NEW.key = '{key}'"))
            ),
            #[cfg(unix)]
            (Home::Postgres(_), _) => format!(
                "ALTER TABLE entries ADD CONSTRAINT no CHECK ({})",
                key.map_or("false".to_owned(), |key| format!("key <> '{key}'"))
            ),
        };
        self.spoil(&statement).await;
    }

    /// Let entries be kept again.
    pub async fn accept_entries(&self) {
        self.spoil(match self {
            Home::Sqlite(_) => "DROP TRIGGER no",
            #[cfg(unix)]
            Home::Postgres(_) => "ALTER TABLE entries DROP CONSTRAINT no",
        })
        .await;
    }
}

pub async fn connect(url: &str) -> sisense_core::Result<Store> {
    Store::connect(&StoreUrl::parse(&Secret::new(url))?).await
}

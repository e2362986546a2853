//! The store in PostgreSQL, which processes on several hosts may share.

use std::fmt;
use std::time::Duration;

use sisense_core::{Error, ErrorKind, Result, Secret};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use url::Url;

use super::database::is_out_of_reach;

/// Most connections of one process, besides one for each run that it holds.
const CONNECTIONS: u32 = 8;

/// How long a connection may take to come about, or to become free.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// Limits that the server keeps for each connection, where the URL sets no others. A process that
/// hangs in a transaction, or whose host is gone, must not keep others from a run for long.
const LIMITS: [(&str, &str); 6] = [
    ("statement_timeout", "30s"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "15s"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];

/// What the query of a URL may set. The driver would log others with their values.
const PARAMETERS: [&str; 12] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

const FORM: &str = "write it like postgres://user:password@host:5432/database, and in the password \
    / : @ # ? and % as %2F %3A %40 %23 %3F and %25";

/// Where a store in PostgreSQL is. Shows itself without its password.
#[derive(Clone)]
pub struct StoreUrl(Box<PgConnectOptions>);

impl StoreUrl {
    /// Read a URL such as `postgres://user:password@host:5432/database?sslmode=verify-full`.
    ///
    /// # Errors
    /// `config` when it is none, or has another scheme. The URL is not in the message.
    pub fn parse(text: &Secret) -> Result<Self> {
        let unreadable = |why: String| {
            Error::new(ErrorKind::Config, format!("the store's URL cannot be read: {why}"))
                .with_next_step(FORM)
        };
        let url = Url::parse(text.expose()).map_err(|error| unreadable(error.to_string()))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            let message = format!("the store's URL is not one of PostgreSQL: {}", url.scheme());
            return Err(Error::new(ErrorKind::Config, message).with_next_step(FORM));
        }
        // A password that is not written as it should be ends up there, and then in messages.
        let rest = [Some(url.path()), url.query(), url.fragment()];
        if url.fragment().is_some() || rest.into_iter().flatten().any(|part| part.contains('@')) {
            return Err(unreadable("it has a @ or a # behind its host".to_owned()));
        }
        for (key, _) in url.query_pairs() {
            if !PARAMETERS.contains(&&*key) && !key.starts_with("options[") {
                return Err(unreadable(format!("unknown parameter: {key}")));
            }
        }
        let options =
            PgConnectOptions::from_url(&url).map_err(|error| unreadable(error.to_string()))?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("fes"),
        };
        let set = options.get_options().unwrap_or_default().to_owned();
        let limits = LIMITS.into_iter().filter(|(name, _)| !set.contains(name));
        Ok(StoreUrl(Box::new(options.options(limits))))
    }

    /// Whether the server is on this machine, or has to show by a certificate that it is the right
    /// one.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        let local = matches!(self.0.get_host(), "localhost" | "127.0.0.1" | "::1" | "[::1]");
        self.0.get_socket().is_some()
            || local
            || matches!(self.0.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull)
    }

    /// A connection of its own, within the time that one may take.
    pub(super) async fn connection(&self) -> sqlx::Result<PgConnection> {
        match tokio::time::timeout(CONNECT, PgConnection::connect_with(&self.0)).await {
            Ok(connection) => connection,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, port) = (self.0.get_username(), self.0.get_port());
        let database = self.0.get_database().unwrap_or(user);
        match self.0.get_socket() {
            Some(folder) => {
                write!(f, "postgres://{user}@localhost:{port}/{database}?host={}", folder.display())
            }
            None => write!(f, "postgres://{user}@{}:{port}/{database}", self.0.get_host()),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

/// Connect, and bring the tables up to date.
pub(super) async fn connect(url: &StoreUrl) -> Result<PgPool> {
    // By itself, because a pool tries a server that is not there until its time is up.
    let first = url.connection().await.map_err(|error| refused(url, error))?;
    drop(first.close().await);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(CONNECT)
        .after_connect(|connection, _| Box::pin(make_lasting(connection)))
        .connect_lazy_with((*url.0).clone());
    // Of several processes one makes them, and the others wait for it.
    sqlx::migrate!("src/store/migrations/postgres").run(&pool).await.map_err(|error| {
        if let MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) = &error
            && is_out_of_reach(cause)
        {
            return unreachable_at(url).with_source(error);
        }
        Error::new(
            ErrorKind::Config,
            format!("the store's tables cannot be brought up to date: {error}"),
        )
        .with_next_step(
            "may this user make tables there, and is it a store of this program, made by no newer \
             version?",
        )
        .with_source(error)
    })?;
    Ok(pool)
}

/// An intent that is told to be kept must survive the server's end, whatever its configuration says.
async fn make_lasting(connection: &mut PgConnection) -> sqlx::Result<()> {
    let lasting = "SELECT set_config('synchronous_commit', 'on', false) \
        WHERE current_setting('synchronous_commit') = 'off'";
    sqlx::query(lasting).execute(connection).await.map(drop)
}

fn refused(url: &StoreUrl, error: sqlx::Error) -> Error {
    if is_out_of_reach(&error) {
        return unreachable_at(url).with_source(error);
    }
    Error::new(ErrorKind::Config, format!("the store's server refuses: {url}: {error}"))
        .with_next_step("look at the user, the password and the database of the store's URL")
        .with_source(error)
}

fn unreachable_at(url: &StoreUrl) -> Error {
    Error::new(ErrorKind::Connect, format!("the store's server cannot be reached: {url}"))
        .with_next_step(
            "is PostgreSQL running there, and does it speak TLS as the URL's sslmode says?",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StoreUrl> {
        StoreUrl::parse(&Secret::new(text))
    }

    #[test]
    fn what_is_no_url_of_postgresql_is_refused_without_being_repeated() {
        for bad in [
            "",
            "hunter2",
            "/var/lib/hunter2.db",
            "sqlite:///hunter2.db",
            "mysql://fes:hunter2@db/fes",
            "postgres://fes:hunter2@db:port/fes",
            "postgres://fes:12/hunter2@db/fes",
            "postgres://fes:12?hunter2@db/fes",
            "postgres://fes:12#hunter2@db/fes",
            "postgres://fes@db/fes?pasword=hunter2",
            "postgres://fes:hunter2@db/fes?sslmode=perhaps",
        ] {
            let error = parse(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
            assert!(error.report().next_step.is_some(), "{bad}");
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
        }
        assert!(parse("mysql://db/fes").unwrap_err().to_string().contains("mysql"));
    }

    #[test]
    fn the_password_is_not_shown() {
        let url = parse("postgres://fes:hun%2Fter2@db.example.com:6432/shared").unwrap();
        assert_eq!(url.to_string(), "postgres://fes@db.example.com:6432/shared");
        assert!(!format!("{url:?}").contains("ter2"));
        let url = parse("postgresql://fes@localhost/shared?host=/run/postgresql&password=hunter2")
            .unwrap();
        assert!(url.to_string().contains("host=/run/postgresql"), "{url}");
        assert!(!format!("{url:?} {url}").contains("hunter2"));
    }

    #[test]
    fn a_server_elsewhere_is_checked_only_when_the_url_says_so() {
        for (text, checked) in [
            ("postgres://fes@db.example.com/fes", false),
            ("postgres://fes@db.example.com/fes?sslmode=require", false),
            ("postgres://fes@db.example.com/fes?sslmode=verify-full", true),
            ("postgres://fes@127.0.0.1/fes", true),
            ("postgres://fes@localhost/fes?host=/run/postgresql", true),
        ] {
            assert_eq!(parse(text).unwrap().is_checked(), checked, "{text}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_told_to_be_kept_is_kept_whatever_the_server_is_set_to() {
        let Some(server) = test_postgres::shared() else { return };
        let url = format!("{}&options[synchronous_commit]=off", server.database());
        let pool = connect(&parse(&url).unwrap()).await.unwrap();
        let is: String =
            sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&pool).await.unwrap();
        assert_eq!(is, "on");
    }

    #[test]
    fn limits_of_the_url_come_before_those_of_the_program() {
        let url = parse("postgres://fes@db/fes?options[lock_timeout]=3s").unwrap();
        let set = url.0.get_options().unwrap().to_owned();
        assert_eq!(set.matches("lock_timeout").count(), 1, "{set}");
        assert!(set.contains("lock_timeout=3s") && set.contains("statement_timeout=30s"), "{set}");
    }
}

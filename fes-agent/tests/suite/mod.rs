mod asks;
mod calls;
mod cases;
mod drift;
mod evals;
mod fake;
mod files;
mod flow;
mod home;
mod llm;
mod migrations;
mod plans;
#[cfg(unix)]
mod postgres;
mod sandbox;
mod two;

/// What a store must do, in a file.
#[path = "."]
#[allow(clippy::duplicate_mod, reason = "the same tests on either database")]
mod on_sqlite {
    use super::{fake, home, two};

    mod approvals;
    mod journal;
    mod runs;
    mod sessions;
    mod store;

    fn home() -> Option<home::Home> {
        home::Home::sqlite()
    }
}

/// The same in PostgreSQL.
#[cfg(unix)]
#[path = "."]
#[allow(clippy::duplicate_mod, reason = "the same tests on either database")]
mod on_postgres {
    use super::{fake, home, two};

    mod approvals;
    mod journal;
    mod runs;
    mod sessions;
    mod store;

    fn home() -> Option<home::Home> {
        home::Home::postgres()
    }
}

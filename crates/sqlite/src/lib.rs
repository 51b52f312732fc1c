//! SQLite for Sluice: each database is a file, and the server runs in this process.
//!
//! * A change and its ledger rows are one transaction (`BEGIN IMMEDIATE`), like everything else that SQLite lets into one.
//! * The lock of a database is a file beside it, for the reasons that the source of the module `lock` gives.
//! * SQLite's callbacks bound waiting and running (module `watch`): they cost nothing on short statements.
//! * Settings are those of the `sqlite3` program: foreign keys are off until a change turns them on, and the journal
//!   mode of a file is never changed. A run keeps the file of the journal from one transaction to the next (module
//!   `journal`): same safety, a third of the time.

mod backup;
mod connection;
mod control;
mod effect;
mod extract;
mod failure;
mod journal;
mod ledger;
mod live;
mod location;
mod lock;
mod observer;
mod process;
mod rest;
mod rules;
mod scratch;
mod seed;
mod session;
mod watch;
mod wording;

use async_trait::async_trait;
use sluice_engine::{Connect, Database, DbError, Session};
use sluice_facts::Rules;

pub use location::{absolute_url, alone, file_of};
pub use rules::SqliteRules;

/// The family of SQLite databases: URLs `sqlite:path/to.db`, `sqlite:///absolute/path.db`, `sqlite::memory:`.
///
/// A relative path is relative to the process's current directory ([`absolute_url`] binds it to another one). The file is
/// created where it is missing, its directory is not. `?mode=ro` and `?mode=rw` do not create it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sqlite;

#[async_trait]
impl Database for Sqlite {
    fn schemes(&self) -> &'static [&'static str] {
        &["sqlite"]
    }

    fn rules(&self) -> Option<&'static dyn Rules> {
        Some(&SqliteRules)
    }

    fn planting(&self) -> Option<&'static dyn sluice_engine::seed::Planting> {
        Some(&seed::SqlitePlanting)
    }

    fn observer(&self) -> Option<&'static dyn sluice_engine::observer::Observer> {
        Some(&observer::Pragmas)
    }

    async fn create_scratch(&self, connect: &Connect) -> Result<Connect, DbError> {
        Ok(scratch::create(connect))
    }

    async fn connect(&self, connect: &Connect) -> Result<Box<dyn Session>, DbError> {
        session::SqliteSession::open(connect).map(|session| -> Box<dyn Session> { Box::new(session) })
    }

    async fn connect_to_read(&self, connect: &Connect) -> Result<Box<dyn Session>, DbError> {
        session::SqliteSession::open_to_read(connect).map(|session| -> Box<dyn Session> { Box::new(session) })
    }
}

//! PostgreSQL for Sluice: connecting, the session lock, transactions with the ledger, and reading from the catalog what
//! statements outside of transactions have done.
//!
//! Versions 14 and later. TLS by rustls; remote hosts are verified unless the URL says otherwise. A start-up costs nothing beyond
//! the server's own; a transaction costs two round trips, whatever it holds.

mod activity;
mod backup;
mod catalog;
mod connection;
mod control;
mod copy;
mod extract;
mod failure;
mod gauge;
mod key_reader;
mod ledger;
mod line;
mod live;
mod lock;
mod observer;
mod outside;
mod probe;
mod request;
mod rules;
mod scratch;
mod seed;
mod session;
mod shape;
mod target;
mod tls;
mod transaction;

use async_trait::async_trait;
pub use connection::Heard;
pub use line::{Address, Line};
pub use rules::PostgresRules;
use sluice_engine::shadow::{Misplaced, Script};
use sluice_engine::{Connect, Database, DbError, Session};
use sluice_facts::Rules;
use sluice_sql::Dialect;

/// The PostgreSQL family.
///
/// URLs are libpq's: `postgres://user:password@host:port/database?sslmode=…`, several hosts divided by commas, Unix sockets as
/// `?host=/folder`. `sslmode` is `disable`, `prefer` (also `allow`), `require` (encrypted, nobody checked), `verify-ca` or `verify-full`;
/// without it, remote hosts get `verify-full` and the loopback interface `prefer`. Authorities are the system's, or those in
/// `sslrootcert`. A password that the URL lacks is taken from `PGPASSWORD` or `~/.pgpass`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Postgres;

#[async_trait]
impl Database for Postgres {
    fn schemes(&self) -> &'static [&'static str] {
        &["postgres", "postgresql"]
    }

    fn rules(&self) -> Option<&'static dyn Rules> {
        Some(&PostgresRules)
    }

    fn in_scratch(
        &self,
        _dialect: Dialect,
        _connect: &Connect,
        scripts: &[Script],
    ) -> Result<Vec<Script>, Misplaced> {
        Ok(outside::inside(scripts))
    }

    fn gauge(&self) -> Option<sluice_engine::rehearsal::Gauge> {
        Some(gauge::GAUGE)
    }

    fn planting(&self) -> Option<&'static dyn sluice_engine::seed::Planting> {
        Some(&seed::PostgresPlanting)
    }

    fn observer(&self) -> Option<&'static dyn sluice_engine::observer::Observer> {
        Some(&observer::PgDump)
    }

    async fn create_scratch(&self, connect: &Connect) -> Result<Connect, DbError> {
        scratch::create(connect).await
    }

    async fn drop_scratch(&self, connect: &Connect, scratch: &Connect) -> Result<(), DbError> {
        scratch::drop(connect, scratch).await
    }

    async fn connect(&self, connect: &Connect) -> Result<Box<dyn Session>, DbError> {
        Ok(Box::new(session::PostgresSession::open(connect).await?))
    }
}

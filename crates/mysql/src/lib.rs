//! MySQL and MariaDB: connecting, locking, running statements, and finding out what became of them.
//!
//! DDL commits by itself on both, so every statement of it runs alone: the catalog is looked at before it is sent and again
//! afterwards ([`Session::observe`](sluice_engine::Session::observe), [`Session::probe`](sluice_engine::Session::probe)).
//! The pure parts — reading a statement's head, judging what was seen — know no server.

mod address;
mod backup;
mod connection;
mod control;
mod extract;
mod failure;
mod ledger;
mod lexeme;
mod live;
mod name;
mod observation;
mod observer;
mod outside;
mod own_name;
mod reading;
mod rules;
mod scratch;
mod seed;
mod server;
mod session;
mod sessions;
mod settings;
mod trial;
mod verdict;
mod words;

use async_trait::async_trait;
use sluice_engine::shadow::{Misplaced, Script};
use sluice_engine::{Connect, Database, DbError, Session};
use sluice_facts::Rules;
use sluice_sql::Dialect;

pub use rules::MysqlRules;

/// The family of MySQL 8.0.21 and later and MariaDB 10.6 and later.
///
/// URLs: `mysql://user:password@host:3306/database` or `mariadb://…`, with the parameters `socket=PATH`,
/// `ssl-mode=disabled|preferred|required|verify-ca|verify-identity`, `ssl-ca=PATH`, `ssl-cert=PATH` and `ssl-key=PATH`. Without
/// `ssl-mode` a remote host must prove its identity; loopback addresses and sockets go without TLS unless `ssl-ca` is given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mysql;

#[async_trait]
impl Database for Mysql {
    fn schemes(&self) -> &'static [&'static str] {
        &["mysql", "mariadb"]
    }

    fn rules(&self) -> Option<&'static dyn Rules> {
        Some(&MysqlRules)
    }

    fn trials(&self, dialect: Dialect, sql: &str) -> Vec<sluice_engine::rehearsal::Trial> {
        trial::trials(dialect, sql)
    }

    fn planting(&self) -> Option<&'static dyn sluice_engine::seed::Planting> {
        Some(&seed::MysqlPlanting)
    }

    fn observer(&self) -> Option<&'static dyn sluice_engine::observer::Observer> {
        Some(&observer::ShowCreate)
    }

    async fn create_scratch(&self, connect: &Connect) -> Result<Connect, DbError> {
        scratch::create(connect).await
    }

    async fn drop_scratch(&self, connect: &Connect, scratch: &Connect) -> Result<(), DbError> {
        scratch::drop(connect, scratch).await
    }

    fn in_scratch(
        &self,
        dialect: Dialect,
        connect: &Connect,
        scripts: &[Script],
    ) -> Result<Vec<Script>, Misplaced> {
        let database = address::Address::parse(&connect.url).map(|address| address.database);
        outside::inside(dialect, &database.unwrap_or_default(), scripts)
    }

    async fn connect(&self, connect: &Connect) -> Result<Box<dyn Session>, DbError> {
        Ok(Box::new(session::MysqlSession::open(connect).await?))
    }
}

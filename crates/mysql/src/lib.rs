//! MySQL and MariaDB: connecting, locking, running statements, and finding out what became of them.
//!
//! DDL commits by itself on both, so every statement of it runs alone: the catalog is looked at before it is sent and again
//! afterwards ([`Session::observe`](sluice_engine::Session::observe), [`Session::probe`](sluice_engine::Session::probe)).
//! The pure parts — reading a statement's head, judging what was seen — know no server.

mod address;
mod connection;
mod control;
mod failure;
mod ledger;
mod live;
mod name;
mod observation;
mod reading;
mod server;
mod session;
mod sessions;
mod settings;
mod verdict;
mod words;

use async_trait::async_trait;
use sluice_engine::{Connect, Database, DbError, Session};

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

    async fn connect(&self, connect: &Connect) -> Result<Box<dyn Session>, DbError> {
        Ok(Box::new(session::MysqlSession::open(connect).await?))
    }
}

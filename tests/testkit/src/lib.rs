//! Real servers and projects for tests.
//!
//! Servers are installed by `tests/setup.sh` (`make test` runs it), started by the first test process that needs them, shared by
//! those that follow, and stopped when nobody is left. A test gets a database of its own on a shared server, or a
//! private server when it wants to break one. Everything here panics when something is missing: that is how a test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test kit fails by panicking, with a message that says what to do"
)]

mod fault_proxy;
mod install;
mod mariadb;
mod mysql;
mod pgbouncer;
mod postgres;
mod process;

pub use fault_proxy::{Direction, Fault, FaultProxy};
pub use install::{missing, repository, shared_folder, tools};
pub use mariadb::{mariadb, private_mariadb};
pub use mysql::{MysqlDatabase, MysqlServer, MysqlSession, mysql, private_mysql};
pub use pgbouncer::PgBouncer;
pub use postgres::{POSTGRES_VERSIONS, PostgresServer, PsqlSession, TestDatabase, newest_postgres, postgres};
pub use process::{
    State, create_server_folder, enrol, free_port, lock, run, signal, try_run, unprivileged,
    unprivileged_user,
};

//! The apply protocol: from a release to one database, exactly once.
//!
//! Generic over databases: the traits of [`database`] are all it knows of them. It decides with the pure crates, acts
//! through a [`Session`], and tells what happens as a stream of events.

pub mod database;
mod error;

pub use database::{
    Backend, Committed, Connect, Control, Database, Leftover, LedgerDialect, Limits, LockAttempt, Query, Row, Running,
    Server, Session, Statement, Step, TransactionError, Value, Verdict,
};
pub use error::{DbError, DbErrorKind};

//! The apply protocol: from a release to one database, exactly once.
//!
//! Generic over databases: the traits of [`database`] are all it knows of them. It decides with the pure crates, acts
//! through a [`Session`], and tells what happens as a stream of events.

mod admin;
mod apply;
pub mod assertion;
pub mod backup;
mod change;
#[cfg(feature = "conformance")]
pub mod conformance;
mod damage;
pub mod database;
mod declared;
pub mod drift;
mod error;
mod event;
mod failure;
pub mod fault;
mod foreign;
mod grant;
mod inspect;
pub mod ledger;
mod live;
mod loss;
pub mod observer;
pub mod proof;
pub mod rehearsal;
pub mod rename;
pub mod scratch;
pub mod script;
pub mod seed;
pub mod shadow;
pub mod unfinished;
mod watch;

pub use admin::{Admin, Chosen, Existing, Testimony};
pub use apply::{Applied, Job, Renew, Start, Timing, apply};
pub use damage::Damage;
pub use database::{
    Backend, Committed, Connect, Control, Database, LedgerDialect, Leftover, Limits, LockAttempt, Query, Row,
    Running, Server, Session, Statement, Step, TransactionError, Value, Verdict,
};
pub use error::{DbError, DbErrorKind};
pub use event::{Event, EventSink};
pub use failure::ApplyError;
pub use foreign::{Histories, HistoryProbe, HistorySearch};
pub use inspect::{EventRow, Failed, History, Inspection, Look, RevisionRow, history, inspect};
pub use live::{Live, LiveSchema, RelationStatistics, Statistics, live, statistics};

//! A schema as facts: what differs between two schemas, and in which order one becomes the other.
//!
//! An extractor of a database family reads a catalog into a [`Snapshot`]; its [`Rules`] say how each kind of fact is created,
//! altered and dropped. What lies between is here and knows no family: [`Diff`] is set difference, [`Transition`] puts the
//! steps in order. No I/O.

mod diff;
mod dump;
mod encoding;
mod fact;
mod graph;
mod id;
mod kind;
mod payload;
mod plan;
mod rename;
mod rules;
mod scene;
mod scope;
mod snapshot;
mod step;

pub use diff::{Change, Diff};
pub use dump::{DumpFile, dump};
pub use encoding::{DecodeError, FORMAT};
pub use fact::{Digest, Fact};
pub use graph::{Cycle, order};
pub use id::FactId;
pub use kind::Kind;
pub use payload::{Payload, Value};
pub use plan::{Transition, transition};
pub use rename::{Rename, candidates, unasked, undecided};
pub use rules::{Alteration, Member, Rules};
pub use scene::{Fate, Options, Scene};
pub use scope::Scope;
pub use snapshot::{Builder, Snapshot};
pub use step::{Assertion, Hazard, Step, Verb};

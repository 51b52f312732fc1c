//! The schema of a database in memory: relations with their columns, constraints and indexes, types, sequences and
//! routines, as the server would store them.
//!
//! Invariants: no I/O; names are stored as the server folds and compares them (see [`Name`]); a schema may be incomplete,
//! and then says so ([`Schema::complete`]).

mod column;
mod constraint;
mod index;
mod keeping;
mod links;
mod name;
mod origin;
mod relation;
mod relations;
mod schema;
mod types;

pub use column::{Column, ColumnType, Default, Generated};
pub use constraint::{Constraint, ConstraintKind, ForeignKey};
pub use index::{Index, Key};
pub use name::Name;
pub use origin::Origin;
pub use relation::{Partitioning, Relation, RelationKind, Trigger, Use};
pub use relations::Relations;
pub use schema::Schema;
pub use types::{Domain, Routine, Sequence, UserType};

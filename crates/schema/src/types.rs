use serde::{Deserialize, Serialize};

use crate::{ColumnType, Origin};

/// A type of the user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserType {
    /// An enum.
    Enum {
        /// Its values in order, each with the transaction that added it.
        values: Vec<(String, Origin)>,
        /// Where it comes from.
        origin: Origin,
    },
    /// A domain.
    Domain(Domain),
    /// A composite type, a range, a base type.
    Other {
        /// Where it comes from.
        origin: Origin,
    },
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The type below.
    pub base: ColumnType,
    /// `NOT NULL`.
    pub not_null: bool,
    /// Names of its checks, and whether they are validated.
    pub checks: Vec<(String, bool)>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Domain {
    /// Whether it demands anything of a value.
    pub fn constrained(&self) -> bool {
        self.not_null || !self.checks.is_empty()
    }
}

impl UserType {
    /// Where it comes from.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Enum { origin, .. } | Self::Other { origin } => *origin,
            Self::Domain(domain) => domain.origin,
        }
    }
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Table and column that own it.
    pub owned_by: Option<(crate::Name, String)>,
    /// Where it comes from.
    pub origin: Origin,
}

/// A function or procedure; overloads share an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// It is a procedure.
    pub procedure: bool,
    /// `IMMUTABLE` or `STABLE`, of every overload.
    pub steady: bool,
    /// What it returns, lower case: `trigger`, `integer`.
    pub returns: Option<String>,
    /// Number of parameters of each overload.
    pub arities: Vec<usize>,
    /// Where it comes from.
    pub origin: Origin,
}

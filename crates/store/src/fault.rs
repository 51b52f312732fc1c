//! What goes wrong in a database, before it is known whose state it is.

use crate::{Location, StoreError};

/// Why a statement came to nothing.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is not what was written.
    Damaged(String),
    /// It takes no writes: a full disk, a standby, missing rights.
    ReadOnly(String),
    /// Somebody else writes for longer than is waited for.
    Busy(String),
    /// Nobody answers. What was sent may have been done.
    Unreachable(String),
    /// A row is there already, or one that it refers to is not.
    Constraint(String),
    /// Written by a newer version.
    Newer { found: i64, known: i64 },
    /// The work that it belongs to is somebody else's by now.
    Fenced { project: String },
    /// Anything else.
    Other(String),
}

impl Fault {
    /// The error, with the place that it is about.
    pub(crate) fn at(self, place: Location) -> StoreError {
        match self {
            Self::Damaged(what) => StoreError::Damaged { place, what },
            Self::ReadOnly(what) => StoreError::ReadOnly { place, what },
            Self::Busy(what) => StoreError::Busy { place, what },
            Self::Unreachable(what) => StoreError::Unreachable { place, what },
            Self::Newer { found, known } => StoreError::Newer { place, found, known },
            Self::Fenced { project } => StoreError::Fenced { project },
            Self::Constraint(what) | Self::Other(what) => StoreError::Database { place, what },
        }
    }
}

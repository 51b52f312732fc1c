use crate::forecast::{Algorithm, Online, OnlineLock};

/// What an action costs at best, and what it costs when another action of the statement keeps it from its best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) algorithm: Algorithm,
    pub(super) lock: OnlineLock,
    pub(super) rebuild: bool,
    /// Without `INSTANT` it would write the table anew (MySQL's columns).
    pub(super) rebuild_unless_instant: bool,
    /// It adds or drops a virtual column, which goes together with little else.
    pub(super) virtual_column: bool,
}

impl Cost {
    /// At once, by metadata alone.
    pub(super) const INSTANT: Self = Self {
        algorithm: Algorithm::Instant,
        lock: OnlineLock::None,
        rebuild: false,
        rebuild_unless_instant: false,
        virtual_column: false,
    };
    /// By metadata or work on an index, but not at once (MariaDB's name for it).
    pub(super) const NO_COPY: Self = Self { algorithm: Algorithm::NoCopy, ..Self::INSTANT };
    /// In place, without writing the table anew.
    pub(super) const INPLACE: Self = Self { algorithm: Algorithm::Inplace, ..Self::INSTANT };
    /// In place, the table being written anew.
    pub(super) const REBUILD: Self = Self { rebuild: true, ..Self::INPLACE };

    /// Row by row into a new table.
    pub(super) const fn copy() -> Self {
        Self { algorithm: Algorithm::Copy, rebuild: true, ..Self::INSTANT }
    }

    /// Writes wait meanwhile.
    pub(super) const fn shared(self) -> Self {
        Self { lock: OnlineLock::Shared, ..self }
    }

    /// Both in one statement.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            algorithm: self.algorithm.max(other.algorithm),
            lock: self.lock.max(other.lock),
            rebuild: self.rebuild || other.rebuild,
            rebuild_unless_instant: self.rebuild_unless_instant || other.rebuild_unless_instant,
            virtual_column: self.virtual_column || other.virtual_column,
        }
    }

    /// As the server says it.
    pub(super) fn online(self) -> Online {
        Online { algorithm: self.algorithm, lock: self.lock, rebuild: self.rebuild }
    }
}

/// As SQL writes it.
pub(crate) fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Instant => "INSTANT",
        Algorithm::NoCopy => "NOCOPY",
        Algorithm::Inplace => "INPLACE",
        Algorithm::Copy => "COPY",
    }
}

/// As SQL writes it.
pub(crate) fn lock_name(lock: OnlineLock) -> &'static str {
    match lock {
        OnlineLock::None => "NONE",
        OnlineLock::Shared => "SHARED",
        OnlineLock::Exclusive => "EXCLUSIVE",
    }
}

use std::fmt;

/// An error of a database, in terms that the protocol decides on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.summary())]
pub struct DbError {
    /// What it means for the protocol.
    pub kind: DbErrorKind,
    /// The engine's own code (SQLSTATE, MySQL error number, SQLite extended code).
    pub code: Option<String>,
    /// The server's message. Never holds a password.
    pub message: String,
    /// The server's detail, if any.
    pub detail: Option<String>,
    /// The server's hint, or ours.
    pub hint: Option<String>,
    /// Byte offset in the statement that was sent, where the server tells.
    pub offset: Option<usize>,
}

impl DbError {
    /// An error with a message only.
    pub fn new(kind: DbErrorKind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into(), detail: None, hint: None, offset: None }
    }

    fn summary(&self) -> String {
        match &self.code {
            Some(code) => format!("{} ({code})", self.message),
            None => self.message.clone(),
        }
    }
}

/// What an error means for the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DbErrorKind {
    /// The URL is not understood.
    Url,
    /// Nobody answers, the name does not resolve, TLS fails, the file or database is not there.
    Connect,
    /// User or password is refused.
    Authentication,
    /// The server's version or set-up is not supported (too old, a pooler in transaction mode).
    Unsupported,
    /// The server refuses writes.
    ReadOnly,
    /// A privilege is missing.
    Permission,
    /// A lock was not granted in time; nothing was done. Worth a retry.
    LockTimeout,
    /// Chosen as deadlock victim, or a serialization failure; nothing was done. Worth a retry.
    Conflict,
    /// The statement ran longer than allowed. Not worth a blind retry.
    StatementTimeout,
    /// Cancelled by us or by somebody else.
    Cancelled,
    /// The connection went away: what it ran may have been done.
    ConnectionLost,
    /// The server has no room left.
    DiskFull,
    /// The statement cannot run inside a transaction.
    NotInTransaction,
    /// A table of ours is not there.
    UndefinedTable,
    /// A ledger write was refused because another runner has taken a later fence.
    Fenced,
    /// The server refused the statement for any other reason.
    Statement,
}

impl fmt::Display for DbErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "url",
            Self::Connect => "connect",
            Self::Authentication => "authentication",
            Self::Unsupported => "unsupported",
            Self::ReadOnly => "read only",
            Self::Permission => "permission",
            Self::LockTimeout => "lock timeout",
            Self::Conflict => "conflict",
            Self::StatementTimeout => "statement timeout",
            Self::Cancelled => "cancelled",
            Self::ConnectionLost => "connection lost",
            Self::DiskFull => "disk full",
            Self::NotInTransaction => "not in a transaction",
            Self::UndefinedTable => "undefined table",
            Self::Fenced => "fenced",
            Self::Statement => "statement",
        })
    }
}

//! What went wrong, in the protocol's terms: SQLSTATE and driver errors to [`DbError`].

use std::error::Error as _;
use std::io;
use std::time::Duration;

use sluice_engine::{DbError, DbErrorKind};
use tokio_postgres::error::{ErrorPosition, Severity, SqlState};

/// Circumstances of a failed request that its error alone does not tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// The text that was sent, for the position.
    pub sql: Option<&'a str>,
    /// The text is ours: a missing table is a missing ledger.
    pub ours: bool,
    /// The user asked to cancel.
    pub cancelled: bool,
    /// How long it ran and how long it was allowed to run.
    pub time: Option<(Duration, Duration)>,
}

/// The error of a request.
pub fn request_error(error: &tokio_postgres::Error, circumstances: Circumstances<'_>) -> DbError {
    match error.as_db_error() {
        Some(server) => server_error(server, circumstances),
        None if error.is_closed() || io_cause(error).is_some() => lost(io_cause(error)),
        None => DbError::new(DbErrorKind::Statement, chain(error)),
    }
}

/// The connection is gone.
pub fn lost(cause: Option<&io::Error>) -> DbError {
    let message = match cause {
        Some(cause) => format!("the connection to the server was lost: {cause}"),
        None => "the connection to the server was lost".to_owned(),
    };
    DbError::new(DbErrorKind::ConnectionLost, message)
}

/// Whether the server ended the session with this error; what was sent before may have been done.
pub fn ends_session(error: &tokio_postgres::Error) -> bool {
    match error.as_db_error() {
        Some(server) => matches!(server.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        None => error.is_closed() || io_cause(error).is_some(),
    }
}

fn server_error(server: &tokio_postgres::error::DbError, circumstances: Circumstances<'_>) -> DbError {
    let kind = kind(server, circumstances);
    DbError {
        kind,
        code: Some(server.code().code().to_owned()),
        message: server.message().to_owned(),
        detail: server.detail().map(str::to_owned),
        hint: server.hint().map(str::to_owned).or_else(|| hint_of(server, kind).map(str::to_owned)),
        offset: match (server.position(), circumstances.sql) {
            (Some(ErrorPosition::Original(position)), Some(sql)) => byte_offset(sql, *position),
            _ => None,
        },
    }
}

fn kind(server: &tokio_postgres::error::DbError, circumstances: Circumstances<'_>) -> DbErrorKind {
    let code = server.code();
    match *code {
        SqlState::LOCK_NOT_AVAILABLE => DbErrorKind::LockTimeout,
        SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => DbErrorKind::Conflict,
        SqlState::QUERY_CANCELED => cancelled_or_timed_out(server.message(), circumstances),
        SqlState::DISK_FULL => DbErrorKind::DiskFull,
        SqlState::READ_ONLY_SQL_TRANSACTION => DbErrorKind::ReadOnly,
        SqlState::ACTIVE_SQL_TRANSACTION => DbErrorKind::NotInTransaction,
        SqlState::INSUFFICIENT_PRIVILEGE => DbErrorKind::Permission,
        SqlState::UNDEFINED_TABLE | SqlState::INVALID_SCHEMA_NAME if circumstances.ours => {
            DbErrorKind::UndefinedTable
        }
        SqlState::NOT_NULL_VIOLATION if refused_by_fence(server) => DbErrorKind::Fenced,
        SqlState::UNDEFINED_DATABASE | SqlState::CANNOT_CONNECT_NOW | SqlState::TOO_MANY_CONNECTIONS => {
            DbErrorKind::Connect
        }
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::DATABASE_DROPPED => {
            DbErrorKind::ConnectionLost
        }
        // 57P05: idle_session_timeout; absent from the driver's list of old. 25P03: the same in a transaction.
        _ if matches!(code.code(), "57P05" | "25P03") => DbErrorKind::ConnectionLost,
        // A violated protocol (08P01) is a wrong request, for example `$1` in a statement without parameters.
        SqlState::PROTOCOL_VIOLATION => DbErrorKind::Statement,
        _ if code.code().starts_with("08") => DbErrorKind::ConnectionLost,
        _ if code.code().starts_with("28") => DbErrorKind::Authentication,
        _ => DbErrorKind::Statement,
    }
}

/// Ledger rows take their fence from a subquery that finds nothing when a later run has taken over.
fn refused_by_fence(server: &tokio_postgres::error::DbError) -> bool {
    server.schema() == Some("sluice")
        && matches!(server.table(), Some("revision" | "statement" | "event"))
        && server.column() == Some("fence")
}

/// SQLSTATE 57014 is both; the message may be in any language. So: who asked?
fn cancelled_or_timed_out(message: &str, circumstances: Circumstances<'_>) -> DbErrorKind {
    let ran_out = circumstances.time.is_some_and(|(ran, allowed)| ran >= allowed);
    if message.ends_with("due to statement timeout") {
        DbErrorKind::StatementTimeout
    } else if circumstances.cancelled || message.ends_with("due to user request") || !ran_out {
        DbErrorKind::Cancelled
    } else {
        DbErrorKind::StatementTimeout
    }
}

fn hint_of(server: &tokio_postgres::error::DbError, kind: DbErrorKind) -> Option<&'static str> {
    match *server.code() {
        // A procedure or a block that commits by itself; what PostgreSQL does in several transactions.
        SqlState::INVALID_TRANSACTION_TERMINATION | SqlState::ACTIVE_SQL_TRANSACTION => Some(
            "what commits by itself cannot run in a transaction: put `-- sluice: transaction=none` at the top of the change",
        ),
        _ => hint(kind),
    }
}

fn hint(kind: DbErrorKind) -> Option<&'static str> {
    Some(match kind {
        DbErrorKind::DiskFull => "make room on the server, then run the same command again",
        DbErrorKind::ReadOnly => {
            "connect to the primary, or look at default_transaction_read_only of the role and the database"
        }
        DbErrorKind::Authentication => {
            "check user and password in the URL's source (or PGPASSWORD, ~/.pgpass) and the server's pg_hba.conf"
        }
        DbErrorKind::Connect => "create the database or correct its name in the URL",
        _ => return None,
    })
}

fn byte_offset(sql: &str, position: u32) -> Option<usize> {
    let before = usize::try_from(position).ok()?.checked_sub(1)?;
    sql.char_indices().map(|(offset, _)| offset).chain([sql.len()]).nth(before)
}

fn io_cause(error: &tokio_postgres::Error) -> Option<&io::Error> {
    error.source().and_then(|source| source.downcast_ref::<io::Error>())
}

fn chain(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// The error of a start-up over an open connection.
pub fn start_up_error(error: &tokio_postgres::Error, address: &str) -> DbError {
    if let Some(server) = error.as_db_error() {
        let mut error = server_error(server, Circumstances::default());
        error.hint = match server.code().code() {
            "53300" => Some("raise max_connections of the server, or lower max_parallel".to_owned()),
            "57P03" => Some("wait until the server has started, then run the same command again".to_owned()),
            "08P01" => Some(
                "the server refuses a setting of the session; behind a pooler, connect to the server itself"
                    .to_owned(),
            ),
            _ => error.hint,
        };
        if !matches!(error.kind, DbErrorKind::Authentication | DbErrorKind::Permission) {
            error.kind = DbErrorKind::Connect;
        }
        return error;
    }
    let text = chain(error);
    // The driver shows the kind of an error as words alone.
    let (kind, message, hint) = if text.starts_with("error performing TLS handshake") {
        tls_failure(&text, address)
    } else if text.contains("password missing") {
        (
            DbErrorKind::Authentication,
            format!("{address} asks for a password and there is none"),
            Some("put it into the URL's source (env:, file:, exec:, vault:), PGPASSWORD or ~/.pgpass"),
        )
    } else if text.starts_with("authentication error") || text.starts_with("invalid configuration") {
        (DbErrorKind::Authentication, format!("{address}: {text}"), hint(DbErrorKind::Authentication))
    } else {
        (
            DbErrorKind::Connect,
            format!("{address} closed the connection during the start of the session: {text}"),
            Some("check that it is a PostgreSQL server and look at its log"),
        )
    };
    let mut error = DbError::new(kind, message);
    error.hint = hint.map(str::to_owned);
    error
}

fn tls_failure(text: &str, address: &str) -> (DbErrorKind, String, Option<&'static str>) {
    let cause = text.split_once(": ").map_or(text, |(_, cause)| cause);
    if cause.contains("server does not support TLS") {
        return (
            DbErrorKind::Connect,
            format!("{address} does not offer TLS"),
            Some("turn on ssl on the server, or add sslmode=disable to the URL if the network is trusted"),
        );
    }
    (
        DbErrorKind::Connect,
        format!("TLS with {address} fails: {cause}"),
        Some(
            "give the authority's certificate with sslrootcert=FILE in the URL; sslmode=verify-ca does not check the \
             host's name; sslmode=require checks nothing",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_in_characters_become_offsets_in_bytes() {
        assert_eq!(byte_offset("sélect x", 1), Some(0));
        assert_eq!(byte_offset("sélect x", 3), Some(3));
        assert_eq!(byte_offset("ab", 3), Some(2));
        assert_eq!(byte_offset("ab", 9), None);
        assert_eq!(byte_offset("ab", 0), None);
    }

    #[test]
    fn a_cancelled_statement_is_told_from_one_that_ran_out_of_time_in_any_language() {
        let second = Duration::from_secs(1);
        let late = Circumstances { time: Some((second * 2, second)), ..Circumstances::default() };
        let asked = Circumstances { cancelled: true, ..late };
        for (message, circumstances, kind) in [
            (
                "canceling statement due to statement timeout",
                Circumstances::default(),
                DbErrorKind::StatementTimeout,
            ),
            ("canceling statement due to user request", late, DbErrorKind::Cancelled),
            ("storniere Anfrage wegen Zeitüberschreitung der Anfrage", late, DbErrorKind::StatementTimeout),
            ("storniere Anfrage wegen Benutzeraufforderung", asked, DbErrorKind::Cancelled),
            (
                "storniere Anfrage wegen Benutzeraufforderung",
                Circumstances::default(),
                DbErrorKind::Cancelled,
            ),
        ] {
            assert_eq!(cancelled_or_timed_out(message, circumstances), kind, "{message}");
        }
    }
}

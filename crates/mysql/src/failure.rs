//! What errors of the server and of the driver mean for the protocol.

use mysql_async::{DriverError, Error, IoError, ServerError};
use sluice_engine::{DbError, DbErrorKind};

/// When an error came up: the same number means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// While connecting and authenticating.
    Connect,
    /// While a statement ran.
    Statement,
}

/// Translates an error. `sql` is the statement that was sent, to find the place that the server complains about.
pub(crate) fn translate(error: &Error, phase: Phase, sql: &str) -> DbError {
    match error {
        Error::Server(error) => server_error(error, phase, sql),
        Error::Io(IoError::Tls(error)) => tls_error(error.to_string()),
        // rustls wraps its errors as invalid data.
        Error::Io(IoError::Io(error))
            if phase == Phase::Connect && error.kind() == std::io::ErrorKind::InvalidData =>
        {
            tls_error(error.to_string())
        }
        Error::Io(IoError::Io(error)) => lost(phase, error.to_string()),
        Error::Driver(error) => driver_error(error, phase),
        Error::Url(error) => DbError::new(DbErrorKind::Url, error.to_string()),
        Error::Other(error) => lost(phase, error.to_string()),
    }
}

fn tls_error(message: String) -> DbError {
    let mut error = DbError::new(DbErrorKind::Connect, format!("TLS failed: {message}"));
    error.hint = Some(
        "name the authority with ssl-ca=PATH, or set ssl-mode (verify-ca, required, disabled) in the URL"
            .to_owned(),
    );
    error
}

/// `LOAD DATA LOCAL` is refused before it is sent: the driver has no way to say no without closing the connection.
pub(crate) fn local_file() -> DbError {
    let mut error = DbError::new(DbErrorKind::Statement, "LOAD DATA LOCAL would read a file of this machine");
    error.hint = Some("files are never sent to a server: use INSERT, or LOAD DATA on the server".to_owned());
    error
}

/// The connection went away, or never came to be.
pub(crate) fn lost(phase: Phase, message: String) -> DbError {
    match phase {
        Phase::Connect => DbError::new(DbErrorKind::Connect, message),
        Phase::Statement => DbError::new(
            DbErrorKind::ConnectionLost,
            format!("the connection to the server was lost: {message}"),
        ),
    }
}

fn driver_error(error: &DriverError, phase: Phase) -> DbError {
    match error {
        DriverError::NoClientSslFlagFromServer => {
            let mut found = DbError::new(DbErrorKind::Connect, "the server does not offer TLS");
            found.hint = Some("configure TLS on the server, or set ssl-mode=disabled in the URL".to_owned());
            found
        }
        DriverError::UnknownAuthPlugin { name } => DbError::new(
            DbErrorKind::Authentication,
            format!("the server wants the authentication plugin `{name}`, which is not supported"),
        ),
        DriverError::MysqlOldPasswordDisabled | DriverError::CleartextPluginDisabled => {
            DbError::new(DbErrorKind::Authentication, error.to_string())
        }
        DriverError::LocalInfile(_) => local_file(),
        DriverError::PacketTooLarge => {
            DbError::new(DbErrorKind::Statement, "the statement is larger than 1 GiB")
        }
        DriverError::ConnectionClosed
        | DriverError::PacketOutOfOrder
        | DriverError::UnexpectedPacket { .. } => lost(phase, error.to_string()),
        _ => DbError::new(DbErrorKind::Statement, error.to_string()),
    }
}

fn server_error(error: &ServerError, phase: Phase, sql: &str) -> DbError {
    let kind = kind(error.code, &error.message, phase);
    DbError {
        kind,
        code: Some(error.code.to_string()),
        message: error.message.clone(),
        detail: None,
        hint: hint(error, phase),
        offset: place(&error.message, sql),
    }
}

/// Numbers of MySQL 9.7 (`mysqld_error.h`) and MariaDB 10.11 (`mysqld_error.h`); those from 1000 to 1899 are common to both.
fn kind(code: u16, message: &str, phase: Phase) -> DbErrorKind {
    match code {
        1205 | 3572 => DbErrorKind::LockTimeout,
        1213 => DbErrorKind::Conflict,
        1317 => DbErrorKind::Cancelled,
        1969 | 3024 => DbErrorKind::StatementTimeout,
        1053 | 1079 | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 3169 | 4031 => match phase {
            Phase::Connect => DbErrorKind::Connect,
            Phase::Statement => DbErrorKind::ConnectionLost,
        },
        28 | 1021 | 1114 => DbErrorKind::DiskFull,
        // InnoDB's errors have numbers of their own: 59 is a temporary file that could not be written.
        1296 if message.contains("error 59 ") || message.contains("error 11 ") => DbErrorKind::DiskFull,
        _ if message.contains("No space left on device") => DbErrorKind::DiskFull,
        1290 if says_read_only(message) => DbErrorKind::ReadOnly,
        1792 | 1836 => DbErrorKind::ReadOnly,
        1045 | 1251 | 1524 | 1698 | 1820 | 1862 | 3118 | 4151 => DbErrorKind::Authentication,
        1044 | 1095 | 1142 | 1143 | 1227 | 1370 | 1419 => DbErrorKind::Permission,
        _ if phase == Phase::Connect => DbErrorKind::Connect,
        1048 if message.contains("'fence'") => DbErrorKind::Fenced,
        3819 | 4025 if message.contains("sluice_") && message.contains("_fence") => DbErrorKind::Fenced,
        1146 if message.contains("sluice_") => DbErrorKind::UndefinedTable,
        1179 => DbErrorKind::NotInTransaction,
        _ => DbErrorKind::Statement,
    }
}

fn says_read_only(message: &str) -> bool {
    message.contains("read-only") || message.contains("read_only")
}

fn hint(error: &ServerError, phase: Phase) -> Option<String> {
    let text = match (error.code, phase) {
        (1049, Phase::Connect) => "create the database first: sluice never creates the target itself",
        (1045 | 1698, _) => {
            "check user and password of the database's URL, and from which hosts the user may connect"
        }
        (3159, _) => "set ssl-mode=required, verify-ca or verify-identity in the URL",
        (1040 | 1203, _) => "the server has no free connection: try again, or raise max_connections",
        (1836 | 1792, _) => "connect to the primary server",
        (1290, _) if says_read_only(&error.message) => "connect to the primary server",
        _ if error.message.contains("insecure transport") => {
            "set ssl-mode=required, verify-ca or verify-identity in the URL"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// Byte offset of a syntax error, from `near '…' at line N`: the quoted text is the rest of the statement, cut at 80 bytes.
/// `None` unless exactly one place on that line has it.
fn place(message: &str, sql: &str) -> Option<usize> {
    let (_, rest) = message.split_once(" near '")?;
    let (near, line) = rest.rsplit_once("' at line ")?;
    let line: usize = line.trim().parse().ok()?;
    if near.is_empty() {
        return Some(sql.trim_end().len());
    }
    let start: usize = sql.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let length = sql.get(start..)?.split_inclusive('\n').next()?.len();
    let mut places =
        sql.get(start..)?.match_indices(near).map(|(offset, _)| offset).filter(|at| *at < length);
    let first = places.next()?;
    places.next().is_none().then_some(start + first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_the_protocol_needs() {
        use DbErrorKind as Kind;
        let cases = [
            (1205, "Lock wait timeout exceeded; try restarting transaction", Kind::LockTimeout),
            (1213, "Deadlock found when trying to get lock", Kind::Conflict),
            (1317, "Query execution was interrupted", Kind::Cancelled),
            (1969, "Query execution was interrupted (max_statement_time exceeded)", Kind::StatementTimeout),
            (
                3024,
                "Query execution was interrupted, maximum statement execution time exceeded",
                Kind::StatementTimeout,
            ),
            (1927, "Connection was killed", Kind::ConnectionLost),
            (1114, "The table 't' is full", Kind::DiskFull),
            (1296, "Got error 59 'Temp file write failure' from InnoDB", Kind::DiskFull),
            (
                1026,
                "Error writing file './d/t.frm' (Errcode: 28 \"No space left on device\")",
                Kind::DiskFull,
            ),
            (
                1290,
                "The MariaDB server is running with the --read-only option so it cannot execute this",
                Kind::ReadOnly,
            ),
            (1290, "The MySQL server is running with the --secure-file-priv option", Kind::Statement),
            (1836, "Running in read-only mode", Kind::ReadOnly),
            (1142, "ALTER command denied to user", Kind::Permission),
            (1146, "Table 'd.sluice_fence' doesn't exist", Kind::UndefinedTable),
            (1146, "Table 'd.orders' doesn't exist", Kind::Statement),
            (1049, "Unknown database 'd'", Kind::Statement),
            (1048, "Column 'fence' cannot be null", Kind::Fenced),
            (1048, "Column 'name' cannot be null", Kind::Statement),
            (3819, "Check constraint 'sluice_revision_fence' is violated.", Kind::Fenced),
            (4025, "CONSTRAINT `sluice_statement_fence` failed for `d`.`sluice_statement`", Kind::Fenced),
            (1064, "You have an error in your SQL syntax", Kind::Statement),
        ];
        for (code, message, expected) in cases {
            assert_eq!(kind(code, message, Phase::Statement), expected, "{code} {message}");
        }
        assert_eq!(kind(1049, "Unknown database 'd'", Phase::Connect), Kind::Connect);
        assert_eq!(kind(1045, "Access denied", Phase::Connect), Kind::Authentication);
    }

    #[test]
    fn a_syntax_error_has_its_place_when_it_is_certain() {
        let said = |near: &str, line: usize| {
            format!(
                "You have an error in your SQL syntax; check the manual that corresponds to your server version for \
                 the right syntax to use near '{near}' at line {line}"
            )
        };
        let sql = "create table t (\n  a int,\n  b itn,\n  c itn\n)";
        assert_eq!(place(&said("itn,\n  c itn\n)", 3), sql), Some(30));
        assert_eq!(place(&said("itn\n)", 4), sql), Some(39));
        assert_eq!(place(&said("", 5), sql), Some(sql.len()));
        assert_eq!(place(&said("x", 3), sql), None);
        assert_eq!(place(&said("i", 9), sql), None);
        assert_eq!(place("Table 'x' already exists", sql), None);
        assert_eq!(place(&said("it''s' at line 7", 1), "selec 'it''s' at line 7"), Some(7));
    }
}

//! What a server says of itself, asked in one round trip.

use std::fmt;
use std::str::FromStr;

use sluice_engine::{Backend, DbError, DbErrorKind, Server};
use sluice_sql::Dialect;

use crate::address::Address;
use crate::connection::Connection;
use crate::settings::{self, Settings};

/// Everything that a session needs to know of its server and of itself.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub server: Server,
    pub backend: BackendId,
    /// The database of the session as the server spells it.
    pub database: String,
    /// Whether database names differ by case.
    pub case_sensitive: bool,
    /// Largest statement that the server takes, in bytes.
    pub max_packet: usize,
    /// Session variables as they were at the start.
    pub settings: Settings,
}

/// A session: its connection id and the second since the epoch in which its server started. Ids are never used twice
/// within one run of a server; the start time is constant within it, even when the clock is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BackendId {
    pub connection: u64,
    pub started: i64,
}

impl fmt::Display for BackendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {} of the server started at {}", self.connection, self.started)
    }
}

impl FromStr for BackendId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rest = text.strip_prefix("connection ").ok_or(())?;
        let (connection, started) = rest.split_once(" of the server started at ").ok_or(())?;
        Ok(Self { connection: connection.parse().map_err(drop)?, started: started.parse().map_err(drop)? })
    }
}

impl From<BackendId> for Backend {
    fn from(id: BackendId) -> Self {
        Self(id.to_string())
    }
}

/// The start of the server as an expression. `Uptime` is counted from the same clock as `UNIX_TIMESTAMP()`, both frozen at the
/// begin of the statement, so the difference does not wander (`show_uptime`-like functions in sql/mysqld.cc of both).
/// MariaDB reads `/*M! … */`, MySQL `/*!80000 … */`, neither the other's.
pub(crate) const STARTED: &str = "UNIX_TIMESTAMP() - (SELECT VARIABLE_VALUE FROM /*M! information_schema */ \
     /*!80000 performance_schema */ .global_status WHERE VARIABLE_NAME = 'Uptime')";

/// Where InnoDB lists its tables.
pub(crate) const INNODB_TABLES: &str =
    "information_schema./*M! INNODB_SYS_TABLES */ /*!80000 INNODB_TABLES */";

const COLUMNS: [&str; 10] = [
    "VERSION()",
    "@@version_comment",
    "CONNECTION_ID()",
    "DATABASE()",
    STARTED,
    "@@lower_case_table_names",
    "@@max_allowed_packet",
    "@@global.read_only",
    "/*M! 0 */ /*!80000 @@global.super_read_only */",
    "@@innodb_read_only",
];

/// Asks the server, and refuses what is not supported.
pub(crate) async fn ask(connection: &mut Connection, address: &Address) -> Result<Facts, DbError> {
    let (major, minor, patch) = connection.greeting_version();
    // Every MariaDB calls itself 10 or higher, every MySQL so far 9 or lower. MySQL 8.0.21: atomic CREATE TABLE … SELECT.
    let too_old = if major >= 10 { (major, minor) < (10, 6) } else { (major, minor, patch) < (8, 0, 21) };
    if too_old {
        return Err(unsupported(format!("the server has version {major}.{minor}.{patch}")));
    }
    let sql = format!("SELECT {}, {}", COLUMNS.join(", "), settings::select_list());
    let mut rows = connection.rows(&sql).await.map_err(|mut error| {
        if error.kind == DbErrorKind::Statement {
            error.kind = DbErrorKind::Unsupported;
            error.message = format!("the server does not describe itself as expected: {}", error.message);
        }
        error
    })?;
    let row = rows.pop().unwrap_or_default();
    let (own, session) = row.split_at_checked(COLUMNS.len()).unwrap_or_default();
    let text = |column: usize| own.get(column).and_then(Option::as_deref).unwrap_or_default();
    let version = text(0);
    let comment = text(1);
    let (dialect, product) = product(version, comment)?;
    let connection_id: u64 =
        text(2).parse().map_err(|_| unsupported(format!("connection id `{}`", text(2))))?;
    if connection_id & u64::from(u32::MAX) != u64::from(connection.greeting_id()) {
        return Err(unsupported(format!(
            "a proxy stands between here and the server (connection {} here, {connection_id} there), and a session lock \
             cannot be trusted through it",
            connection.greeting_id()
        )));
    }
    let started = text(4).split('.').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    Ok(Facts {
        server: Server {
            dialect,
            product,
            version: u32::from(major) * 10_000 + u32::from(minor) * 100 + u32::from(patch),
            address: address.to_string(),
            read_only: (7..=9).any(|column| is_on(text(column))),
        },
        backend: BackendId { connection: connection_id, started },
        database: text(3).to_owned(),
        case_sensitive: text(5) == "0",
        max_packet: text(6).parse().unwrap_or(usize::MAX),
        settings: Settings::read(session),
    })
}

/// Newer servers have more values than on and off; all of them but off refuse writes of somebody.
fn is_on(value: &str) -> bool {
    !matches!(value, "" | "0" | "OFF")
}

fn product(version: &str, comment: &str) -> Result<(Dialect, String), DbError> {
    let number = version.split('-').next().unwrap_or(version);
    for other in ["TiDB", "vitess", "OceanBase", "SingleStore"] {
        if version.to_ascii_lowercase().contains(&other.to_ascii_lowercase()) || comment.contains(other) {
            return Err(unsupported(format!("the server is {other} ({version})")));
        }
    }
    if version.contains("MariaDB") || comment.contains("MariaDB") {
        let number = if number == "5.5.5" { version.split('-').nth(1).unwrap_or(number) } else { number };
        return Ok((Dialect::Mariadb, format!("MariaDB {number}")));
    }
    Ok((Dialect::Mysql, format!("MySQL {number}")))
}

fn unsupported(what: String) -> DbError {
    let mut error = DbError::new(DbErrorKind::Unsupported, what);
    error.hint = Some(
        "supported are MySQL 8.0.21 and later and MariaDB 10.6 and later, connected directly".to_owned(),
    );
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_told_apart() {
        let name = |version: &str, comment: &str| product(version, comment).map(|(_, product)| product);
        assert_eq!(name("10.11.19-MariaDB-0+deb12u1", "Debian 12").unwrap(), "MariaDB 10.11.19");
        assert_eq!(name("5.5.5-10.6.1-MariaDB", "").unwrap(), "MariaDB 10.6.1");
        assert_eq!(name("9.7.4-2", "(Debian)").unwrap(), "MySQL 9.7.4");
        assert_eq!(name("8.0.36", "MySQL Community Server - GPL").unwrap(), "MySQL 8.0.36");
        let error = name("8.0.11-TiDB-v7.5.0", "TiDB Server").unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (DbErrorKind::Unsupported, "the server is TiDB (8.0.11-TiDB-v7.5.0)")
        );
    }

    #[test]
    fn a_backend_survives_being_written_down() {
        let id = BackendId { connection: 17, started: 1_795_376_962 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("connection x of the server started at 1".parse::<BackendId>(), Err(()));
        assert_eq!("pid 5".parse::<BackendId>(), Err(()));
    }
}

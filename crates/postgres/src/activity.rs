//! Sessions of the server as people see them.

use sluice_engine::{DbError, Row, Running};
use sluice_sql::{Dialect, redact};

use crate::request::cell;

/// The lock of a target: "sluice" and a version, in the key space of session-level advisory locks. Advisory locks belong to one
/// database, so databases of one server do not disturb each other.
pub const LOCK_KEY: i64 = 0x736c_7569_6365_0001;

/// Condition on `pg_locks` for the lock: a 64-bit key is shown as two halves.
pub const LOCK_CONDITION: &str = "locktype = 'advisory' AND granted AND classid = 1936487785 AND objid = 1667563521 \
     AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Columns of `pg_stat_activity a` that [`running`] reads.
pub const COLUMNS: &str = "a.pid::text, a.usename::text, a.application_name, host(a.client_addr), a.query, \
     extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start, a.backend_start))::bigint::text, a.state";

/// A row of [`COLUMNS`].
pub fn running(row: &Row) -> Result<Running, DbError> {
    let pid = cell(row, 0)?;
    let text = |column: usize| row.get(column).and_then(Option::as_deref).filter(|text| !text.is_empty());
    let mut who = text(1).unwrap_or("an unknown user").to_owned();
    if let Some(application) = text(2) {
        who.push_str(&format!(", {application}"));
    }
    who.push_str(&text(3).map_or_else(|| ", local".to_owned(), |address| format!(", {address}")));
    if text(6) == Some("idle in transaction") {
        who.push_str(", idle in transaction");
    }
    Ok(Running {
        backend: format!("pid {pid}"),
        who,
        statement: text(4).map(|sql| one_line(&redact(Dialect::Postgres, sql))),
        seconds: text(5).and_then(|seconds| seconds.parse().ok()),
        stop_with: format!("SELECT pg_terminate_backend({pid})"),
    })
}

/// A statement on one line of at most 120 characters.
pub fn one_line(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().take(60).collect();
    let line = words.join(" ");
    match line.char_indices().nth(119) {
        Some((cut, _)) => format!("{}…", line.get(..cut).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halves_of_the_key_are_those_that_the_server_shows() {
        assert!(LOCK_CONDITION.contains(&format!("classid = {} ", LOCK_KEY >> 32)));
        assert!(LOCK_CONDITION.contains(&format!("objid = {} ", LOCK_KEY & 0xffff_ffff)));
    }

    #[test]
    fn statements_of_others_are_shown_without_their_secrets() {
        let text = |text: &str| Some(text.to_owned());
        let sql = "alter role app\n  password 'hush'";
        let row = vec![text("7"), text("ann"), None, None, text(sql), text("3"), text("active")];
        assert_eq!(running(&row).unwrap().statement.as_deref(), Some("alter role app password '***'"));
    }

    #[test]
    fn long_statements_are_cut_to_one_line() {
        assert_eq!(one_line("select\n   1"), "select 1");
        assert_eq!(one_line(&"x".repeat(500)).chars().count(), 120);
    }
}

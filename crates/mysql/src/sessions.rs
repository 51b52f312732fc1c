//! Sessions of the server as people want to see them.

use sluice_engine::{DbError, Running};
use sluice_sql::{Dialect, redact};

use crate::connection::Connection;

/// Columns that [`running`] takes, in this order. The process list of `information_schema` is deprecated on MySQL, but there on
/// all supported versions, and shows a user's own sessions without any privilege on all.
const COLUMNS: &str = "p.ID, p.USER, p.HOST, p.DB, p.COMMAND, p.TIME, p.INFO";

/// One session; `None` when it is gone.
pub(crate) async fn find(connection: &mut Connection, id: u64) -> Result<Option<Running>, DbError> {
    let mut found = list(connection, &format!("p.ID = {id}")).await?;
    Ok(found.pop())
}

/// The sessions for which a condition on the process list `p` holds.
pub(crate) async fn list(connection: &mut Connection, condition: &str) -> Result<Vec<Running>, DbError> {
    let sql =
        format!("SELECT {COLUMNS} FROM information_schema.PROCESSLIST p WHERE {condition} ORDER BY p.ID");
    Ok(connection.rows(&sql).await?.iter().map(|row| running(row)).collect())
}

fn running(row: &[Option<String>]) -> Running {
    let text = |column: usize| row.get(column).and_then(Option::as_deref);
    let id = text(0).unwrap_or_default();
    let host = text(2).filter(|host| !host.is_empty()).unwrap_or("localhost");
    let mut who = format!("{}@{host}", text(1).unwrap_or("?"));
    if let Some(database) = text(3) {
        who.push_str(&format!(", database {database}"));
    }
    // What MariaDB's lexer reads otherwise is no secret.
    let statement = text(6).map(|sql| one_line(&redact(Dialect::Mysql, sql))).or_else(|| {
        let command = text(4)?;
        (command == "Sleep").then(|| "(idle)".to_owned())
    });
    Running {
        backend: format!("connection {id}"),
        who,
        statement,
        seconds: text(5).and_then(|seconds| seconds.parse().ok()),
        stop_with: format!("KILL {id}"),
    }
}

fn one_line(sql: &str) -> String {
    const LENGTH: usize = 200;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LENGTH {
        return line;
    }
    line.chars().take(LENGTH).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_others_are_shown_without_their_secrets() {
        let text = |text: &str| Some(text.to_owned());
        let sql = "CREATE USER app\n IDENTIFIED BY 'hush'";
        let row = [text("7"), text("ann"), None, None, text("Query"), text("3"), text(sql)];
        assert_eq!(running(&row).statement.as_deref(), Some("CREATE USER app IDENTIFIED BY '***'"));
    }
}

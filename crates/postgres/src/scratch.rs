//! Scratch databases: made for one look, and dropped.

use sluice_engine::scratch::{PREFIX, is_stale, name};
use sluice_engine::{Connect, DbError, DbErrorKind, Query};

use crate::request::cell;
use crate::session::PostgresSession;
use crate::shape::quote;

/// Makes one on the server that `connect` reaches.
pub async fn create(connect: &Connect) -> Result<Connect, DbError> {
    let mut session = PostgresSession::open(connect).await?;
    sweep(&mut session).await?;
    let name = name(&connect.run_id);
    let sql = format!("CREATE DATABASE {} TEMPLATE template0", quote(std::slice::from_ref(&name)));
    session.rows(&Query::new(sql, Vec::new())).await.map_err(|mut error| {
        if error.kind == DbErrorKind::Permission {
            error.hint = Some(
                "let the user make databases (ALTER ROLE … CREATEDB), or name another server with --shadow"
                    .to_owned(),
            );
        }
        error
    })?;
    session.connection.close().await;
    Ok(Connect { url: with_database(&connect.url, &name), ..connect.clone() })
}

/// Drops one.
pub async fn drop(connect: &Connect, scratch: &Connect) -> Result<(), DbError> {
    let Some(name) = database(&scratch.url).filter(|name| name.starts_with(PREFIX)) else { return Ok(()) };
    let mut session = PostgresSession::open(connect).await?;
    let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(&[name.to_owned()]));
    session.rows(&Query::new(sql, Vec::new())).await?;
    session.connection.close().await;
    Ok(())
}

/// Drops what runs left behind when they died: by its name old enough, and nobody is connected.
async fn sweep(session: &mut PostgresSession) -> Result<(), DbError> {
    let sql = format!(
        "SELECT d.datname FROM pg_database d WHERE d.datname LIKE '{}%' AND pg_has_role(d.datdba, 'USAGE') \
         AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)",
        PREFIX.replace('_', "\\_")
    );
    let rows = session.rows(&Query::new(sql, Vec::new())).await?;
    for row in &rows {
        let name = cell(row, 0)?;
        if is_stale(name) {
            // Somebody else may have been faster.
            let sql = format!("DROP DATABASE IF EXISTS {}", quote(&[name.to_owned()]));
            let _ = session.rows(&Query::new(sql, Vec::new())).await;
        }
    }
    Ok(())
}

/// Where the name of the database stands in a URL: after the authority, before the parameters.
fn place(url: &str) -> (usize, usize) {
    let authority = url.find("://").map_or(0, |at| at.saturating_add(3));
    let end = url.find('?').unwrap_or(url.len());
    let slash =
        url.get(authority..end).and_then(|rest| rest.find('/')).map(|at| authority.saturating_add(at));
    (slash.unwrap_or(end), end)
}

fn with_database(url: &str, name: &str) -> String {
    let (start, end) = place(url);
    format!("{}/{name}{}", url.get(..start).unwrap_or_default(), url.get(end..).unwrap_or_default())
}

fn database(url: &str) -> Option<&str> {
    let (start, end) = place(url);
    url.get(start..end)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_exchanged() {
        for (url, scratch) in [
            ("postgres://u:p@h:1/shop?sslmode=disable", "postgres://u:p@h:1/x?sslmode=disable"),
            ("postgres://u@h", "postgres://u@h/x"),
            ("postgres://u@/shop?host=/run&port=1", "postgres://u@/x?host=/run&port=1"),
            ("postgresql:///?host=/run", "postgresql:///x?host=/run"),
        ] {
            assert_eq!(with_database(url, "x"), scratch);
            assert_eq!(database(scratch), Some("x"));
        }
    }
}

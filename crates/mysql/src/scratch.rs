//! Scratch databases: made for one look, and dropped.

use sluice_engine::scratch::{PREFIX, is_stale, name};
use sluice_engine::{Connect, DbError, DbErrorKind, Query, Session};
use url::Url;

use crate::name::quote;
use crate::session::MysqlSession;

/// Makes one on the server that `connect` reaches, with the character set of the database that it names.
pub(crate) async fn create(connect: &Connect) -> Result<Connect, DbError> {
    let mut session = MysqlSession::open(connect).await?;
    sweep(&mut session).await?;
    let name = name(&connect.run_id);
    let rows = ask(&mut session, "SELECT @@character_set_database, @@collation_database").await?;
    let row = rows.into_iter().next().unwrap_or_default();
    let mut cells = row.into_iter().flatten();
    let charset = match (cells.next(), cells.next()) {
        (Some(charset), Some(collation)) => format!(" CHARACTER SET {charset} COLLATE {collation}"),
        _ => String::new(),
    };
    ask(&mut session, &format!("CREATE DATABASE {}{charset}", quote(&name))).await.map_err(|mut error| {
        if error.kind == DbErrorKind::Permission {
            error.hint = Some(format!(
                "let the user make databases (GRANT ALL ON `{}%`.* TO …), or name another server with --shadow",
                PREFIX.replace('_', "\\_")
            ));
        }
        error
    })?;
    Box::new(session).close().await;
    Ok(Connect { url: with_database(&connect.url, &name), ..connect.clone() })
}

/// Drops one.
pub(crate) async fn drop(connect: &Connect, scratch: &Connect) -> Result<(), DbError> {
    let Some(name) = database(&scratch.url).filter(|name| name.starts_with(PREFIX)) else { return Ok(()) };
    let mut session = MysqlSession::open(connect).await?;
    ask(&mut session, &format!("DROP DATABASE IF EXISTS {}", quote(&name))).await?;
    Box::new(session).close().await;
    Ok(())
}

async fn ask(session: &mut MysqlSession, sql: &str) -> Result<Vec<sluice_engine::Row>, DbError> {
    session.query(&Query::new(sql, Vec::new())).await
}

/// Drops what runs left behind when they died: by its name old enough, and nobody is seen in it. Without the privilege PROCESS only the
/// user's own sessions are seen; without it, only the user's own databases can usually be dropped.
async fn sweep(session: &mut MysqlSession) -> Result<(), DbError> {
    let sql = format!(
        "SELECT s.SCHEMA_NAME FROM information_schema.SCHEMATA s WHERE s.SCHEMA_NAME LIKE '{}%' AND NOT EXISTS \
         (SELECT 1 FROM information_schema.PROCESSLIST p WHERE p.DB = s.SCHEMA_NAME)",
        PREFIX.replace('_', "\\_")
    );
    let rows = ask(session, &sql).await?;
    for name in rows.into_iter().flatten().flatten() {
        if is_stale(&name) {
            // Somebody else may have been faster, or may be the only one who is allowed to.
            let _ = ask(session, &format!("DROP DATABASE IF EXISTS {}", quote(&name))).await;
        }
    }
    Ok(())
}

fn with_database(url: &str, name: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) => {
            parsed.set_path(&format!("/{name}"));
            parsed.into()
        }
        // It was understood before.
        Err(_) => url.to_owned(),
    }
}

fn database(url: &str) -> Option<String> {
    Url::parse(url).ok()?.path().strip_prefix('/').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_exchanged() {
        for (url, scratch) in [
            ("mariadb://u:p@h:1/shop?ssl-mode=disabled", "mariadb://u:p@h:1/x?ssl-mode=disabled"),
            ("mysql://u@localhost/shop?socket=/run/s", "mysql://u@localhost/x?socket=/run/s"),
        ] {
            assert_eq!(with_database(url, "x"), scratch);
            assert_eq!(database(scratch).as_deref(), Some("x"));
        }
    }
}

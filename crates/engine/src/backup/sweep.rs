use crate::{DbError, DbErrorKind, Query, Session};

use super::Policy;

/// Drops rows that were kept long enough, and what a run that was killed has left.
///
/// # Errors
/// Those of the connection.
pub(crate) async fn sweep(session: &mut dyn Session, policy: Policy) -> Result<usize, DbError> {
    let dialect = session.ledger_dialect().clone();
    let (rows, p) = (dialect.rows, &dialect.prefix);
    let old = format!(
        "SELECT name FROM {p}backup WHERE taken_at < {ago}",
        ago = rows.ago(policy.retention.as_secs())
    );
    let old = match session.query(&Query::new(old, Vec::new())).await {
        Ok(old) => old,
        Err(error) if error.kind == DbErrorKind::UndefinedTable => return Ok(0),
        Err(error) => return Err(error),
    };
    let old: Vec<String> = old.into_iter().flatten().flatten().collect();
    // The table first: an entry without one is swept again.
    for name in &old {
        session.query(&Query::new(format!("DROP TABLE IF EXISTS {p}backup_{name}"), Vec::new())).await?;
        let forget = format!("DELETE FROM {p}backup WHERE name = ?");
        session.query(&Query::new(forget, vec![name.as_str().into()])).await?;
    }
    if let Some(left) = rows.left() {
        let known = session.query(&Query::new(format!("SELECT name FROM {p}backup"), Vec::new())).await?;
        let known: Vec<String> = known.into_iter().flatten().flatten().collect();
        for table in session.query(&left).await?.into_iter().flatten().flatten() {
            let name = table.trim_start_matches("backup_");
            if !known.iter().any(|known| known == name) {
                session.query(&Query::new(format!("DROP TABLE IF EXISTS {p}{table}"), Vec::new())).await?;
            }
        }
    }
    Ok(old.len())
}

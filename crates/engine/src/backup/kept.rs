use crate::{DbError, DbErrorKind, Query, Row, Session};

/// The entry in the ledger of rows that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The table that has them, without `backup_`.
    pub name: String,
    /// Version of the change.
    pub version: String,
    /// The statement's place in it, from 1.
    pub ordinal: u64,
    /// Schema or database of the table that they are from.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// Whether they were deleted; else they were updated.
    pub deletes: bool,
    /// Every column that is kept.
    pub columns: Vec<String>,
    /// Those of the primary key.
    pub key: Vec<String>,
    /// Those that were set.
    pub assigned: Vec<String>,
    /// `path:line:column` of the statement.
    pub place: String,
    /// The release with which the change was applied.
    pub release: Option<String>,
    /// When they were kept, RFC 3339.
    pub taken_at: String,
    /// When they were put back.
    pub restored_at: Option<String>,
}

impl Kept {
    /// The table that has the rows.
    pub(crate) fn place_in(&self, prefix: &str) -> String {
        format!("{prefix}backup_{}", self.name)
    }
}

/// What is kept, the latest first.
///
/// # Errors
/// Those of the connection; a ledger that keeps nothing is none.
pub async fn list(session: &mut dyn Session) -> Result<Vec<Kept>, DbError> {
    let dialect = session.ledger_dialect();
    let sql = format!(
        "SELECT name, version, ordinal, schema_name, table_name, deletes, columns, key_columns, assigned, place, release_digest, \
         {taken}, {restored} FROM {p}backup ORDER BY sequence DESC, ordinal DESC",
        taken = dialect.timestamp_text.replace("{}", "taken_at"),
        restored = dialect.timestamp_text.replace("{}", "restored_at"),
        p = dialect.prefix
    );
    let timestamp = dialect.timestamp;
    let rows = match session.query(&Query::new(sql, Vec::new())).await {
        Ok(rows) => rows,
        Err(error) if error.kind == DbErrorKind::UndefinedTable => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let text = |row: &Row, at: usize| row.get(at).cloned().flatten();
    let names = |row: &Row, at: usize| -> Vec<String> {
        text(row, at).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    };
    Ok(rows
        .iter()
        .map(|row| Kept {
            name: text(row, 0).unwrap_or_default(),
            version: text(row, 1).unwrap_or_default(),
            ordinal: text(row, 2).and_then(|text| text.parse().ok()).unwrap_or_default(),
            schema: text(row, 3),
            table: text(row, 4).unwrap_or_default(),
            deletes: text(row, 5).as_deref() == Some("1"),
            columns: names(row, 6),
            key: names(row, 7),
            assigned: names(row, 8),
            place: text(row, 9).unwrap_or_default(),
            release: text(row, 10),
            taken_at: text(row, 11).map(|text| timestamp(&text)).unwrap_or_default(),
            restored_at: text(row, 12).map(|text| timestamp(&text)),
        })
        .collect())
}

use crate::{DbError, Row, Session};

/// A table whose rows are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Its schema or database, where it has one.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Both in quotes.
    pub sql: String,
    /// Its columns that hold values of their own, in order.
    pub columns: Vec<Column>,
    /// Why its rows cannot be kept.
    pub unfit: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The same in quotes.
    pub sql: String,
    /// Its type, as SQL.
    pub data_type: String,
    /// A word on the type: how its values are best compared.
    pub class: String,
    /// Its place in the primary key.
    pub key: Option<u32>,
}

impl Relation {
    /// Columns of the primary key, in its order.
    pub fn key(&self) -> Vec<&Column> {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.key.is_some()).collect();
        key.sort_by_key(|column| column.key);
        key
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What the catalog says of a table; none where it is not there.
///
/// # Errors
/// Those of the connection.
pub async fn describe(
    session: &mut dyn Session,
    schema: Option<&str>,
    table: &str,
) -> Result<Option<Relation>, DbError> {
    let rows = session.ledger_dialect().rows;
    let described = session.query(&rows.describe(schema, table)).await?;
    let text = |row: &Row, at: usize| row.get(at).cloned().flatten();
    let Some(first) = described.first() else { return Ok(None) };
    let (schema, name) = (text(first, 0), text(first, 1).unwrap_or_default());
    let parts = schema.iter().map(|schema| rows.quote(schema)).chain([rows.quote(&name)]);
    let sql = parts.collect::<Vec<_>>().join(".");
    let columns = described
        .iter()
        .filter(|row| text(row, 5).as_deref() != Some("1"))
        .map(|row| {
            let name = text(row, 2).unwrap_or_default();
            Column {
                sql: rows.quote(&name),
                name,
                data_type: text(row, 3).unwrap_or_default(),
                class: text(row, 6).unwrap_or_default(),
                key: text(row, 4).and_then(|place| place.parse().ok()),
            }
        })
        .collect();
    Ok(Some(Relation { schema, name, sql, columns, unfit: text(first, 7) }))
}

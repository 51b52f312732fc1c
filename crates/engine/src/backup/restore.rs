//! Putting kept rows back, unless somebody has changed them since.

use crate::ledger::Writer;
use crate::{DbError, Query, Session, Step, TransactionError};

use super::relation::{Column, Relation, describe};
use super::rows::{Rows, UpdateParts};
use super::{Kept, TOLD};

/// What is, or would be, put back of the rows of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The entry.
    pub kept: Kept,
    /// Rows that were kept.
    pub rows: u64,
    /// Rows that are put back.
    pub restored: u64,
    /// Rows that somebody has changed since, at most [`TOLD`] of them.
    pub conflicts: Vec<Conflict>,
    /// How many there are.
    pub conflicted: u64,
    /// Why nothing can be put back.
    pub refused: Option<String>,
}

/// A row that somebody has changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its key: `id=7`.
    pub key: String,
    /// What was done to it.
    pub reason: String,
}

/// What would be put back now.
///
/// # Errors
/// Those of the connection.
pub async fn examine(session: &mut dyn Session, kept: &Kept) -> Result<Restored, DbError> {
    let mut found = Restored {
        kept: kept.clone(),
        rows: 0,
        restored: 0,
        conflicts: Vec::new(),
        conflicted: 0,
        refused: None,
    };
    let way = match Way::find(session, kept).await? {
        Ok(way) => way,
        Err(reason) => return Ok(Restored { refused: Some(reason), ..found }),
    };
    let count = way.count();
    let counts = session.query(&Query::new(count, Vec::new())).await?;
    let number = |at: usize| -> u64 {
        let cell = counts.first().and_then(|row| row.get(at)).and_then(Option::as_deref);
        cell.and_then(|text| text.parse().ok()).unwrap_or_default()
    };
    (found.rows, found.conflicted, found.restored) = (number(0), number(1), number(2));
    if found.conflicted > 0 {
        let rows = session.query(&Query::new(way.conflicts(), Vec::new())).await?;
        found.conflicts = rows.iter().map(|row| way.conflict(row)).collect();
    }
    Ok(found)
}

/// Puts back what can be, in one transaction with the entry in the ledger, `first` in front of it.
///
/// # Errors
/// Those of the connection, and of the table: other rows that stand in the way of a constraint.
pub async fn restore(
    session: &mut dyn Session,
    writer: &Writer,
    first: &mut Vec<Step<'static>>,
    kept: &Kept,
) -> Result<Restored, TransactionError> {
    let plain = |error: DbError| TransactionError { step: None, error, committed: crate::Committed::No };
    let found = examine(session, kept).await.map_err(plain)?;
    if found.refused.is_some() {
        return Ok(found);
    }
    let way = match Way::find(session, kept).await.map_err(plain)? {
        Ok(way) => way,
        Err(reason) => return Ok(Restored { refused: Some(reason), ..found }),
    };
    let mut steps = first.clone();
    if let Some(sql) = way.statement().filter(|_| found.restored > 0) {
        steps.push(Step::Own(Query::new(sql, Vec::new())));
    }
    steps.push(Step::Own(writer.put_restored(&kept.name)));
    let detail = format!(
        "{} of {} rows of {} put back, {} changed since",
        found.restored, found.rows, way.relation.sql, found.conflicted
    );
    steps.push(Step::Own(writer.event("data-restored", Some(&kept.version), Some(detail))));
    session.transaction(&steps).await?;
    first.clear();
    Ok(found)
}

/// The statements for the rows of one entry: `t` is the table, `b` a row as it was, `a` as the change has left it.
struct Way {
    rows: &'static dyn Rows,
    relation: Relation,
    /// The table that has the rows.
    kept: String,
    deletes: bool,
    key: Vec<Column>,
    columns: Vec<Column>,
    assigned: Vec<Column>,
}

impl Way {
    async fn find(session: &mut dyn Session, kept: &Kept) -> Result<Result<Self, String>, DbError> {
        let described = describe(session, kept.schema.as_deref(), &kept.table).await?;
        let Some(relation) = described else {
            return Ok(Err(format!("the table {} is not there any more", kept.table)));
        };
        let named = |names: &[String]| -> Result<Vec<Column>, String> {
            let find = |name: &String| {
                let column = relation.column(name).cloned();
                column.ok_or_else(|| format!("the column {name} of {} is not there any more", relation.sql))
            };
            names.iter().map(find).collect()
        };
        let wanted = if kept.deletes { &kept.columns } else { &kept.assigned };
        let columns = match (named(&kept.key), named(wanted)) {
            (Ok(key), Ok(columns)) => (key, columns),
            (Err(reason), _) | (_, Err(reason)) => return Ok(Err(reason)),
        };
        let dialect = session.ledger_dialect();
        Ok(Ok(Self {
            rows: dialect.rows,
            kept: kept.place_in(&dialect.prefix),
            deletes: kept.deletes,
            key: columns.0,
            assigned: columns.1.clone(),
            columns: columns.1,
            relation,
        }))
    }

    fn on_live(&self) -> String {
        let same = |column: &Column| {
            format!("t.{c} = {}", self.rows.value(column, &format!("b.{}", column.sql)), c = column.sql)
        };
        self.key.iter().map(same).collect::<Vec<_>>().join(" AND ")
    }

    fn on_after(&self) -> String {
        let same = |column: &Column| self.images(column);
        let keys = self.key.iter().map(same).collect::<Vec<_>>().join(" AND ");
        format!("a.sluice_image = 'after' AND {keys}")
    }

    /// Whether both images have the same value.
    fn images(&self, column: &Column) -> String {
        self.rows.are_same(column, &format!("a.{}", column.sql), &format!("b.{}", column.sql))
    }

    /// Whether the table has the value of an image.
    fn now_is(&self, column: &Column, image: &str) -> String {
        self.rows.is_same(column, &format!("t.{}", column.sql), &format!("{image}.{}", column.sql))
    }

    fn is_gone(&self) -> String {
        self.key.first().map_or_else(|| "1 = 0".to_owned(), |column| format!("t.{} IS NULL", column.sql))
    }

    fn any(&self, parts: impl Iterator<Item = String>) -> String {
        let parts: Vec<String> = parts.collect();
        if parts.is_empty() { "1 = 0".to_owned() } else { format!("({})", parts.join(" OR ")) }
    }

    /// Somebody has changed the row since.
    fn is_changed(&self) -> String {
        if self.deletes {
            let differs = self.columns.iter().map(|column| format!("NOT ({})", self.now_is(column, "b")));
            return format!("(NOT ({}) AND {})", self.is_gone(), self.any(differs));
        }
        let changed = self.assigned.iter().map(|column| {
            format!(
                "(NOT ({}) AND NOT ({}) AND NOT ({}))",
                self.images(column),
                self.now_is(column, "a"),
                self.now_is(column, "b")
            )
        });
        format!("({} OR a.sluice_image IS NULL OR {})", self.is_gone(), self.any(changed))
    }

    /// There is something to put back, as far as nobody has changed it.
    fn is_due(&self) -> String {
        if self.deletes {
            return self.is_gone();
        }
        let due = self
            .assigned
            .iter()
            .map(|column| format!("(NOT ({}) AND NOT ({}))", self.images(column), self.now_is(column, "b")));
        format!("(NOT {} AND {})", self.is_changed(), self.any(due))
    }

    fn from(&self) -> String {
        let kept = &self.kept;
        let after = match self.deletes {
            true => String::new(),
            false => format!(" LEFT JOIN {kept} a ON {}", self.on_after()),
        };
        format!(
            "FROM {kept} b{after} LEFT JOIN {} t ON {} WHERE b.sluice_image = 'before'",
            self.relation.sql,
            self.on_live()
        )
    }

    fn count(&self) -> String {
        format!(
            "SELECT count(*), coalesce(sum(CASE WHEN {} THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN {} THEN 1 ELSE 0 END), 0) {}",
            self.is_changed(),
            self.is_due(),
            self.from()
        )
    }

    fn conflicts(&self) -> String {
        let key = self.key.iter().map(|column| self.rows.shown(&format!("b.{}", column.sql)));
        let key = key.collect::<Vec<_>>().join(", ");
        format!(
            "SELECT CASE WHEN {} THEN 1 ELSE 0 END, {key} {} AND {} ORDER BY {key} LIMIT {TOLD}",
            self.is_gone(),
            self.from(),
            self.is_changed()
        )
    }

    fn conflict(&self, row: &crate::Row) -> Conflict {
        let text = |at: usize| row.get(at).and_then(Option::as_deref);
        let key =
            self.key.iter().enumerate().map(|(at, column)| {
                format!("{}={}", column.name, text(at.saturating_add(1)).unwrap_or("NULL"))
            });
        let reason = match (self.deletes, text(0) == Some("1")) {
            (true, _) => "is there again, with other values",
            (false, true) => "was deleted since",
            (false, false) => "was changed since",
        };
        Conflict { key: key.collect::<Vec<_>>().join(", "), reason: reason.to_owned() }
    }

    fn statement(&self) -> Option<String> {
        if self.deletes {
            let columns =
                self.columns.iter().map(|column| column.sql.as_str()).collect::<Vec<_>>().join(", ");
            let values =
                self.columns.iter().map(|column| self.rows.value(column, &format!("b.{}", column.sql)));
            return Some(format!(
                "INSERT INTO {} ({columns}){} SELECT {} {} AND {}",
                self.relation.sql,
                self.rows.overriding(),
                values.collect::<Vec<_>>().join(", "),
                self.from(),
                self.is_due()
            ));
        }
        let set = self.assigned.iter().map(|column| {
            let value = self.rows.value(column, &format!("b.{}", column.sql));
            let (c, same) = (&column.sql, self.images(column));
            format!("{} = CASE WHEN {same} THEN t.{c} ELSE {value} END", self.rows.target(c))
        });
        let set = set.collect::<Vec<_>>().join(", ");
        if set.is_empty() {
            return None;
        }
        let parts = UpdateParts {
            set,
            on_live: self.on_live(),
            on_after: self.on_after(),
            condition: format!("b.sluice_image = 'before' AND {}", self.is_due()),
        };
        Some(self.rows.update(&self.relation, &self.kept, &parts))
    }
}

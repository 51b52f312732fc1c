use sluice_sql::Dialect;
use sluice_sql::model::{InsertSource, ObjectName, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An `INSERT` has more or fewer values than columns.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders (id, note) VALUES (1, 'x', 2);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// INSERT INTO orders (id, note) VALUES (1, 'x');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, INSERT; MySQL manual, INSERT Statement, error 1136; SQLite documentation, INSERT.
    InsertColumnCount, "correctness/insert-column-count", Engines::ALL, Error, Recommended
}

impl Rule for InsertColumnCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        let InsertSource::Values { width, span, .. } = &insert.source else { return };
        let columns = match insert.columns.len() {
            0 => of_table(cx, &insert.table.name),
            columns => Some(columns),
        };
        let Some(columns) = columns.filter(|columns| *width > 0 && width != columns) else { return };
        // PostgreSQL fills columns for which there is no value, where none are named.
        if insert.columns.is_empty() && cx.dialect() == Dialect::Postgres && *width < columns {
            return;
        }
        let table = cx.display(&insert.table.name);
        out.report(*span, format!("{width} values are given for {columns} columns of `{table}`"))
            .help("give one value for each column");
    }
}

/// How many columns an `INSERT` means that names none.
fn of_table(cx: &Context<'_>, name: &ObjectName) -> Option<usize> {
    let relation =
        cx.relation(name).filter(|it| it.columns_known && it.is_table() && !it.columns.is_empty())?;
    let meant = relation.columns.iter().filter(|column| match cx.dialect() {
        Dialect::Postgres => true,
        Dialect::Mysql | Dialect::Mariadb => !column.invisible,
        Dialect::Sqlite => column.generated.is_none(),
    });
    Some(meant.count())
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::{Mariadb, Mysql, Postgres, Sqlite};

    use crate::rules::data_loss::tests::{fires, silent};

    #[test]
    fn columns_that_nobody_names_are_those_of_the_table() {
        let id = "correctness/insert-column-count";
        let two = "CREATE TABLE two (a int, b int);";
        for dialect in [Postgres, Mysql, Mariadb, Sqlite] {
            fires(id, dialect, two, "INSERT INTO two VALUES (1, 2, 3);");
            silent(id, dialect, two, "INSERT INTO two VALUES (1, 2);");
            silent(id, dialect, "", "INSERT INTO unknown VALUES (1, 2);");
        }
        silent(id, Postgres, two, "INSERT INTO two VALUES (1);");
        fires(id, Mysql, two, "INSERT INTO two VALUES (1);");
        fires(id, Sqlite, two, "INSERT INTO two VALUES (1);");
        silent(id, Mariadb, "CREATE TABLE t (a int, b int INVISIBLE);", "INSERT INTO t VALUES (1);");
        silent(id, Sqlite, "CREATE TABLE t (a int, b int AS (a + 1));", "INSERT INTO t VALUES (1);");
        silent(id, Mysql, "CREATE TABLE t (a int, b int AS (a + 1));", "INSERT INTO t VALUES (1, DEFAULT);");
    }
}

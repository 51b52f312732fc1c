use sluice_schema::RelationKind;
use sluice_sql::Dialect;
use sluice_sql::model::{Ident, NameClass, ObjectName, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is changed that does not exist.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP COLUMN nota;
    /// ```
    /// ```sql
    /// INSERT INTO orders (id, nota) VALUES (1, 'x');
    /// ```
    /// ```sql
    /// UPDATE orders SET nota = 'x' WHERE id = 1;
    /// ```
    /// ```sql
    /// ALTER TABLE orders RENAME COLUMN nota TO memo;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN memo varchar(20);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42703 undefined_column; MySQL manual, error 1054.
    MissingColumn, "correctness/missing-column", Engines::ALL, Error, Recommended
}

/// Columns that rows are written to. They mostly come in the order of the table, which a dump of a million rows is quick to say.
fn named<'i>(
    cx: &Context<'_>,
    table: &ObjectName,
    columns: impl Iterator<Item = &'i Ident>,
    out: &mut Sink<'_>,
) {
    let Some(relation) = cx.relation(table).filter(|it| it.columns_known && it.kind == RelationKind::Table)
    else {
        return;
    };
    let mut order = relation.columns.iter();
    for name in columns {
        let key = name.key(cx.dialect(), NameClass::Other);
        if order.next().is_some_and(|column| column.name == *key) || relation.column(&key).is_some() {
            continue;
        }
        // Columns that no definition has: the number of a row, the period of a version.
        let hidden: &[&str] = match cx.dialect() {
            Dialect::Sqlite => &["rowid", "oid", "_rowid_"],
            Dialect::Mariadb => &["row_start", "row_end"],
            _ => &[],
        };
        if !hidden.contains(&&*key) {
            out.report(name.span, format!("`{}` has no column `{}`", cx.display(table), name.text))
                .help("correct the name, or add the column first");
        }
    }
}

impl Rule for MissingColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let alter = match &cx.parsed.statement {
            Statement::AlterTable(alter) => alter,
            Statement::Insert(insert) => return named(cx, &insert.table.name, insert.columns.iter(), out),
            // Of several tables it is not said whose columns they are.
            Statement::Update(update) if !update.joined => {
                let [table] = update.tables.as_slice() else { return };
                let columns = update.assignments.iter().map(|it| &it.column.name);
                return named(cx, &table.name, columns, out);
            }
            _ => return,
        };
        let table = cx.display(&alter.name);

        let Some(relation) = cx.relation(&alter.name).filter(|it| it.columns_known && it.is_table()) else {
            return;
        };
        let mut added: Vec<String> = Vec::new();
        for action in &alter.actions {
            let name = match &action.kind {
                TableAction::AddColumn { column, .. } => {
                    added.push(column.name.key(cx.dialect(), NameClass::Other).into_owned());
                    continue;
                }
                TableAction::RenameColumn { from, to } => {
                    added.push(to.key(cx.dialect(), NameClass::Other).into_owned());
                    from
                }
                TableAction::DropColumn { name, if_exists, .. } if !if_exists.is_written() => name,
                TableAction::AlterColumn { name, if_exists: None, .. } => name,
                TableAction::ModifyColumn { column, if_exists: None, .. } => &column.name,
                TableAction::ChangeColumn { from, if_exists: None, .. } => from,
                _ => continue,
            };
            let key = name.key(cx.dialect(), NameClass::Other).into_owned();
            if relation.column(&key).is_none() && !added.contains(&key) {
                out.report(name.span, format!("`{table}` has no column `{}`", name.text))
                    .help("correct the name, or add the column first");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::{Mariadb, Mysql, Postgres, Sqlite};

    use crate::rules::data_loss::tests::{fires, silent};

    #[test]
    fn rows_are_written_to_columns_that_are_there() {
        let (id, t) = ("correctness/missing-column", "CREATE TABLE t (a int, b int);");
        for dialect in [Postgres, Mysql, Mariadb, Sqlite] {
            fires(id, dialect, t, "INSERT INTO t (a, nosuch) VALUES (1, 2);");
            fires(id, dialect, t, "UPDATE t SET nosuch = 1 WHERE a = 1;");
            silent(id, dialect, t, "INSERT INTO t (b, a) VALUES (1, 2);");
            silent(id, dialect, t, "INSERT INTO t (B) SELECT a FROM t;");
            silent(id, dialect, t, "UPDATE t SET B = a WHERE a = 1;");
            silent(id, dialect, "", "UPDATE unknown SET nosuch = 1 WHERE a = 1;");
        }
        silent(id, Sqlite, t, "INSERT INTO t (rowid, a) VALUES (1, 2);");
        silent(id, Postgres, t, "UPDATE t SET nosuch = 1 FROM u WHERE t.a = u.a;");
    }
}

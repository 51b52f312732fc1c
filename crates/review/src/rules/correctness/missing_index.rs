use sluice_sql::model::{AlterTable, NameClass, Statement, TableAction, TableConstraintKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is dropped that does not exist.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql postgres
    /// DROP INDEX orders_nota;
    /// ```
    /// ```sql mysql
    /// DROP INDEX orders_nota ON orders;
    /// ```
    /// ```sql mariadb
    /// DROP INDEX orders_nota ON orders;
    /// ```
    /// ```sql sqlite
    /// DROP INDEX orders_nota;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql postgres
    /// DROP INDEX CONCURRENTLY orders_note;
    /// ```
    /// ```sql sqlite
    /// DROP INDEX orders_note;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42704 undefined_object; MySQL manual, error 1091.
    MissingIndex, "correctness/missing-index", Engines::ALL, Error, Recommended
}

impl Rule for MissingIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if let Statement::AlterTable(alter) = &cx.parsed.statement {
            return of_table(cx, alter, out);
        }
        let Statement::DropIndex(drop) = &cx.parsed.statement else { return };
        if !cx.schema.complete || drop.if_exists.is_written() {
            return;
        }
        if drop.table.as_ref().is_some_and(|table| cx.relation(table).is_none()) {
            return;
        }
        for name in &drop.names {
            let elsewhere = name.schema().is_some_and(|schema| schema.text != cx.schema.home());
            let primary = name.name.text.eq_ignore_ascii_case("primary");
            if !elsewhere && !primary && cx.schema.index(name, drop.table.as_ref()).is_none() {
                out.report(name.span, format!("there is no index `{}`", name.name.text))
                    .help("correct the name, or write IF EXISTS");
            }
        }
    }
}

/// `DROP INDEX` of an `ALTER TABLE` (MySQL, MariaDB), and an index that is to become a constraint's (PostgreSQL).
fn of_table(cx: &Context<'_>, alter: &AlterTable, out: &mut Sink<'_>) {
    let Some(relation) = cx.relation(&alter.name).filter(|it| it.columns_known && it.is_table()) else {
        return;
    };
    if !cx.schema.complete {
        return;
    }
    for action in &alter.actions {
        let (name, help) = match &action.kind {
            TableAction::DropIndex { name, if_exists: None } => {
                (name, "correct the name, or write IF EXISTS")
            }
            TableAction::AddConstraint(constraint) => match &constraint.kind {
                TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => {
                    match &key.using_index {
                        Some(name) => (name, "correct the name, or build the index in a change before"),
                        None => continue,
                    }
                }
                _ => continue,
            },
            _ => continue,
        };
        let key = name.key(cx.dialect(), NameClass::Other);
        let primary = key.eq_ignore_ascii_case("primary");
        if !primary && relation.index(&key).is_none() {
            let message = format!("`{}` has no index `{}`", cx.display(&alter.name), name.text);
            out.report(name.span, message).help(help);
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::{Mariadb, Mysql, Postgres};

    use crate::rules::data_loss::tests::{fires, silent};

    #[test]
    fn indexes_that_an_alteration_names_must_be_there() {
        let (id, t) = ("correctness/missing-index", "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL);");
        let keyed = "CREATE TABLE t (a int PRIMARY KEY, b int, KEY kb (b));";
        for dialect in [Mysql, Mariadb] {
            fires(id, dialect, t, "ALTER TABLE t DROP INDEX nosuch;");
            silent(id, dialect, keyed, "ALTER TABLE t DROP INDEX KB;");
            silent(id, dialect, t, "ALTER TABLE t DROP INDEX `PRIMARY`;");
        }
        silent(id, Mariadb, t, "ALTER TABLE t DROP INDEX IF EXISTS nosuch;");
        fires(id, Postgres, t, "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX nosuch;");
        let index = format!("{t} CREATE UNIQUE INDEX tb ON t (b);");
        silent(id, Postgres, &index, "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX tb;");
    }
}

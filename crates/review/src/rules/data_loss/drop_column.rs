use sluice_sql::ObjectKind;
use sluice_sql::model::{NameClass, ObjectName, Statement, StatementKind, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column that is in use is dropped.
    ///
    /// ## Why
    /// Its values are gone, and no later change brings them back. Programs that still name it fail. Say `phase=contract` once nothing
    /// uses it any more.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP COLUMN note;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN memo varchar(20);
    /// ALTER TABLE orders DROP COLUMN memo;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, DROP COLUMN; MySQL manual, ALTER TABLE Statement; SQLite documentation, ALTER TABLE
    /// DROP COLUMN.
    DropColumn, "data-loss/drop-column", Engines::ALL, Error, Recommended
}

impl Rule for DropColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if let Statement::Drop(drop) = &cx.parsed.statement
            && drop.kind == ObjectKind::Table
            && !cx.change.contract
        {
            drop.names.iter().for_each(|name| left_behind(cx, name, out));
        }
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        if cx.change.contract || cx.is_new(&alter.name) {
            return;
        }
        for action in &alter.actions {
            let TableAction::DropColumn { name, .. } = &action.kind else { continue };
            let column = super::column(cx, &alter.name, name);
            // What is generated can be generated again.
            let harmless = column.is_some_and(|it| it.generated.is_some() || cx.made_here(it.origin));
            let known = cx.relation(&alter.name).is_some_and(|relation| relation.columns_known);
            if harmless || (known && column.is_none()) {
                continue;
            }
            let table = cx.display(&alter.name);
            out.report(
                action.span,
                format!("dropping column `{}` of `{table}` loses its values for good", name.text),
            )
            .help("stop using the column first, and drop it in a change with phase=contract");
        }
    }
}

/// Columns of a table that is dropped which the one that takes its place has not, and that nothing copied to it.
fn left_behind(cx: &Context<'_>, name: &ObjectName, out: &mut Sink<'_>) {
    let Some((old, new)) = super::rebuilt(cx, name) else { return };
    let mut lost: Vec<&str> = old
        .columns
        .iter()
        .filter(|column| column.generated.is_none() && new.column(&column.name).is_none())
        .map(|column| column.name.as_str())
        .collect();
    if lost.is_empty() {
        return;
    }
    // What was copied under another name is there.
    let writes = cx.before.iter().rev().take(100).filter(|seen| seen.kind == StatementKind::Rows);
    for seen in writes.filter(|seen| seen.subject.as_ref() == Some(&new.name)) {
        let Statement::Insert(insert) = sluice_sql::parse(cx.dialect(), cx.text(), seen.span).statement
        else {
            continue;
        };
        let columns =
            insert.facts.columns.iter().map(|it| it.name.key(cx.dialect(), NameClass::Other).into_owned());
        let copied: Vec<String> = columns.collect();
        lost.retain(|column| insert.facts.stars.is_empty() && !copied.iter().any(|it| it == column));
    }
    if !lost.is_empty() {
        let columns = lost.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
        let message =
            format!("`{}` comes back without {columns}, whose values are lost for good", cx.display(name));
        out.report(name.span, message)
            .help("copy them, too, or stop using them first and do this in a change with phase=contract");
    }
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::Sqlite;

    use crate::rules::data_loss::tests::{said, silent};

    const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, email text, name text);
        CREATE INDEX by_email ON users (email); CREATE TRIGGER tg AFTER INSERT ON users BEGIN SELECT 1; END;";

    fn rebuild(columns: &str, copy: &str, then: &str) -> String {
        format!(
            "CREATE TABLE users_new ({columns}); INSERT INTO users_new {copy} FROM users; DROP TABLE users;
             ALTER TABLE users_new RENAME TO users; {then}"
        )
    }

    #[test]
    fn a_table_that_comes_back_with_less_is_told() {
        let less = rebuild("id integer PRIMARY KEY, email text", "SELECT id, email", "");
        let found = said("data-loss/drop-column", Sqlite, USERS, &less);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("without `name`,"), "{}", found[0].message);
        let found = said("correctness/rebuild-forgets", Sqlite, USERS, &less);
        assert!(found[0].message.ends_with("the index `by_email`, the trigger `tg`"), "{}", found[0].message);
    }

    #[test]
    fn a_table_that_comes_back_whole_is_let_pass() {
        let whole = rebuild(
            "id integer PRIMARY KEY, email text, full_name text",
            "SELECT id, email, name",
            "CREATE INDEX by_email ON users (email); CREATE TRIGGER tg AFTER INSERT ON users BEGIN SELECT 1; END;",
        );
        silent("data-loss/drop-column", Sqlite, USERS, &whole);
        silent("correctness/rebuild-forgets", Sqlite, USERS, &whole);
        let stars = rebuild("id integer PRIMARY KEY, email text, full_name text", "SELECT *", "");
        silent("data-loss/drop-column", Sqlite, USERS, &stars);
    }
}

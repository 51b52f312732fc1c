use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::{Ident, ObjectName, Statement, TableAction};

rule! {
    /// A column that is in use is renamed.
    ///
    /// ## Why
    /// The programs that run while the change is deployed name the old column and fail; there is no moment at which both names work.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders RENAME COLUMN note TO memo;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY, note varchar(20));
    /// ALTER TABLE drafts RENAME COLUMN note TO memo;
    /// ```
    ///
    /// ## Source
    /// Measured: queries that name the column are refused. PostgreSQL manual, ALTER TABLE, RENAME; SQLite documentation, ALTER
    /// TABLE RENAME COLUMN.
    RenameColumn, "compatibility/rename-column", Engines::ALL, Error, Recommended
}

/// Whether the new name is that of a column which this change dropped: programs know that one.
fn takes_its_place(cx: &Context<'_>, table: &ObjectName, to: &Ident) -> bool {
    let table = cx.schema.relation_name(table);
    let seen = cx.before.iter().rev().take(100);
    seen.filter(|seen| seen.is_alteration && seen.subject.as_ref() == Some(&table)).any(|seen| {
        match sluice_sql::parse(cx.dialect(), cx.text(), seen.span).statement {
            Statement::AlterTable(alter) => alter.actions.iter().any(|action| {
                matches!(&action.kind, TableAction::DropColumn { name, .. } if name.same(to, cx.dialect()))
            }),
            _ => false,
        }
    })
}

impl Rule for RenameColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for renaming in cx.parsed.statement.renames() {
            let is_table = cx.relation(renaming.of).is_none_or(|it| it.is_table());
            if renaming.kind != ObjectKind::Column || !is_table || cx.is_new(renaming.of) {
                continue;
            }
            let column = super::column(cx, renaming.of, renaming.from);
            if column.is_some_and(|column| cx.made_here(column.origin))
                || renaming.from.same(renaming.to, cx.dialect())
            {
                continue;
            }
            if cx.change.contract && takes_its_place(cx, renaming.of, renaming.to) {
                continue;
            }
            let (table, from, to) = (cx.display(renaming.of), &renaming.from.text, &renaming.to.text);
            out.report(
                renaming.from.span,
                format!("programs that name `{from}` of `{table}` fail once it is `{to}`"),
            )
            .help("add a column of the new name, write both, copy, and drop the old one in a later change");
        }
    }
}

use sluice_sql::model::{Statement, TableAction};

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

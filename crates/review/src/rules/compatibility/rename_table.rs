use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::{Ident, NameClass, Statement, TableAction};

rule! {
    /// A table that is in use is renamed.
    ///
    /// ## Why
    /// The programs that run while the change is deployed ask for the old name and fail. A view of the old name that is made in the same
    /// change keeps them going.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders RENAME TO purchases;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders RENAME TO purchases;
    /// CREATE VIEW orders AS SELECT * FROM purchases;
    /// ```
    ///
    /// ## Source
    /// Measured: queries of the old name are refused. PostgreSQL manual, ALTER TABLE, RENAME; MySQL manual, RENAME TABLE
    /// Statement.
    RenameTable, "compatibility/rename-table", Engines::ALL, Error, Recommended
}

impl Rule for RenameTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let key = |name: &Ident| name.key(cx.dialect(), NameClass::Relation).into_owned();
        if let Some(alter) = cx.altered().filter(|it| it.kind == ObjectKind::Table && !cx.change.contract) {
            for action in &alter.actions {
                let TableAction::SetSchema(to) = &action.kind else { continue };
                let table = cx.display(&alter.name);
                out.report(
                    action.span,
                    format!("programs that ask for `{table}` fail once it is in `{}`", to.text),
                )
                .help("create a view of the old name in the same change, and drop it later");
            }
        }
        let renamings = cx.parsed.statement.renames();
        for renaming in &renamings {
            let relation = cx.relation(renaming.of);
            let is_table = renaming.kind == ObjectKind::Table && relation.is_none_or(|it| it.is_table());
            let nothing_there = cx.schema.complete && relation.is_none();
            if !is_table || nothing_there || cx.is_new(renaming.of) || cx.change.contract {
                continue;
            }
            // Another table takes the name at once, or this one takes the name of another: tables are swapped.
            let swapped = renamings
                .iter()
                .any(|it| key(it.to) == key(renaming.from) || key(it.from) == key(renaming.to));
            let kept = swapped
                || cx.after.iter().any(|parsed| match &parsed.statement {
                    Statement::CreateView(view) => view.name.same_relation(renaming.of, cx.dialect()),
                    other => other.renames().iter().any(|it| key(it.to) == key(renaming.from)),
                });
            let (from, to) = (cx.display(renaming.of), &renaming.to.text);
            if !kept && from.to_string() != *to {
                out.report(
                    renaming.of.span,
                    format!("programs that ask for `{from}` fail once it is `{to}`"),
                )
                .help("create a view of the old name in the same change, and drop it later");
            }
        }
    }
}

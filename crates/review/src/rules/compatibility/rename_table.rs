use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::{NameClass, ObjectName, Statement};

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
    RenameTable, "compatibility/rename-table", Engines::ALL, Error, Recommended
}

impl Rule for RenameTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for renaming in cx.parsed.statement.renames() {
            let relation = cx.relation(renaming.of);
            let is_table = renaming.kind == ObjectKind::Table && relation.is_none_or(|it| it.is_table());
            if !is_table || cx.is_new(renaming.of) || cx.change.contract {
                continue;
            }
            let kept = cx.after.iter().any(|parsed| {
                let same = |name: &ObjectName| name.same_relation(renaming.of, cx.dialect());
                match &parsed.statement {
                    Statement::CreateView(view) => same(&view.name),
                    other => other.renames().iter().any(|it| {
                        it.to.key(cx.dialect(), NameClass::Relation)
                            == renaming.from.key(cx.dialect(), NameClass::Relation)
                    }),
                }
            });
            // A table that is built anew takes the name of the one that was dropped.
            let (from, to) = (cx.display(renaming.of), &renaming.to.text);
            if !kept && from != *to {
                out.report(
                    renaming.of.span,
                    format!("programs that ask for `{from}` fail once it is `{to}`"),
                )
                .help("create a view of the old name in the same change, and drop it later");
            }
        }
    }
}

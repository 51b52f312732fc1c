use sluice_sql::model::{ColumnChange, NameClass, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The type of a column is changed that a view reads.
    ///
    /// ## Why
    /// PostgreSQL refuses it: cannot alter type of a column used by a view or rule.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// CREATE VIEW notes AS SELECT note FROM orders;
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN note TYPE text;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// CREATE VIEW ids AS SELECT id FROM orders;
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN note TYPE text;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18: `cannot alter type of a column used by a view or rule`.
    TypeUsedByView, "correctness/type-used-by-view", Engines::POSTGRES, Error, Recommended
}

impl Rule for TypeUsedByView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        let table = cx.schema.relation_name(&alter.name);
        for action in &alter.actions {
            let TableAction::AlterColumn { name, change, .. } = &action.kind else { continue };
            if !matches!(**change, ColumnChange::Type { .. }) {
                continue;
            }
            let key = name.key(cx.dialect(), NameClass::Other);
            let user = cx.schema.views_of(&table).find(|view| {
                view.uses
                    .iter()
                    .any(|used| used.relation == table && used.columns.iter().any(|one| *one == *key))
            });
            if let Some(view) = user {
                let message = format!(
                    "the type of `{}` of `{table}` cannot change: view `{}` reads it",
                    name.text, view.name
                );
                out.report(action.span, message)
                    .help("drop the view first, and create it again in the same transaction");
            }
        }
    }
}

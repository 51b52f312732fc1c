use crate::rules::locks::alteration::Alteration;
use sluice_sql::model::{ColumnChange, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, WorkKind, rule};

rule! {
    /// The expression of a stored generated column changes, which writes the whole table anew.
    ///
    /// ## Why
    /// Every row gets a new value, under an `ACCESS EXCLUSIVE` lock: nobody reads or writes meanwhile. A virtual column (PostgreSQL 18)
    /// is only read again for the checks that use it.
    ///
    /// ## Bad
    /// ```sql postgres 17 before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, net bigint, gross bigint GENERATED ALWAYS AS (net * 2) STORED);
    /// ```
    /// ```sql postgres 17
    /// ALTER TABLE orders ALTER COLUMN gross SET EXPRESSION AS (net * 3);
    /// ```
    /// ```sql postgres 18 before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, net bigint, gross bigint GENERATED ALWAYS AS (net * 2) VIRTUAL, CHECK (gross > 0));
    /// ```
    /// ```sql postgres 18
    /// ALTER TABLE orders ALTER COLUMN gross SET EXPRESSION AS (net * 3);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres 18 before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, net bigint, gross bigint GENERATED ALWAYS AS (net * 2) VIRTUAL);
    /// ```
    /// ```sql postgres 18
    /// ALTER TABLE orders ALTER COLUMN gross SET EXPRESSION AS (net * 3);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, SET EXPRESSION; measured on 17 and 18.
    SetExpression, "locks/set-expression", Engines::POSTGRES, Error, Recommended
}

impl Rule for SetExpression {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        for action in &alteration.alter.actions {
            let TableAction::AlterColumn { change, .. } = &action.kind else { continue };
            if !matches!(**change, ColumnChange::SetExpression(_)) {
                continue;
            }
            let forecast = cx.forecast();
            let what = if forecast.does(WorkKind::Rewrite) {
                "rewritten"
            } else if forecast.does(WorkKind::Scan) {
                "read for its checks"
            } else {
                continue;
            };
            let message = format!(
                "`{}` is {what} under an ACCESS EXCLUSIVE lock: nobody reads or writes it meanwhile",
                alteration.table
            );
            out.report(action.span, message).help(
                "add a column with the new expression, or a plain one that is filled in batches, and switch to it",
            );
        }
    }
}

use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `DELETE` without `WHERE` deletes every row.
    ///
    /// ## Why
    /// A condition that was forgotten looks the same as one that was not wanted, and what is gone comes back only from a
    /// backup. `WHERE true` says that it is meant.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// DELETE FROM orders;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE status = 9;
    /// ```
    DeleteWithoutWhere, "rows/delete-without-where", Engines::ALL, Error, Recommended
}

impl Rule for DeleteWithoutWhere {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Delete(delete) = &cx.parsed.statement else { return };
        let Some(table) = delete.tables.first() else { return };
        if delete.filter.is_some() || delete.limit.is_some() || delete.joined || cx.is_new(&table.name) {
            return;
        }
        let name = cx.display(&table.name);
        out.report(cx.parsed.span, format!("this deletes every row of `{name}`"))
            .help("add a WHERE, or WHERE true if every row is meant");
    }
}

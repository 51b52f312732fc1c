use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `UPDATE` or `DELETE` with `LIMIT` has no order.
    ///
    /// ## Why
    /// Which rows are meant is left to chance: with statement-based replication a replica takes others, and a rehearsal shows
    /// others than the real run.
    ///
    /// ## Bad
    /// ```sql
    /// DELETE FROM orders WHERE status = 9 LIMIT 100;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// DELETE FROM orders WHERE status = 9 ORDER BY id LIMIT 100;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Replication and LIMIT.
    LimitWithoutOrder, "rows/limit-without-order", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for LimitWithoutOrder {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (limit, order_by) = match &cx.parsed.statement {
            Statement::Update(update) => (&update.limit, update.order_by),
            Statement::Delete(delete) => (&delete.limit, delete.order_by),
            _ => return,
        };
        if let Some(limit) = limit.as_ref().filter(|_| order_by.is_none()) {
            out.report(limit.span, "which rows these are is left to chance")
                .help("add ORDER BY with a unique key");
        }
    }
}

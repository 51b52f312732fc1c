use sluice_sql::model::Statement;

use crate::rules::security::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `DELETE` with a second table has no condition that joins them.
    ///
    /// ## Why
    /// Every row meets every row of the other table: if that holds a single row, all rows are deleted.
    ///
    /// ## Bad
    /// ```sql postgres
    /// DELETE FROM orders USING cancelled;
    /// ```
    /// ```sql mysql
    /// DELETE orders FROM orders, cancelled;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// DELETE FROM orders USING cancelled WHERE cancelled.id = orders.id;
    /// ```
    /// ```sql mysql
    /// DELETE orders FROM orders JOIN cancelled ON cancelled.id = orders.id;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DELETE, USING; MySQL manual, DELETE Statement, Multi-Table Deletes.
    DeleteJoinedWithoutWhere, "rows/delete-joined-without-where", Engines::SERVERS, Error, Recommended
}

impl Rule for DeleteJoinedWithoutWhere {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::run_now(cx) {
            let Statement::Delete(delete) = &one.statement else { continue };
            let Some(table) = delete.tables.first() else { continue };
            let joins = &delete.facts.joins;
            let conditional = !joins.is_empty() && joins.iter().all(|join| join.conditional);
            if !delete.joined || delete.filter.is_some() || conditional || cx.is_new(&table.name) {
                continue;
            }
            let name = cx.display(&table.name);
            out.report(one.span, format!("nothing joins the other table: every row of `{name}` is deleted"))
                .help("add the WHERE that joins the tables");
        }
    }
}

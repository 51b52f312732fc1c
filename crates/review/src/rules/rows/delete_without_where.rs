use sluice_sql::model::Statement;

use crate::rules::security::within;
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
    /// ```sql postgres
    /// DO $$ BEGIN DELETE FROM orders; END $$;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE status = 9;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DELETE; MySQL manual, Using Safe-Updates Mode.
    DeleteWithoutWhere, "rows/delete-without-where", Engines::ALL, Error, Recommended
}

impl Rule for DeleteWithoutWhere {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::run_now(cx) {
            let Statement::Delete(delete) = &one.statement else { continue };
            // `DELETE HISTORY` deletes no row and takes no WHERE.
            let Some(table) = delete.tables.first().filter(|_| delete.history.is_none()) else { continue };
            if delete.filter.is_some() || delete.limit.is_some() || delete.joined || cx.is_new(&table.name) {
                continue;
            }
            let name = cx.display(&table.name);
            out.report(one.span, format!("this deletes every row of `{name}`"))
                .help("add a WHERE, or WHERE true if every row is meant");
        }
    }
}

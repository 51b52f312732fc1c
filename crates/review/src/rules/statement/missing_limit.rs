use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A query has no `LIMIT`.
    ///
    /// ## Why
    /// How many rows it returns depends on the data: of tables that grow, more each day.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE id > 5;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id > 5 LIMIT 100;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, LIMIT and OFFSET; MySQL manual, LIMIT Query Optimization.
    MissingLimit, "statement/missing-limit", Engines::ALL, Warning, All
}

impl Rule for MissingLimit {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Query(query) = &cx.parsed.statement else { return };
        if query.has_from && query.limit.is_none() && !query.facts.reads.is_empty() {
            out.report(query.span, "how many rows this returns depends on the data").help("add a LIMIT");
        }
    }
}

use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A query reads whole tables.
    ///
    /// ## Why
    /// Without `WHERE` and `LIMIT` it reads every row, of tables that grow.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id > 5;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, The WHERE Clause; MySQL manual, Avoiding Full Table Scans.
    MissingWhereSelect, "statement/missing-where-select", Engines::ALL, Warning, All
}

impl Rule for MissingWhereSelect {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Query(query) = &cx.parsed.statement else { return };
        if query.has_from && query.filter.is_none() && query.limit.is_none() && !query.facts.reads.is_empty()
        {
            out.report(query.span, "this reads every row").help("add a WHERE or a LIMIT");
        }
    }
}

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A condition computes something from a column.
    ///
    /// ## Why
    /// An index over the column cannot be used: every row is read and computed.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE status + 1 = 3;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE status = 2;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Indexes on Expressions; MySQL manual, How MySQL Uses Indexes.
    ComputedFilter, "statement/computed-filter", Engines::ALL, Warning, All
}

impl Rule for ComputedFilter {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        for span in &facts.computed_filters {
            out.report(*span, "an index over the column does not help with this")
                .help("compare the column itself, or index the expression");
        }
    }
}

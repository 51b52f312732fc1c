use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A pattern begins with a wildcard.
    ///
    /// ## Why
    /// An index over the column cannot be used: every row is read.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE note LIKE '%gift';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE note LIKE 'gift%';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Index Types, B-Tree; MySQL manual, Comparison of B-Tree and Hash Indexes; SQLite documentation, The
    /// Query Optimizer Overview, The LIKE Optimization.
    LeadingWildcard, "statement/leading-wildcard", Engines::ALL, Warning, All
}

impl Rule for LeadingWildcard {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        for pattern in facts.patterns.iter().filter(|pattern| pattern.leading_wildcard) {
            out.report(pattern.span, "no ordinary index helps to find this: every row is read")
                .help("search by a beginning, or with a full-text or trigram index");
        }
    }
}

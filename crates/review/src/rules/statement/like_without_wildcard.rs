use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A pattern has no wildcard.
    ///
    /// ## Why
    /// It matches the same as `=` but is planned as a pattern, and often a wildcard was forgotten.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE note LIKE 'gift';
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE note = 'gift';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Pattern Matching, LIKE; MySQL manual, Pattern Matching.
    LikeWithoutWildcard, "statement/like-without-wildcard", Engines::ALL, Warning, All
}

impl Rule for LikeWithoutWildcard {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        for pattern in facts.patterns.iter().filter(|pattern| pattern.literal) {
            out.report(pattern.span, "this pattern has no wildcard").help("write =, or add the wildcard");
        }
    }
}

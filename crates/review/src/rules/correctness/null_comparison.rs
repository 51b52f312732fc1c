use crate::{Context, Engines, Meta, Reach, Rule, Sink, rule};

rule! {
    /// Something is compared with `NULL` by an operator.
    ///
    /// ## Why
    /// `x = NULL` is neither true nor false: the condition never holds, and neither does `x <> NULL`.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// UPDATE orders SET total = 1 WHERE note = NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// UPDATE orders SET total = 1 WHERE note IS NULL;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Comparison Functions and Operators; MySQL manual, Working with NULL Values.
    NullComparison, "correctness/null-comparison", Engines::ALL, Error, Recommended
}

impl Rule for NullComparison {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn reach(&self) -> Reach {
        Reach::Program
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        for span in &facts.null_comparisons {
            out.report(*span, "a comparison with NULL never holds").help("write IS NULL or IS NOT NULL");
        }
    }
}

use crate::{Context, Engines, Meta, Reach, Rule, Sink, rule};

rule! {
    /// `NOT IN` has a `NULL` in its list.
    ///
    /// ## Why
    /// One null in the list makes the condition false or unknown for every row: nothing is found.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE total NOT IN (1, NULL);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE total NOT IN (1, 2);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Row and Array Comparisons, NOT IN; MySQL manual, Comparison Functions and Operators.
    NotInNull, "correctness/not-in-null", Engines::ALL, Error, Recommended
}

impl Rule for NotInNull {
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
        for list in facts.in_lists.iter().filter(|list| list.negated && list.has_null) {
            out.report(list.span, "NOT IN with a NULL in the list never holds")
                .help("take the NULL out of the list");
        }
    }
}

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A list of `IN` is long.
    ///
    /// ## Why
    /// Each value is parsed and planned for; the statement's plan is kept for itself. A table of values is joined faster and
    /// read more easily.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM orders WHERE id IN (
    ///     1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
    ///     18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
    ///     35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id IN (1, 2);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Row and Array Comparisons; MySQL manual, Range Optimization, Equality Range Optimization of
    /// Many-Valued Comparisons.
    InListLength, "statement/in-list-length", Engines::ALL, Warning, All, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 50 },
        about: "Number of values that is let pass.",
    }]
}

impl Rule for InListLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        let max = cx.options.number("max");
        for list in &facts.in_lists {
            let values = u64::try_from(list.values).unwrap_or(u64::MAX);
            if values > max {
                out.report(list.span, format!("the list has {values} values: at most {max} are wanted"))
                    .help("join a table of the values");
            }
        }
    }
}

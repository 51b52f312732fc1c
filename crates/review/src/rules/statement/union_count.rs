use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A query has many `UNION`s.
    ///
    /// ## Why
    /// Each branch is planned and run for itself; a table of the cases is read once.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT 1 UNION ALL SELECT 2;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Combining Queries; MySQL manual, UNION Clause.
    UnionCount, "statement/union-count", Engines::ALL, Warning, All, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 5 },
        about: "Number of set operations that is let pass.",
    }]
}

impl Rule for UnionCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        let max = cx.options.number("max");
        let unions = u64::try_from(facts.set_operations).unwrap_or(u64::MAX);
        if unions > max {
            out.report(
                cx.parsed.span,
                format!("the statement has {unions} set operations: at most {max} are wanted"),
            )
            .help("write VALUES, or join a table of the cases");
        }
    }
}

use sluice_text::Span;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// Queries are nested deeply.
    ///
    /// ## Why
    /// Nobody reads three levels of queries at once; and what an outer query asks of an inner one is often not pushed down.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM a WHERE id IN (SELECT id FROM b WHERE id IN (SELECT id FROM c WHERE id IN (SELECT id FROM d WHERE id > 1)));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// WITH c2 AS (SELECT id FROM c WHERE id > 1), b2 AS (SELECT id FROM b WHERE id IN (SELECT id FROM c2))
    /// SELECT id FROM a WHERE id IN (SELECT id FROM b2);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, WITH Queries; MySQL manual, Optimizing Subqueries.
    SubqueryDepth, "statement/subquery-depth", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 2 },
            about: "Most levels of queries in queries.",
        },
    ]
}

impl Rule for SubqueryDepth {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if cx.parsed.statement.query_facts().is_none() {
            return;
        }
        let (depth, at) = sluice_sql::subquery_depth(cx.dialect(), cx.slice(cx.parsed.span));
        let max = cx.options.number("max");
        if u64::try_from(depth).is_ok_and(|depth| depth > max) {
            let start = cx.parsed.span.start;
            let span = Span::new(start + at.start, start + at.end);
            out.report(span, format!("this query is nested {depth} levels deep: at most {max} are wanted"))
                .help("name the inner queries in a WITH");
        }
    }
}

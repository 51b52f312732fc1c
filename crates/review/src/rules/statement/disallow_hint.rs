use sluice_text::Span;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Hints for the optimizer are not wanted.
    ///
    /// ## Why
    /// A hint fixes a plan for the data and the server of today. It stays when both have changed, and nobody sees that it harms.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SELECT /*+ SeqScan(orders) */ id FROM orders WHERE id = 1;
    /// ```
    /// ```sql mysql mariadb
    /// SELECT id FROM orders FORCE INDEX (orders_day) WHERE id = 1;
    /// ```
    /// ```sql sqlite
    /// SELECT id FROM orders INDEXED BY orders_day WHERE id = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Index Hints and Optimizer Hints; SQLite documentation, The INDEXED BY Clause; pg_hint_plan.
    DisallowHint, "statement/disallow-hint", Engines::ALL, Warning, All
}

impl Rule for DisallowHint {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if cx.parsed.statement.query_facts().is_none() {
            return;
        }
        let start = cx.parsed.span.start;
        for hint in sluice_sql::hints(cx.dialect(), cx.slice(cx.parsed.span)) {
            let span = Span::new(start + hint.start, start + hint.end);
            out.report(span, "this tells the optimizer what to do")
                .help("leave the hint out, and give it an index");
        }
    }
}

use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Materialized views are not wanted.
    ///
    /// ## Why
    /// Materialized views are as old as their last refresh, which reads everything anew. This rule is for projects that have
    /// decided to do without.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE MATERIALIZED VIEW v AS SELECT id FROM orders WHERE id > 5;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Materialized Views.
    DisallowMaterializedView, "statement/disallow-materialized-view", Engines::POSTGRES, Warning, All
}

impl Rule for DisallowMaterializedView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateView(view) = &cx.parsed.statement else { return };
        if view.materialized {
            let name = view.name.display(cx.dialect());
            out.report(view.name.span, format!("`{name}` is a materialized view"))
                .help("keep a table up to date");
        }
    }
}

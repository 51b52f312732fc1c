use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Views are not wanted.
    ///
    /// ## Why
    /// Views hide which tables a query reads, and keep their columns from being changed. This rule is for projects that have
    /// decided to do without.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE VIEW v AS SELECT id FROM orders WHERE id > 5;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Views; MySQL manual, Restrictions on Views.
    DisallowView, "statement/disallow-view", Engines::ALL, Warning, All
}

impl Rule for DisallowView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateView(view) = &cx.parsed.statement else { return };
        if !view.materialized {
            let name = view.name.display(cx.dialect());
            out.report(view.name.span, format!("`{name}` is a view")).help("query the tables");
        }
    }
}

use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// A materialized view is dropped with its rows.
    ///
    /// ## Why
    /// Its rows can be computed again, which may take long; until then its readers fail.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM orders;
    /// ```
    /// ```sql
    /// DROP MATERIALIZED VIEW totals;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM orders;
    /// DROP MATERIALIZED VIEW totals;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Materialized Views.
    DropMaterializedView, "data-loss/drop-materialized-view", Engines::POSTGRES, Info, Recommended
}

impl Rule for DropMaterializedView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::MaterializedView || cx.change.contract {
            return;
        }
        for name in drop.names.iter().filter(|name| !cx.is_new(name)) {
            out.report(
                name.span,
                format!("dropping `{}` loses rows that took time to compute", cx.display(name)),
            )
            .help("build the new view under another name and swap the names");
        }
    }
}

use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A materialized view is refreshed while nobody can read it.
    ///
    /// ## Why
    /// The refresh takes an `ACCESS EXCLUSIVE` lock until the query is done: readers of the view wait. `CONCURRENTLY` lets
    /// them read the old rows; it needs a unique index over columns of the view, without condition.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE sales (shop bigint, amount numeric);
    /// CREATE MATERIALIZED VIEW totals AS SELECT shop, sum(amount) AS total FROM sales GROUP BY shop;
    /// CREATE UNIQUE INDEX totals_shop ON totals (shop);
    /// ```
    /// ```sql postgres
    /// REFRESH MATERIALIZED VIEW totals;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE sales (shop bigint, amount numeric);
    /// CREATE MATERIALIZED VIEW totals AS SELECT shop, sum(amount) AS total FROM sales GROUP BY shop;
    /// CREATE UNIQUE INDEX totals_shop ON totals (shop);
    /// ```
    /// ```sql postgres
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY totals;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, REFRESH MATERIALIZED VIEW; measured on 14–18.
    RefreshMaterializedView, "locks/refresh-materialized-view", Engines::POSTGRES, Warning, Recommended
}

impl Rule for RefreshMaterializedView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::RefreshView(refresh) = &cx.parsed.statement else { return };
        if refresh.concurrently.is_written() || refresh.no_data || cx.is_new(&refresh.name) {
            return;
        }
        let has_key = cx.relation(&refresh.name).is_some_and(|view| {
            view.indexes.iter().any(|index| index.unique && index.filter.is_none() && !index.has_expression())
        });
        let message = format!(
            "refreshing takes an ACCESS EXCLUSIVE lock on `{}`: nobody reads it until the query is done",
            cx.display(&refresh.name)
        );
        let help = if has_key {
            "refresh it CONCURRENTLY"
        } else {
            "give the view a unique index and refresh it CONCURRENTLY"
        };
        let fix = has_key.then(|| {
            let edit = Edit::insert(refresh.concurrently.span.start, " CONCURRENTLY");
            Fix::edits("refresh the view concurrently", vec![edit])
        });
        out.report(cx.parsed.span, message).help(help).fix(fix);
    }
}

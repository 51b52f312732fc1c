use sluice_sql::model::Statement;
use sluice_text::Fix;

use crate::rules::locks::alteration::without;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `CREATE INDEX CONCURRENTLY IF NOT EXISTS` keeps an invalid index that a failed build left.
    ///
    /// ## Why
    /// A concurrent build that fails leaves an index that is invalid: it is kept up to date and never used, and a unique
    /// one of them still refuses rows. `IF NOT EXISTS` only looks at the name, so that running the statement again succeeds
    /// and nothing is built. Sluice looks at validity when it resumes, and cleans up.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_customer_id ON orders (customer_id);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// CREATE INDEX CONCURRENTLY orders_customer_id ON orders (customer_id);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE INDEX, Building Indexes Concurrently.
    InvalidIndexKept, "locks/invalid-index-kept", Engines::POSTGRES, Warning, Recommended
}

impl Rule for InvalidIndexKept {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateIndex(create) = &cx.parsed.statement else { return };
        if !create.concurrently.is_written() || !create.if_not_exists.is_written() || cx.is_new(&create.table)
        {
            return;
        }
        let message = format!(
            "IF NOT EXISTS keeps an index on `{}` that an earlier build left invalid, and reports success",
            cx.display(&create.table)
        );
        out.report(create.if_not_exists.span, message)
            .help("leave out IF NOT EXISTS, so that an invalid index is noticed")
            .fix(Fix::edits("leave out IF NOT EXISTS", vec![without(cx, create.if_not_exists.span)]));
    }
}

use sluice_sql::UnitKind;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A statement cannot run in a transaction.
    ///
    /// ## Why
    /// It commits by itself: what fails half-way stays, and what stands before and after it is not undone together with it. Sluice
    /// notes how far it came and goes on from there; readers should know all the same.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE INDEX CONCURRENTLY orders_note ON orders (note);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN note text;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE INDEX, Building Indexes Concurrently; ALTER TYPE; VACUUM.
    NotTransactional, "transactions/not-transactional", Engines::POSTGRES, Info, All
}

impl Rule for NotTransactional {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let alone = cx.placement.is_some_and(|placement| placement.kind != UnitKind::Transaction);
        if alone && !cx.change.separate {
            out.report(cx.parsed.span, "this runs alone, outside of a transaction")
                .help("put it into a change of its own");
        }
    }
}

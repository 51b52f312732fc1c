use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is built concurrently on a server that may build it with rows missing.
    ///
    /// ## Why
    /// PostgreSQL 14.0 to 14.3 may leave rows out of an index that `CREATE INDEX CONCURRENTLY` or `REINDEX CONCURRENTLY` builds while
    /// others write. It is told of where the exact version of the server is given.
    ///
    /// ## Bad
    /// ```sql postgres 14.2
    /// CREATE INDEX CONCURRENTLY orders_note ON orders (note);
    /// ```
    /// ```sql postgres 14.3
    /// REINDEX TABLE CONCURRENTLY orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres 14.4
    /// CREATE INDEX CONCURRENTLY orders_note ON orders (note);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL 14.4 release notes.
    ConcurrentIndexCorruption, "correctness/concurrent-index-corruption", Engines::POSTGRES, Error, Recommended
}

impl Rule for ConcurrentIndexCorruption {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let concurrently = match &cx.parsed.statement {
            Statement::CreateIndex(create) => create.concurrently,
            Statement::Maintenance(maintenance) => maintenance.concurrently,
            _ => return,
        };
        let is_broken = cx.version.major == 14 && (1..=3).contains(&cx.version.minor);
        if is_broken && concurrently.is_written() {
            let message = format!("PostgreSQL {} may build this index with rows missing", cx.version);
            out.report(concurrently.span, message).help("update the server to 14.4 or later first");
        }
    }
}

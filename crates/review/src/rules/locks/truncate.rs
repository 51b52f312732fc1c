use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table that is in use is truncated, which takes the strongest lock.
    ///
    /// ## Why
    /// The statement takes an `ACCESS EXCLUSIVE` lock on the table: it waits for all who use the table, all others wait
    /// behind it, and nobody reads or writes until the transaction ends.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// TRUNCATE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// CREATE TABLE scratch (id bigint PRIMARY KEY);
    /// TRUNCATE scratch;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, TRUNCATE.
    Truncate, "locks/truncate", Engines::POSTGRES, Warning, Strict
}

impl Rule for Truncate {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["data-loss/truncate"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Truncate(truncate) = &cx.parsed.statement else { return };
        for table in truncate.tables.iter().filter(|table| !cx.is_new(&table.name)) {
            let message = format!(
                "truncating takes an ACCESS EXCLUSIVE lock on `{}`: nobody reads or writes it until the transaction ends",
                cx.display(&table.name)
            );
            out.report(table.name.span, message)
                .help("delete the rows in batches, or do this in a change of its own");
        }
    }
}

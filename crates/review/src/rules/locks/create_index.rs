use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use crate::rules::locks::alteration::is_bracketed;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is built with `CREATE INDEX` on a table that is in use.
    ///
    /// ## Why
    /// The build takes a `SHARE` lock: nobody writes to the table until the index is there. `CONCURRENTLY` takes a lock that lets
    /// reads and writes go on; it cannot run in a transaction, and Sluice runs it alone.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// ```
    /// ```sql postgres
    /// CREATE INDEX orders_customer_id ON orders (customer_id);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// ```
    /// ```sql postgres
    /// CREATE INDEX CONCURRENTLY orders_customer_id ON orders (customer_id);
    /// ```
    /// ```sql postgres
    /// CREATE TABLE parcels (id bigint PRIMARY KEY, order_id bigint);
    /// CREATE INDEX parcels_order_id ON parcels (order_id);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE INDEX, Building Indexes Concurrently; measured on 14–18.
    CreateIndex, "locks/create-index", Engines::POSTGRES, Error, Recommended
}

impl Rule for CreateIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateIndex(create) = &cx.parsed.statement else { return };
        let relation = cx.relation(&create.table);
        let online = create.concurrently.is_written() || create.only.is_written();
        // Nothing is built concurrently on the whole of a partitioned table; another rule has the way to do it.
        if online || cx.is_new(&create.table) || relation.is_some_and(|it| it.is_partitioned()) {
            return;
        }
        let table = cx.display(&create.table);
        let message = format!(
            "building this index takes a SHARE lock on `{table}`: nobody writes to it until it is built"
        );
        let fix = (!is_bracketed(cx)).then(|| {
            let edit = Edit::insert(create.concurrently.span.start, " CONCURRENTLY");
            Fix::edits("build the index concurrently", vec![edit])
        });
        out.report(create.index.span, message).help("build it with CREATE INDEX CONCURRENTLY").fix(fix);
    }
}

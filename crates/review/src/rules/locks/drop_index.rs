use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use crate::rules::locks::alteration::is_bracketed;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is dropped with `DROP INDEX` from a table that is in use.
    ///
    /// ## Why
    /// The statement takes an `ACCESS EXCLUSIVE` lock on the table: it waits for every running transaction that uses the
    /// table, and all others wait behind it. `CONCURRENTLY` waits without blocking reads and writes; it cannot run in a
    /// transaction, and Sluice runs it alone.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE INDEX orders_customer_id ON orders (customer_id);
    /// ```
    /// ```sql postgres
    /// DROP INDEX orders_customer_id;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE INDEX orders_customer_id ON orders (customer_id);
    /// ```
    /// ```sql postgres
    /// DROP INDEX CONCURRENTLY orders_customer_id;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP INDEX; measured on 14–18.
    DropIndex, "locks/drop-index", Engines::POSTGRES, Warning, Recommended
}

impl Rule for DropIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::DropIndex(drop) = &cx.parsed.statement else { return };
        if drop.concurrently.is_written() {
            return;
        }
        let found: Vec<_> = drop.names.iter().map(|name| cx.schema.index(name, None)).collect();
        let is_harmless = |found: &Option<(&sluice_schema::Relation, &sluice_schema::Index)>| {
            found.is_some_and(|(table, index)| {
                // Of a partitioned table nothing is dropped concurrently; that of a constraint is not dropped at all.
                cx.made_here(table.origin)
                    || cx.made_here(index.origin)
                    || table.temporary
                    || table.is_partitioned()
                    || index.constraint.is_some()
            })
        };
        if found.iter().all(is_harmless) {
            return;
        }
        let table = found
            .iter()
            .flatten()
            .next()
            .map_or_else(|| "the index's table".to_owned(), |(table, _)| format!("`{}`", table.name));
        let message =
            format!("dropping this index takes an ACCESS EXCLUSIVE lock on {table}: reads and writes wait");
        let single = drop.names.len() == 1 && drop.cascade.is_none() && !is_bracketed(cx);
        out.report(cx.parsed.span, message).help("drop it with DROP INDEX CONCURRENTLY").fix(single.then(
            || {
                let edit = Edit::insert(drop.concurrently.span.start, " CONCURRENTLY");
                Fix::edits("drop the index concurrently", vec![edit])
            },
        ));
    }
}

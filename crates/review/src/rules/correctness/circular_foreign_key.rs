use sluice_schema::{Name, Schema};
use std::collections::BTreeSet;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Foreign keys of several tables make a circle.
    ///
    /// ## Why
    /// No table of a circle can be filled, emptied or dropped before the others: the first row needs a null or a deferred constraint,
    /// and dumps and copies need tricks to be loaded.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY, last_order bigint);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    /// ```sql postgres
    /// ALTER TABLE customers ADD CONSTRAINT last FOREIGN KEY (last_order) REFERENCES orders (id) NOT VALID;
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE customers ADD CONSTRAINT last FOREIGN KEY (last_order) REFERENCES orders (id);
    /// ```
    /// ```sql sqlite
    /// ALTER TABLE customers ADD COLUMN first_order bigint REFERENCES orders (id);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, pg_dump, --disable-triggers; Vitess, schemadiff, which refuses circles.
    CircularForeignKey, "correctness/circular-foreign-key", Engines::ALL, Warning, Strict
}

impl Rule for CircularForeignKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, key) in cx.parsed.statement.foreign_keys() {
            let from = cx.schema.relation_name(table);
            let to = cx.schema.relation_name(&key.table);
            // A table may refer to itself: a tree.
            if from == to || !leads(cx.schema, &to, &from) {
                continue;
            }
            let message =
                format!("`{to}` already refers to `{from}`, so that the foreign keys make a circle");
            out.report(key.span, message).help("put the reference of one side into a table of its own");
        }
    }
}

/// Whether foreign keys lead from one table to another.
fn leads(schema: &Schema, from: &Name, to: &Name) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(one) = next.pop() {
        if one == to {
            return true;
        }
        if seen.insert(one) {
            let keys = schema.relations.get(one).into_iter().flat_map(|relation| relation.foreign_keys());
            next.extend(keys.map(|(_, key)| &key.table));
        }
    }
    false
}

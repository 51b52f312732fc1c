use sluice_sql::model::ReferentialAction;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A foreign key deletes or changes other rows by itself.
    ///
    /// ## Why
    /// One DELETE may take millions of rows in other tables with it, in one transaction and without a trace.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint,
    ///   CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint,
    ///   CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Foreign Keys; MySQL manual, FOREIGN KEY Constraints, Referential Actions; SQLite documentation,
    /// Foreign Key Support.
    ForeignKeyCascade, "schema/foreign-key-cascade", Engines::ALL, Warning, All
}

impl Rule for ForeignKeyCascade {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, key) in cx.parsed.statement.foreign_keys() {
            if key.on_delete == Some(ReferentialAction::Cascade) {
                let (table, other) = (cx.display(table), cx.display(&key.table));
                out.report(key.span, format!("a DELETE of `{other}` takes rows of `{table}` with it"))
                    .help("delete rows yourself, in parts");
            }
        }
    }
}

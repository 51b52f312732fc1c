use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index has no name of its own.
    ///
    /// ## Why
    /// The server makes a name up that later changes must guess.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// CREATE INDEX ON orders (customer_id);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, KEY (customer_id));
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, KEY (customer_id));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);
    /// CREATE INDEX orders_customer_id_idx ON orders (customer_id);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE INDEX: the server picks a name; MySQL manual, CREATE INDEX Statement.
    IndexUnnamed, "naming/index-unnamed", Engines::SERVERS, Warning, Strict
}

impl Rule for IndexUnnamed {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, index) in cx.parsed.statement.index_defs() {
            if index.name.is_none() {
                let table = cx.display(table);
                out.report(index.span, format!("an index of `{table}` has no name of its own"))
                    .help("name it");
            }
        }
    }
}

use super::new_name::{Thing, check};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A foreign key is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^{{referencing_table}}_{{referencing_column_list}}_fkey$`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, CONSTRAINT buyer FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    ForeignKey, "naming/foreign-key", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^{{referencing_table}}_{{referencing_column_list}}_fkey$", placeholders: &["referencing_table", "referencing_column_list", "referenced_table"] },
            about: "Regular expression that names must match.",
        },
        OptionSpec {
            name: "max_length",
            kind: OptionKind::Number { default: 63 },
            about: "Longest name, in characters; 0 for any length.",
        },
    ]
}

impl Rule for ForeignKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::ForeignKey);
    }
}

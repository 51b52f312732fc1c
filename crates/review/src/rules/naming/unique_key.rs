use super::new_name::{Thing, check};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A unique key is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^{{table}}_{{column_list}}_key$`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, CONSTRAINT once UNIQUE (customer_id));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, CONSTRAINT orders_customer_id_key UNIQUE (customer_id));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    UniqueKey, "naming/unique-key", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^{{table}}_{{column_list}}_key$", placeholders: &["table", "column_list"] },
            about: "Regular expression that names must match.",
        },
        OptionSpec {
            name: "max_length",
            kind: OptionKind::Number { default: 63 },
            about: "Longest name, in characters; 0 for any length.",
        },
    ]
}

impl Rule for UniqueKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::UniqueKey);
    }
}

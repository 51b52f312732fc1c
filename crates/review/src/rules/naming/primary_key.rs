use super::new_name::{Thing, check};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A primary key is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^{{table}}_pkey$`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint, CONSTRAINT the_key PRIMARY KEY (id));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint, CONSTRAINT orders_pkey PRIMARY KEY (id));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    PrimaryKey, "naming/primary-key", Engines::TRANSACTIONAL, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^{{table}}_pkey$", placeholders: &["table", "column_list"] },
            about: "Regular expression that names must match.",
        },
        OptionSpec {
            name: "max_length",
            kind: OptionKind::Number { default: 63 },
            about: "Longest name, in characters; 0 for any length.",
        },
    ]
}

impl Rule for PrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::PrimaryKey);
    }
}

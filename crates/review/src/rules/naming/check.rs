use super::new_name::{Thing, check};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A check is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^{{table}}_.+_check$`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int, CONSTRAINT positive CHECK (total > 0));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int, CONSTRAINT orders_total_check CHECK (total > 0));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    Check, "naming/check", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^{{table}}_.+_check$", placeholders: &["table"] },
            about: "Regular expression that names must match.",
        },
        OptionSpec {
            name: "max_length",
            kind: OptionKind::Number { default: 63 },
            about: "Longest name, in characters; 0 for any length.",
        },
    ]
}

impl Rule for Check {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::Check);
    }
}

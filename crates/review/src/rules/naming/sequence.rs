use super::new_name::{Thing, check};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A sequence is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^[a-z][a-z0-9_]*_seq$`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE SEQUENCE order_numbers;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE SEQUENCE order_number_seq;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    Sequence, "naming/sequence", Engines::POSTGRES, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^[a-z][a-z0-9_]*_seq$", placeholders: &[] },
            about: "Regular expression that names must match.",
        },
        OptionSpec {
            name: "max_length",
            kind: OptionKind::Number { default: 63 },
            about: "Longest name, in characters; 0 for any length.",
        },
    ]
}

impl Rule for Sequence {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::Sequence);
    }
}

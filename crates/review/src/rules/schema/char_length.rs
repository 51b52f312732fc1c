use super::length;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A `char` is longer than allowed.
    ///
    /// ## Why
    /// `char` takes its whole length in each row.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note char(200));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(200));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Character Types; MySQL manual, The CHAR and VARCHAR Types.
    CharLength, "schema/char-length", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 20 },
            about: "Longest char, in characters.",
        },
    ]
}

impl Rule for CharLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        length::at_most(cx, out, &["char", "character"], "char", "use varchar");
    }
}

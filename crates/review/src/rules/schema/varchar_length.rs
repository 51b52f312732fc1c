use super::length;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A `varchar` is longer than allowed.
    ///
    /// ## Why
    /// Long columns take more memory in sorts and temporary tables, and may not be indexed whole.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(5000));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(200));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Character Types; MySQL manual, The CHAR and VARCHAR Types.
    VarcharLength, "schema/varchar-length", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 2560 },
            about: "Longest varchar, in characters.",
        },
    ]
}

impl Rule for VarcharLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        length::at_most(cx, out, &["varchar", "character varying"], "varchar", "make it shorter or use text");
    }
}

use super::new_name::{self, Thing, check};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An enum type is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^[a-z][a-z0-9_]*$`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TYPE "OrderState" AS ENUM ('open', 'paid');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TYPE order_state AS ENUM ('open', 'paid');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    EnumType, "naming/enum-type", Engines::POSTGRES, Warning, All,
    options: new_name::PLAIN
}

impl Rule for EnumType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::Type);
    }
}

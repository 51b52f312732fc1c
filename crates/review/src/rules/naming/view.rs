use super::new_name::{self, Thing, check};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A view is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^[a-z][a-z0-9_]*$`.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE VIEW "OpenOrders" AS SELECT 1 AS id;
    /// ```
    /// ```sql mysql
    /// CREATE VIEW OpenOrders AS SELECT 1 AS id;
    /// ```
    /// ```sql sqlite
    /// CREATE VIEW OpenOrders AS SELECT 1 AS id;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE VIEW open_orders AS SELECT 1 AS id;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    View, "naming/view", Engines::ALL, Warning, All,
    options: new_name::PLAIN
}

impl Rule for View {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::View);
    }
}

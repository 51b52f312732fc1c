use super::new_name::{self, Thing, check};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^[a-z][a-z0-9_]*$`.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE "Orders" (id bigint PRIMARY KEY);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE Orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql sqlite
    /// CREATE TABLE Orders (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    Table, "naming/table", Engines::ALL, Warning, All,
    options: new_name::PLAIN
}

impl Rule for Table {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::Table);
    }
}

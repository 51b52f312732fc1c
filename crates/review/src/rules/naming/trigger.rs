use super::new_name::{self, Thing, check};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A trigger is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^[a-z][a-z0-9_]*$`.
    ///
    /// ## Bad
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int);
    /// CREATE TRIGGER setTotal BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total int);
    /// CREATE TRIGGER set_total BEFORE INSERT ON orders FOR EACH ROW SET NEW.total = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    Trigger, "naming/trigger", Engines::ALL, Warning, All,
    options: new_name::PLAIN
}

impl Rule for Trigger {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::Trigger);
    }
}

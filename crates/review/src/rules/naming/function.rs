use super::new_name::{self, Thing, check};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A function is not called by the pattern that names of its kind follow.
    ///
    /// ## Why
    /// One form of names is easier to read, to search for and to guess; names in lower case need no quotes on any engine. The
    /// default takes `^[a-z][a-z0-9_]*$`.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE FUNCTION "addOne"(a int) RETURNS int LANGUAGE sql AS $$ SELECT a + 1 $$;
    /// ```
    /// ```sql mysql
    /// CREATE FUNCTION addOne(a int) RETURNS int DETERMINISTIC RETURN a + 1;
    /// ```
    /// ```sql mariadb
    /// CREATE FUNCTION addOne(a int) RETURNS int DETERMINISTIC RETURN a + 1;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE FUNCTION add_one(a int) RETURNS int LANGUAGE sql AS $$ SELECT a + 1 $$;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Identifiers and Key Words; MySQL manual, Schema Object Names.
    Function, "naming/function", Engines::SERVERS, Warning, All,
    options: new_name::PLAIN
}

impl Rule for Function {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        check(cx, out, Thing::Function);
    }
}

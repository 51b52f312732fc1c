use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is dropped that does not exist.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql postgres
    /// DROP INDEX orders_nota;
    /// ```
    /// ```sql mysql
    /// DROP INDEX orders_nota ON orders;
    /// ```
    /// ```sql mariadb
    /// DROP INDEX orders_nota ON orders;
    /// ```
    /// ```sql sqlite
    /// DROP INDEX orders_nota;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE INDEX orders_note ON orders (note);
    /// ```
    /// ```sql postgres
    /// DROP INDEX CONCURRENTLY orders_note;
    /// ```
    /// ```sql sqlite
    /// DROP INDEX orders_note;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42704 undefined_object; MySQL manual, error 1091.
    MissingIndex, "correctness/missing-index", Engines::ALL, Error, Recommended
}

impl Rule for MissingIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::DropIndex(drop) = &cx.parsed.statement else { return };
        if !cx.schema.complete || drop.if_exists.is_written() {
            return;
        }
        if drop.table.as_ref().is_some_and(|table| cx.relation(table).is_none()) {
            return;
        }
        for name in &drop.names {
            let elsewhere = name.schema().is_some_and(|schema| schema.text != cx.schema.home());
            let primary = name.name.text.eq_ignore_ascii_case("primary");
            if !elsewhere && !primary && cx.schema.index(name, drop.table.as_ref()).is_none() {
                out.report(name.span, format!("there is no index `{}`", name.name.text))
                    .help("correct the name, or write IF EXISTS");
            }
        }
    }
}

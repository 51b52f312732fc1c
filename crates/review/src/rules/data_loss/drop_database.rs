use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::model::Statement;
use sluice_sql::{Dialect, ObjectKind};

rule! {
    /// A database is dropped.
    ///
    /// ## Why
    /// Every table in it is gone with its rows. No change of a schema needs it.
    ///
    /// ## Bad
    /// ```sql postgres
    /// DROP DATABASE shop;
    /// ```
    /// ```sql mysql
    /// DROP DATABASE shop;
    /// ```
    /// ```sql mariadb
    /// DROP SCHEMA shop;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP DATABASE; MySQL manual, DROP DATABASE Statement.
    DropDatabase, "data-loss/drop-database", Engines::SERVERS, Error, Recommended
}

impl Rule for DropDatabase {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        let is_database = match drop.kind {
            ObjectKind::Database => true,
            // The same thing by another name.
            ObjectKind::Schema => cx.dialect() != Dialect::Postgres,
            _ => false,
        };
        if !is_database {
            return;
        }
        for name in &drop.names {
            out.report(name.span, format!("dropping database `{}` loses everything in it", name.name.text))
                .help("take this out of the change and drop databases by hand");
        }
    }
}

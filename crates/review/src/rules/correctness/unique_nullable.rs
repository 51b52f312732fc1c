use sluice_sql::model::ColumnAttributeKind;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A unique column may be null.
    ///
    /// ## Why
    /// Nulls are not equal to each other: any number of rows may have none.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE people (id integer PRIMARY KEY, email varchar(100) UNIQUE);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE people (id integer PRIMARY KEY, email varchar(100) NOT NULL UNIQUE);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Unique Constraints; MySQL manual, CREATE INDEX Statement, Unique Indexes; SQLite documentation,
    /// CREATE TABLE, UNIQUE constraints.
    UniqueNullable, "correctness/unique-nullable", Engines::ALL, Info, Strict
}

impl Rule for UniqueNullable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (_, column) in cx.parsed.statement.column_defs() {
            let Some(unique) = column.unique() else { continue };
            let distinct =
                !matches!(unique.kind, ColumnAttributeKind::Unique { nulls_not_distinct: true, .. });
            if distinct && column.not_null().is_none() && column.primary_key().is_none() {
                let message = format!("any number of rows may have no `{}`", column.name.text);
                out.report(unique.span, message).help("add NOT NULL where every row has one");
            }
        }
    }
}

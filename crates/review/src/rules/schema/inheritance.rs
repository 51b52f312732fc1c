use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table inherits from another one.
    ///
    /// ## Why
    /// Unique keys and foreign keys do not hold across the children, and queries of the parent read them all.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE things (id bigint PRIMARY KEY);
    /// CREATE TABLE cars (doors int) INHERITS (things);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE cars (id bigint PRIMARY KEY, doors int);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL wiki, Don't Do This, Table inheritance.
    Inheritance, "schema/inheritance", Engines::POSTGRES, Warning, Strict
}

impl Rule for Inheritance {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        if let Some(parent) = create.inherits.first() {
            let table = cx.display(&create.name);
            out.report(
                parent.span,
                format!("`{table}` inherits from another table, keys do not hold across both"),
            )
            .help("use a foreign key or partitions");
        }
    }
}

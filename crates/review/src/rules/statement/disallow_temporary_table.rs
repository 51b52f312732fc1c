use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Temporary tables are not wanted.
    ///
    /// ## Why
    /// Temporary tables are gone when a change is resumed in another session. This rule is for projects that have decided to
    /// do without.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TEMPORARY TABLE t (id integer);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE, Temporary Tables; MySQL manual, Replication and Temporary Tables.
    DisallowTemporaryTable, "statement/disallow-temporary-table", Engines::ALL, Warning, All
}

impl Rule for DisallowTemporaryTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(table) = &cx.parsed.statement else { return };
        if let Some(span) = table.temporary {
            let name = table.name.display(cx.dialect());
            out.report(span, format!("`{name}` is temporary")).help("write a common table expression");
        }
    }
}

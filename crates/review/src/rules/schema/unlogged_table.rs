use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is not written to the log.
    ///
    /// ## Why
    /// It is empty after a crash and is not on replicas.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE UNLOGGED TABLE sessions (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE sessions (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE.
    UnloggedTable, "schema/unlogged-table", Engines::POSTGRES, Warning, Strict
}

impl Rule for UnloggedTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        if let Some(span) = create.unlogged {
            let table = cx.display(&create.name);
            out.report(
                span,
                format!("`{table}` is unlogged: it is empty after a crash and is not on replicas"),
            )
            .help("leave UNLOGGED out unless its rows may be lost");
        }
    }
}

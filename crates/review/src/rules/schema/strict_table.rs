use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is not `STRICT`.
    ///
    /// ## Why
    /// SQLite keeps any value in any column otherwise: a text in an integer column is no error. `STRICT` needs SQLite 3.37.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id INTEGER PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id INTEGER PRIMARY KEY) STRICT;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, STRICT Tables.
    StrictTable, "schema/strict-table", Engines::SQLITE, Info, All
}

impl Rule for StrictTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        if create.query.is_none()
            && !create.options.iter().any(|option| matches!(option.kind, TableOptionKind::Strict))
        {
            let table = cx.display(&create.name);
            out.report(create.name.span, format!("`{table}` takes values of any type in any column"))
                .help("make it STRICT");
        }
    }
}

use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A key is `AUTOINCREMENT`.
    ///
    /// ## Why
    /// It costs a write to another table for each row; `INTEGER PRIMARY KEY` counts too and only reuses numbers of deleted
    /// rows at the end.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id INTEGER PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, Autoincrement.
    Autoincrement, "schema/autoincrement", Engines::SQLITE, Info, All
}

impl Rule for Autoincrement {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        for column in create.columns().filter(|column| column.auto_increment()) {
            let (table, name) = (cx.display(&create.name), &column.name.text);
            out.report(
                column.span,
                format!("`{name}` of `{table}` is AUTOINCREMENT, which costs a write for each row"),
            )
            .help("leave AUTOINCREMENT out unless numbers must never come again");
        }
    }
}

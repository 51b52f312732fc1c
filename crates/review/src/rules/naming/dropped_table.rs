use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table is dropped that is not called as tables are that may go.
    ///
    /// ## Why
    /// Renaming a table first shows for a while whether anybody misses it; dropping only what has such a name keeps slips from losing
    /// data.
    ///
    /// ## Bad
    /// ```sql
    /// DROP TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql pattern:_old
    /// CREATE TABLE orders_old (id bigint PRIMARY KEY);
    /// DROP TABLE orders_old;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, DROP TABLE Statement: "Be careful with this statement!"
    DroppedTable, "naming/dropped-table", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: "_(del|old|deleted)$", placeholders: &[] },
            about: "Regular expression that names of tables that are dropped must match.",
        },
    ]
}

impl Rule for DroppedTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::Table || drop.temporary.is_some() {
            return;
        }
        for name in drop.names.iter().filter(|name| !cx.is_new(name)) {
            if !cx.options.matches("pattern", &name.name.text, &[]) {
                let pattern = cx.options.text("pattern");
                let message = format!("`{}` is not called by the pattern `{pattern}`", cx.display(name));
                out.report(name.span, message)
                    .help("rename the table first, and drop it when nobody has missed it");
            }
        }
    }
}

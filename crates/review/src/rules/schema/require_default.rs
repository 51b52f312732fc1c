use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has no default.
    ///
    /// ## Why
    /// A default says what a row has that nobody said anything about, and lets programs leave the column out. Keys, generated columns
    /// and large types are left alone.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20) DEFAULT 'new');
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Default Values; MySQL manual, Data Type Default Values.
    RequireDefault, "schema/require-default", Engines::SERVERS, Warning, All
}

impl Rule for RequireDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            if super::fills_itself(cx, table, column) || column.default().is_some() {
                continue;
            }
            let (table, name) = (cx.display(table), &column.name.text);
            out.report(column.span, format!("`{name}` of `{table}` has no default"))
                .help("add a DEFAULT that means something");
        }
    }
}

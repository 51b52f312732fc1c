use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column must have a value and has no default.
    ///
    /// ## Why
    /// Without strict mode the server invents a value, `0` or `''`; with it, programs that do not name the column fail.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20) NOT NULL);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20) NOT NULL DEFAULT 'new');
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Data Type Default Values, Handling of Implicit Defaults.
    NotNullWithoutDefault, "schema/not-null-without-default", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for NotNullWithoutDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["schema/require-default"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let wanted = column.not_null().is_some() && column.default().is_none();
            if !wanted || super::fills_itself(cx, table, column) {
                continue;
            }
            let (table, name) = (cx.display(table), &column.name.text);
            out.report(column.span, format!("`{name}` of `{table}` must have a value and has no default"))
                .help("add a DEFAULT");
        }
    }
}

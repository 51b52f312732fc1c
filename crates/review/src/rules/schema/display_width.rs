use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An integer has a display width or `ZEROFILL`.
    ///
    /// ## Why
    /// `int(11)` does not limit anything; both are deprecated since MySQL 8.0.17. `tinyint(1)` is left alone: connectors read
    /// it as boolean.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, clicks int(11));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, clicks int);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Numeric Type Attributes.
    DisplayWidth, "schema/display-width", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for DisplayWidth {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.zerofill.is_some()
                || (matches!(data_type.family(cx.dialect()), TypeFamily::Integer)
                    && data_type.number(0).is_some_and(|width| width != 1 || data_type.name != "tinyint"))
            {
                let (table, name) = (cx.display(table), &name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` has a display width, which limits nothing"),
                )
                .help("leave the width out");
            }
        }
    }
}

use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A column that holds a moment is not called as moments are.
    ///
    /// ## Why
    /// A name such as `created_at` tells a moment from a day and from a duration.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, created timestamp NULL);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, created_at timestamp NULL);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Date/Time Types; MySQL manual, Date and Time Data Types.
    TimestampColumn, "naming/timestamp-column", Engines::ALL, Info, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"_at$", placeholders: &[] },
            about: "Regular expression that names of timestamp columns must match.",
        },
    ]
}

impl Rule for TimestampColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let name = column.name.folded(cx.dialect());
            let moment = column.data_type.as_ref().is_some_and(|data_type| {
                matches!(data_type.family(cx.dialect()), TypeFamily::Timestamp | TypeFamily::TimestampTz)
            });
            if moment && !cx.options.matches("pattern", &name, &[]) {
                let (table, pattern) = (cx.display(table), cx.options.text("pattern"));
                out.report(
                    column.name.span,
                    format!("the column `{name}` of `{table}` holds a moment and is not called by the pattern `{pattern}`"),
                )
                .help("choose a name that the pattern matches");
            }
        }
    }
}

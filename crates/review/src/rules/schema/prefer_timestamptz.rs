use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `timestamp` without time zone.
    ///
    /// ## Why
    /// It stores what a clock on a wall shows and not a moment: clients in other time zones read another moment, and an hour
    /// of each year is there twice.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, paid_at timestamp);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, paid_at timestamptz);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL wiki, Don't Do This, Date/Time storage.
    PreferTimestamptz, "schema/prefer-timestamptz", Engines::POSTGRES, Warning, Strict
}

impl Rule for PreferTimestamptz {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && data_type.name == "timestamp" {
                let (table, name) = (cx.display(table), &name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` holds clock times without a time zone"),
                )
                .help("use timestamptz")
                .fix(Fix::edits(
                    "use timestamptz",
                    vec![Edit::replace(
                        data_type.span,
                        data_type.number(0).map_or_else(
                            || "timestamptz".to_owned(),
                            |digits| format!("timestamptz({digits})"),
                        ),
                    )],
                ));
            }
        }
    }
}

use sluice_sql::model::Expr;
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
        for (table, column_name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && data_type.name == "timestamp" {
                let (table, name) = (cx.display(table), &column_name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` holds clock times without a time zone"),
                )
                .help("use timestamptz")
                .fix(
                    super::stands_alone(cx, column_name, |default| is_now(cx, default)).then(|| {
                        Fix::edits(
                            "use timestamptz",
                            vec![Edit::replace(
                                data_type.span,
                                data_type.number(0).map_or_else(
                                    || "timestamptz".to_owned(),
                                    |digits| format!("timestamptz({digits})"),
                                ),
                            )],
                        )
                    }),
                );
            }
        }
    }
}

/// Whether a default is the moment: any other one is another moment in another time zone.
fn is_now(cx: &Context<'_>, default: &Expr) -> bool {
    let text = cx.slice(default.span).to_ascii_lowercase();
    let now = [
        "now()",
        "current_timestamp",
        "clock_timestamp()",
        "statement_timestamp()",
        "transaction_timestamp()",
    ];
    now.contains(&text.as_str())
}

use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A floating point type has digits in parentheses.
    ///
    /// ## Why
    /// `float(m, d)` is deprecated since MySQL 8.0.17 and rounds in ways that surprise.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, weight float(7, 4));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, weight decimal(7, 4));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Floating-Point Types.
    FloatPrecision, "schema/float-precision", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for FloatPrecision {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if matches!(data_type.family(cx.dialect()), TypeFamily::Float) && data_type.number(0).is_some() {
                let (table, name) = (cx.display(table), &name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` is a floating point number with digits"),
                )
                .help("use decimal");
            }
        }
    }
}

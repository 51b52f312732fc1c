use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `money`.
    ///
    /// ## Why
    /// It has no currency, its fractions hang on the setting `lc_monetary`, and rounding is built in.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total money);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(12, 2));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL wiki, Don't Do This.
    MoneyType, "schema/money-type", Engines::POSTGRES, Warning, Strict
}

impl Rule for MoneyType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && data_type.name == "money" {
                let (table, name) = (cx.display(table), &name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` is money, whose meaning hangs on lc_monetary"),
                )
                .help("use numeric and a column for the currency");
            }
        }
    }
}

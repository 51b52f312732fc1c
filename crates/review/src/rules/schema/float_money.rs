use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A column that seems to hold money has a binary floating point type.
    ///
    /// ## Why
    /// 0.1 has no exact value in binary: sums of money go wrong by cents.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total_price double precision);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total_price numeric(12, 2));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Floating-Point Types; MySQL manual, Problems with Floating-Point Values.
    FloatMoney, "schema/float-money", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "words",
            kind: OptionKind::List { default: &["price", "amount", "cost", "balance", "salary", "fee"] },
            about: "Parts of names of columns that hold money, lower case.",
        },
    ]
}

impl Rule for FloatMoney {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if matches!(data_type.family(cx.dialect()), TypeFamily::Float)
                && cx
                    .options
                    .list("words")
                    .iter()
                    .any(|word| name.text.to_ascii_lowercase().contains(word.as_str()))
            {
                let (table, name) = (cx.display(table), &name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` seems to hold money and cannot hold cents exactly"),
                )
                .help("use numeric (decimal)");
            }
        }
    }
}

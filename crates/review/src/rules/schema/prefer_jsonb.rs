use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `json`.
    ///
    /// ## Why
    /// `json` keeps the text and parses it again for each query; it has no equality and no GIN index. `jsonb` has both.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, address json);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, address jsonb);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, JSON Types: most applications should prefer jsonb.
    PreferJsonb, "schema/prefer-jsonb", Engines::POSTGRES, Warning, Strict
}

impl Rule for PreferJsonb {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column_name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && data_type.name == "json" {
                let (table, name) = (cx.display(table), &column_name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` is json, which is parsed again by every query"),
                )
                .help("use jsonb")
                .fix(
                    super::stands_alone(cx, column_name, |default| default.literal.is_some())
                        .then(|| Fix::edits("use jsonb", vec![Edit::replace(data_type.span, "jsonb")])),
                );
            }
        }
    }
}

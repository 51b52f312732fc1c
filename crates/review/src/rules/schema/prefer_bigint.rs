use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has an integer type that is smaller than `bigint`.
    ///
    /// ## Why
    /// A counter that runs over 2 147 483 647 stops the application; to widen it later rewrites the table. Keys are the
    /// subject of `schema/small-primary-key`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, clicks int);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, clicks bigint);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Integer Types; MySQL manual, Integer Types.
    PreferBigint, "schema/prefer-bigint", Engines::SERVERS, Info, All
}

impl Rule for PreferBigint {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0
                && matches!(data_type.name.as_str(), "integer" | "int" | "smallint" | "mediumint")
            {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` holds less than bigint does"))
                    .help("use bigint where it counts something that grows");
            }
        }
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["schema/small-primary-key"]
    }
}

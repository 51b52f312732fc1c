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
    PreferBigint, "schema/prefer-bigint", Engines::SERVERS, Info, All
}

impl Rule for PreferBigint {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let Some(data_type) = &column.data_type else { continue };
            if data_type.dimensions == 0
                && matches!(data_type.name.as_str(), "integer" | "int" | "smallint" | "mediumint")
                && column.primary_key().is_none()
            {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` holds less than bigint does"))
                    .help("use bigint where it counts something that grows");
            }
        }
    }
}

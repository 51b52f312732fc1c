use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column that refers to another table may be null.
    ///
    /// ## Why
    /// A row without its parent is often a mistake; with several columns one null switches the check off.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id));
    /// ```
    NullableForeignKey, "schema/nullable-foreign-key", Engines::ALL, Info, All
}

impl Rule for NullableForeignKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            if column.references().is_some() && column.not_null().is_none() && column.primary_key().is_none()
            {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(
                    column.span,
                    format!("`{name}` of `{table}` may be null though it refers to another table"),
                )
                .help("make it NOT NULL unless rows without parent are meant");
            }
        }
    }
}

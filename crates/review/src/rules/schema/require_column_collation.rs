use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A text column is made without saying its collation.
    ///
    /// ## Why
    /// What the table says is what it says on that day: `CONVERT TO` changes columns that have no collation of their own.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20) COLLATE utf8mb4_bin);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Column Character Set and Collation.
    RequireColumnCollation, "schema/require-column-collation", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for RequireColumnCollation {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if super::holds_characters(cx, data_type) && data_type.collation.is_none() {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` has the collation of its table"))
                    .help("add COLLATE");
            }
        }
    }
}

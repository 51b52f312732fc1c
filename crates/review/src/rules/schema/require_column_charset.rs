use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A text column is made without saying its charset.
    ///
    /// ## Why
    /// What the table says is what it says on that day: `CONVERT TO` changes columns that have no charset of their own.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(20) CHARACTER SET utf8mb4);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Column Character Set and Collation.
    RequireColumnCharset, "schema/require-column-charset", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for RequireColumnCharset {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if super::holds_characters(cx, data_type) && data_type.charset.is_none() {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` has the charset of its table"))
                    .help("add CHARACTER SET");
            }
        }
    }
}

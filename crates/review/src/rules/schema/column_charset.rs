use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has a charset or collation of its own.
    ///
    /// ## Why
    /// Joins of columns with different collations fail or cannot use an index.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50) CHARACTER SET latin1);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Column Character Set and Collation.
    ColumnCharset, "schema/column-charset", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for ColumnCharset {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.charset.is_some() || data_type.collation.is_some() {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` has a charset of its own"))
                    .help("leave it to the table");
            }
        }
    }
}

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `char(n)`.
    ///
    /// ## Why
    /// Values are filled up with blanks, which take room and surprise in comparisons; nothing gets faster by it.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, country char(2));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, country text);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL wiki, Don't Do This, Text storage.
    CharType, "schema/char-type", Engines::POSTGRES, Warning, Strict
}

impl Rule for CharType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && data_type.name == "character" {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` is filled up with blanks"))
                    .help("use text with a check of its length");
            }
        }
    }
}

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `varchar(n)`.
    ///
    /// ## Why
    /// `text` is stored in the same way and is as fast; a limit that is a check can be changed without a lock that keeps
    /// readers out for long.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Character Types, Tip.
    PreferText, "schema/prefer-text", Engines::POSTGRES, Info, All
}

impl Rule for PreferText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.dimensions == 0 && data_type.name == "character varying" {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` is varchar"))
                    .help("use text, with a check where its length matters");
            }
        }
    }
}

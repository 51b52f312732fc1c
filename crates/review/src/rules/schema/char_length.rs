use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A `char` is longer than allowed.
    ///
    /// ## Why
    /// `char` takes its whole length in each row.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note char(200));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(200));
    /// ```
    CharLength, "schema/char-length", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 20 },
            about: "Longest char, in characters.",
        },
    ]
}

impl Rule for CharLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let Some(data_type) = &column.data_type else { continue };
            if matches!(data_type.name.as_str(), "char" | "character")
                && data_type
                    .number(0)
                    .and_then(|length| u64::try_from(length).ok())
                    .is_some_and(|length| length > cx.options.number("max"))
            {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` is longer than the limit for char"),
                )
                .help("use varchar");
            }
        }
    }
}

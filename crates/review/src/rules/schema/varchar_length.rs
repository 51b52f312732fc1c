use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A `varchar` is longer than allowed.
    ///
    /// ## Why
    /// Long columns take more memory in sorts and temporary tables, and may not be indexed whole.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(5000));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(200));
    /// ```
    VarcharLength, "schema/varchar-length", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 2560 },
            about: "Longest varchar, in characters.",
        },
    ]
}

impl Rule for VarcharLength {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let Some(data_type) = &column.data_type else { continue };
            if matches!(data_type.name.as_str(), "varchar" | "character varying")
                && data_type
                    .number(0)
                    .and_then(|length| u64::try_from(length).ok())
                    .is_some_and(|length| length > cx.options.number("max"))
            {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` is longer than the limit for varchar"),
                )
                .help("make it shorter or use text");
            }
        }
    }
}

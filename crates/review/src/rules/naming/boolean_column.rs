use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A boolean column does not say a question that is answered by yes or no.
    ///
    /// ## Why
    /// A name such as `is_active` says what true means.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE users_of_shop (id bigint PRIMARY KEY, active boolean NOT NULL);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE users_of_shop (id bigint PRIMARY KEY, is_active boolean NOT NULL);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Boolean Type; MySQL manual, Numeric Data Type Syntax, BOOL.
    BooleanColumn, "naming/boolean-column", Engines::SERVERS, Info, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^(is|has|can|should|was)_", placeholders: &[] },
            about: "Regular expression that names of boolean columns must match.",
        },
    ]
}

impl Rule for BooleanColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let name = column.name.folded(cx.dialect());
            // MySQL stores booleans as tinyint; only the word tells.
            let boolean = column.data_type.as_ref().is_some_and(|data_type| {
                let written = &data_type.written.name;
                data_type.dimensions == 0 && (written.is_word("boolean") || written.is_word("bool"))
            });
            if boolean && !cx.options.matches("pattern", &name, &[]) {
                let (table, pattern) = (cx.display(table), cx.options.text("pattern"));
                out.report(
                    column.name.span,
                    format!(
                        "the boolean column `{name}` of `{table}` is not called by the pattern `{pattern}`"
                    ),
                )
                .help("choose a name that says what true means");
            }
        }
    }
}

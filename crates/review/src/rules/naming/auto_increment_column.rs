use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A column that counts by itself is not called as such columns are.
    ///
    /// ## Why
    /// Tools and people look for the generated key under one name.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (number bigint AUTO_INCREMENT PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Using AUTO_INCREMENT.
    AutoIncrementColumn, "naming/auto-increment-column", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern { default: r"^id$", placeholders: &[] },
            about: "Regular expression that names of AUTO_INCREMENT columns must match.",
        },
    ]
}

impl Rule for AutoIncrementColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let name = column.name.folded(cx.dialect());
            if column.auto_increment() && !cx.options.matches("pattern", &name, &[]) {
                let (table, pattern) = (cx.display(table), cx.options.text("pattern"));
                out.report(
                    column.name.span,
                    format!("the AUTO_INCREMENT column `{name}` of `{table}` is not called by the pattern `{pattern}`"),
                )
                .help("choose a name that the pattern matches");
            }
        }
    }
}

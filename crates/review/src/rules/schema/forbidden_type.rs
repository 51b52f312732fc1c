use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A column has a type that the team does not use.
    ///
    /// ## Why
    /// The list is the team's own; the default has types with traps.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total money);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, y year);
    /// ```
    /// ```sql mariadb
    /// CREATE TABLE orders (id bigint PRIMARY KEY, y year);
    /// ```
    /// ```sql sqlite
    /// CREATE TABLE orders (id bigint PRIMARY KEY, y year);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total numeric(12, 2));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Data Types; MySQL manual, Data Types.
    ForbiddenType, "schema/forbidden-type", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "types",
            kind: OptionKind::List { default: &["money", "year", "timetz", "time with time zone", "xml"] },
            about: "Types that columns must not have, by their full names.",
        },
    ]
}

impl Rule for ForbiddenType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if cx.options.lists("types", &data_type.name) {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` has a type that is not used here"))
                    .help("use another type");
            }
        }
    }
}
